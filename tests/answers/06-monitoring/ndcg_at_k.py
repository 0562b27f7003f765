"""Answer bank of `ndcg_at_k`."""

import math

import numpy as np
import pandas as pd
from sklearn.metrics import dcg_score, ndcg_score

from course.authoring.bank import right, wrong


@right("a plain loop")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@right("scikit-learn, with padding")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in ("linear", "exponential"):
        raise ValueError
    scores, dcgs = {}, []
    for user, marks in grades.items():
        if any(m < 0 for m in marks.values()):
            raise ValueError
        if not any(marks.values()):
            continue
        shown = list(ranked.get(user, []))
        if len(shown) > len(set(shown)):
            raise ValueError
        # empty places are padded with worthless items, so that what was not shown stays outside
        levels = np.array([marks.get(i, 0) for i in shown] + [0] * k + [m for i, m in marks.items() if i not in shown], float)
        worth = levels if gain == "linear" else np.exp2(levels) - 1
        position = -np.arange(levels.size, dtype=float)
        scores[user] = ndcg_score([worth], [position], k=k)
        dcgs.append(dcg_score([worth], [position], k=k))
    if not scores:
        raise ValueError
    return {"ndcg": np.mean(list(scores.values())), "dcg": np.mean(dcgs), "per_user": scores}


@right("one matrix product")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    judged = {u: m for u, m in grades.items() if any(m.values())}
    if k < 1 or gain not in ("linear", "exponential") or not judged or any(v < 0 for m in grades.values() for v in m.values()):
        raise ValueError
    table, best = np.zeros((len(judged), k)), np.zeros((len(judged), k))
    for row, (user, marks) in enumerate(judged.items()):
        shown = ranked.get(user, [])
        if pd.Index(shown).has_duplicates:
            raise ValueError
        levels = [marks.get(i, 0) for i in shown][:k]
        ideal = sorted(marks.values())[::-1][:k]
        table[row, : len(levels)], best[row, : len(ideal)] = levels, ideal
    discount = 1 / np.log2(np.arange(k) + 2)
    if gain == "exponential":
        table, best = 2**table - 1, 2**best - 1
    got = table @ discount
    each = got / (best @ discount)
    return {"ndcg": each.mean(), "dcg": got.mean(), "per_user": dict(zip(judged, each))}


@wrong("the ideal list is made of the shown items only; take all graded items of the user")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(levels, reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / (dcg(ideal) or 1)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("the ideal list is made of the first k shown items only")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(levels[:k], reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / (dcg(ideal) or 1)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("the discount is one rank off")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 2)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("the discount is log2(rank), with ranks 1 and 2 undiscounted")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / max(1, math.log2(rank))
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("this logarithm has base e; nDCG forgives that, DCG does not")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("this logarithm has base 10; nDCG forgives that, DCG does not")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log10(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("the discount is the rank itself")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / rank
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("there is no discount: the order does not count")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for level in levels[:k]:
            worth = level if gain == "linear" else 2**level - 1
            total += worth
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("this is the exponential gain; the default is linear")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("this is still the linear gain")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("without the - 1 a useless item gains something")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("the gain is e ** grade - 1")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else math.exp(level) - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("the ideal list is not cut at k")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels, k=k):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal, None)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("the list is not cut at k")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels, start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("users without a grade above 0 are left out, not counted as zero")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            scores[user] = 0
            dcgs.append(0)
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("this divides the sum of all DCGs by the sum of all ideals")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(dcgs) / sum(d / s for d, s in zip(dcgs, scores.values())), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("the grades are read as relevant or not")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [min(1, marks.get(item, 0)) for item in items]
        ideal = sorted((min(1, m) for m in marks.values()), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("a user who got no list counts as zero; you left them out")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0 or user not in ranked:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("items without a grade were dropped; they have grade 0 and keep their place")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks[item] for item in items if item in marks]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("a list with an item twice: expected ValueError")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            pass
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("a negative grade: expected ValueError")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1 or gain not in {"linear", "exponential"}:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            pass
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}


@wrong("an unknown gain: expected ValueError")
def ndcg_at_k(ranked, grades, k, gain="linear"):
    if k < 1:
        raise ValueError("k or gain")

    def dcg(levels):
        total = 0.0
        for rank, level in enumerate(levels[:k], start=1):
            worth = level if gain == "linear" else 2**level - 1
            total += worth / math.log2(rank + 1)
        return total

    dcgs, scores = [], {}
    for user, marks in grades.items():
        if min(marks.values(), default=0) < 0:
            raise ValueError("negative")
        if max(marks.values(), default=0) == 0:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        levels = [marks.get(item, 0) for item in items]
        ideal = sorted(marks.values(), reverse=True)
        dcgs.append(dcg(levels))
        scores[user] = dcgs[-1] / dcg(ideal)
    if not scores:
        raise ValueError("nobody")
    return {"ndcg": sum(scores.values()) / len(scores), "dcg": sum(dcgs) / len(dcgs), "per_user": scores}
