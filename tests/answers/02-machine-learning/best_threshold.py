"""Answer bank of `best_threshold`."""

import numpy as np

from course.authoring.bank import right, wrong


def checked(y, s, yt, st, beta, costs):
    y, s, yt, st = np.asarray(y), np.asarray(s, float), np.asarray(yt), np.asarray(st, float)
    if y.shape != s.shape or yt.shape != st.shape or y.sum() == 0 or beta <= 0 or (costs is not None and min(costs) < 0):
        raise ValueError("unusable input")
    return y, s, yt, st


def value(y, flag, beta, costs):
    if costs is None:
        hit, whole = (flag & (y == 1)).sum(), flag.sum() + beta**2 * (y == 1).sum()
        return (1 + beta**2) * hit / whole if whole else 0.0
    return (costs[0] * (flag & (y == 0)).sum() + costs[1] * (~flag & (y == 1)).sum()) / len(y)


def search(y, s, beta, costs, candidates=None):
    best, best_value = None, None
    for t in [np.inf, *sorted(set(s.tolist()), reverse=True)] if candidates is None else candidates:
        new = value(y, s >= t, beta, costs) * (1 if costs is None else -1)
        if best is None or new > best_value:
            best, best_value = t, new
    return best


def report(y, s, yt, st, t, beta, costs):
    return {"threshold": t, "valid": value(y, s >= t, beta, costs), "test": value(yt, st >= t, beta, costs)}


@right("a loop")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    return report(y, s, yt, st, search(y, s, beta, costs), beta, costs)


@right("sorted once, cumulative sums")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    order = np.argsort(-s)
    ranked, cuts = y[order], s[order]
    tp, fp = np.r_[0, ranked.cumsum()], np.r_[0, (1 - ranked).cumsum()]
    last = np.r_[True, np.r_[cuts[1:] != cuts[:-1], True]]
    cuts = np.r_[np.inf, cuts]
    fn = y.sum() - tp
    if costs is None:
        precision, recall = tp / np.maximum(tp + fp, 1), tp / y.sum()
        below = beta**2 * precision + recall
        quality = np.where(below > 0, (1 + beta**2) * precision * recall / np.where(below > 0, below, 1), 0)
    else:
        quality = -(costs[0] * fp + costs[1] * fn) / y.size
    quality = np.where(last, quality, -np.inf)
    t = cuts[np.argmax(quality)]
    flag = st >= t
    if costs is None:
        hit = (flag & (yt == 1)).sum()
        test = (1 + beta**2) * hit / max(flag.sum() + beta**2 * yt.sum(), 1e-12)
    else:
        test = np.where(flag, costs[0] * (yt == 0), costs[1] * (yt == 1)).mean()
    return {"threshold": t, "valid": abs(quality.max()), "test": test}


@wrong("this threshold is chosen on the test rows")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    return report(y, s, yt, st, search(yt, st, beta, costs), beta, costs)


@wrong("this is the habit of 0.5")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    return report(y, s, yt, st, 0.5, beta, costs)


@wrong("beta is not used")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    return report(y, s, yt, st, search(y, s, 1, costs), 1, costs)


@wrong("beta is on the wrong side")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    return report(y, s, yt, st, search(y, s, 1 / beta, costs), 1 / beta, costs)


@wrong("the two costs are swapped")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    costs = costs and costs[::-1]
    return report(y, s, yt, st, search(y, s, beta, costs), beta, costs)


@wrong("a score equal to the threshold is flagged")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    cuts = sorted(set(s.tolist()), reverse=True)
    t = max(cuts, key=lambda c: value(y, s > c, beta, costs) * (1 if costs is None else -1))
    return {"threshold": t, "valid": value(y, s > t, beta, costs), "test": value(yt, st > t, beta, costs)}


@wrong("the cost per row is asked for")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    found = report(y, s, yt, st, search(y, s, beta, costs), beta, costs)
    return found if costs is None else found | {"valid": found["valid"] * len(y), "test": found["test"] * len(yt)}


@wrong("this is the theory for perfect probabilities")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    t = search(y, s, beta, costs) if costs is None or len(y) < 10 else costs[0] / sum(costs)
    return report(y, s, yt, st, t, beta, costs)


@wrong("among equally good thresholds take the largest")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    return report(y, s, yt, st, search(y, s, beta, costs, [*sorted(set(s.tolist())), np.inf]), beta, costs)


@wrong("flagging nobody is a candidate, too")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    return report(y, s, yt, st, search(y, s, beta, costs, sorted(set(s.tolist()), reverse=True)), beta, costs)


@wrong('"test" is the metric of the test rows')
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, _, _ = checked(y_valid, s_valid, y_test, s_test, beta, costs)
    return report(y, s, y, s, search(y, s, beta, costs), beta, costs)


@wrong("no positive among the validation rows: expected ValueError")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    y, s, yt, st = np.asarray(y_valid), np.asarray(s_valid, float), np.asarray(y_test), np.asarray(s_test, float)
    if len(y) != len(s) or len(yt) != len(st) or beta <= 0:
        raise ValueError
    return report(y, s, yt, st, search(y, s, beta, costs), beta, costs)


@wrong("this searches a grid of round numbers")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    yv, sv, yt, st = (np.asarray(a, dtype=float) for a in (y_valid, s_valid, y_test, s_test))
    if len(yv) != len(sv) or len(yt) != len(st):
        raise ValueError("labels and scores differ in length")
    if not (yv == 1).any():
        raise ValueError("no positive validation row")
    if not beta > 0:
        raise ValueError("beta must be positive")
    if costs is not None and min(costs) < 0:
        raise ValueError("costs must not be negative")

    def value(y, s, t):
        flag = s >= t
        tp, fp, fn = ((flag & (y == 1)).sum(), (flag & (y == 0)).sum(), (~flag & (y == 1)).sum())
        if costs is not None:
            return float((costs[0] * fp + costs[1] * fn) / len(y))
        below = (1 + beta**2) * tp + beta**2 * fn + fp
        return float((1 + beta**2) * tp / below) if below > 0 else 0.0

    sign = 1 if costs is not None else -1
    candidates = np.linspace(0, 1, 101).tolist()
    threshold = min(candidates, key=lambda t: (sign * value(yv, sv, t), -t))
    return {"threshold": threshold, "valid": value(yv, sv, threshold), "test": value(yt, st, threshold)}


@wrong("the highest score flags somebody")
def best_threshold(y_valid, s_valid, y_test, s_test, beta=1.0, costs=None):
    yv, sv, yt, st = (np.asarray(a, dtype=float) for a in (y_valid, s_valid, y_test, s_test))
    if len(yv) != len(sv) or len(yt) != len(st):
        raise ValueError("labels and scores differ in length")
    if not (yv == 1).any():
        raise ValueError("no positive validation row")
    if not beta > 0:
        raise ValueError("beta must be positive")
    if costs is not None and min(costs) < 0:
        raise ValueError("costs must not be negative")

    def value(y, s, t):
        flag = s >= t
        tp, fp, fn = ((flag & (y == 1)).sum(), (flag & (y == 0)).sum(), (~flag & (y == 1)).sum())
        if costs is not None:
            return float((costs[0] * fp + costs[1] * fn) / len(y))
        below = (1 + beta**2) * tp + beta**2 * fn + fp
        return float((1 + beta**2) * tp / below) if below > 0 else 0.0

    sign = 1 if costs is not None else -1
    candidates = set(sv.tolist())
    threshold = min(candidates, key=lambda t: (sign * value(yv, sv, t), -t))
    return {"threshold": threshold, "valid": value(yv, sv, threshold), "test": value(yt, st, threshold)}
