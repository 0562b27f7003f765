"""Answer bank of `psi`."""

import math

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def _refuse(reference, current, bins, epsilon):
    if len(reference) == 0 or len(current) == 0 or pd.isna(pd.Series(list(reference), dtype=object)).all() or bins < 2 or epsilon <= 0:
        raise ValueError("unusable input")


def _missing(v):
    return v is None or v != v


def _solve(reference, current, bins=10, epsilon=1e-4, cuts_from="reference", side="right", widths=False, missing=True, floor=np.maximum, closed=False):
    """The right answer, with a switch for each mistake."""
    old, new = list(reference), list(current)
    _refuse(old, new, bins, epsilon)
    a, b = ([v for v in values if not _missing(v)] for values in (old, new))
    if isinstance(a[0], str):
        names = sorted(set(a) | (set() if closed else set(b)))
        counts = [np.array([values.count(name) for name in names]) for values in (a, b)]
    else:
        a, b = np.array(a, float), np.array(b, float)
        base = {"reference": a, "current": b, "both": np.concatenate([a, b])}[cuts_from]
        cuts = np.linspace(base.min(), base.max(), bins + 1)[1:-1] if widths else np.unique(np.quantile(base, np.arange(1, bins) / bins))
        inside = b[(b >= a.min()) & (b <= a.max())] if closed else b
        counts = [np.bincount(np.searchsorted(cuts, values, side=side), minlength=len(cuts) + 1) for values in (a, inside)]
    p, q = counts
    if missing:
        p, q = np.append(p, len(old) - len(a)) / len(old), np.append(q, len(new) - len(b)) / len(new)
    else:
        p, q = p / len(a), q / len(b)
    p, q = floor(p, epsilon), floor(q, epsilon)
    return p, q


def _sum(p, q):
    return float(np.sum((q - p) * np.log(q / p)))


@right("plain Python, bisect and Counter")
def psi(reference, current, bins=10, epsilon=1e-4):
    import bisect
    from collections import Counter

    old = [None if v is None or v != v else v for v in reference]
    new = [None if v is None or v != v else v for v in current]
    known = sorted(v for v in old if v is not None)
    if not old or not new or not known or bins < 2 or epsilon <= 0:
        raise ValueError("unusable input")
    if isinstance(known[0], str):

        def place(v):
            return v
    else:
        cuts = []
        for k in range(1, bins):
            position = (len(known) - 1) * k / bins
            low = int(position)
            high = min(low + 1, len(known) - 1)
            cuts.append(known[low] + (known[high] - known[low]) * (position - low))
        cuts = sorted(set(cuts))

        def place(v):
            return None if v is None else bisect.bisect_right(cuts, v)

    before, after = Counter(map(place, old)), Counter(map(place, new))
    total = 0.0
    for key in set(before) | set(after):
        p, q = max(before[key] / len(old), epsilon), max(after[key] / len(new), epsilon)
        total += (q - p) * math.log(q / p)
    return total


@right("pandas: cut and value_counts")
def psi(reference, current, bins=10, epsilon=1e-4):
    old, new = pd.Series(list(reference), dtype=object), pd.Series(list(current), dtype=object)
    if len(old) == 0 or len(new) == 0 or old.isna().all() or bins < 2 or epsilon <= 0:
        raise ValueError("unusable input")
    if not isinstance(old.dropna().iloc[0], str):
        old, new = old.astype(float), new.astype(float)
        edges = [-np.inf, *old.quantile([k / bins for k in range(1, bins)]).drop_duplicates(), np.inf]
        old, new = (pd.cut(side, edges, right=False, labels=False).astype(float) for side in (old, new))
    old, new = (side.astype(object).where(side.notna(), "missing").astype(str) for side in (old, new))
    shares = pd.DataFrame({"p": old.value_counts(normalize=True), "q": new.value_counts(normalize=True)}, dtype=float).fillna(0)
    shares = shares.clip(lower=epsilon)
    return ((shares["q"] - shares["p"]) * np.log(shares["q"] / shares["p"])).sum()


@right("np.histogram with infinite edges, KL both ways")
def psi(reference, current, bins=10, epsilon=1e-4):
    old, new = np.array(list(reference), dtype=object), np.array(list(current), dtype=object)
    if old.size == 0 or new.size == 0 or bins < 2 or epsilon <= 0:
        raise ValueError("unusable input")
    gap_old, gap_new = pd.isna(old), pd.isna(new)
    if gap_old.all():
        raise ValueError("no values")
    if isinstance(old[~gap_old][0], str):
        names, codes = np.unique(np.concatenate([old[~gap_old], new[~gap_new]]).astype(str), return_inverse=True)
        k = (~gap_old).sum()
        before, after = np.bincount(codes[:k], minlength=names.size), np.bincount(codes[k:], minlength=names.size)
    else:
        a, b = old[~gap_old].astype(float), new[~gap_new].astype(float)
        edges = np.concatenate([[-np.inf], np.quantile(a, np.linspace(0, 1, bins + 1)[1:-1]), [np.inf]])
        before, after = np.histogram(a, edges)[0], np.histogram(b, edges)[0]
    p = np.clip(np.append(before, gap_old.sum()) / old.size, epsilon, None)
    q = np.clip(np.append(after, gap_new.sum()) / new.size, epsilon, None)
    return np.sum(q * np.log(q / p)) + np.sum(p * np.log(p / q))


@wrong("the bins are taken from the new data")
def psi(reference, current, bins=10, epsilon=1e-4):
    return _sum(*_solve(reference, current, bins, epsilon, cuts_from="current"))


@wrong("the bins are taken from both samples together")
def psi(reference, current, bins=10, epsilon=1e-4):
    return _sum(*_solve(reference, current, bins, epsilon, cuts_from="both"))


@wrong("these bins are equally wide")
def psi(reference, current, bins=10, epsilon=1e-4):
    return _sum(*_solve(reference, current, bins, epsilon, widths=True))


@wrong("the logarithm is turned round")
def psi(reference, current, bins=10, epsilon=1e-4):
    p, q = _solve(reference, current, bins, epsilon)
    return float(((q - p) * np.log(p / q)).sum())


@wrong("this is one half of PSI")
def psi(reference, current, bins=10, epsilon=1e-4):
    p, q = _solve(reference, current, bins, epsilon)
    return float((q * np.log(q / p)).sum())


@wrong("open the outer bins")
def psi(reference, current, bins=10, epsilon=1e-4):
    return _sum(*_solve(reference, current, bins, epsilon, closed=True))


@wrong("belongs to the bin above it")
def psi(reference, current, bins=10, epsilon=1e-4):
    return _sum(*_solve(reference, current, bins, epsilon, side="left"))


@wrong("missing values are dropped")
def psi(reference, current, bins=10, epsilon=1e-4):
    return _sum(*_solve(reference, current, bins, epsilon, missing=False))


@wrong("NaN is sorted behind all numbers")
def psi(reference, current, bins=10, epsilon=1e-4):
    a, b = np.array(list(reference), float), np.array(list(current), float)
    cuts = np.nanquantile(a, np.arange(1, bins) / bins)
    p, q = (np.maximum(np.bincount(np.searchsorted(cuts, v, "right"), minlength=bins) / v.size, epsilon) for v in (a, b))
    return _sum(p, q)


@wrong("epsilon is added to every share")
def psi(reference, current, bins=10, epsilon=1e-4):
    return _sum(*_solve(reference, current, bins, epsilon, floor=lambda share, e: share + e))


@wrong("only empty bins are raised")
def psi(reference, current, bins=10, epsilon=1e-4):
    return _sum(*_solve(reference, current, bins, epsilon, floor=lambda share, e: np.where(share == 0, e, share)))


@wrong("the shares are made to add up to 1 again")
def psi(reference, current, bins=10, epsilon=1e-4):
    return _sum(*_solve(reference, current, bins, epsilon, floor=lambda share, e: np.maximum(share, e) / np.maximum(share, e).sum()))


@wrong("the floor is 1e-6 here")
def psi(reference, current, bins=10, epsilon=1e-4):
    return _sum(*_solve(reference, current, bins, 1e-6))


@wrong("epsilon is not used")
def psi(reference, current, bins=10, epsilon=1e-4):
    _refuse(reference, current, bins, epsilon)
    return _sum(*_solve(reference, current, bins, 1e-4))


@wrong("is lost; it is a bin, too")
def psi(reference, current, bins=10, epsilon=1e-4):
    if len(reference) and isinstance(next(iter(reference)), str):
        return _sum(*_solve(reference, current, bins, epsilon, closed=True))
    return _sum(*_solve(reference, current, bins, epsilon))


@wrong("None and NaN are both missing and share one bin")
def psi(reference, current, bins=10, epsilon=1e-4):
    if len(reference) and isinstance(next(iter(reference)), str):
        old, new = ([repr(v) if _missing(v) else v for v in side] for side in (reference, current))
        return _sum(*_solve(old, new, bins, epsilon))
    return _sum(*_solve(reference, current, bins, epsilon))


@wrong("an empty bin counts with epsilon")
def psi(reference, current, bins=10, epsilon=1e-4):
    p, q = _solve(reference, current, bins, epsilon, floor=lambda share, e: share)
    full = (p > 0) & (q > 0)
    return _sum(p[full], q[full])


@wrong("counts are compared")
def psi(reference, current, bins=10, epsilon=1e-4):
    p, q = _solve(reference, current, bins, epsilon, floor=lambda share, e: share)
    return _sum(np.maximum(p * len(list(reference)), epsilon), np.maximum(q * len(list(current)), epsilon))


@wrong("an empty reference: expected ValueError")
def psi(reference, current, bins=10, epsilon=1e-4):
    if len(reference) == 0 or len(current) == 0:
        return 0.0
    return _sum(*_solve(reference, current, bins, epsilon))
