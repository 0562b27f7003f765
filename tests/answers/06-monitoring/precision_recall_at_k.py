"""Answer bank of `precision_recall_at_k`."""

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


@right("a plain loop")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / k, hits / len(wanted)]
    if not per_user:
        raise ValueError("nobody")
    n = len(per_user)
    return {"precision": sum(p for p, _ in per_user.values()) / n, "recall": sum(r for _, r in per_user.values()) / n, "per_user": per_user}


@right("pandas")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError
    judged = {u: w for u, w in relevant.items() if len(w)}
    if not judged:
        raise ValueError
    rows = []
    for user, wanted in judged.items():
        shown = pd.Series(ranked.get(user, []), dtype=object)
        if shown.duplicated().any():
            raise ValueError
        hits = shown.head(k).isin(wanted).sum()
        rows.append((user, hits / k, hits / len(wanted)))
    table = pd.DataFrame(rows, columns=["user", "p", "r"]).set_index("user")
    return {"recall": table["r"].mean(), "precision": table["p"].mean(), "per_user": {u: np.array([p, r]) for u, p, r in table.itertuples()}}


@wrong("precision is divided by the length of the list")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / max(1, len(items[:k])), hits / len(wanted)]
    if not per_user:
        raise ValueError("nobody")
    n = len(per_user)
    return {"precision": sum(p for p, _ in per_user.values()) / n, "recall": sum(r for _, r in per_user.values()) / n, "per_user": per_user}


@wrong("recall is divided by at most k")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / k, hits / min(k, len(wanted))]
    if not per_user:
        raise ValueError("nobody")
    n = len(per_user)
    return {"precision": sum(p for p, _ in per_user.values()) / n, "recall": sum(r for _, r in per_user.values()) / n, "per_user": per_user}


@wrong("recall is divided by k")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / k, hits / k]
    if not per_user:
        raise ValueError("nobody")
    n = len(per_user)
    return {"precision": sum(p for p, _ in per_user.values()) / n, "recall": sum(r for _, r in per_user.values()) / n, "per_user": per_user}


@wrong("users without a relevant item are left out, not counted as zero")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted:
            per_user[user] = [0, 0]
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / k, hits / len(wanted)]
    if not per_user:
        raise ValueError("nobody")
    n = len(per_user)
    return {"precision": sum(p for p, _ in per_user.values()) / n, "recall": sum(r for _, r in per_user.values()) / n, "per_user": per_user}


@wrong("a user who got no list counts as zero; you left them out")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted or user not in ranked:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / k, hits / len(wanted)]
    if not per_user:
        raise ValueError("nobody")
    n = len(per_user)
    return {"precision": sum(p for p, _ in per_user.values()) / n, "recall": sum(r for _, r in per_user.values()) / n, "per_user": per_user}


@wrong("an empty list scores zero; you left this user out")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted or ranked.get(user) == []:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / k, hits / len(wanted)]
    if not per_user:
        raise ValueError("nobody")
    n = len(per_user)
    return {"precision": sum(p for p, _ in per_user.values()) / n, "recall": sum(r for _, r in per_user.values()) / n, "per_user": per_user}


@wrong("precision and recall are swapped")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / k, hits / len(wanted)]
    if not per_user:
        raise ValueError("nobody")
    n = len(per_user)
    return {"recall": sum(p for p, _ in per_user.values()) / n, "precision": sum(r for _, r in per_user.values()) / n, "per_user": per_user}


@wrong("hits of all users are pooled")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / k, hits / len(wanted)]
    if not per_user:
        raise ValueError("nobody")
    n = len(per_user)
    return {
        "precision": sum(p for p, _ in per_user.values()) / n,
        "recall": sum(p * k for p, _ in per_user.values()) / sum(map(len, relevant.values())),
        "per_user": per_user,
    }


@wrong("the whole list is searched; only the first k count")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items)
        per_user[user] = [hits / k, hits / len(wanted)]
    if not per_user:
        raise ValueError("nobody")
    n = len(per_user)
    return {"precision": sum(p for p, _ in per_user.values()) / n, "recall": sum(r for _, r in per_user.values()) / n, "per_user": per_user}


@wrong("a list with an item twice: expected ValueError")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            items = list(dict.fromkeys(items))
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / k, hits / len(wanted)]
    if not per_user:
        raise ValueError("nobody")
    n = len(per_user)
    return {"precision": sum(p for p, _ in per_user.values()) / n, "recall": sum(r for _, r in per_user.values()) / n, "per_user": per_user}


@wrong("k = 0: expected ValueError, your function raised ZeroDivisionError")
def precision_recall_at_k(ranked, relevant, k):
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / k, hits / len(wanted)]
    if not per_user:
        raise ValueError("nobody")
    n = len(per_user)
    return {"precision": sum(p for p, _ in per_user.values()) / n, "recall": sum(r for _, r in per_user.values()) / n, "per_user": per_user}


@wrong("a single user, without relevant items: expected ValueError")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / k, hits / len(wanted)]
    if not per_user:
        return {"precision": 0, "recall": 0, "per_user": {}}
    n = len(per_user)
    return {"precision": sum(p for p, _ in per_user.values()) / n, "recall": sum(r for _, r in per_user.values()) / n, "per_user": per_user}


@wrong("users who appear only in the lists are not evaluated")
def precision_recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k")
    per_user = {}
    for user, wanted in relevant.items():
        if not wanted:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        hits = sum(item in wanted for item in items[:k])
        per_user[user] = [hits / k, hits / len(wanted)]
    if not per_user:
        raise ValueError("nobody")
    per_user |= {user: [0, 0] for user in ranked if user not in relevant}
    n = len(per_user)
    return {"precision": sum(p for p, _ in per_user.values()) / n, "recall": sum(r for _, r in per_user.values()) / n, "per_user": per_user}
