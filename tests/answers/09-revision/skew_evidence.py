"""Answer bank of `skew_evidence`."""

import statistics

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def _evidence(served, recomputed, features, pairs=None, tolerance=0.001, both=True, one=True, flip=False, all_ratios=False, share=False):
    if served["id"].duplicated().any() or recomputed["id"].duplicated().any():
        raise ValueError
    if pairs is None:
        pairs = served.merge(recomputed, on="id", suffixes=("_s", "_r"))
    if pairs.empty:
        raise ValueError
    mismatch, kind, ratio = {}, {}, {}
    for f in features:
        s, r = pairs[f + "_s"], pairs[f + "_r"]
        agree = (s - r).abs() <= tolerance * r.abs()
        if both:
            agree |= s.isna() & r.isna()
        if not one:
            agree |= s.isna() | r.isna()
        q = (r / s if flip else s / r)[~agree].dropna()
        nulls = (~agree & (s.isna() ^ r.isna())).sum()
        mismatch[f] = (~agree).mean()
        if mismatch[f] <= 0.01:
            kind[f] = "ok"
        elif nulls > 0.5 * (~agree).sum():
            kind[f] = "nulls"
        elif len(q) and ((q / q.median() - 1).abs() <= 0.01).mean() >= 0.95:
            kind[f], ratio[f] = "scale", (s / r).median() if all_ratios else q.median()
        else:
            kind[f] = "values"
    top = max(mismatch, key=mismatch.get)
    return {"matched": len(pairs), "mismatch": mismatch, "kind": kind, "ratio": ratio, "worst": top if mismatch[top] > 0.01 else None}


@right("pandas, aligned indexes")
def skew_evidence(served, recomputed, features):
    if not (served["id"].is_unique and recomputed["id"].is_unique):
        raise ValueError("duplicates")
    left, again = served.set_index("id"), recomputed.set_index("id")
    ids = left.index.intersection(again.index)
    if len(ids) == 0:
        raise ValueError("no match")
    left, again = left.loc[ids], again.loc[ids]
    pairs = pd.concat([left[features].add_suffix("_s"), again[features].add_suffix("_r")], axis=1)
    return _evidence(served, recomputed, features, pairs)


@right("plain Python")
def skew_evidence(served, recomputed, features):
    ids, others = list(served["id"]), list(recomputed["id"])
    if len(set(ids)) < len(ids) or len(set(others)) < len(others) or not set(ids) & set(others):
        raise ValueError("unusable ids")
    result = {"matched": len(set(ids) & set(others)), "mismatch": {}, "kind": {}, "ratio": {}, "worst": None}
    for f in features:
        again = dict(zip(others, recomputed[f].tolist(), strict=True))
        pairs = [(s, again[i]) for i, s in zip(ids, served[f].tolist(), strict=True) if i in again]
        off = [(s, r) for s, r in pairs if not (abs(s - r) <= 0.001 * abs(r) or (s != s and r != r))]
        ratios = [s / r for s, r in off if s == s and r == r]
        result["mismatch"][f] = len(off) / len(pairs)
        if len(off) / len(pairs) <= 0.01:
            result["kind"][f] = "ok"
        elif len(off) - len(ratios) > len(off) / 2:
            result["kind"][f] = "nulls"
        else:
            middle = statistics.median(ratios)
            near = sum(abs(q / middle - 1) <= 0.01 for q in ratios)
            result["kind"][f] = "scale" if near >= 0.95 * len(ratios) else "values"
            if result["kind"][f] == "scale":
                result["ratio"][f] = middle
    top = sorted(features, key=lambda f: -result["mismatch"][f])[0]
    result["worst"] = top if result["kind"][top] != "ok" else None
    return result


@wrong("rows are compared by their place; match them by id")
def skew_evidence(served, recomputed, features):
    n = min(len(served), len(recomputed))
    pairs = pd.concat([served.head(n).add_suffix("_s").reset_index(drop=True), recomputed.head(n).add_suffix("_r").reset_index(drop=True)], axis=1)
    return _evidence(served, recomputed, features, pairs)


@wrong("two missing values agree; NaN == NaN is False")
def skew_evidence(served, recomputed, features):
    return _evidence(served, recomputed, features, both=False)


@wrong("a value that only one side has is a mismatch")
def skew_evidence(served, recomputed, features):
    return _evidence(served, recomputed, features, one=False)


@wrong("the log keeps 32 bits; allow a relative difference of 0.001")
def skew_evidence(served, recomputed, features):
    return _evidence(served, recomputed, features, tolerance=0)


@wrong("the ratio is served over recomputed")
def skew_evidence(served, recomputed, features):
    return _evidence(served, recomputed, features, flip=True)


@wrong("the ratio comes from the mismatching rows only")
def skew_evidence(served, recomputed, features):
    return _evidence(served, recomputed, features, all_ratios=True)


@wrong("ids that only one side has are left out")
def skew_evidence(served, recomputed, features):
    return _evidence(served, recomputed, features, served.merge(recomputed, on="id", how="outer", suffixes=("_s", "_r")))


@wrong("an id that was served twice: expected ValueError")
def skew_evidence(served, recomputed, features):
    return _evidence(served.drop_duplicates("id"), recomputed.drop_duplicates("id"), features)


@wrong("'kind'")
def skew_evidence(served, recomputed, features):
    """Compares medians, as a look at two histograms does."""
    result = _evidence(served, recomputed, features)
    for f in features:
        q = served[f].median() / recomputed[f].median()
        if result["kind"][f] == "values" and abs(np.log(q)) < 0.1:
            result["kind"][f] = "ok"
    return result
