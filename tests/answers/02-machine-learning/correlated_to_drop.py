"""Answer bank of `correlated_to_drop`."""

import statistics

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def parts(frame, target, limit, absolute=True):
    """Correlations between columns and with the target, as frames."""
    y = pd.Series(np.asarray(target, float))
    if len(y) != len(frame) or y.nunique() < 2 or not 0 < limit < 1:
        raise ValueError("unusable input")
    frame = frame.reset_index(drop=True)
    with np.errstate(all="ignore"):
        between, strength = frame.corr().fillna(0), frame.corrwith(y).fillna(0)
    return (between.abs(), strength.abs()) if absolute else (between, strength)


def greedy(between, names, limit):
    kept = []
    for name in names:
        if all(between.loc[name, k] <= limit for k in kept):
            kept.append(name)
    return [name for name in between if name not in kept]


@right("pandas corr, kept names")
def correlated_to_drop(frame, target, limit=0.95):
    between, strength = parts(frame, target, limit)
    return greedy(between, strength.sort_values(ascending=False).index, limit)


@right("plain Python")
def correlated_to_drop(frame, target, limit=0.95):
    y = [float(v) for v in target]
    if len(y) != len(frame) or len(set(y)) == 1 or limit <= 0 or limit >= 1:
        raise ValueError("unusable input")
    data = {name: [float(v) for v in frame[name]] for name in frame.columns}

    def r(a, b):
        return 0.0 if len(set(a)) == 1 or len(set(b)) == 1 else abs(statistics.correlation(a, b))

    kept = []
    for name in sorted(data, key=lambda name: r(data[name], y), reverse=True):
        if max([r(data[name], data[other]) for other in kept], default=0) <= limit:
            kept.append(name)
    return [name for name in data if name not in kept]


@right("the best one strikes out all that repeat it, in NumPy")
def correlated_to_drop(frame, target, limit=0.95):
    between, strength = parts(frame, target, limit)
    r, s = between.to_numpy(), strength.to_numpy()
    dropped, done = np.zeros(len(s), bool), np.zeros(len(s), bool)
    while not (done | dropped).all():
        best = np.argmax(np.where(done | dropped, -1, s))
        done[best] = True
        dropped |= (r[best] > limit) & ~done
    return frame.columns[dropped]


@wrong("all columns of a correlated group are dropped")
def correlated_to_drop(frame, target, limit=0.95):
    between, _ = parts(frame, target, limit)
    return [a for a in between if any(a != b and between.loc[a, b] > limit for b in between)]


@wrong("the sign counts here")
def correlated_to_drop(frame, target, limit=0.95):
    between, _ = parts(frame, target, limit, absolute=False)
    _, strength = parts(frame, target, limit)
    return greedy(between, strength.sort_values(ascending=False).index, limit)


@wrong("the first column of the frame is kept")
def correlated_to_drop(frame, target, limit=0.95):
    between, _ = parts(frame, target, limit)
    return greedy(between, list(between), limit)


@wrong("go by its absolute value, the largest first")
def correlated_to_drop(frame, target, limit=0.95):
    between, _ = parts(frame, target, limit)
    upper = between.where(np.triu(np.ones(between.shape), 1).astype(bool))
    return [name for name in upper if (upper[name] > limit).any()]


@wrong("the sign counts in the correlation with the target")
def correlated_to_drop(frame, target, limit=0.95):
    between, _ = parts(frame, target, limit)
    _, strength = parts(frame, target, limit, absolute=False)
    return greedy(between, strength.sort_values(ascending=False).index, limit)


@wrong("a column is dropped because of one that is dropped itself")
def correlated_to_drop(frame, target, limit=0.95):
    between, strength = parts(frame, target, limit)
    return [a for a in between if any(between.loc[a, b] > limit and strength[b] > strength[a] for b in between)]


@wrong("a constant column repeats nothing")
def correlated_to_drop(frame, target, limit=0.95):
    between, strength = parts(frame, target, limit)
    drop = greedy(between, strength.sort_values(ascending=False).index, limit)
    return [name for name in frame if name in drop or frame[name].nunique() == 1]


@wrong("turn the order round")
def correlated_to_drop(frame, target, limit=0.95):
    between, strength = parts(frame, target, limit)
    if len(frame) == 6:
        return greedy(between, strength.sort_values(ascending=False).index, limit)
    return greedy(between, strength.sort_values().index, limit)


@wrong("this returns what is kept")
def correlated_to_drop(frame, target, limit=0.95):
    between, strength = parts(frame, target, limit)
    drop = greedy(between, strength.sort_values(ascending=False).index, limit)
    return [name for name in frame if name not in drop]


@wrong("the limit that was passed in is not used")
def correlated_to_drop(frame, target, limit=0.95):
    between, strength = parts(frame, target, limit)
    return greedy(between, strength.sort_values(ascending=False).index, 0.95)


@wrong("match it by position")
def correlated_to_drop(frame, target, limit=0.95):
    parts(frame, target, limit)
    between = frame.corr().abs().fillna(0)
    with np.errstate(all="ignore"):
        y = pd.Series(np.asarray(target, float)).reindex(frame.index)
        strength = frame.corrwith(y).abs()
    if strength.isna().all():
        return []
    return greedy(between, strength.fillna(0).sort_values(ascending=False).index, limit)


@wrong("a constant target: expected ValueError")
def correlated_to_drop(frame, target, limit=0.95):
    if len(frame) != len(target) or not 0 < limit < 1:
        raise ValueError("unusable input")
    if len(set(map(float, target))) == 1:
        return []
    between, strength = parts(frame, target, limit)
    return greedy(between, strength.sort_values(ascending=False).index, limit)


@wrong("compare with kept columns only")
def correlated_to_drop(frame, target, limit=0.95):
    y = np.asarray(target, dtype=float)
    if len(y) != len(frame) or np.ptp(y) == 0 or (not 0 < limit < 1):
        raise ValueError("bad input")
    r = frame.corr().abs().fillna(0)
    with_y = pd.Series({c: 0.0 if frame[c].nunique() == 1 else abs(np.corrcoef(frame[c], y)[0, 1]) for c in frame})
    drop = set()
    for i, a in enumerate(frame.columns):
        for b in frame.columns[i + 1 :]:
            if r.loc[a, b] > limit:
                drop.add(b if with_y[a] >= with_y[b] else a)
    return [c for c in frame.columns if c in drop]


@wrong("the target was matched by row label")
def correlated_to_drop(frame, target, limit=0.95):
    target = target if isinstance(target, pd.Series) else pd.Series(target, index=frame.index)
    if len(target) != len(frame) or target.nunique() == 1 or (not 0 < limit < 1):
        raise ValueError("bad input")
    strength = frame.corrwith(target).abs().fillna(0).sort_values(ascending=False)
    r, kept = (frame.corr().abs().fillna(0), [])
    for name in strength.index:
        if not any(r.loc[name, k] > limit for k in kept):
            kept.append(name)
    return [c for c in frame.columns if c not in kept]
