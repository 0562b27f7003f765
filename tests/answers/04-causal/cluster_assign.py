"""Answer bank of `cluster_assign`."""

import random
from collections import Counter

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def _check(clusters, strata):
    if len(clusters) != len(strata):
        raise ValueError("lengths")
    size = Counter(clusters)
    if len(size) < 2 or max(size.values()) > len(clusters) / 2 or len(set(zip(clusters, strata))) > len(size):
        raise ValueError("clusters")
    return size


def _pairs(size, home):
    rest, pairs = [], []
    for place in [*sorted(set(home.values())), None]:
        pool = sorted((c for c in size if home[c] == place), key=lambda c: (-size[c], c)) if place is not None else sorted(rest, key=lambda c: (-size[c], c))
        if place is None:
            rest = []
        while len(pool) > 1:
            pairs.append((pool.pop(0), pool.pop(0)))
        rest += pool
    return pairs, rest


@right("Python's random, shuffling each pair")
def cluster_assign(clusters, strata, seed):
    size = _check(clusters, strata)
    pairs, rest = _pairs(size, dict(zip(clusters, strata)))
    coin = random.Random(seed)
    arm = {}
    for pair in pairs:
        one, two = coin.sample(pair, 2)
        arm[one], arm[two] = 1, 0
    for c in rest:
        arm[c] = coin.choice([0, 1])
    return [arm[c] for c in clusters]


@right("pandas ranks and one vector of coins; an array is returned")
def cluster_assign(clusters, strata, seed):
    _check(clusters, strata)
    users = pd.DataFrame({"c": clusters, "s": strata})
    table = users.groupby(["s", "c"]).size().rename("n").reset_index().sort_values(["s", "n", "c"], ascending=[True, False, True])
    table["place"] = table.groupby("s").cumcount()
    count = table.groupby("s")["c"].transform("size")
    odd = (table["place"] == count - 1) & (count % 2 == 1)
    table["pair"] = table["s"] + "/" + (table["place"] // 2).astype(str)
    table["second"] = table["place"] % 2
    left = table[odd].sort_values(["n", "c"], ascending=[False, True])
    table.loc[left.index, "pair"] = [f"left/{i // 2}/" for i in range(len(left))]
    table.loc[left.index, "second"] = [i % 2 for i in range(len(left))]
    code, names = pd.factorize(table["pair"])
    coin = np.random.default_rng(seed).integers(0, 2, len(names))
    arm = pd.Series((coin[code] + table["second"].to_numpy()) % 2, index=table["c"])
    return arm[list(clusters)].to_numpy()


@wrong("draw once for each cluster, not for each user")
def cluster_assign(clusters, strata, seed):
    return np.random.default_rng(seed).integers(0, 2, len(clusters))


@wrong("treated clusters in the pair")
def cluster_assign(clusters, strata, seed):
    names = sorted(set(clusters))
    chosen = np.random.default_rng(seed).permutation(names)[: len(names) // 2]
    return [int(c in chosen) for c in clusters]


@wrong("treated clusters in the pair")
def cluster_assign(clusters, strata, seed):
    rng = np.random.default_rng(seed)
    arm = {c: int(rng.integers(2)) for c in sorted(set(clusters))}
    return [arm[c] for c in clusters]


@wrong("one coin moves all pairs")
def cluster_assign(clusters, strata, seed):
    pairs, rest = _pairs(_check(clusters, strata), dict(zip(clusters, strata)))
    coin = int(np.random.default_rng(seed).integers(2))
    arm = {}
    for one, two in pairs:
        arm[one], arm[two] = coin, 1 - coin
    for c in rest:
        arm[c] = coin
    return [arm[c] for c in clusters]


@wrong("each pair needs a fair coin")
def cluster_assign(clusters, strata, seed):
    pairs, rest = _pairs(_check(clusters, strata), dict(zip(clusters, strata)))
    arm = {c: 1 for one, _ in pairs for c in [one]} | {two: 0 for _, two in pairs} | dict.fromkeys(rest, 0)
    return [arm[c] for c in clusters]


@wrong("left-overs y2, z4")
def cluster_assign(clusters, strata, seed):
    size, home = _check(clusters, strata), dict(zip(clusters, strata))
    rng, arm = np.random.default_rng(seed), {}
    for place in sorted(set(home.values())):
        pool = sorted((c for c in size if home[c] == place), key=lambda c: (-size[c], c))
        for one, two in zip(pool[::2], pool[1::2]):
            arm[one] = int(rng.integers(2))
            arm[two] = 1 - arm[one]
        if len(pool) % 2:
            arm[pool[-1]] = int(rng.integers(2))
    return [arm[c] for c in clusters]


@wrong("the same seed once more")
def cluster_assign(clusters, strata, seed):
    pairs, rest = _pairs(_check(clusters, strata), dict(zip(clusters, strata)))
    rng, arm = np.random.default_rng(), {}
    for one, two in pairs:
        arm[one] = int(rng.integers(2))
        arm[two] = 1 - arm[one]
    for c in rest:
        arm[c] = int(rng.integers(2))
    return [arm[c] for c in clusters]


@wrong("the same users in another order")
def cluster_assign(clusters, strata, seed):
    size = _check(clusters, strata)
    home = dict(zip(clusters, strata))
    rng, arm, rest = np.random.default_rng(seed), {}, []
    for place in [*dict.fromkeys(strata), None]:
        pool = sorted([c for c in size if home[c] == place] if place is not None else rest, key=lambda c: (-size[c], c))
        rest = rest if place is not None else []
        for one, two in zip(pool[::2], pool[1::2]):
            arm[one] = int(rng.integers(2))
            arm[two] = 1 - arm[one]
        rest += pool[len(pool) // 2 * 2 :]
    for c in rest:
        arm[c] = int(rng.integers(2))
    return [arm[c] for c in clusters]


@wrong("a cluster with 4 of 7 users: expected ValueError")
def cluster_assign(clusters, strata, seed):
    size = Counter(clusters)
    if len(size) < 2 or len(clusters) != len(strata) or len(set(zip(clusters, strata))) > len(size):
        raise ValueError
    pairs, rest = _pairs(size, dict(zip(clusters, strata)))
    rng, arm = np.random.default_rng(seed), {}
    for one, two in pairs:
        arm[one] = int(rng.integers(2))
        arm[two] = 1 - arm[one]
    for c in rest:
        arm[c] = int(rng.integers(2))
    return [arm[c] for c in clusters]


@wrong("two clusters with exactly half")
def cluster_assign(clusters, strata, seed):
    size = _check(clusters, strata)
    if max(size.values()) * 2 >= len(clusters):
        return [0] * len(clusters)
    pairs, rest = _pairs(size, dict(zip(clusters, strata)))
    rng, arm = np.random.default_rng(seed), {}
    for one, two in pairs:
        arm[one] = int(rng.integers(2))
        arm[two] = 1 - arm[one]
    for c in rest:
        arm[c] = int(rng.integers(2))
    return [arm[c] for c in clusters]
