"""Answer bank of `assign_variant`."""

import hashlib
import random

import numpy as np

from course.authoring.bank import right, wrong


def _pick(u, weights):
    edge = 0.0
    for arm, weight in weights.items():
        edge += weight / sum(weights.values())
        if u < edge:
            return arm
    return list(weights)[-1]


@right("hexadecimal digest and exact fractions of 2**64")
def assign_variant(user_id, salt, weights):
    if len(weights) == 0 or any(w < 0 for w in weights.values()) or sum(weights.values()) == 0:
        raise ValueError("no usable weights")
    number = int(hashlib.sha256((salt + ":" + str(user_id)).encode("utf-8")).hexdigest()[:16], 16)
    total, reached = sum(weights.values()), 0
    for arm in weights:
        reached += weights[arm]
        if number * total < reached * 2**64:
            return arm
    return arm


@right("NumPy: search in the cumulative shares")
def assign_variant(user_id, salt, weights):
    arms, shares = list(weights), np.array(list(weights.values()), float)
    if not arms or (shares < 0).any() or shares.sum() == 0:
        raise ValueError("no usable weights")
    u = np.frombuffer(hashlib.sha256(f"{salt}:{user_id}".encode()).digest(), dtype=">u8")[0] / 2**64
    return arms[int(np.searchsorted(np.cumsum(shares / shares.sum()), u, side="right"))]


@wrong("changes from process to process")
def assign_variant(user_id, salt, weights):
    return _pick((hash(f"{salt}:{user_id}") % 100) / 100, weights)


@wrong("no random draw")
def assign_variant(user_id, salt, weights):
    return random.choices(list(weights), weights=list(weights.values()))[0]


@wrong("no random draw")
def assign_variant(user_id, salt, weights):
    total = sum(weights.values())
    return str(np.random.choice(list(weights), p=[w / total for w in weights.values()]))


@wrong("the arms of users 42, 1001, 1, 7 and 'zoë'")
def assign_variant(user_id, salt, weights):
    return _pick(random.Random(f"{salt}:{user_id}").random(), weights)


@wrong("the salt is left out")
def assign_variant(user_id, salt, weights):
    return _pick(int.from_bytes(hashlib.sha256(str(user_id).encode()).digest()[:8], "big") / 2**64, weights)


@wrong("the same users are treated in every experiment")
def assign_variant(user_id, salt, weights):
    return _pick(int.from_bytes(hashlib.sha256(str(user_id).encode()).digest()[:8], "big") / 2**64, weights)


@wrong("the id stands in front of the salt")
def assign_variant(user_id, salt, weights):
    return _pick(int.from_bytes(hashlib.sha256(f"{user_id}:{salt}".encode()).digest()[:8], "big") / 2**64, weights)


@wrong("the colon between salt and id is missing")
def assign_variant(user_id, salt, weights):
    return _pick(int.from_bytes(hashlib.sha256(f"{salt}{user_id}".encode()).digest()[:8], "big") / 2**64, weights)


@wrong("this is MD5")
def assign_variant(user_id, salt, weights):
    return _pick(int.from_bytes(hashlib.md5(f"{salt}:{user_id}".encode()).digest()[:8], "big") / 2**64, weights)


@wrong("little-endian")
def assign_variant(user_id, salt, weights):
    return _pick(int.from_bytes(hashlib.sha256(f"{salt}:{user_id}".encode()).digest()[:8], "little") / 2**64, weights)


@wrong("the last 8 bytes of the digest")
def assign_variant(user_id, salt, weights):
    return _pick((int(hashlib.sha256(f"{salt}:{user_id}".encode()).hexdigest(), 16) % 2**64) / 2**64, weights)


@wrong("the weights are ignored")
def assign_variant(user_id, salt, weights):
    return _pick(int.from_bytes(hashlib.sha256(f"{salt}:{user_id}".encode()).digest()[:8], "big") / 2**64, dict.fromkeys(weights, 1))


@wrong("the arms were sorted")
def assign_variant(user_id, salt, weights):
    return _pick(int.from_bytes(hashlib.sha256(f"{salt}:{user_id}".encode()).digest()[:8], "big") / 2**64, dict(sorted(weights.items())))


@wrong("divide by their total")
def assign_variant(user_id, salt, weights):
    u, edge = int.from_bytes(hashlib.sha256(f"{salt}:{user_id}".encode()).digest()[:8], "big") / 2**64, 0.0
    for arm, weight in weights.items():
        edge += weight
        if u < edge:
            return arm


@wrong("a negative weight")
def assign_variant(user_id, salt, weights):
    if not weights or sum(weights.values()) == 0:
        raise ValueError
    return _pick(int.from_bytes(hashlib.sha256(f"{salt}:{user_id}".encode()).digest()[:8], "big") / 2**64, weights)
