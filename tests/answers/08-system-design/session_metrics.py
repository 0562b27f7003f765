"""Answer bank of `session_metrics`."""

import math

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def by_hand(shown, cap=3.0, unit="sessions", missing_zero=False, any_dwell=False):
    clicks, seen, deep, good, known, seconds = {}, {}, {}, 0, 0, 0.0
    for row in shown.itertuples():
        s = row.session
        for store in (clicks, seen, deep):
            store.setdefault(s, 0)
        if row.clicked or row.passed:
            seen[s] += 1
            deep[s] = max(deep[s], row.position)
        clicks[s] += int(row.clicked)
        if row.clicked and (missing_zero or not math.isnan(row.dwell)):
            known += 1
            good += row.dwell >= 30 * row.minutes
        if (row.clicked or any_dwell) and not math.isnan(row.dwell):
            seconds += min(row.dwell, cap * 60 * row.minutes)
    n = len(seen)
    if n < 2 or sum(seen.values()) == 0:
        raise ValueError("too little")
    total, looked = sum(clicks.values()), sum(seen.values())
    r = total / looked
    error = math.sqrt(sum((clicks[s] - r * seen[s]) ** 2 for s in seen) / (n * (n - 1))) / (looked / n)
    return {
        "sessions": n,
        "ctr": r,
        "ctr_error": error,
        "read_through": good / known if known else math.nan,
        "measured": known / total if total else math.nan,
        "seconds": seconds / n,
        "depth": sum(deep.values()) / n,
        "_clicks": clicks,
        "_seen": seen,
        "_deep": deep,
        "_time": seconds,
        "_good": good,
    }


def public(result, **changes):
    return {k: v for k, v in {**result, **changes}.items() if not k.startswith("_")}


@right("plain Python")
def session_metrics(shown):
    return public(by_hand(shown))


@right("pandas columns")
def session_metrics(shown):
    t = shown.assign(seen=shown["clicked"] | shown["passed"])
    if t["session"].nunique() < 2 or not t["seen"].any():
        raise ValueError("too little")
    g = pd.DataFrame({"y": t["clicked"].groupby(t["session"]).sum(), "x": t["seen"].groupby(t["session"]).sum()})
    r = g["y"].sum() / g["x"].sum()
    c = t[t["clicked"]].dropna(subset=["dwell"])
    return pd.Series(
        {
            "sessions": len(g),
            "ctr": r,
            "ctr_error": (g["y"] - r * g["x"]).std() / len(g) ** 0.5 / g["x"].mean(),
            "read_through": (c["dwell"] >= 30 * c["minutes"]).mean(),
            "measured": len(c) / t["clicked"].sum() if t["clicked"].any() else np.nan,
            "seconds": c["dwell"].clip(upper=180 * c["minutes"]).sum() / len(g),
            "depth": t["position"].where(t["seen"], 0).groupby(t["session"]).max().mean(),
        }
    )


@wrong("rows that nobody reached don't count")
def session_metrics(shown):
    return public(by_hand(shown), ctr=shown["clicked"].mean())


@wrong("the mean of the sessions' own click rates")
def session_metrics(shown):
    r = by_hand(shown)
    return public(r, ctr=np.mean([r["_clicks"][s] / x for s, x in r["_seen"].items() if x])) if len(shown) > 10 else public(r)


@wrong("clicked or passed")
def session_metrics(shown):
    return public(by_hand(shown), ctr=shown["clicked"].sum() / shown["passed"].sum())


@wrong("sessions without a click belong to the time per session")
def session_metrics(shown):
    r = by_hand(shown)
    return public(r, seconds=r["_time"] / max(sum(y > 0 for y in r["_clicks"].values()), 1))


@wrong("has depth 0 and counts")
def session_metrics(shown):
    r = by_hand(shown)
    return public(r, depth=np.mean([d for d in r["_deep"].values() if d > 0]))


@wrong("depth is the deepest position of a session")
def session_metrics(shown):
    seen = shown["clicked"] | shown["passed"]
    return public(by_hand(shown), depth=shown["position"][seen].mean())


@wrong("depth counts only items seen")
def session_metrics(shown):
    return public(by_hand(shown), depth=shown.groupby("session")["position"].max().mean())


@wrong("read-through is a share of clicks, not of impressions")
def session_metrics(shown):
    r = by_hand(shown)
    return public(r, read_through=r["_good"] / len(shown))


@wrong("leave it out of read-through")
def session_metrics(shown):
    return public(by_hand(shown, missing_zero=True))


@wrong("at most 3 times the reading time")
def session_metrics(shown):
    return public(by_hand(shown, cap=math.inf))


@wrong("the dwell of a row without a click means nothing")
def session_metrics(shown):
    return public(by_hand(shown, any_dwell=True))


@wrong("this is the time per click")
def session_metrics(shown):
    r = by_hand(shown)
    return public(r, seconds=r["_time"] / max(sum(r["_clicks"].values()), 1)) if len(shown) > 10 else public(r)


@wrong("sessions are the unit")
def session_metrics(shown):
    r = by_hand(shown)
    return public(r, ctr_error=math.sqrt(r["ctr"] * (1 - r["ctr"]) / sum(r["_seen"].values())))


@wrong("divide by S - 1")
def session_metrics(shown):
    r = by_hand(shown)
    return public(r, ctr_error=r["ctr_error"] * math.sqrt((r["sessions"] - 1) / r["sessions"]))


@wrong("there is no read-through: NaN")
def session_metrics(shown):
    r = by_hand(shown)
    return public(r, read_through=0 if math.isnan(r["read_through"]) else r["read_through"])


@wrong("nothing seen at all: expected ValueError")
def session_metrics(shown):
    if not (shown["clicked"] | shown["passed"]).any():
        return {}
    return public(by_hand(shown))
