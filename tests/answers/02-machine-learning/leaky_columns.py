"""Answer bank of `leaky_columns`."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from course.authoring.bank import right, wrong


def target_of(frame, target):
    if target not in frame or sorted(frame[target].unique()) != [0, 1]:
        raise ValueError("unusable target")
    return frame[target]


def strength(x, y):
    x = x.astype(float)
    auc = roc_auc_score(y, x.fillna(x.min() - 1 if x.notna().any() else 0.0))
    return max(auc, 1 - auc)


@right("roc_auc_score, pandas")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target)
    last = log.dropna().groupby("column")["written_at"].max().to_dict()
    return [c for c in frame if c != target and (last[c] > cutoff if c in last else strength(frame[c], y) > bound)]


@right("plain Python, all pairs")
def leaky_columns(frame, target, log, cutoff, bound):
    if target not in list(frame.columns):
        raise ValueError("no such column")
    y = list(frame[target])
    if any(v not in (0, 1) for v in y) or len(set(y)) < 2:
        raise ValueError("not 0/1")
    last = {}
    for name, moment in zip(log["column"], log["written_at"]):
        if not pd.isnull(moment) and (name not in last or moment > last[name]):
            last[name] = moment
    found = []
    for name in frame.columns:
        if name == target:
            continue
        if name in last:
            leaks = last[name] > cutoff
        else:
            x = np.where(frame[name].isna(), -np.inf, frame[name].astype(float))
            ones, zeros = x[np.array(y) == 1], x[np.array(y) == 0]
            auc = np.mean((ones[:, None] > zeros) + 0.5 * (ones[:, None] == zeros))
            leaks = auc > bound or auc < 1 - bound
        if leaks:
            found.append(name)
    return found


@right("an index of names, Mann-Whitney's U from scipy")
def leaky_columns(frame, target, log, cutoff, bound):
    from scipy.stats import mannwhitneyu

    y = target_of(frame, target).to_numpy() == 1
    features = frame.drop(columns=target)
    last = log.sort_values("written_at", na_position="first").drop_duplicates("column", keep="last").set_index("column")["written_at"]
    last = last.reindex(features.columns)
    filled = features.astype(float).fillna(-1e12)
    auc = np.array([mannwhitneyu(filled.loc[y, c], filled.loc[~y, c]).statistic for c in features]) / (y.sum() * (~y).sum())
    return features.columns[(last > cutoff).to_numpy() | (last.isna().to_numpy() & (np.maximum(auc, 1 - auc) > bound))]


@wrong("a strong column whose last write is in time is honest")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target)
    last = log.groupby("column")["written_at"].max()
    return [c for c in frame if c != target and (last.get(c, pd.NaT) > cutoff or strength(frame[c], y) > bound)]


@wrong("this judges by the AUC alone")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target)
    return [c for c in frame if c != target and strength(frame[c], y) > bound]


@wrong("this uses the times alone")
def leaky_columns(frame, target, log, cutoff, bound):
    target_of(frame, target)
    last = log.groupby("column")["written_at"].max()
    return [c for c in frame if c != target and last.get(c, pd.NaT) > cutoff]


@wrong("take the latest time, not the first one")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target)
    first = log.groupby("column")["written_at"].min()
    return [c for c in frame if c != target and (first[c] > cutoff if pd.notna(first.get(c)) else strength(frame[c], y) > bound)]


@wrong("not the row that stands last")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target)
    last = log.dropna().drop_duplicates("column", keep="last").set_index("column")["written_at"]
    return [c for c in frame if c != target and (last[c] > cutoff if c in last else strength(frame[c], y) > bound)]


@wrong("take the larger of AUC and 1 - AUC")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target)
    last = log.dropna().groupby("column")["written_at"].max()
    auc = {c: roc_auc_score(y, frame[c].fillna(-1e9)) for c in frame if c != target}
    return [c for c in auc if (last[c] > cutoff if c in last else auc[c] > bound)]


@wrong("missing values have been dropped")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target)
    last = log.dropna().groupby("column")["written_at"].max()

    def score(c):
        seen = frame[c].notna()
        return strength(frame.loc[seen, c], y[seen]) if y[seen].nunique() == 2 else 0.5

    return [c for c in frame if c != target and (last[c] > cutoff if c in last else score(c) > bound)]


@wrong("written exactly at the cut-off is in time")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target)
    last = log.dropna().groupby("column")["written_at"].max()
    return [c for c in frame if c != target and (last[c] >= cutoff if c in last else strength(frame[c], y) > bound)]


@wrong("no time in the log is no proof")
def leaky_columns(frame, target, log, cutoff, bound):
    target_of(frame, target)
    last = log.dropna().groupby("column")["written_at"].max()
    return [c for c in frame if c != target and (c not in last or last[c] > cutoff)]


@wrong("the cut-off that was passed in is not used")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target)
    last = log.dropna().groupby("column")["written_at"].max()
    return [c for c in frame if c != target and (last[c] > pd.Timestamp("2026-03-01") if c in last else strength(frame[c], y) > bound)]


@wrong("equal values count half")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target).to_numpy() == 1
    last = log.dropna().groupby("column")["written_at"].max()

    def score(x):
        x = np.where(x.isna(), -1e12, x.astype(float))
        rises, falls = (x[y][:, None] > x[~y]).mean(), (x[y][:, None] < x[~y]).mean()
        return max(rises, falls)

    return [c for c in frame if c != target and (last[c] > cutoff if c in last else score(frame[c]) > bound)]


@wrong("the target itself is no feature")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target)
    last = log.dropna().groupby("column")["written_at"].max()
    return [c for c in frame if (last[c] > cutoff if c in last else strength(frame[c], y) > bound)]


@wrong("missing counts as smaller than all other values")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target)
    last = log.dropna().groupby("column")["written_at"].max()
    return [c for c in frame if c != target and (last[c] > cutoff if c in last else strength(frame[c].fillna(0), y) > bound)]


@wrong("leaves out what was written after the cut-off")
def leaky_columns(frame, target, log, cutoff, bound):
    y = target_of(frame, target)
    known = set(log.dropna(subset="written_at")["column"])
    return [c for c in frame if c != target and c not in known and strength(frame[c], y) > bound]


@wrong("missing values have been dropped")
def leaky_columns(frame, target, log, cutoff, bound):
    if target not in frame.columns or set(frame[target].unique()) != {0, 1}:
        raise ValueError("bad target")
    last = log.groupby("column")["written_at"].max()
    leaks = []
    for name in frame.columns.drop(target):
        when = last.get(name)
        if when is not None and (not pd.isna(when)):
            if when > cutoff:
                leaks.append(name)
            continue
        known = frame[name].notna()
        y = frame.loc[known, target]
        if y.nunique() < 2:
            continue
        auc = roc_auc_score(y, frame.loc[known, name])
        if max(auc, 1 - auc) > bound:
            leaks.append(name)
    return leaks
