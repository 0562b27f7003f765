"""Answer bank of `error_costs`."""

import math
from statistics import NormalDist

import numpy as np
from scipy import stats

from course.authoring.bank import right, wrong


def solve(alphas, prior, c1, c2, effect, n, *, scale=0.5**0.5, tail=2, far=True):
    alpha = np.asarray(alphas, float)
    if not 0 <= prior <= 1 or c1 < 0 or c2 < 0 or (alpha <= 0).any() or (alpha >= 1).any():
        raise ValueError("unusable input")
    limit, shift = stats.norm.isf(alpha / tail), effect * math.sqrt(n) * scale
    power = stats.norm.sf(limit - shift) + (stats.norm.cdf(-limit - shift) if far else 0)
    return alpha, power


def answer(alpha, power, cost):
    return {"power": power, "cost": cost, "best_alpha": alpha[np.lexsort((alpha, cost))[0]]}


@right("plain Python")
def error_costs(alphas, prior, cost_type1, cost_type2, effect, n_per_arm):
    alphas = [float(a) for a in alphas]
    if prior < 0 or prior > 1 or cost_type1 < 0 or cost_type2 < 0 or any(a <= 0 or a >= 1 for a in alphas):
        raise ValueError("unusable input")
    normal, powers, costs = NormalDist(), [], []
    for a in alphas:
        z, shift = normal.inv_cdf(1 - a / 2), effect / math.sqrt(2 / n_per_arm)
        powers.append(1 - normal.cdf(z - shift) + normal.cdf(-z - shift))
        costs.append((1 - prior) * a * cost_type1 + prior * (1 - powers[-1]) * cost_type2)
    return {"power": tuple(powers), "cost": tuple(costs), "best_alpha": min(zip(costs, alphas))[1]}


@right("statsmodels' power")
def error_costs(alphas, prior, cost_type1, cost_type2, effect, n_per_arm):
    from statsmodels.stats.power import NormalIndPower

    if not (0 <= prior <= 1 and cost_type1 >= 0 and cost_type2 >= 0 and all(0 < a < 1 for a in alphas)):
        raise ValueError("unusable input")
    alphas = np.sort(alphas), np.asarray(alphas)
    power = np.array([NormalIndPower().power(abs(effect), n_per_arm, a) for a in alphas[1]])
    cost = cost_type1 * (1 - prior) * alphas[1] + cost_type2 * prior * (1 - power)
    table = sorted(zip(cost, alphas[1]))
    return {"power": list(power), "cost": list(cost), "best_alpha": table[0][1], "table": table}


@wrong("the two costs are swapped")
def error_costs(alphas, prior, cost_type1, cost_type2, effect, n_per_arm):
    alpha, power = solve(alphas, prior, cost_type1, cost_type2, effect, n_per_arm)
    return answer(alpha, power, (1 - prior) * alpha * cost_type2 + prior * (1 - power) * cost_type1)


@wrong("the prior is ignored")
def error_costs(alphas, prior, cost_type1, cost_type2, effect, n_per_arm):
    alpha, power = solve(alphas, prior, cost_type1, cost_type2, effect, n_per_arm)
    return answer(alpha, power, alpha * cost_type1 + (1 - power) * cost_type2)


@wrong("the prior is on the wrong error")
def error_costs(alphas, prior, cost_type1, cost_type2, effect, n_per_arm):
    alpha, power = solve(alphas, prior, cost_type1, cost_type2, effect, n_per_arm)
    return answer(alpha, power, prior * alpha * cost_type1 + (1 - prior) * (1 - power) * cost_type2)


@wrong("power of a one-sided test")
def error_costs(alphas, prior, cost_type1, cost_type2, effect, n_per_arm):
    alpha, power = solve(alphas, prior, cost_type1, cost_type2, effect, n_per_arm, tail=1, far=False)
    return answer(alpha, power, (1 - prior) * alpha * cost_type1 + prior * (1 - power) * cost_type2)


@wrong("one tail is missing")
def error_costs(alphas, prior, cost_type1, cost_type2, effect, n_per_arm):
    alpha, power = solve(alphas, prior, cost_type1, cost_type2, effect, n_per_arm, far=False)
    return answer(alpha, power, (1 - prior) * alpha * cost_type1 + prior * (1 - power) * cost_type2)


@wrong("the error of a difference is sqrt(2 / n)")
def error_costs(alphas, prior, cost_type1, cost_type2, effect, n_per_arm):
    alpha, power = solve(alphas, prior, cost_type1, cost_type2, effect, n_per_arm, scale=1)
    return answer(alpha, power, (1 - prior) * alpha * cost_type1 + prior * (1 - power) * cost_type2)


@wrong("not its place in the list")
def error_costs(alphas, prior, cost_type1, cost_type2, effect, n_per_arm):
    alpha, power = solve(alphas, prior, cost_type1, cost_type2, effect, n_per_arm)
    cost = (1 - prior) * alpha * cost_type1 + prior * (1 - power) * cost_type2
    return {"power": power, "cost": cost, "best_alpha": int(cost.argmin())}


@wrong("all alphas tie, the smallest is asked for")
def error_costs(alphas, prior, cost_type1, cost_type2, effect, n_per_arm):
    alpha, power = solve(alphas, prior, cost_type1, cost_type2, effect, n_per_arm)
    cost = (1 - prior) * alpha * cost_type1 + prior * (1 - power) * cost_type2
    return {"power": power, "cost": cost, "best_alpha": alpha[cost.argmin()]}
