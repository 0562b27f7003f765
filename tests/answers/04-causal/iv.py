"""Answer bank of `iv`."""

import numpy as np
import statsmodels.api as sm

from course.authoring.bank import right, wrong


def matrices(outcome, treatment, instrument, controls):
    y, d = np.asarray(outcome, float), np.asarray(treatment, float)
    n = len(y)
    z = np.asarray(instrument, float)
    z = z.reshape(len(z), -1)
    c = np.empty((n, 0)) if controls is None else np.asarray(controls, float)
    c = c.reshape(len(c), -1) if controls is not None else c
    if not n == len(d) == len(z) == len(c):
        raise ValueError("lengths differ")
    base = np.column_stack([np.ones(n), c])
    full = np.column_stack([base, z])
    if n <= full.shape[1] or np.linalg.matrix_rank(full) < full.shape[1]:
        raise ValueError("unusable instrument")
    return y, d, base, full


def project(columns, target):
    return columns @ np.linalg.lstsq(columns, target, rcond=None)[0]


def answer(y, d, base, full, **changes):
    hat = project(full, d)
    x = np.column_stack([base, d])
    second = sm.OLS(y, np.column_stack([base, hat])).fit()
    e = y - x @ second.params
    error = np.sqrt(e @ e / (len(y) - x.shape[1]) * second.normalized_cov_params[-1, -1])
    rss0, rss1 = np.sum((d - project(base, d)) ** 2), np.sum((d - hat) ** 2)
    f = (rss0 - rss1) / (full.shape[1] - base.shape[1]) / (rss1 / (len(y) - full.shape[1]))
    found = {"effect": second.params[-1], "std_error": error, "ols": sm.OLS(y, x).fit().params[-1], "first_stage_f": f, "weak": f < 10}
    return found | changes


@right("partial everything on the controls first")
def iv(outcome, treatment, instrument, controls=None):
    y, d, base, full = matrices(outcome, treatment, instrument, controls)
    ry, rd, rz = (v - project(base, v) for v in (y, d, full[:, base.shape[1] :]))
    hat = project(rz, rd)
    effect = hat @ ry / (hat @ rd)
    e = ry - effect * rd
    k, m, n = base.shape[1] + 1, rz.shape[1], len(y)
    f = (hat @ hat / m) / ((rd - hat) @ (rd - hat) / (n - full.shape[1]))
    return {
        "effect": effect,
        "std_error": np.sqrt(e @ e / (n - k) / (hat @ hat)),
        "ols": rd @ ry / (rd @ rd),
        "first_stage_f": f,
        "weak": bool(f < 10),
    }


@right("projection matrices and statsmodels' F test")
def iv(outcome, treatment, instrument, controls=None):
    y, d, base, full = matrices(outcome, treatment, instrument, controls)
    x = np.column_stack([base, d])
    hat = np.column_stack([base, project(full, d)])
    beta = np.linalg.solve(hat.T @ x, hat.T @ y)
    e = y - x @ beta
    variance = np.linalg.inv(hat.T @ hat) * (e @ e) / (len(y) - x.shape[1])
    test = sm.OLS(d, full).fit().compare_f_test(sm.OLS(d, base).fit())
    return {
        "effect": beta[-1],
        "std_error": variance[-1, -1] ** 0.5,
        "ols": np.linalg.lstsq(x, y, rcond=None)[0][-1],
        "first_stage_f": test[0],
        "weak": test[0] < 10,
    }


@wrong("these are second-stage OLS errors")
def iv(outcome, treatment, instrument, controls=None):
    y, d, base, full = matrices(outcome, treatment, instrument, controls)
    second = sm.OLS(y, np.column_stack([base, project(full, d)])).fit()
    return answer(y, d, base, full, std_error=second.bse[-1])


@wrong("this is OLS; the instrument plays no part")
def iv(outcome, treatment, instrument, controls=None):
    y, d, base, full = matrices(outcome, treatment, instrument, controls)
    fit = sm.OLS(y, np.column_stack([base, d])).fit()
    return answer(y, d, base, full, effect=fit.params[-1], std_error=fit.bse[-1])


@wrong("divide by what it does to the treatment")
def iv(outcome, treatment, instrument, controls=None):
    y, d, base, full = matrices(outcome, treatment, instrument, controls)
    return answer(y, d, base, full, effect=sm.OLS(y, full).fit().params[-1])


@wrong("the controls are missing in the first stage")
def iv(outcome, treatment, instrument, controls=None):
    y, d, base, full = matrices(outcome, treatment, instrument, controls)
    hat = project(np.column_stack([np.ones(len(y)), full[:, base.shape[1] :]]), d)
    second = sm.OLS(y, np.column_stack([base, hat])).fit()
    return answer(y, d, base, full, effect=second.params[-1])


@wrong("the controls are left out")
def iv(outcome, treatment, instrument, controls=None):
    y, d, base, full = matrices(outcome, treatment, instrument, controls)
    return answer(y, d, np.ones((len(y), 1)), np.column_stack([np.ones(len(y)), full[:, base.shape[1] :]]))


@wrong("divide e'e by n - k")
def iv(outcome, treatment, instrument, controls=None):
    y, d, base, full = matrices(outcome, treatment, instrument, controls)
    found = answer(y, d, base, full)
    return found | {"std_error": found["std_error"] * np.sqrt(1 - (base.shape[1] + 1) / len(y))}


@wrong("this F is of the whole first stage")
def iv(outcome, treatment, instrument, controls=None):
    y, d, base, full = matrices(outcome, treatment, instrument, controls)
    f = sm.OLS(d, full).fit().fvalue
    return answer(y, d, base, full, first_stage_f=f, weak=f < 10)


@wrong("F of a single instrument is its square")
def iv(outcome, treatment, instrument, controls=None):
    y, d, base, full = matrices(outcome, treatment, instrument, controls)
    t = sm.OLS(d, full).fit().tvalues[-1]
    return answer(y, d, base, full, first_stage_f=t, weak=abs(t) < 3.1623)


@wrong("divide the gain by the number of instruments")
def iv(outcome, treatment, instrument, controls=None):
    y, d, base, full = matrices(outcome, treatment, instrument, controls)
    f = answer(y, d, base, full)["first_stage_f"] * (full.shape[1] - base.shape[1])
    return answer(y, d, base, full, first_stage_f=f, weak=f < 10)


@wrong("a constant instrument: expected ValueError")
def iv(outcome, treatment, instrument, controls=None):
    y, d = np.asarray(outcome, float), np.asarray(treatment, float)
    z = np.asarray(instrument, float).reshape(len(y), -1)
    base = np.ones((len(y), 1)) if controls is None else np.column_stack([np.ones(len(y)), np.asarray(controls, float)])
    return answer(y, d, base, np.column_stack([base, z]))
