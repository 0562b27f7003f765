"""Answer bank of `early_stop`."""

import numpy as np

from course.authoring.bank import right, wrong


def refuse(losses, patience, min_delta):
    if len(losses) == 0 or patience < 1 or min_delta < 0:
        raise ValueError("unusable input")


@right("a counter that starts again")
def early_stop(losses, patience, min_delta=0.0):
    refuse(losses, patience, min_delta)
    best, best_round, idle = float("inf"), 0, 0
    for i in range(len(losses)):
        if best - losses[i] > min_delta or best_round == 0:
            best, best_round, idle = losses[i], i + 1, 0
        else:
            idle += 1
            if idle == patience:
                return [best_round, i + 1]
    return [best_round, len(losses)]


@right("jump from improvement to improvement")
def early_stop(losses, patience, min_delta=0.0):
    losses = np.asarray(losses, float)
    refuse(losses, patience, min_delta)
    best = 0
    while True:
        ahead = np.flatnonzero(losses[best + 1 : best + 1 + int(patience)] < losses[best] - min_delta)
        if ahead.size == 0:
            return np.int64(best + 1), np.int64(min(best + 1 + patience, losses.size))
        best += 1 + ahead[0]


@wrong("this is the lowest loss of the whole list")
def early_stop(losses, patience, min_delta=0.0):
    refuse(losses, patience, min_delta)
    return int(np.argmin(losses)) + 1, len(losses)


@wrong("this is the round at which training stops")
def early_stop(losses, patience, min_delta=0.0):
    refuse(losses, patience, min_delta)
    best, at = losses[0], 1
    for i, loss in enumerate(losses, 1):
        if loss < best - min_delta:
            best, at = loss, i
        elif i - at >= patience:
            return i, i
    return len(losses), len(losses)


@wrong("rounds are counted from 1")
def early_stop(losses, patience, min_delta=0.0):
    refuse(losses, patience, min_delta)
    best, at = losses[0], 0
    for i, loss in enumerate(losses):
        if loss < best - min_delta:
            best, at = loss, i
        elif i - at >= patience:
            return at, i
    return at, len(losses) - 1


@wrong("each round is compared with the one before")
def early_stop(losses, patience, min_delta=0.0):
    refuse(losses, patience, min_delta)
    at = 1
    for i in range(1, len(losses)):
        if losses[i] < losses[i - 1] - min_delta:
            at = i + 1
        elif i + 1 - at >= patience:
            return at, i + 1
    return at, len(losses)


@wrong("training stops one round too late")
def early_stop(losses, patience, min_delta=0.0):
    refuse(losses, patience, min_delta)
    best, at = losses[0], 1
    for i, loss in enumerate(losses, 1):
        if loss < best - min_delta:
            best, at = loss, i
        elif i - at > patience:
            return at, i
    return at, len(losses)


@wrong("training stops one round too early")
def early_stop(losses, patience, min_delta=0.0):
    refuse(losses, patience, min_delta)
    best, at = losses[0], 1
    for i, loss in enumerate(losses, 1):
        if loss < best - min_delta:
            best, at = loss, i
        elif i - at >= patience:
            return at, i - 1
    return at, len(losses)


@wrong("start again after each improvement")
def early_stop(losses, patience, min_delta=0.0):
    refuse(losses, patience, min_delta)
    best, at, idle = losses[0], 1, 0
    for i, loss in enumerate(losses[1:], 2):
        if loss < best - min_delta:
            best, at = loss, i
        else:
            idle += 1
            if idle >= patience:
                return at, i
    return at, len(losses)


@wrong("min_delta is not used")
def early_stop(losses, patience, min_delta=0.0):
    refuse(losses, patience, min_delta)
    best, at = losses[0], 1
    for i, loss in enumerate(losses, 1):
        if loss < best:
            best, at = loss, i
        elif i - at >= patience:
            return at, i
    return at, len(losses)


@wrong("an equal loss is no improvement")
def early_stop(losses, patience, min_delta=0.0):
    refuse(losses, patience, min_delta)
    best, at = losses[0], 1
    for i, loss in enumerate(losses, 1):
        if loss <= best - min_delta:
            best, at = loss, i
        elif i - at >= patience:
            return at, i
    return at, len(losses)


@wrong("a patience of 0: expected ValueError")
def early_stop(losses, patience, min_delta=0.0):
    refuse(losses, max(patience, 1), max(min_delta, 0))
    best, at = losses[0], 1
    for i, loss in enumerate(losses, 1):
        if loss < best - min_delta:
            best, at = loss, i
        elif i - at >= patience:
            return at, i
    return at, len(losses)


@wrong("a gain of min_delta or less is no new best")
def early_stop(losses, patience, min_delta=0.0):
    losses = list(losses)
    if not losses or patience < 1 or min_delta < 0:
        raise ValueError("bad input")
    best, best_loss, bad = (1, losses[0], 0)
    for number, loss in enumerate(losses[1:], 2):
        bad = 0 if loss < best_loss - min_delta else bad + 1
        if loss < best_loss:
            best, best_loss = (number, loss)
        if bad == patience:
            return (best, number)
    return (best, len(losses))


@wrong("start again after each improvement")
def early_stop(losses, patience, min_delta=0.0):
    losses = list(losses)
    if not losses or patience < 1 or min_delta < 0:
        raise ValueError("bad input")
    best, best_loss, bad = (1, losses[0], 0)
    for number, loss in enumerate(losses[1:], 2):
        if loss < best_loss - min_delta:
            best, best_loss = (number, loss)
        else:
            bad += 1
            if bad == patience:
                return (best, number)
    return (best, len(losses))
