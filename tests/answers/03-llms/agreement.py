"""Answer bank of `agreement`."""

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from course.authoring.bank import right, wrong


def kappa_of(a, b):
    a, b = np.asarray(a), np.asarray(b)
    chance = sum(np.mean(a == c) * np.mean(b == c) for c in set(a.tolist()) | set(b.tolist()))
    return (np.mean(a == b) - chance) / (1 - chance) if chance < 1 else np.nan


def table_of(a, b, ascending=True, kappa=kappa_of):
    a, b = np.asarray(a), np.asarray(b)
    rows = []
    for c in sorted(set(a.tolist()) | set(b.tolist())):
        rows.append((c, (a == c).sum(), (b == c).sum(), ((a == c) & (b == c)).sum(), kappa(a == c, b == c)))
    frame = pd.DataFrame(rows, columns=["category", "human", "model", "both", "kappa"])
    return frame.sort_values("kappa", ascending=ascending, kind="stable", ignore_index=True)


def spread_of(a, b, n_boot, seed, size=None, kappa=kappa_of):
    rng, a, b = np.random.default_rng(seed), np.asarray(a), np.asarray(b)
    return [kappa(a[rows], b[rows]) for rows in (rng.integers(0, len(a), size or len(a)) for _ in range(n_boot))]


def checked(human, model):
    a, b = np.array(list(human)), np.array(list(model))
    if len(a) != len(b) or len(a) == 0:
        raise ValueError("unusable input")
    return a, b


def answer(human, model, n_boot, seed, kappa=kappa_of, table=table_of, percentiles=(2.5, 97.5), **settings):
    a, b = checked(human, model)
    spread = spread_of(a, b, n_boot, seed, **settings)
    spread = [k for k in spread if not np.isnan(k)] or [np.nan]
    low, high = np.percentile(spread, percentiles)
    return {"kappa": kappa(a, b), "low": low, "high": high, "table": table(a, b)}


@right("small functions and a loop over resamples")
def agreement(human, model, n_boot=1000, seed=0):
    return answer(human, model, n_boot, seed)


@right("scikit-learn for the numbers, counts for the resamples")
def agreement(human, model, n_boot=1000, seed=0):
    human, model = list(human), list(model)
    if len(human) != len(model) or len(human) == 0:
        raise ValueError
    names = np.unique(human + model)
    single = len(names) == 1
    rows = []
    for name in names:
        a, b = [x == name for x in human], [x == name for x in model]
        rows.append({"category": name, "human": sum(a), "model": sum(b), "both": sum(x and y for x, y in zip(a, b))})
        rows[-1]["kappa"] = float("nan") if single else cohen_kappa_score(a, b)
    table = pd.DataFrame(rows).sort_values(["kappa", "category"])
    code = np.searchsorted(names, human) * len(names) + np.searchsorted(names, model)
    rng = np.random.RandomState(seed)
    kappas = []
    for _ in range(n_boot):
        counts = np.bincount(rng.choice(code, len(code)), minlength=len(names) ** 2).reshape(len(names), -1) / len(code)
        chance = counts.sum(0) @ counts.sum(1)
        if chance < 1 - 1e-12:
            kappas.append((np.trace(counts) - chance) / (1 - chance))
    low, high = (float("nan"),) * 2 if not kappas else (np.quantile(kappas, 0.025), np.quantile(kappas, 0.975))
    return {"kappa": float("nan") if single else cohen_kappa_score(human, model), "low": low, "high": high, "table": table}


@wrong("this is raw agreement")
def agreement(human, model, n_boot=1000, seed=0):
    def same(a, b):
        return np.mean(np.asarray(a) == np.asarray(b))

    return answer(human, model, n_boot, seed, kappa=same)


@wrong("from one rater only")
def agreement(human, model, n_boot=1000, seed=0):
    def one_sided(a, b):
        chance = sum(np.mean(a == c) ** 2 for c in set(a.tolist()))
        return (np.mean(a == b) - chance) / (1 - chance)

    return answer(human, model, n_boot, seed, kappa=one_sided)


@wrong("from one rater only")
def agreement(human, model, n_boot=1000, seed=0):
    def one_sided(a, b):
        chance = sum(np.mean(b == c) ** 2 for c in set(b.tolist()))
        return (np.mean(a == b) - chance) / (1 - chance)

    return answer(human, model, n_boot, seed, kappa=one_sided)


@wrong("takes all categories as equally common")
def agreement(human, model, n_boot=1000, seed=0):
    def uniform(a, b):
        k = len(set(a.tolist()) | set(b.tolist()))
        return (np.mean(a == b) - 1 / k) / (1 - 1 / k) if k > 1 else np.nan

    return answer(human, model, n_boot, seed, kappa=uniform)


@wrong("draw pairs")
def agreement(human, model, n_boot=1000, seed=0):
    a, b = checked(human, model)
    rng = np.random.default_rng(seed)
    spread = [kappa_of(rng.choice(a, len(a)), rng.choice(b, len(b))) for _ in range(n_boot)]
    low, high = np.nanpercentile(spread, [2.5, 97.5])
    return {"kappa": kappa_of(a, b), "low": low, "high": high, "table": table_of(a, b)}


@wrong("too narrow: take the 2.5th")
def agreement(human, model, n_boot=1000, seed=0):
    return answer(human, model, n_boot, seed, percentiles=(5, 95))


@wrong("too wide: take the 2.5th")
def agreement(human, model, n_boot=1000, seed=0):
    return answer(human, model, n_boot, seed, size=int(0.6 * len(human)))


@wrong("use the seed to draw")
def agreement(human, model, n_boot=1000, seed=0):
    return answer(human, model, n_boot, 0)


@wrong("a second call with the same seed")
def agreement(human, model, n_boot=1000, seed=0):
    return answer(human, model, n_boot, None)


@wrong("best first; the worst category comes first")
def agreement(human, model, n_boot=1000, seed=0):
    return answer(human, model, n_boot, seed, table=lambda a, b: table_of(a, b, ascending=False))


@wrong("this is overlap with chance left in")
def agreement(human, model, n_boot=1000, seed=0):
    def overlap(a, b):
        return 2 * (a & b).sum() / (a.sum() + b.sum())

    return answer(human, model, n_boot, seed, table=lambda a, b: table_of(a, b, kappa=overlap))


@wrong("no kappa exists here; return NaN")
def agreement(human, model, n_boot=1000, seed=0):
    def kappa(a, b):
        found = kappa_of(a, b)
        return 1.0 if np.isnan(found) else found

    return answer(human, model, n_boot, seed, kappa=kappa)


@wrong("this is recall; compute kappa")
def agreement(human, model, n_boot=1000, seed=0):
    return answer(human, model, n_boot, seed, table=lambda a, b: table_of(a, b, kappa=lambda x, y: (x & y).sum() / x.sum()))


@wrong("resamples without a kappa are left out")
def agreement(human, model, n_boot=1000, seed=0):
    def kappa(a, b):
        found = kappa_of(a, b)
        return 1.0 if np.isnan(found) else found

    found = answer(human, model, n_boot, seed, **{"kappa": kappa_of})
    spread = spread_of(*checked(human, model), n_boot, seed, kappa=kappa)
    if not np.isnan(found["kappa"]):
        found["low"], found["high"] = np.percentile(spread, [2.5, 97.5])
    return found


@wrong("lists of different lengths: expected ValueError")
def agreement(human, model, n_boot=1000, seed=0):
    n = min(len(human), len(model))
    return answer(list(human)[:n], list(model)[:n], n_boot, seed)
