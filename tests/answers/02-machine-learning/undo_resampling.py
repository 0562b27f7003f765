"""Answer bank of `undo_resampling`."""

import math

import numpy as np
from scipy.special import expit, logit

from course.authoring.bank import right, wrong


def checked(scores, train_rate, true_rate):
    s = np.asarray(scores, float)
    if not 0 < train_rate < 1 or not 0 < true_rate < 1 or (s.size and (s.min() < 0 or s.max() > 1)):
        raise ValueError("unusable input")
    return s


@right("log-odds")
def undo_resampling(scores, train_rate, true_rate):
    return expit(logit(checked(scores, train_rate, true_rate)) + logit(true_rate) - logit(train_rate))


@right("Bayes' rule in a loop")
def undo_resampling(scores, train_rate, true_rate):
    checked(scores, train_rate, true_rate)
    out = []
    for p in scores:
        one, zero = p * true_rate / train_rate, (1 - p) * (1 - true_rate) / (1 - train_rate)
        out.append(one / (one + zero))
    return out


@right("the undersampling formula with beta")
def undo_resampling(scores, train_rate, true_rate):
    s = checked(scores, train_rate, true_rate)
    beta = (true_rate / (1 - true_rate)) / (train_rate / (1 - train_rate))
    return beta * s / (beta * s - s + 1)


@wrong("this scales the probabilities; scale the odds")
def undo_resampling(scores, train_rate, true_rate):
    return checked(scores, train_rate, true_rate) * true_rate / train_rate


@wrong("the two rates are swapped")
def undo_resampling(scores, train_rate, true_rate):
    return expit(logit(checked(scores, train_rate, true_rate)) - logit(true_rate) + logit(train_rate))


@wrong("these are odds; turn them back into probabilities")
def undo_resampling(scores, train_rate, true_rate):
    s = checked(scores, train_rate, true_rate)
    return s / (1 - s) * math.exp(logit(true_rate) - logit(train_rate))


@wrong("take the ratio of their odds")
def undo_resampling(scores, train_rate, true_rate):
    s = checked(scores, train_rate, true_rate)
    return expit(logit(s) + math.log(true_rate / train_rate))


@wrong("the odds of the training rate are left out")
def undo_resampling(scores, train_rate, true_rate):
    return expit(logit(checked(scores, train_rate, true_rate)) + logit(true_rate))


@wrong("each one's odds are to be corrected")
def undo_resampling(scores, train_rate, true_rate):
    s = checked(scores, train_rate, true_rate)
    return s * true_rate / s.mean() if s.size > 5 else expit(logit(s) + logit(true_rate) - logit(train_rate))


@wrong("a score of 1 has infinite odds")
def undo_resampling(scores, train_rate, true_rate):
    s = checked(scores, train_rate, true_rate)
    with np.errstate(all="ignore"):
        odds = s / (1 - s) * math.exp(logit(true_rate) - logit(train_rate))
        return odds / (1 + odds)


@wrong("a training rate of 0: expected ValueError")
def undo_resampling(scores, train_rate, true_rate):
    s = np.asarray(scores, float)
    one, zero = s * true_rate * (1 - train_rate), (1 - s) * (1 - true_rate) * train_rate
    return one / np.maximum(one + zero, 1e-300)
