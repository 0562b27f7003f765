"""Answer bank of `diagnose_drop`."""

import itertools
import math
import statistics

import numpy as np

from course.authoring.bank import right, wrong


def _evidence(incident, features, days=14, both=True, place=False, base=True, centre="median"):
    old, live, again = incident["offline"], incident["live"], incident["recomputed"]
    recent = live[live["day"] >= live["day"].max() - days + 1]
    loss = [((t["score"] - t["label"]) ** 2).to_numpy() for t in (old, recent)]
    z = (loss[1].mean() - loss[0].mean()) / np.sqrt(sum(x.var(ddof=1) / x.size for x in loss))
    other = again.head(len(live)) if place else again.set_index("id").reindex(live["id"])
    out = {"z": z, "mismatch": {}, "null_jump": {}, "shift": {}, "suddenness": {}}
    for f in features:
        s, r = live[f].to_numpy(), other[f].to_numpy()
        agree = np.abs(s - r) <= 0.001 * np.abs(r)
        if both:
            agree |= np.isnan(s) & np.isnan(r)
        out["mismatch"][f] = np.mean(~agree)
        out["null_jump"][f] = recent[f].isna().mean() - (old[f].isna().mean() if base else 0)
        out["shift"][f] = (getattr(recent[f], centre)() - getattr(old[f], centre)()) / (old[f].quantile(0.75) - old[f].quantile(0.25))
        if abs(out["shift"][f]) > 0.5:
            levels = [old[f].median()] + [part.median() for _, part in live[f].groupby(live["day"] // 7)]
            out["suddenness"][f] = np.abs(np.diff(levels)).max() / abs(levels[-1] - levels[0])
    return out


def _name(out, written, order=("no drop", "pairs", "nulls", "jumps", "drift"), late="timing", size=float):
    shift = out["shift"]
    worst, empty = max(out["mismatch"], key=out["mismatch"].get), max(out["null_jump"], key=out["null_jump"].get)
    jumped, moved = [f for f, s in out["suddenness"].items() if s >= 0.5], list(out["suddenness"])

    def most(some):
        return max(some, key=lambda f: abs(shift[f]))

    for step in order:
        if step == "no drop" and size(out["z"]) <= 3:
            return "no drop", None
        if step == "pairs" and out["mismatch"][worst] > 0.02:
            if late == "any" and any(h > 0 for h in written.values()):
                return "leakage", worst
            return ("leakage" if late == "timing" and written[worst] > 0 else "skew"), worst
        if step == "late" and any(h > 0 for h in written.values()):
            return "leakage", max(written, key=written.get)
        if step == "nulls" and out["null_jump"][empty] > 0.05:
            return "bug", empty
        if step == "jumps" and jumped:
            return "bug", most(jumped)
        if step == "drift" and moved:
            return "drift", most(moved)
    return "concept drift", None


def _case(incident, features, evidence=None, **rules):
    out = _evidence(incident, features, **(evidence or {}))
    diagnosis, feature = _name(out, incident["written"], **rules)
    return {**out, "diagnosis": diagnosis, "feature": feature}


@right("NumPy, aligned by id")
def diagnose_drop(incident, features):
    return _case(incident, features)


@right("plain Python")
def diagnose_drop(incident, features):
    old, live = incident["offline"], incident["live"]
    last = max(live["day"])
    fresh = [d > last - 14 for d in live["day"]]

    def loss(table):
        return [(s - y) ** 2 for s, y in zip(table["score"], table["label"], strict=True)]

    before, after = loss(old), [x for x, keep in zip(loss(live), fresh, strict=True) if keep]
    error = math.sqrt(statistics.variance(before) / len(before) + statistics.variance(after) / len(after))
    z = (statistics.fmean(after) - statistics.fmean(before)) / error
    known = [dict(zip(features, row, strict=True)) for row in incident["recomputed"][features].to_numpy().tolist()]
    again = dict(zip(incident["recomputed"]["id"].tolist(), known, strict=True))
    mismatch, nulls, shift, sudden = {}, {}, {}, {}
    for f in features:
        pairs = [(s, again[i][f]) for i, s in zip(live["id"].tolist(), live[f].tolist(), strict=True)]
        mismatch[f] = sum(not (abs(s - r) <= 0.001 * abs(r) or (s != s and r != r)) for s, r in pairs) / len(pairs)
        was, now = old[f].tolist(), [v for v, keep in zip(live[f].tolist(), fresh, strict=True) if keep]
        nulls[f] = sum(v != v for v in now) / len(now) - sum(v != v for v in was) / len(was)
        low, middle, high = np.nanquantile(was, [0.25, 0.5, 0.75])
        shift[f] = (np.nanmedian(now) - middle) / (high - low)
        if abs(shift[f]) > 0.5:
            weeks = {}
            for day, value in zip(live["day"].tolist(), live[f].tolist(), strict=True):
                weeks.setdefault(day // 7, []).append(value)
            levels = [middle] + [np.nanmedian(weeks[w]) for w in sorted(weeks)]
            steps = [abs(b - a) for a, b in itertools.pairwise(levels)]
            sudden[f] = max(steps) / abs(levels[-1] - levels[0])
    diagnosis, feature = "concept drift", None
    if sudden:
        jumps = [f for f in sudden if sudden[f] >= 0.5]
        feature = sorted(jumps or sudden, key=lambda f: -abs(shift[f]))[0]
        diagnosis = "bug" if jumps else "drift"
    if max(nulls.values()) > 0.05:
        diagnosis, feature = "bug", max(nulls, key=nulls.get)
    if max(mismatch.values()) > 0.02:
        feature = max(mismatch, key=mismatch.get)
        diagnosis = "leakage" if incident["written"][feature] > 0 else "skew"
    if z <= 3:
        diagnosis, feature = "no drop", None
    return {"z": z, "mismatch": mismatch, "null_jump": nulls, "shift": shift, "suddenness": sudden, "diagnosis": diagnosis, "feature": feature}


@wrong("match the rows by id, not by their place")
def diagnose_drop(incident, features):
    return _case(incident, features, {"place": True})


@wrong("two missing values agree; NaN == NaN is False")
def diagnose_drop(incident, features):
    return _case(incident, features, {"both": False})


@wrong("the drop is measured on the last 14 days, not on all live rows")
def diagnose_drop(incident, features):
    return _case(incident, features, {"days": 56})


@wrong("compare the share of NaN with the offline one, not with zero")
def diagnose_drop(incident, features):
    return _case(incident, features, {"base": False})


@wrong("the mean follows a few huge values; take the median")
def diagnose_drop(incident, features):
    return _case(incident, features, {"centre": "mean"})


@wrong("that is leakage")
def diagnose_drop(incident, features):
    return _case(incident, features, late="never")


@wrong("a value written late but always the same is no leak; ask when the feature that differs is written")
def diagnose_drop(incident, features):
    return _case(incident, features, late="any")


@wrong("late writing alone is no leak; the two sides must differ")
def diagnose_drop(incident, features):
    return _case(incident, features, order=("no drop", "pairs", "nulls", "jumps", "drift")) | (
        {"diagnosis": "leakage"} if min(incident["written"].values()) > 0 else {}
    )


@wrong("a value written late but always the same is no leak")
def diagnose_drop(incident, features):
    return _case(incident, features, order=("no drop", "late", "pairs", "nulls", "jumps", "drift"), late="never")


@wrong("longer queues are a decoy; compare both sides row by row before you look for drift")
def diagnose_drop(incident, features):
    return _case(incident, features, order=("no drop", "drift", "pairs", "nulls", "jumps"))


@wrong("the input moved from one week to the next; people don't, code does")
def diagnose_drop(incident, features):
    return _case(incident, features, order=("no drop", "pairs", "nulls", "drift"))


@wrong("nulls jumped")
def diagnose_drop(incident, features):
    return _case(incident, features, order=("no drop", "pairs", "jumps", "drift"))


@wrong("standard errors")
def diagnose_drop(incident, features):
    return _case(incident, features, order=("pairs", "nulls", "jumps", "drift"))


@wrong("a lower loss is no drop; keep the sign of z")
def diagnose_drop(incident, features):
    return _case(incident, features, size=lambda z: abs(z) if z < -4 else z)


@wrong("'diagnosis'")
def diagnose_drop(incident, features):
    """A guess from names: whatever is written last must leak."""
    out = _evidence(incident, features)
    guess = next((f for f in features if "tenure" in f or "flag" in f or "lag" in f), features[0])
    return {**out, "diagnosis": "leakage" if "lag" in guess else "drift", "feature": guess}


@wrong("the mismatch is a share of all live rows, not only of the recent ones")
def diagnose_drop(incident, features):
    live = incident["live"]
    recent = live[live["day"] > live["day"].max() - 14]
    out = {**_evidence(incident, features), "mismatch": _evidence({**incident, "live": recent}, features)["mismatch"]}
    diagnosis, feature = _name(out, incident["written"])
    return {**out, "diagnosis": diagnosis, "feature": feature}


@wrong("recent are 14 days; with day >= max - 14 there are 15")
def diagnose_drop(incident, features):
    return _case(incident, features, evidence={"days": 15})
