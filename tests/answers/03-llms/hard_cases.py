"""Answer bank of `hard_cases`."""

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def checked(model, confidence, gold_human, gold_model, gold_confidence, budget):
    if len(model) != len(confidence) or not len(gold_human) == len(gold_model) == len(gold_confidence) or budget < 0:
        raise ValueError("unusable input")
    pile = pd.DataFrame({"model": list(model), "confidence": np.asarray(confidence, float)})
    gold = pd.DataFrame({"human": list(gold_human), "model": list(gold_model), "confidence": np.asarray(gold_confidence, float)})
    return pile, gold


def review(pile, gold, bound, budget, key="model", band=True, smooth=(1, 2), order=None, unseen=0.5, closed=False):
    def group(frame, label):
        low = frame["confidence"] <= bound if closed else frame["confidence"] < bound
        return list(zip(frame[label], low if band else [True] * len(frame)))

    counts = {}
    for cell, wrong_label in zip(group(gold, key), gold["human"] != gold["model"]):
        e, g = counts.get(cell, (0, 0))
        counts[cell] = (e + int(wrong_label), g + 1)
    rates = []
    for cell in group(pile, "model"):
        e, g = counts.get(cell, (0, 0))
        rates.append((e + smooth[0]) / (g + smooth[1]) if g else unseen)
    confidence = pile["confidence"].tolist()
    order = order or (lambda i: (-rates[i], confidence[i], i))
    rows = sorted(range(len(rates)), key=lambda i: order(i) if order.__code__.co_argcount == 1 else order(i, rates, confidence))[:budget]
    return {"rows": rows, "expected": sum(rates[i] for i in rows)}


@right("dicts and sorted")
def hard_cases(model, confidence, gold_human, gold_model, gold_confidence, bound, budget):
    return review(*checked(model, confidence, gold_human, gold_model, gold_confidence, budget), bound, budget)


@right("masks and lexsort")
def hard_cases(model, confidence, gold_human, gold_model, gold_confidence, bound, budget):
    m, c = np.asarray(list(model), dtype=object), np.asarray(confidence, dtype=float)
    gh, gm, gc = np.asarray(list(gold_human), dtype=object), np.asarray(list(gold_model), dtype=object), np.asarray(gold_confidence, dtype=float)
    if m.shape != c.shape or gh.shape != gm.shape or gm.shape != gc.shape or budget < 0:
        raise ValueError("unusable")
    rates = np.empty(len(m))
    for i in range(len(m)):
        cell = (gm == m[i]) & ((gc < bound) == (c[i] < bound))
        rates[i] = (1 + ((gh != gm) & cell).sum()) / (2 + cell.sum())
    rows = np.lexsort((c, -rates))[:budget]
    return {"rows": rows, "expected": rates[rows].sum()}


@wrong("group them by the model's")
def hard_cases(model, confidence, gold_human, gold_model, gold_confidence, bound, budget):
    return review(*checked(model, confidence, gold_human, gold_model, gold_confidence, budget), bound, budget, key="human")


@wrong("the rates are not smoothed")
def hard_cases(model, confidence, gold_human, gold_model, gold_confidence, bound, budget):
    return review(*checked(model, confidence, gold_human, gold_model, gold_confidence, budget), bound, budget, smooth=(0, 0))


@wrong("the confidence band is left out of the groups")
def hard_cases(model, confidence, gold_human, gold_model, gold_confidence, bound, budget):
    return review(*checked(model, confidence, gold_human, gold_model, gold_confidence, budget), bound, budget, band=False)


@wrong("the safest rows come first")
def hard_cases(model, confidence, gold_human, gold_model, gold_confidence, bound, budget):
    found = checked(model, confidence, gold_human, gold_model, gold_confidence, budget)
    return review(*found, bound, budget, order=lambda i, rates, c: (rates[i], c[i], i))


@wrong("the surest rows come first")
def hard_cases(model, confidence, gold_human, gold_model, gold_confidence, bound, budget):
    found = checked(model, confidence, gold_human, gold_model, gold_confidence, budget)
    return review(*found, bound, budget, order=lambda i, rates, c: (-rates[i], -c[i], i))


@wrong("least sure first; the error rate of the group comes first")
def hard_cases(model, confidence, gold_human, gold_model, gold_confidence, bound, budget):
    found = checked(model, confidence, gold_human, gold_model, gold_confidence, budget)
    return review(*found, bound, budget, order=lambda i, rates, c: (c[i], i))


@wrong("no better than rows taken at random")
def hard_cases(model, confidence, gold_human, gold_model, gold_confidence, bound, budget):
    found = checked(model, confidence, gold_human, gold_model, gold_confidence, budget)
    return review(*found, bound, budget, order=lambda i, rates, c: (i,))


@wrong("a label without gold rows")
def hard_cases(model, confidence, gold_human, gold_model, gold_confidence, bound, budget):
    return review(*checked(model, confidence, gold_human, gold_model, gold_confidence, budget), bound, budget, unseen=0.0)


@wrong("a confidence equal to the bound is not below it")
def hard_cases(model, confidence, gold_human, gold_model, gold_confidence, bound, budget):
    return review(*checked(model, confidence, gold_human, gold_model, gold_confidence, budget), bound, budget, closed=True)


@wrong("a negative budget: expected ValueError")
def hard_cases(model, confidence, gold_human, gold_model, gold_confidence, bound, budget):
    return review(*checked(model, confidence, gold_human, gold_model, gold_confidence, 0), bound, budget)
