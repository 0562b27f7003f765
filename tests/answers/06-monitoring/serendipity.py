"""Answer bank of `serendipity`."""

import math

import numpy as np

from course.authoring.bank import right, wrong


@right("plain Python")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max([0] + [cosine(item, old) for old in past])
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@right("a matrix of cosines")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError

    def units(items):
        if any(item not in vectors for item in items):
            raise ValueError("missing")
        rows = np.array([vectors[item] for item in items], float)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        if (norms == 0).any():
            raise ValueError("zeros")
        return rows / norms

    out = {}
    for user in relevant:
        if len(relevant[user]) == 0 or len(history.get(user, ())) == 0:
            continue
        shown = list(ranked.get(user, ()))
        if len(set(shown)) < len(shown):
            raise ValueError
        old = units(history[user])
        hits = [item for item in shown[:k] if item in relevant[user]]
        out[user] = float((1 - np.clip((units(hits) @ old.T).max(axis=1), 0, None)).sum() / k) if hits else 0.0
    if not out:
        raise ValueError
    return {"per_user": out, "serendipity": np.mean(list(out.values()))}


@wrong("unexpected items that are not relevant are counted, too")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in items:
                total += 1 - max([0] + [cosine(item, old) for old in past])
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("this is the similarity itself")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += max([0] + [cosine(item, old) for old in past])
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("this compares with the mean similarity to the history")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max(0, sum(cosine(item, old) for old in past) / len(past))
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("this compares with the farthest item of the history")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max(0, min(cosine(item, old) for old in past))
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("this is the plain dot product")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max([0] + [cosine(item, old) for old in past])
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("this divides by the number of hits; divide by k")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max([0] + [cosine(item, old) for old in past])
        scores[user] = total / max(1, sum(item in wanted for item in items[:k]))
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("this is not divided by k")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max([0] + [cosine(item, old) for old in past])
        scores[user] = total
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("this is the precision")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("a similarity below 0 counts as 0")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max([cosine(item, old) for old in past])
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("a user who got no list counts as zero; you left them out")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past or user not in ranked:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max([0] + [cosine(item, old) for old in past])
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("users without a relevant item or without a history are left out, not counted as zero")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            scores[user] = 0
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max([0] + [cosine(item, old) for old in past])
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("a short list is divided by k, too")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max([0] + [cosine(item, old) for old in past])
        scores[user] = total / max(1, len(items[:k]))
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("a user without history was counted as wholly surprised")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max([0] + [cosine(item, old) for old in past])
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("a list with an item twice: expected ValueError")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors or not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            pass
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max([0] + [cosine(item, old) for old in past])
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("a hit without a vector: expected ValueError, your function raised KeyError")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if not any(vectors[a]) or not any(vectors[b]):
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max([0] + [cosine(item, old) for old in past])
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}


@wrong("a hit whose vector is all zeros: expected ValueError")
def serendipity(ranked, relevant, history, vectors, k):
    if k < 1:
        raise ValueError("k")

    def cosine(a, b):
        if a not in vectors or b not in vectors:
            raise ValueError("no usable vector")
        dot = sum(x * y for x, y in zip(vectors[a], vectors[b]))
        return dot / (math.hypot(*vectors[a]) * math.hypot(*vectors[b]))

    scores = {}
    for user, wanted in relevant.items():
        past = history.get(user, [])
        if not wanted or not past:
            continue
        items = ranked.get(user, [])
        if len(items) != len(set(items)):
            raise ValueError("duplicates")
        total = 0
        for item in items[:k]:
            if item in wanted:
                total += 1 - max([0] + [cosine(item, old) for old in past])
        scores[user] = total / k
    if not scores:
        raise ValueError("nobody")
    return {"serendipity": sum(scores.values()) / len(scores), "per_user": scores}
