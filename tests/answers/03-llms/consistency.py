"""Answer bank of `consistency`."""

from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def _check(runs):
    if len(runs) < 2 or not runs[0] or any(len(run) != len(runs[0]) for run in runs):
        raise ValueError("unusable batches")


@right("counts of labels in a frame")
def consistency(runs):
    _check(runs)
    frame, size = pd.DataFrame(runs), len(runs)
    counts = [frame[place].value_counts() for place in frame]
    pairs = [int((count * (count - 1)).sum()) for count in counts]
    full = size * (size - 1)
    order = np.lexsort((range(len(pairs)), pairs))
    return {
        "all_alike": np.mean([pair == full for pair in pairs]),
        "pairwise": np.mean(pairs) / full,
        "majority": [count.index[0] if count.iloc[0] > size / 2 else "unknown" for count in counts],
        "unstable": [int(place) for place in order if pairs[place] < full],
    }


@right("plain loops")
def consistency(runs):
    _check(runs)
    number, texts = len(runs), len(runs[0])
    alike, pairwise, majority = 0, [], []
    for place in range(texts):
        labels = [run[place] for run in runs]
        agreeing = 0
        for i in range(number):
            for j in range(i):
                agreeing += labels[i] == labels[j]
        pairwise.append(agreeing / (number * (number - 1) / 2))
        alike += len(set(labels)) == 1
        winner = "unknown"
        for label in set(labels):
            if labels.count(label) * 2 > number:
                winner = label
        majority.append(winner)
    unstable = sorted([place for place in range(texts) if pairwise[place] < 1], key=lambda place: pairwise[place])
    return {"all_alike": alike / texts, "pairwise": sum(pairwise) / texts, "majority": majority, "unstable": unstable}


def _made(runs, pair, winner=None, order=True):
    _check(runs)
    texts = list(zip(*runs))
    shares = [pair(labels) for labels in texts]
    true = [np.mean([a == b for a, b in combinations(labels, 2)]) for labels in texts]
    winner = winner or (lambda labels: max(set(labels), key=labels.count) if max(map(labels.count, labels)) * 2 > len(labels) else "unknown")
    unstable = [place for place, share in enumerate(true) if share < 1]
    return {
        "all_alike": np.mean([share == 1 for share in true]),
        "pairwise": np.mean(shares),
        "majority": [winner(labels) for labels in texts],
        "unstable": sorted(unstable, key=lambda place: (true[place], place)) if order else unstable,
    }


def _pairs(labels):
    return np.mean([a == b for a, b in combinations(labels, 2)])


@wrong("this compares each batch with the first only")
def consistency(runs):
    return _made(runs, lambda labels: np.mean([label == labels[0] for label in labels[1:]]))


@wrong("a label agrees with itself")
def consistency(runs):
    return _made(runs, lambda labels: np.mean([[a == b for a in labels] for b in labels]))


@wrong("this is the share of the most frequent label")
def consistency(runs):
    return _made(runs, lambda labels: Counter(labels).most_common(1)[0][1] / len(labels))


@wrong("this compares batches that follow each other only")
def consistency(runs):
    return _made(runs, lambda labels: np.mean([a == b for a, b in pairwise(labels)]))


@wrong("two of four is not more than half")
def consistency(runs):
    return _made(runs, _pairs, winner=lambda labels: Counter(labels).most_common(1)[0][0])


@wrong("three of four is a majority")
def consistency(runs):
    return _made(runs, _pairs, winner=lambda labels: labels[0] if len(set(labels)) == 1 else "unknown")


@wrong("the least agreement comes first")
def consistency(runs):
    return _made(runs, _pairs, order=False)


@wrong("this is the share of texts with a majority")
def consistency(runs):
    result = _made(runs, _pairs)
    return result | {"all_alike": np.mean([label != "unknown" for label in result["majority"]])}


@wrong("batches of different length")
def consistency(runs):
    if len(runs) < 2 or not min(map(len, runs)):
        raise ValueError
    size = min(map(len, runs))
    return _made([run[:size] for run in runs], _pairs)
