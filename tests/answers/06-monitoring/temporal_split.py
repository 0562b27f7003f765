"""Answer bank of `temporal_split`."""

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def _check(when, n_test, gap_days, groups):
    if n_test < 1 or n_test >= len(when) or gap_days < 0 or any(pd.isna(t) for t in when):
        raise ValueError("unusable input")
    if groups is not None and len(groups) != len(when):
        raise ValueError("one group for each time")


def _split(times, n_test, gap_days, groups, *, guard="train", strict=True, first=None):
    when = list(times)
    _check(when, n_test, gap_days, groups)
    cutoff = sorted(when)[-n_test]
    limit = cutoff - pd.Timedelta(days=gap_days)
    test = [i for i, t in enumerate(when) if t >= cutoff] if first is None else first
    train = [i for i, t in enumerate(when) if t < limit or (not strict and t <= limit and t < cutoff)]
    if groups is not None and guard:
        label = list(groups)
        if guard == "train":
            seen = {label[i] for i in test}
            train = [i for i in train if label[i] not in seen]
        else:
            seen = {label[i] for i in train}
            test = [i for i in test if label[i] not in seen]
    if not train:
        raise ValueError("no training row is left")
    return {"train": train, "test": test, "cutoff": cutoff}


@right("plain Python")
def temporal_split(times, n_test, gap_days=0, groups=None):
    return _split(times, n_test, gap_days, groups)


@right("NumPy datetimes")
def temporal_split(times, n_test, gap_days=0, groups=None):
    when = pd.to_datetime(list(times)).to_numpy().astype("datetime64[ns]")
    if not 0 < n_test < when.size or gap_days < 0 or np.isnat(when).any():
        raise ValueError("unusable input")
    cutoff = np.partition(when, -n_test)[-n_test]
    test = when >= cutoff
    train = when < cutoff - np.timedelta64(round(gap_days * 86_400_000_000_000), "ns")
    if groups is not None:
        label = np.asarray(groups)
        if label.size != when.size:
            raise ValueError("one group for each time")
        train = train & ~np.isin(label, label[test])
    if not train.any():
        raise ValueError("no training row is left")
    return {"train": np.where(train)[0], "test": np.where(test)[0], "cutoff": pd.Timestamp(cutoff)}


@right("a data frame")
def temporal_split(times, n_test, gap_days=0, groups=None):
    frame = pd.DataFrame({"t": list(times)})
    _check(frame["t"], n_test, gap_days, groups)
    frame["g"] = range(len(frame)) if groups is None else list(groups)
    cutoff = frame["t"].nlargest(n_test).iloc[-1]
    test = frame[frame["t"] >= cutoff]
    train = frame[(frame["t"] < cutoff - pd.Timedelta(gap_days, "D")) & ~frame["g"].isin(test["g"])]
    if train.empty:
        raise ValueError("no training row is left")
    return {"train": train.index.tolist(), "test": test.index.tolist(), "cutoff": cutoff}


@wrong("take the newest times, not the last rows")
def temporal_split(times, n_test, gap_days=0, groups=None):
    n = len(times)
    return {"train": list(range(n - n_test)), "test": list(range(n - n_test, n)), "cutoff": max(times)}


@wrong("equal times stay on one side")
def temporal_split(times, n_test, gap_days=0, groups=None):
    when = list(times)
    _check(when, n_test, gap_days, groups)
    order = np.argsort(np.array(when, dtype="datetime64[ns]"), kind="stable")
    test = sorted(order[-n_test:].tolist())
    return _split(times, n_test, gap_days, groups, first=test)


@wrong("n_test=1")
def temporal_split(times, n_test, gap_days=0, groups=None):
    rows = np.random.default_rng(0).permutation(len(times))
    return {"train": sorted(rows[n_test:].tolist()), "test": sorted(rows[:n_test].tolist()), "cutoff": max(times)}


@wrong("is the gap there")
def temporal_split(times, n_test, gap_days=0, groups=None):
    return _split(times, n_test, 0, groups)


@wrong("is it strict")
def temporal_split(times, n_test, gap_days=0, groups=None):
    return _split(times, n_test, gap_days, groups, strict=False)


@wrong("group a is on both sides")
def temporal_split(times, n_test, gap_days=0, groups=None):
    return _split(times, n_test, gap_days, groups, guard=None)


@wrong("drop the group's training rows")
def temporal_split(times, n_test, gap_days=0, groups=None):
    return _split(times, n_test, gap_days, groups, guard="test")


@wrong("not from midnight")
def temporal_split(times, n_test, gap_days=0, groups=None):
    when = list(times)
    found = _split(times, n_test, 0, None)
    limit = found["cutoff"].normalize() - pd.Timedelta(days=gap_days)
    train = [i for i, t in enumerate(when) if t < (limit if gap_days else found["cutoff"])]
    seen = set() if groups is None else {groups[i] for i in found["test"]}
    return found | {"train": [i for i in train if groups is None or groups[i] not in seen]}


@wrong("take positions, not the labels of the index")
def temporal_split(times, n_test, gap_days=0, groups=None):
    found = _split(times, n_test, gap_days, groups)
    if isinstance(times, pd.Series):
        found = {k: v if k == "cutoff" else sorted(times.index[v].tolist()) for k, v in found.items()}
    return found


@wrong("a gap that leaves no training row")
def temporal_split(times, n_test, gap_days=0, groups=None):
    try:
        return _split(times, n_test, gap_days, groups)
    except ValueError:
        _check(list(times), n_test, gap_days, groups)
        return {"train": [], "test": list(range(len(times))), "cutoff": max(times)}


@wrong("a missing time")
def temporal_split(times, n_test, gap_days=0, groups=None):
    when = pd.Series(list(times)).fillna(pd.Timestamp("1900-01-01"))
    return _split(when, n_test, gap_days, groups)
