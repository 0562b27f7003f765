"""Answer bank of `novelty`."""

import math

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


@right("a loop")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log2(n_users / max(1, clicks.get(item, 0))) for item in items[:k]]
        if bits:
            scores[user] = sum(bits) / len(bits)
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@right("pandas")
def novelty(ranked, clicks, n_users, k):
    counts = pd.Series(clicks, dtype=float)
    rows = [(user, place, item) for user, items in ranked.items() for place, item in enumerate(items)]
    table = pd.DataFrame(rows, columns=["user", "place", "item"])
    if k < 1 or n_users < 1 or (counts < 0).any() or (counts > n_users).any() or table.empty or table.duplicated(["user", "item"]).any():
        raise ValueError
    table = table[table["place"] < k]
    share = table["item"].map(lambda item: clicks.get(item, 0)).clip(lower=1) / n_users
    each = (-np.log(share.astype(float)) / np.log(2)).groupby(table["user"]).mean()
    return {"novelty": each.mean(), "per_user": each.to_dict()}


@wrong("this is the natural logarithm")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log(n_users / max(1, clicks.get(item, 0))) for item in items[:k]]
        if bits:
            scores[user] = sum(bits) / len(bits)
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("this is the logarithm with base 10")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log10(n_users / max(1, clicks.get(item, 0))) for item in items[:k]]
        if bits:
            scores[user] = sum(bits) / len(bits)
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("the sign is missing")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log2(n_users / max(1, clicks.get(item, 0))) for item in items[:k]]
        if bits:
            scores[user] = -sum(bits) / len(bits)
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("the share is of all clicks; divide by the number of users")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log2(sum(clicks.values()) / max(1, clicks.get(item, 0))) for item in items[:k]]
        if bits:
            scores[user] = sum(bits) / len(bits)
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("the popularity is averaged first")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log2(n_users / max(1, clicks.get(item, 0))) for item in items[:k]]
        if bits:
            scores[user] = -math.log2(sum(2**-b for b in bits) / len(bits))
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("the items of all users are pooled")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores, pool = {}, []
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log2(n_users / max(1, clicks.get(item, 0))) for item in items[:k]]
        pool += bits
        if bits:
            scores[user] = sum(bits) / len(bits)
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(pool) / len(pool), "per_user": scores}


@wrong("a short list is divided by k")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log2(n_users / max(1, clicks.get(item, 0))) for item in items[:k]]
        if bits:
            scores[user] = sum(bits) / k
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("users with an empty list are left out, not counted as zero")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log2(n_users / max(1, clicks.get(item, 0))) for item in items[:k]]
        scores[user] = sum(bits) / max(1, len(bits))
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("items that nobody clicked were left out")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log2(n_users / max(1, clicks.get(item, 0))) for item in items[:k] if clicks.get(item, 0)]
        if bits:
            scores[user] = sum(bits) / len(bits)
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("the whole list is used; only the first k are shown")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log2(n_users / max(1, clicks.get(item, 0))) for item in items]
        if bits:
            scores[user] = sum(bits) / len(bits)
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("this is 1 minus the share")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [1 - max(1, clicks.get(item, 0)) / n_users for item in items[:k]]
        if bits:
            scores[user] = sum(bits) / len(bits)
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("more users clicked than there are: expected ValueError")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log2(n_users / max(1, clicks.get(item, 0))) for item in items[:k]]
        if bits:
            scores[user] = sum(bits) / len(bits)
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("a list with an item twice: expected ValueError")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            pass
        bits = [math.log2(n_users / max(1, clicks.get(item, 0))) for item in items[:k]]
        if bits:
            scores[user] = sum(bits) / len(bits)
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("raised ZeroDivisionError")
def novelty(ranked, clicks, n_users, k):
    if k < 1 or n_users < 1 or min(clicks.values(), default=0) < 0 or max(clicks.values(), default=0) > n_users:
        raise ValueError("input")
    scores = {}
    for user, items in ranked.items():
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        bits = [math.log2(n_users / clicks.get(item, 1)) for item in items[:k]]
        if bits:
            scores[user] = sum(bits) / len(bits)
    if not scores:
        raise ValueError("nobody")
    return {"novelty": sum(scores.values()) / len(scores), "per_user": scores}
