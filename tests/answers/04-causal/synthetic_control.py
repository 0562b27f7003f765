"""Answer bank of `synthetic_control`."""

import numpy as np
from scipy.optimize import minimize, nnls

from course.authoring.bank import right, wrong


def guard(panel, unit, start):
    if unit not in list(panel.columns) or panel.shape[1] < 4 or panel.isnull().values.any():
        raise ValueError("unusable panel")
    before = np.array([label < start for label in panel.index])
    if before.sum() < 2 or before.sum() == len(before):
        raise ValueError("too few periods")
    return before


def exact(pool, target):
    off = pool - target[:, None]
    w = nnls(np.vstack([off / np.abs(off).max(), np.ones(pool.shape[1])]), np.append(np.zeros(len(pool)), 1.0))[0]
    return w / w.sum()


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


def answer(panel, unit, start, solve=exact, every=False, keep_unit=False, count="all", rank="ratio", outside="both"):
    before = guard(panel, unit, start)
    names = [name for name in panel.columns if name != unit]

    def gaps(name, donors):
        pool, target = panel[donors].to_numpy(float), panel[name].to_numpy(float)
        use = np.ones(len(panel), bool) if every else before
        w = solve(pool[use], target[use])
        return w, target - pool @ w

    weights, mine = gaps(unit, names)
    score = (lambda g: rms(g[~before]) / rms(g[before])) if rank == "ratio" else (lambda g: rms(g[~before]))
    others = [score(gaps(n, [m for m in names if m != n] + [unit] * keep_unit)[1]) for n in names]
    larger = sum(s >= score(mine) for s in others)
    p = {"all": (1 + larger) / (1 + len(names)), "donors": larger / len(names), "zero": larger / (1 + len(names))}[count]
    pool, target = panel[names].to_numpy(float)[before], panel[unit].to_numpy(float)[before]
    beyond = target > pool.max(axis=1)
    if outside == "both":
        beyond = beyond | (target < pool.min(axis=1))
    return {
        "weights": dict(zip(names, weights)),
        "gaps": mine,
        "pre_rmse": rms(mine[before]),
        "effect": mine[~before].mean(),
        "ratio": rms(mine[~before]) / rms(mine[before]),
        "p_value": p,
        "outside": int(beyond.sum()),
    }


@right("SLSQP on scaled data")
def synthetic_control(panel, unit, start):
    def solve(pool, target):
        scale = pool.std()
        x, y = (pool - pool.mean()) / scale, (target - pool.mean()) / scale
        k = pool.shape[1]
        found = minimize(
            lambda w: np.sum((y - x @ w) ** 2),
            np.full(k, 1 / k),
            jac=lambda w: -2 * x.T @ (y - x @ w),
            bounds=[(0, 1)] * k,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(k)},
            method="SLSQP",
            options={"ftol": 1e-12, "maxiter": 1_000},
        )
        return found.x

    return answer(panel, unit, start, solve)


@right("SLSQP as in the hint, no gradient")
def synthetic_control(panel, unit, start):
    def solve(pool, target):
        scale, k = pool.std(), pool.shape[1]
        found = minimize(
            lambda w: np.sum(((target - pool @ w) / scale) ** 2),
            np.full(k, 1 / k),
            bounds=[(0, 1)] * k,
            constraints=[{"type": "eq", "fun": lambda w: np.sum(w) - 1}],
            method="SLSQP",
            options={"ftol": 1e-10, "maxiter": 1_000},
        )
        return found.x

    return answer(panel, unit, start, solve)


@right("nnls with a heavy row of ones, not normalised")
def synthetic_control(panel, unit, start):
    def solve(pool, target):
        heavy = 1e4 * np.abs(pool).max()
        return nnls(np.vstack([pool, np.full(pool.shape[1], heavy)]), np.append(target, heavy))[0]

    return answer(panel, unit, start, solve)


@wrong("a weight is negative; that is extrapolation")
def synthetic_control(panel, unit, start):
    return answer(panel, unit, start, lambda pool, target: np.linalg.lstsq(pool, target, rcond=0.03)[0])


@wrong("the weights must add up to one")
def synthetic_control(panel, unit, start):
    return answer(panel, unit, start, lambda pool, target: nnls(pool, target)[0])


@wrong("a weight is negative")
def synthetic_control(panel, unit, start):
    def solve(pool, target):
        k = pool.shape[1]
        system = np.block([[pool.T @ pool, np.ones((k, 1))], [np.ones((1, k)), np.zeros((1, 1))]])
        return np.linalg.lstsq(system, np.append(pool.T @ target, 1), rcond=None)[0][:k]

    return answer(panel, unit, start, solve)


@wrong("the fit uses periods after treatment")
def synthetic_control(panel, unit, start):
    return answer(panel, unit, start, every=True)


@wrong("these weights don't follow the unit before treatment")
def synthetic_control(panel, unit, start):
    return answer(panel, unit, start, lambda pool, target: np.full(pool.shape[1], 1 / pool.shape[1]))


@wrong("this averages all periods")
def synthetic_control(panel, unit, start):
    found = answer(panel, unit, start)
    return found | {"effect": np.mean(found["gaps"])}


@wrong("the sign is turned")
def synthetic_control(panel, unit, start):
    found = answer(panel, unit, start)
    return found | {"effect": -found["effect"]}


@wrong("count the treated unit itself")
def synthetic_control(panel, unit, start):
    return answer(panel, unit, start, count="zero")


@wrong("count the treated unit itself")
def synthetic_control(panel, unit, start):
    return answer(panel, unit, start, count="donors")


@wrong("compare ratios, not gaps after treatment")
def synthetic_control(panel, unit, start):
    return answer(panel, unit, start, rank="post")


@wrong("the treated unit must stay out of the placebos' pools")
def synthetic_control(panel, unit, start):
    return answer(panel, unit, start, keep_unit=True)


@wrong("a unit below all donors is outside, too")
def synthetic_control(panel, unit, start):
    return answer(panel, unit, start, outside="above")


@wrong("a unit that is no column: expected ValueError")
def synthetic_control(panel, unit, start):
    return answer(panel if unit in panel else panel.assign(**{unit: 1.0}), unit, start)
