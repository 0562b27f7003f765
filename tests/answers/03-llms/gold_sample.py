"""Answer bank of `gold_sample`."""

import math
import random
from collections import Counter

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def checked(labels, width, expected, floor):
    labels = np.asarray(list(labels), dtype=object)
    if not len(labels) or not 0 < width < 1 or not 0 < expected < 1 or floor < 1:
        raise ValueError("unusable input")
    return labels, math.ceil(4 * 1.96**2 * expected * (1 - expected) / width**2)


def drawn(labels, size, floor, seed, quota=None, pick=None, weight=None):
    rng = np.random.default_rng(seed)
    quota = quota or (lambda count: min(count, max(floor, math.ceil(size * count / len(labels)))))
    pick = pick or (lambda places, n: rng.choice(places, n, replace=False))
    weight = weight or (lambda count, n: count / n)
    pairs = []
    for name in sorted(set(labels)):
        places = np.flatnonzero(labels == name)
        n = quota(len(places))
        pairs += [(int(row), weight(len(places), n)) for row in pick(places, n)]
    pairs.sort()
    return {"size": size, "rows": [row for row, _ in pairs], "weights": [w for _, w in pairs]}


@right("plain Python, a random order for each category")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels = list(labels)
    if not labels or not (0 < width < 1 and 0 < expected < 1) or floor < 1:
        raise ValueError("unusable")
    n = math.ceil(expected * (1 - expected) * (2 * 1.96 / width) ** 2)
    dice, counts, rows = random.Random(seed), Counter(labels), []
    for name, count in counts.items():
        places = [i for i, label in enumerate(labels) if label == name]
        rows += dice.sample(places, min(count, max(floor, -(-n * count // len(labels)))))
    got = Counter(labels[i] for i in rows)
    return {"size": n, "rows": sorted(rows), "weights": [counts[labels[i]] / got[labels[i]] for i in sorted(rows)]}


@right("groupby and sample")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    frame = pd.DataFrame({"label": labels.astype(str)})
    parts = [
        group.sample(min(len(group), max(floor, math.ceil(size * len(group) / len(frame)))), random_state=seed).assign(count=len(group))
        for _, group in frame.groupby("label")
    ]
    out = pd.concat(parts).sort_index()
    return {"size": size, "rows": out.index.to_numpy(), "weights": (out["count"] / out.groupby("label")["count"].transform("size")).to_numpy()}


@wrong("width was taken as half of the interval")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, _ = checked(labels, width, expected, floor)
    return drawn(labels, math.ceil(1.96**2 * expected * (1 - expected) / width**2), floor, seed)


@wrong("rounded down or to the nearest; round up")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    return drawn(labels, size - 1, floor, seed)


@wrong("`expected` is ignored")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, _ = checked(labels, width, expected, floor)
    return drawn(labels, math.ceil(1.96**2 / width**2), floor, seed)


@wrong("this is the size for 90 %")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, _ = checked(labels, width, expected, floor)
    return drawn(labels, math.ceil(4 * 1.645**2 * expected * (1 - expected) / width**2), floor, seed)


@wrong("this is how many rows are drawn")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    found = drawn(labels, size, floor, seed)
    return found | {"size": len(found["rows"])}


@wrong("this is the head of the table")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    total = len(drawn(labels, size, floor, seed)["rows"])
    return {"size": size, "rows": list(range(total)), "weights": [len(labels) / total] * total}


@wrong("these are the first rows of each category")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    return drawn(labels, size, floor, seed, pick=lambda places, n: places[:n])


@wrong("rare categories have no floor")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    return drawn(labels, size, floor, seed, quota=lambda count: min(count, math.ceil(size * count / len(labels))))


@wrong("every category gets only the floor")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    return drawn(labels, size, floor, seed, quota=lambda count: min(count, floor))


@wrong("the weight is upside down")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    return drawn(labels, size, floor, seed, weight=lambda count, n: n / count)


@wrong("all weights are alike")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    found = drawn(labels, size, floor, seed)
    return found | {"weights": [len(labels) / len(found["rows"])] * len(found["rows"])}


@wrong("all weights are 1")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    return drawn(labels, size, floor, seed, weight=lambda count, n: 1.0)


@wrong("none twice")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    rng = np.random.default_rng(seed)
    return drawn(labels, size, floor, seed, pick=lambda places, n: rng.choice(places, n))


@wrong("use the seed to draw")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    return drawn(labels, size, floor, 0)


@wrong("a second call with the same seed")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    labels, size = checked(labels, width, expected, floor)
    return drawn(labels, size, floor, None)


@wrong("an expected share of 1: expected ValueError")
def gold_sample(labels, width, expected=0.8, floor=20, seed=0):
    if not len(labels) or not 0 < width < 1 or floor < 1:
        raise ValueError
    labels = np.asarray(list(labels), dtype=object)
    return drawn(labels, math.ceil(4 * 1.96**2 * expected * (1 - expected) / width**2), floor, seed)
