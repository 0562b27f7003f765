"""Answer bank of `choose_ef`."""

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def check(found, exact, milliseconds):
    e = np.asarray(exact)
    if sorted(found) != sorted(milliseconds) or any(np.asarray(f).shape != e.shape for f in found.values()):
        raise ValueError("settings or shapes differ")
    return e


def recall_of(ids, e):
    return float(np.mean([np.isin(true, row).mean() for row, true in zip(np.asarray(ids), e)]))


def pick(found, exact, milliseconds, min_recall, max_p99, recall=recall_of, latency=lambda t: np.percentile(t, 99), key=None):
    e = check(found, exact, milliseconds)
    rows = [(latency(milliseconds[s]), s, recall(found[s], e)) for s in found]
    rows = [row for row in rows if row[0] <= max_p99 and row[2] >= min_recall]
    if not rows:
        raise ValueError("none")
    p99, ef, r = min(rows, key=key)
    return {"ef": ef, "recall": r, "p99": p99}


@right("pandas")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    e = check(found, exact, milliseconds)
    table = pd.DataFrame([{"ef": s, "recall": recall_of(found[s], e), "p99": pd.Series(milliseconds[s]).quantile(0.99)} for s in found])
    table = table[(table["recall"] >= min_recall) & (table["p99"] <= max_p99)].sort_values(["p99", "ef"])
    if table.empty:
        raise ValueError("no setting is good enough")
    return table.iloc[0].to_dict()


@right("comparison of all pairs")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    e = check(found, exact, milliseconds)
    best = None
    for s in sorted(found):
        hit = (np.asarray(found[s])[:, :, None] == e[:, None, :]).any(axis=1)
        p99 = np.percentile(milliseconds[s], 99)
        if hit.mean() >= min_recall and p99 <= max_p99 and (best is None or p99 < best["p99"]):
            best = {"ef": s, "recall": hit.mean(), "p99": p99}
    if best is None:
        raise ValueError("no setting is good enough")
    return best


@wrong("this is the setting with the highest recall")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    return pick(found, exact, milliseconds, min_recall, max_p99, key=lambda row: -row[2])


@wrong("this is the fastest of all")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    return pick(found, exact, milliseconds, 0, max_p99)


@wrong("p99 is a percentile of the times, not their mean")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    return pick(found, exact, milliseconds, min_recall, max_p99, latency=np.mean)


@wrong("this is the slowest query")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    return pick(found, exact, milliseconds, min_recall, max_p99, latency=np.max)


@wrong("the choice goes by the mean time")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    e = check(found, exact, milliseconds)
    rows = [(np.mean(milliseconds[s]), s, recall_of(found[s], e), np.percentile(milliseconds[s], 99)) for s in found]
    rows = [row for row in rows if row[2] >= min_recall and row[3] <= max_p99]
    if not rows:
        raise ValueError("none")
    _, ef, r, p99 = min(rows)
    return {"ef": ef, "recall": r, "p99": p99}


@wrong("the cheapest is the one with the lowest p99")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    return pick(found, exact, milliseconds, min_recall, max_p99, key=lambda row: row[1])


@wrong("order does not matter for recall")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    def by_place(ids, e):
        return float((np.asarray(ids) == e).mean())

    return pick(found, exact, milliseconds, min_recall, max_p99, recall=by_place)


@wrong("an id that is found twice counts once")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    def double(ids, e):
        return float(np.mean([np.isin(row, true).mean() for row, true in zip(np.asarray(ids), e)]))

    return pick(found, exact, milliseconds, min_recall, max_p99, recall=double)


@wrong("divide by k, not by the number of results")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    def precision(ids, e):
        return float(np.mean([len(set(row) & set(true)) / len(set(row) - {-1} or {0}) for row, true in zip(np.asarray(ids).tolist(), e.tolist())]))

    return pick(found, exact, milliseconds, min_recall, max_p99, recall=precision)


@wrong("ids that another query should find don't count")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    return pick(found, exact, milliseconds, min_recall, max_p99, recall=lambda ids, e: float(np.isin(e, ids).mean()))


@wrong("this is the recall of the worst query")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    def worst(ids, e):
        return min(float(np.isin(true, row).mean()) for row, true in zip(np.asarray(ids), e))

    result = pick(found, exact, milliseconds, min_recall, max_p99)
    return {**result, "recall": worst(found[result["ef"]], np.asarray(exact))} if len(exact) == 2 else result


@wrong("a recall that no setting reaches: expected ValueError")
def choose_ef(found, exact, milliseconds, min_recall, max_p99):
    try:
        return pick(found, exact, milliseconds, min_recall, max_p99)
    except ValueError:
        check(found, exact, milliseconds)
        return {"ef": max(found), "recall": 0.0, "p99": 0.0}
