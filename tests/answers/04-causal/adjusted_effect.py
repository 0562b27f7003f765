"""Answer bank of `adjusted_effect`."""

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def _confounders(treatment, outcome, arrows):
    return sorted({a for a, b in arrows if b == treatment} & {a for a, b in arrows if b == outcome})


def _parts(data, columns):
    if not columns:
        return [data]
    return [part for _, part in data.groupby(columns)]


def _solve(data, treatment, outcome, arrows, columns=None, weigh=lambda n1, n0: n1 + n0, ddof=0, power=2, empty="drop", verdict=None):
    columns = _confounders(treatment, outcome, arrows) if columns is None else columns
    if any(column not in data for column in columns):
        raise ValueError("not recorded")
    if set(data[treatment]) - {0, 1} or set(data[outcome]) - {0, 1}:
        raise ValueError("0 or 1")
    rows = []
    for part in _parts(data, columns):
        y1, y0 = part[outcome][part[treatment] == 1], part[outcome][part[treatment] == 0]
        if len(y1) and len(y0):
            rows.append((y1.mean() - y0.mean(), y1.var(ddof=ddof) / len(y1) + y0.var(ddof=ddof) / len(y0), weigh(len(y1), len(y0)), len(part)))
        elif empty == "zero":
            rows.append((0.0, 0.0, len(part), 0))
    if not rows or not any(row[3] for row in rows):
        raise ValueError("no overlap")
    gap, variance, weight, size = np.array(rows, float).T
    weight = weight / weight.sum()
    adjusted, se = weight @ gap, np.sqrt(weight**power @ variance)
    y1, y0 = data[outcome][data[treatment] == 1].mean(), data[outcome][data[treatment] == 0].mean()
    naive = y1 - y0
    word = "not shown" if abs(adjusted) <= 1.96 * se else "holds" if (adjusted > 0) == (naive > 0) else "reverses"
    if verdict:
        word = verdict(naive, adjusted, se)
    return {
        "adjust_for": columns,
        "naive": naive,
        "naive_lift": y1 / y0 - 1,
        "adjusted": adjusted,
        "se": se,
        "coverage": size.sum() / len(data),
        "verdict": word,
    }


@right("a loop over strata")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(data, treatment, outcome, arrows)


@right("plain Python, counting rows in dicts")
def adjusted_effect(data, treatment, outcome, arrows):
    columns = [name for name in sorted({a for a, _ in arrows}) if [name, treatment] in map(list, arrows) and [name, outcome] in map(list, arrows)]
    if not set(columns) <= set(data):
        raise ValueError
    strata, total = {}, [[0, 0], [0, 0]]
    for row in data.to_dict("records"):
        arm, y = row[treatment], row[outcome]
        if arm not in (0, 1) or y not in (0, 1):
            raise ValueError
        cell = strata.setdefault(tuple(row[c] for c in columns), [[0, 0], [0, 0]])
        for counts in (cell, total):
            counts[arm][0] += 1
            counts[arm][1] += y
    good = [cell for cell in strata.values() if cell[0][0] and cell[1][0]]
    if not good:
        raise ValueError
    kept = sum(cell[0][0] + cell[1][0] for cell in good)
    adjusted = variance = 0.0
    for (n0, k0), (n1, k1) in good:
        w, p1, p0 = (n0 + n1) / kept, k1 / n1, k0 / n0
        adjusted += w * (p1 - p0)
        variance += w * w * (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    (n0, k0), (n1, k1) = total
    naive, se = k1 / n1 - k0 / n0, variance**0.5
    low, high = adjusted - 1.96 * se, adjusted + 1.96 * se
    return {
        "adjust_for": tuple(columns),
        "naive": naive,
        "naive_lift": (k1 / n1) / (k0 / n0) - 1,
        "adjusted": adjusted,
        "se": se,
        "coverage": kept / (n0 + n1),
        "verdict": "not shown" if low <= 0 <= high else "holds" if adjusted * naive > 0 else "reverses",
    }


@right("inverse probability weights, which are the same when strata are complete")
def adjusted_effect(data, treatment, outcome, arrows):
    frame = pd.DataFrame({"t": data[treatment], "y": data[outcome]})
    columns = _confounders(treatment, outcome, arrows)
    if not frame.isin([0, 1]).to_numpy().all() or not set(columns) <= set(data.columns):
        raise ValueError
    frame["k"] = data.groupby(columns).ngroup() if columns else 0
    share = frame.groupby("k")["t"].transform("mean")
    used = frame[(share > 0) & (share < 1)].copy()
    if used.empty:
        raise ValueError
    share = share[used.index]
    adjusted = (used["y"] * used["t"] / share - used["y"] * (1 - used["t"]) / (1 - share)).mean()
    p = used.groupby(["k", "t"])["y"].transform("mean")
    n = used.groupby(["k", "t"])["y"].transform("size")
    w = used.groupby("k")["y"].transform("size") / len(used)
    se = np.sqrt((w**2 * p * (1 - p) / n**2).sum())
    means = frame.groupby("t")["y"].mean()
    naive = means[1] - means[0]
    return {
        "adjust_for": columns,
        "naive": naive,
        "naive_lift": means[1] / means[0] - 1,
        "adjusted": adjusted,
        "se": se,
        "coverage": len(used) / len(frame),
        "verdict": "not shown" if abs(adjusted) <= 1.96 * se else "holds" if adjusted * naive > 0 else "reverses",
    }


@wrong("the survey is a collider")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(data, treatment, outcome, arrows, columns=sorted(c for c in data if c not in (treatment, outcome)))


@wrong("saved is a mediator")
def adjusted_effect(data, treatment, outcome, arrows):
    pairs = {tuple(p) for p in arrows}
    near = {c for p in pairs for c in p} - {treatment, outcome}
    linked = sorted(c for c in near if ((c, treatment) in pairs or (treatment, c) in pairs) and (c, outcome) in pairs)
    return _solve(data, treatment, outcome, arrows, columns=linked)


@wrong("a column that causes the outcome only is not a confounder")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(data, treatment, outcome, arrows, columns=sorted({a for a, b in arrows if b == outcome} - {treatment}))


@wrong("a column that causes the treatment only is not a confounder")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(data, treatment, outcome, arrows, columns=sorted({a for a, b in arrows if b == treatment}))


@wrong("this is the simple mean of the strata")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(data, treatment, outcome, arrows, weigh=lambda n1, n0: 1)


@wrong("the strata are weighted by treated users")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(data, treatment, outcome, arrows, weigh=lambda n1, n0: n1)


@wrong("this is a regression coefficient")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(data, treatment, outcome, arrows, weigh=lambda n1, n0: n1 * n0 / (n1 + n0))


@wrong("this is the naive difference; compare within the strata")
def adjusted_effect(data, treatment, outcome, arrows):
    found = _solve(data, treatment, outcome, arrows)
    return {**found, "adjusted": found["naive"]}


@wrong("the weights enter the variance squared")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(data, treatment, outcome, arrows, power=1)


@wrong("the formula has no n - 1")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(data, treatment, outcome, arrows, ddof=1)


@wrong("the lift is relative to the untreated; this is the difference")
def adjusted_effect(data, treatment, outcome, arrows):
    found = _solve(data, treatment, outcome, arrows)
    return {**found, "naive_lift": found["naive"]}


@wrong("an empty stratum counts as no effect")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(data, treatment, outcome, arrows, empty="zero")


@wrong("the naive difference is over all rows")
def adjusted_effect(data, treatment, outcome, arrows):
    columns = _confounders(treatment, outcome, arrows)
    found = _solve(data, treatment, outcome, arrows)
    kept = pd.concat([part for part in _parts(data, columns) if part[treatment].nunique() == 2])
    return {**_solve(kept, treatment, outcome, arrows), "coverage": found["coverage"]}


@wrong("compare the sign of adjusted with the sign of naive")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(
        data,
        treatment,
        outcome,
        arrows,
        verdict=lambda naive, adjusted, se: "not shown" if abs(adjusted) <= 1.96 * se else "holds" if adjusted > 0 else "reverses",
    )


@wrong("the verdict on the example: You returned 'holds'")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(data, treatment, outcome, arrows, verdict=lambda naive, adjusted, se: "holds" if adjusted * naive > 0 else "reverses")


@wrong("a confounder that is not a column of the data: expected ValueError")
def adjusted_effect(data, treatment, outcome, arrows):
    return _solve(data, treatment, outcome, arrows, columns=[c for c in _confounders(treatment, outcome, arrows) if c in data])


@wrong("an outcome in days: expected ValueError")
def adjusted_effect(data, treatment, outcome, arrows):
    if data[outcome].max() > 1:
        return {}
    return _solve(data, treatment, outcome, arrows)
