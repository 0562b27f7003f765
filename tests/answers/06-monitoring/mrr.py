"""Answer bank of `mrr`."""

import numpy as np

from course.authoring.bank import right, wrong


@right("a list of ranks")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = 1 / ranks[0] if ranks else 0
    if not scores:
        raise ValueError("nobody")
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}


@right("NumPy argmax")
def mrr(ranked, relevant, k=None):
    judged = [q for q in relevant if len(relevant[q]) > 0]
    if (k is not None and k <= 0) or len(judged) == 0:
        raise ValueError
    out = np.zeros(len(judged))
    for n, q in enumerate(judged):
        row = ranked[q] if q in ranked else []
        if any(row.count(item) > 1 for item in row):
            raise ValueError
        hit = np.array([item in relevant[q] for item in row][:k], dtype=bool)
        if hit.any():
            out[n] = 1 / (hit.argmax() + 1)
    return {"per_query": dict(zip(judged, out)), "mrr": np.mean(out)}


@wrong("queries without a hit were left out; they score 0 and stay in the mean")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        if ranks:
            scores[query] = 1 / ranks[0]
    if not scores:
        raise ValueError("nobody")
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}


@wrong("this is 1 over the mean rank")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = 1 / ranks[0] if ranks else 0
    if not scores:
        raise ValueError("nobody")
    return {"mrr": len([s for s in scores.values() if s]) / sum(1 / s for s in scores.values() if s), "per_query": scores}


@wrong("ranks start at 1, not at 0")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = 1 / max(1, ranks[0] - 1) if ranks else 0
    if not scores:
        raise ValueError("nobody")
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}


@wrong("this is the rank of the last relevant item")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = 1 / ranks[-1] if ranks else 0
    if not scores:
        raise ValueError("nobody")
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}


@wrong("all relevant items are added up; only the first one counts")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = sum(1 / rank for rank in ranks)
    if not scores:
        raise ValueError("nobody")
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}


@wrong("this averages over all relevant items")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = sum(1 / rank for rank in ranks) / len(ranks) if ranks else 0
    if not scores:
        raise ValueError("nobody")
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}


@wrong("this is the mean rank")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = ranks[0] if ranks else 0
    if not scores:
        raise ValueError("nobody")
    return {"mrr": np.mean([s for s in scores.values() if s]), "per_query": scores}


@wrong("k is not used")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            pass
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = 1 / ranks[0] if ranks else 0
    if not scores:
        raise ValueError("nobody")
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}


@wrong("queries without a relevant item are left out, not counted as zero")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            scores[query] = 0
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = 1 / ranks[0] if ranks else 0
    if not scores:
        raise ValueError("nobody")
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}


@wrong("a query that got no list counts as zero; you left it out")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted or query not in ranked:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = 1 / ranks[0] if ranks else 0
    if not scores:
        raise ValueError("nobody")
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}


@wrong("the item at rank k is among the first k")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[: max(k - 1, 1)] if len(items) <= k else items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = 1 / ranks[0] if ranks else 0
    if not scores:
        raise ValueError("nobody")
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}


@wrong("a list with an item twice: expected ValueError")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            pass
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = 1 / ranks[0] if ranks else 0
    if not scores:
        raise ValueError("nobody")
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}


@wrong("k = 0: expected ValueError")
def mrr(ranked, relevant, k=None):
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = 1 / ranks[0] if ranks else 0
    if not scores:
        raise ValueError("nobody")
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}


@wrong("no query with a relevant item: expected ValueError, your function raised ZeroDivisionError")
def mrr(ranked, relevant, k=None):
    if k is not None and k < 1:
        raise ValueError("k")
    scores = {}
    for query, wanted in relevant.items():
        if not wanted:
            continue
        items = list(ranked.get(query, []))
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        if k is not None:
            items = items[:k]
        ranks = [rank for rank, item in enumerate(items, start=1) if item in wanted]
        scores[query] = 1 / ranks[0] if ranks else 0
    return {"mrr": sum(scores.values()) / len(scores), "per_query": scores}
