"""Answer bank of `cost_threshold`."""

import numpy as np

from course.authoring.bank import right, wrong


def differences(costs, valid_score, valid_good):
    over, under = costs["c10"] - costs["c00"], costs["c01"] - costs["c11"]
    if over <= 0 or under <= 0 or (valid_score is None) != (valid_good is None):
        raise ValueError("unusable costs or validation data")
    if valid_score is not None and len(valid_score) != len(valid_good):
        raise ValueError("lengths differ")
    return over, under


@right("isotonic calibration, then the formula")
def cost_threshold(score, costs, valid_score=None, valid_good=None):
    over, under = differences(costs, valid_score, valid_good)
    p = np.asarray(score, float)
    if valid_score is not None:
        from sklearn.isotonic import IsotonicRegression

        p = IsotonicRegression(out_of_bounds="clip").fit(valid_score, valid_good).predict(p)
    return (p >= over / (over + under)).tolist()


@right("Platt's logistic curve, then the formula")
def cost_threshold(score, costs, valid_score=None, valid_good=None):
    over, under = differences(costs, valid_score, valid_good)
    p = np.asarray(score, float)
    if valid_score is not None:
        from sklearn.linear_model import LogisticRegression

        p = LogisticRegression().fit(np.asarray(valid_score, float)[:, None], valid_good).predict_proba(p[:, None])[:, 1]
    return p >= over / (over + under)


@right("a search over quantiles of the validation scores, cost table")
def cost_threshold(score, costs, valid_score=None, valid_good=None):
    over, under = differences(costs, valid_score, valid_good)
    cut = over / (over + under)
    if valid_score is not None:
        v, g = np.asarray(valid_score, float), np.asarray(valid_good)
        table = np.array([[costs["c00"], costs["c01"]], [costs["c10"], costs["c11"]]])
        tried = [-np.inf, *np.quantile(v, np.linspace(0, 1, 200)), np.inf]
        cut = min(tried, key=lambda t: table[(v >= t).astype(int), g].sum())
    return [int(s >= cut) for s in score]


@right("comparing expected costs; bins of validation scores as probabilities")
def cost_threshold(score, costs, valid_score=None, valid_good=None):
    differences(costs, valid_score, valid_good)
    p = np.asarray(score, float)
    if valid_score is not None:
        v, g = np.asarray(valid_score, float), np.asarray(valid_good)
        edges = np.quantile(v, np.linspace(0, 1, 26))[1:-1]
        place = np.searchsorted(edges, v)
        centre = np.array([v[place == k].mean() for k in range(25)])
        rate = np.array([g[place == k].mean() for k in range(25)])
        p = np.interp(p, centre, rate)
    approve, reject = p * costs["c11"] + (1 - p) * costs["c10"], p * costs["c01"] + (1 - p) * costs["c00"]
    return np.where(approve <= reject, 1, 0)


@wrong("they are cut at t*")
def cost_threshold(score, costs, valid_score=None, valid_good=None):
    over, under = differences(costs, valid_score, valid_good)
    return (np.asarray(score) >= over / (over + under)).astype(int)


@wrong("this cuts at 0.5")
def cost_threshold(score, costs, valid_score=None, valid_good=None):
    differences(costs, valid_score, valid_good)
    return (np.asarray(score) >= 0.5).astype(int)


@wrong("a dear false approval pushes the threshold up")
def cost_threshold(score, costs, valid_score=None, valid_good=None):
    over, under = differences(costs, valid_score, valid_good)
    return (np.asarray(score) >= under / (over + under)).astype(int)


@wrong("c11, is left out")
def cost_threshold(score, costs, valid_score=None, valid_good=None):
    differences(costs, valid_score, valid_good)
    return (np.asarray(score) >= costs["c10"] / (costs["c10"] + costs["c01"])).astype(int)


@wrong("above the best threshold in hindsight")
def cost_threshold(score, costs, valid_score=None, valid_good=None):
    over, under = differences(costs, valid_score, valid_good)
    if valid_score is None:
        return (np.asarray(score) >= over / (over + under)).astype(int)
    v, g = np.asarray(valid_score), np.asarray(valid_good)
    best = max(np.quantile(v, np.linspace(0, 1, 200)), key=lambda t: ((v >= t) == g).mean())
    return (np.asarray(score) >= best).astype(int)


@wrong("a false approval cheaper than a right rejection: expected ValueError")
def cost_threshold(score, costs, valid_score=None, valid_good=None):
    over, under = costs["c10"] - costs["c00"], costs["c01"] - costs["c11"]
    cut = over / (over + under) if over + under else 0.5
    if valid_score is not None:
        v, g = np.asarray(valid_score), np.asarray(valid_good)
        cut = min([-np.inf, *np.unique(v)[::10]], key=lambda t: over * ((v >= t) & (g == 0)).sum() + under * ((v < t) & (g == 1)).sum())
    return (np.asarray(score) >= cut).astype(int)


@wrong("try thresholds in the range of the validation scores, not from 0 to 1")
def cost_threshold(score, costs, valid_score=None, valid_good=None):
    over, under = differences(costs, valid_score, valid_good)
    cut = over / (over + under)
    if valid_score is not None:
        v, g = np.asarray(valid_score), np.asarray(valid_good)
        cut = min(np.linspace(0, 1, 1001), key=lambda t: over * ((v >= t) & (g == 0)).sum() + under * ((v < t) & (g == 1)).sum())
    return (np.asarray(score) >= cut).astype(int)
