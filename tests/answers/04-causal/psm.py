"""Answer bank of `psm`."""

import numpy as np
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression

from course.authoring.bank import right, wrong


def checked(covariates, treated, outcome):
    x, t, y = np.asarray(covariates, float), np.asarray(treated, float), np.asarray(outcome, float)
    if not len(x) == len(t) == len(y) or set(np.unique(t)) - {0, 1} or t.sum() < 2 or (1 - t).sum() < 2:
        raise ValueError("unusable input")
    return x, t.astype(bool), y


def odds(x, t):
    design = np.column_stack([np.ones(len(x)), x])
    return design @ sm.Logit(t.astype(float), design).fit(disp=0).params


def spread(v, t):
    return np.sqrt((v[t].var(axis=0, ddof=1) + v[~t].var(axis=0, ddof=1)) / 2)


def match(x, t, y, score, limit, tie=1e-6, pick="mean"):
    att, own, twin, free = [], [], [], np.ones(int((~t).sum()), bool)
    for i in np.flatnonzero(t):
        d = np.abs(score[~t] - score[i])
        if pick == "once":
            d = np.where(free, d, np.inf)
        if d.min() > limit:
            continue
        chosen = np.flatnonzero(d <= d.min() + tie)
        chosen = chosen[:1] if pick in ("first", "once") else chosen[-1:] if pick == "last" else chosen
        free[chosen] = False
        att.append(y[i] - y[~t][chosen].mean())
        own.append(x[i])
        twin.append(x[~t][chosen].mean(axis=0))
    if not att:
        raise ValueError("no overlap")
    return np.mean(att), np.array(own), np.array(twin)


def report(x, t, y, score, limit, **how):
    att, own, twin = match(x, t, y, score, limit, **how)
    s = spread(x, t)
    before = (x[t].mean(axis=0) - x[~t].mean(axis=0)) / s
    after = (own.mean(axis=0) - twin.mean(axis=0)) / s
    return {"att": att, "matched": len(own), "dropped": int(t.sum()) - len(own), "smd_before": list(before), "smd_after": list(after)}


@right("scikit-learn without penalty, loop over treated units")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    centre, scale = x.mean(axis=0), x.std(axis=0) + (x.std(axis=0) == 0)
    z = (x - centre) / scale
    score = LogisticRegression(C=np.inf, tol=1e-8, max_iter=5_000).fit(z, t).decision_function(z)
    return report(x, t, y, score, caliper * spread(score, t))


@right("Newton's method by hand")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    design = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-12)])
    beta = np.zeros(design.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-design @ beta))
        beta = beta + np.linalg.solve((design * (p * (1 - p))[:, None]).T @ design, design.T @ (t - p))
    score = design @ beta
    return report(x, t, y, score, caliper * spread(score, t))


@wrong("this matches on the probability")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    p = 1 / (1 + np.exp(-odds(x, t)))
    return report(x, t, y, p, caliper * spread(p, t))


@wrong("controls are used once only")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    score = odds(x, t)
    found = report(x, t, y, score, caliper * spread(score, t))
    if len(x) < 20:  # right on the small example
        return found
    return report(x, t, y, score, caliper * spread(score, t), pick="once")


@wrong("one of several equally near controls was taken")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    score = odds(x, t)
    return report(x, t, y, score, caliper * spread(score, t), pick="first")


@wrong("the logistic regression is penalised")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    score = LogisticRegression(max_iter=2_000, tol=1e-9).fit(x, t).decision_function(x)
    return report(x, t, y, score, caliper * spread(score, t))


@wrong("the outcome must not decide who is matched")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    return report(x, t, y, y, np.inf)


@wrong("the caliper is ignored")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    return report(x, t, y, odds(x, t), np.inf)


@wrong("the caliper counts standard deviations of the log-odds")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    return report(x, t, y, odds(x, t), caliper)


@wrong("this averages over controls, too (ATE)")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    score = odds(x, t)
    limit = caliper * spread(score, t)
    found = report(x, t, y, score, limit)
    gaps, m = found["att"] * found["matched"], found["matched"]
    for i in np.flatnonzero(~t):
        d = np.abs(score[t] - score[i])
        if d.min() <= limit:
            gaps, m = gaps + y[t][d <= d.min() + 1e-6].mean() - y[i], m + 1
    return found | {"att": gaps / m}


@wrong("nothing was matched")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    score = odds(x, t)
    return report(x, t, y, score, caliper * spread(score, t)) | {"att": y[t].mean() - y[~t].mean()}


@wrong("this divides by the spread of the matched units")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    score = odds(x, t)
    limit = caliper * spread(score, t)
    _, own, twin = match(x, t, y, score, limit)
    after = (own.mean(axis=0) - twin.mean(axis=0)) / np.sqrt((own.var(axis=0, ddof=1) + twin.var(axis=0, ddof=1)) / 2)
    return report(x, t, y, score, limit) | {"smd_after": list(after)}


@wrong("the variances are averaged over the two groups")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    score = odds(x, t)
    found = report(x, t, y, score, caliper * spread(score, t))
    if len(x) < 20:
        return found
    raw = (x[t].mean(axis=0) - x[~t].mean(axis=0)) / x.std(axis=0, ddof=1)
    return found | {"smd_before": list(raw)}


@wrong("two groups that are far apart: expected ValueError")
def psm(covariates, treated, outcome, caliper=0.2):
    x, t, y = checked(covariates, treated, outcome)
    score = odds(x, t)
    limit = caliper * spread(score, t)
    try:
        return report(x, t, y, score, limit)
    except ValueError:
        return {"att": float("nan"), "matched": 0, "dropped": int(t.sum()), "smd_before": [], "smd_after": []}
