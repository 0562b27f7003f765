"""Answer bank of `coverage`."""

import math
from collections import Counter

import numpy as np

from course.authoring.bank import right, wrong


@right("Counter and shares")
def coverage(ranked, catalogue, k):
    if k < 1 or len(catalogue) == 0:
        raise ValueError("k or catalogue")
    shown = []
    for items in ranked.values():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        shown += items[:k]
    if not set(shown) <= set(catalogue):
        raise ValueError("unknown item")
    counts = Counter(shown)
    if not counts:
        return {"coverage": 0, "effective_items": 0}
    squares = sum((c / len(shown)) ** 2 for c in counts.values())
    return {"coverage": len(counts) / len(catalogue), "effective_items": 1 / squares}


@right("an array of counts")
def coverage(ranked, catalogue, k):
    if k < 1 or not len(catalogue):
        raise ValueError
    place = {item: n for n, item in enumerate(catalogue)}
    c = np.zeros(len(catalogue))
    for row in ranked.values():
        if any(row.count(item) > 1 for item in row):
            raise ValueError
        for item in row[:k]:
            try:
                c[place[item]] += 1
            except KeyError:
                raise ValueError(item)
    return {"coverage": np.mean(c > 0), "effective_items": c.sum() ** 2 / (c @ c) if c.any() else 0.0}


@wrong("this is one user's share of the catalogue, averaged")
def coverage(ranked, catalogue, k):
    if k < 1 or len(catalogue) == 0:
        raise ValueError("k or catalogue")
    shown = []
    for items in ranked.values():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        shown += items[:k]
    if not set(shown) <= set(catalogue):
        raise ValueError("unknown item")
    counts = Counter(shown)
    if not counts:
        return {"coverage": 0, "effective_items": 0}
    squares = sum((c / len(shown)) ** 2 for c in counts.values())
    return {"coverage": len(shown) / len(ranked) / len(catalogue), "effective_items": 1 / squares}


@wrong("items are counted as often as they are shown")
def coverage(ranked, catalogue, k):
    if k < 1 or len(catalogue) == 0:
        raise ValueError("k or catalogue")
    shown = []
    for items in ranked.values():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        shown += items[:k]
    if not set(shown) <= set(catalogue):
        raise ValueError("unknown item")
    counts = Counter(shown)
    if not counts:
        return {"coverage": 0, "effective_items": 0}
    squares = sum((c / len(shown)) ** 2 for c in counts.values())
    return {"coverage": len(shown) / len(catalogue), "effective_items": 1 / squares}


@wrong("the denominator is the catalogue, not the items that occur in the lists")
def coverage(ranked, catalogue, k):
    if k < 1 or len(catalogue) == 0:
        raise ValueError("k or catalogue")
    shown = []
    for items in ranked.values():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        shown += items[:k]
    if not set(shown) <= set(catalogue):
        raise ValueError("unknown item")
    counts = Counter(shown)
    if not counts:
        return {"coverage": 0, "effective_items": 0}
    squares = sum((c / len(shown)) ** 2 for c in counts.values())
    return {"coverage": len(counts) / len({i for row in ranked.values() for i in row}), "effective_items": 1 / squares}


@wrong("this is the exponential of the entropy")
def coverage(ranked, catalogue, k):
    if k < 1 or len(catalogue) == 0:
        raise ValueError("k or catalogue")
    shown = []
    for items in ranked.values():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        shown += items[:k]
    if not set(shown) <= set(catalogue):
        raise ValueError("unknown item")
    counts = Counter(shown)
    if not counts:
        return {"coverage": 0, "effective_items": 0}
    return {"coverage": len(counts) / len(catalogue), "effective_items": math.exp(-sum(c / len(shown) * math.log(c / len(shown)) for c in counts.values()))}


@wrong("this is the sum of squared shares; turn it round")
def coverage(ranked, catalogue, k):
    if k < 1 or len(catalogue) == 0:
        raise ValueError("k or catalogue")
    shown = []
    for items in ranked.values():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        shown += items[:k]
    if not set(shown) <= set(catalogue):
        raise ValueError("unknown item")
    counts = Counter(shown)
    if not counts:
        return {"coverage": 0, "effective_items": 0}
    squares = sum((c / len(shown)) ** 2 for c in counts.values())
    return {"coverage": len(counts) / len(catalogue), "effective_items": squares}


@wrong("this is the plain number of shown items")
def coverage(ranked, catalogue, k):
    if k < 1 or len(catalogue) == 0:
        raise ValueError("k or catalogue")
    shown = []
    for items in ranked.values():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        shown += items[:k]
    if not set(shown) <= set(catalogue):
        raise ValueError("unknown item")
    counts = Counter(shown)
    if not counts:
        return {"coverage": 0, "effective_items": 0}
    return {"coverage": len(counts) / len(catalogue), "effective_items": len(counts)}


@wrong("whole lists are counted; only the first k are shown")
def coverage(ranked, catalogue, k):
    if k < 1 or len(catalogue) == 0:
        raise ValueError("k or catalogue")
    shown = []
    for items in ranked.values():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        shown += items
    if not set(shown) <= set(catalogue):
        raise ValueError("unknown item")
    counts = Counter(shown)
    if not counts:
        return {"coverage": 0, "effective_items": 0}
    squares = sum((c / len(shown)) ** 2 for c in counts.values())
    return {"coverage": len(counts) / len(catalogue), "effective_items": 1 / squares}


@wrong("this is the number of items; divide by the size of the catalogue")
def coverage(ranked, catalogue, k):
    if k < 1 or len(catalogue) == 0:
        raise ValueError("k or catalogue")
    shown = []
    for items in ranked.values():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        shown += items[:k]
    if not set(shown) <= set(catalogue):
        raise ValueError("unknown item")
    counts = Counter(shown)
    if not counts:
        return {"coverage": 0, "effective_items": 0}
    squares = sum((c / len(shown)) ** 2 for c in counts.values())
    return {"coverage": len(counts), "effective_items": 1 / squares}


@wrong("a shown item that is not in the catalogue: expected ValueError")
def coverage(ranked, catalogue, k):
    if k < 1 or len(catalogue) == 0:
        raise ValueError("k or catalogue")
    shown = []
    for items in ranked.values():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        shown += items[:k]
    counts = Counter(shown)
    if not counts:
        return {"coverage": 0, "effective_items": 0}
    squares = sum((c / len(shown)) ** 2 for c in counts.values())
    return {"coverage": len(counts) / len(catalogue), "effective_items": 1 / squares}


@wrong("a list with an item twice: expected ValueError")
def coverage(ranked, catalogue, k):
    if k < 1 or len(catalogue) == 0:
        raise ValueError("k or catalogue")
    shown = []
    for items in ranked.values():
        if len(items) != len(set(items)):
            pass
        shown += items[:k]
    if not set(shown) <= set(catalogue):
        raise ValueError("unknown item")
    counts = Counter(shown)
    if not counts:
        return {"coverage": 0, "effective_items": 0}
    squares = sum((c / len(shown)) ** 2 for c in counts.values())
    return {"coverage": len(counts) / len(catalogue), "effective_items": 1 / squares}


@wrong("raised ZeroDivisionError")
def coverage(ranked, catalogue, k):
    if k < 1 or len(catalogue) == 0:
        raise ValueError("k or catalogue")
    shown = []
    for items in ranked.values():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        shown += items[:k]
    if not set(shown) <= set(catalogue):
        raise ValueError("unknown item")
    counts = Counter(shown)
    squares = sum((c / len(shown)) ** 2 for c in counts.values())
    return {"coverage": len(counts) / len(catalogue), "effective_items": 1 / squares}
