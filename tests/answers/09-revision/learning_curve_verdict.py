"""Answer bank of `learning_curve_verdict`."""

import itertools

import numpy as np

from course.authoring.bank import right, wrong


def _check(sizes, train, valid):
    ok = len(sizes) == len(train) == len(valid) and len(sizes) >= 4 and sizes[0] >= 1
    if not ok or any(b <= a for a, b in itertools.pairwise(sizes)):
        raise ValueError("unusable curve")


def _fit(sizes, errors, floored=True, clip=False):
    best = None
    for k in range(1, 31):
        x = np.asarray(sizes, float) ** (-k / 20)
        if floored:
            scale, floor = np.polyfit(x, errors, 1)
            floor = max(floor, 0.0) if clip else floor
        else:
            scale, floor = float(x @ errors / (x @ x)), 0.0
        rest = ((floor + scale * x - errors) ** 2).sum()
        if floor >= 0 and scale > 0 and (best is None or rest < best[0]):
            best = (rest, floor, scale, k / 20)
    if best is None:
        raise ValueError("does not fall")
    return best[1:]


def _answer(sizes, train, valid, target, budget, floored=True, gap=1, add=False, judge=None, last=False, infinite=False, fitted=None, clip=False, smooth=False):
    _check(sizes, train, valid)
    floor, scale, power = _fit(sizes, np.asarray(train if fitted == "train" else valid, float), floored, clip)
    needed = (scale / (target - floor)) ** (1 / power) if floor < target else (np.inf if infinite else None)
    out = {"floor": floor, "scale": scale, "power": power, "gap": gap * (valid[-1] - train[-1])}
    out["forecast"] = valid[-1] if last else floor + scale * budget**-power
    if needed is not None and add:
        needed = needed - sizes[-1]
    out["rows_needed"] = needed
    if judge:
        out["verdict"] = judge(valid[-1], train[-1], needed)
    elif (floor + scale * sizes[-1] ** -power if smooth else valid[-1]) <= target:
        out["verdict"] = "reached"
    elif needed is None or needed == np.inf:
        out["verdict"] = "floor"
    else:
        out["verdict"] = "data" if needed <= budget else "too many rows"
    return out


@right("polyfit on n ** -gamma")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    return _answer(sizes, train_errors, valid_errors, target, budget)


@right("the formulas of a straight line, all powers at once")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    n, train, e = (np.array(v, float) for v in (sizes, train_errors, valid_errors))
    if not (n.shape == train.shape == e.shape) or n.size < 4 or n.min() < 1 or np.any(np.diff(n) <= 0):
        raise ValueError("unusable curve")
    powers = np.linspace(0.05, 1.5, 30)
    x = n ** -powers[:, None]
    centred = x - x.mean(axis=1, keepdims=True)
    scale = centred @ (e - e.mean()) / (centred**2).sum(axis=1)
    floor = e.mean() - scale * x.mean(axis=1)
    rest = ((floor[:, None] + scale[:, None] * x - e) ** 2).sum(axis=1)
    rest[(floor < 0) | (scale <= 0)] = np.inf
    k = rest.argmin()
    if np.isinf(rest[k]):
        raise ValueError("does not fall")
    out = {"floor": floor[k], "scale": scale[k], "power": powers[k], "gap": e[-1] - train[-1], "rows_needed": None}
    out["forecast"] = floor[k] + scale[k] / budget ** powers[k]
    if floor[k] < target:
        out["rows_needed"] = float(np.exp(np.log(scale[k] / (target - floor[k])) / powers[k]))
    out["verdict"] = "floor" if out["rows_needed"] is None else "data" if out["rows_needed"] <= budget else "too many rows"
    if e[-1] <= target:
        out["verdict"] = "reached"
    return out


@wrong("without a floor the curve promises too much")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    return _answer(sizes, train_errors, valid_errors, target, budget, floored=False)


@wrong("the gap is validation minus training error")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    return _answer(sizes, train_errors, valid_errors, target, budget, gap=-1)


@wrong("these are the rows to add; the rows in all are asked for")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    return _answer(sizes, train_errors, valid_errors, target, budget, add=True)


@wrong("the forecast is for the budget, not for the last size")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    return _answer(sizes, train_errors, valid_errors, target, budget, last=True)


@wrong("a large gap is no promise; the floor decides")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    return _answer(sizes, train_errors, valid_errors, target, budget, judge=lambda v, t, n: "data" if v - t > 0.03 else "floor")


@wrong("no number of rows gets below the floor")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    return _answer(sizes, train_errors, valid_errors, target, budget, infinite=True)


@wrong("first ask whether the target is reached already")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    judge = lambda v, t, n: "floor" if n is None else "data" if n <= budget or v <= target else "too many rows"  # noqa: E731
    return _answer(sizes, train_errors, valid_errors, target, budget, judge=judge)


@wrong("`learning_curve_verdict` raised ValueError")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    """The training errors rise, so nothing falls."""
    return _answer(sizes, train_errors, valid_errors, target, budget, fitted="train")


@wrong("three sizes: expected ValueError")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    return _answer(sizes, train_errors, valid_errors, target, budget) if len(sizes) > 3 else {}


@wrong("a power with a negative floor is left out")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    return _answer(sizes, train_errors, valid_errors, target, budget, clip=True)


@wrong("asks for the last validation error, not for the fitted one")
def learning_curve_verdict(sizes, train_errors, valid_errors, target, budget):
    return _answer(sizes, train_errors, valid_errors, target, budget, smooth=True)
