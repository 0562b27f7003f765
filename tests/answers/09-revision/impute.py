"""Answer bank of `impute`."""

import numpy as np
import pandas as pd
import statsmodels.api as sm
from sklearn.linear_model import LinearRegression

from course.authoring.bank import right, wrong


def _impute(
    train,
    table,
    target,
    method,
    seed,
    source="train",
    intercept=True,
    noise="residual",
    each=True,
    keep=True,
    fixed=False,
    loss=1,
    centre="mean",
    guard=True,
    pooled_drop=False,
):
    others = [c for c in table.columns if c != target]
    base = {"train": train, "table": table, "both": pd.concat([train, table])}[source]
    known = base[base[target].notna()]
    if guard and (method not in ("drop", "mean", "model", "stochastic") or train[target].notna().sum() < len(others) + 2):
        raise ValueError("unusable")
    if guard and (train[others].isna().to_numpy().any() or table[others].isna().to_numpy().any()):
        raise ValueError("holes")
    if method == "drop":
        return (train if pooled_drop else table)[lambda t: t[target].notna()]
    if method not in ("model", "stochastic"):
        values = pd.Series(getattr(known[target], centre)(), table.index)
    else:
        line = LinearRegression(fit_intercept=intercept).fit(known[others], known[target])
        values = pd.Series(line.predict(table[others]), table.index)
        if method == "stochastic":
            rest = known[target] - line.predict(known[others])
            sd = np.sqrt((rest**2).sum() / (len(known) - loss * (len(others) + 1)))
            sd = {"residual": sd, "column": known[target].std(), "variance": sd**2, "error": sd / np.sqrt(len(known)), "one": 1.0, "none": 0.0}[noise]
            rng = np.random.default_rng(0 if fixed else seed)
            values = values + (rng.normal(0, sd, len(table)) if each else rng.normal(0, sd))
    return table.assign(**{target: table[target].fillna(values) if keep else values})


@right("scikit-learn and fillna")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed)


@right("statsmodels, and the loop over rows")
def impute(train, table, target, method, seed=0):
    others = table.columns.drop(target)
    known = train.dropna(subset=[target])
    if (
        method not in "drop mean model stochastic".split()
        or len(known) < len(others) + 2
        or train[others].isnull().values.any()
        or table[others].isnull().values.any()
    ):
        raise ValueError("unusable")
    if method == "drop":
        return table.loc[table[target].notnull()]
    fit = sm.OLS(known[target].astype(float), sm.add_constant(known[others], has_constant="add")).fit()
    generator = np.random.RandomState(seed)
    result = table.copy()
    for place, (_, row) in enumerate(table.iterrows()):
        if np.isnan(row[target]):
            value = known[target].mean()
            if method != "mean":
                value = fit.params.iloc[0] + (fit.params.iloc[1:].to_numpy() * row[others].to_numpy()).sum()
            if method == "stochastic":
                value += generator.standard_normal() * np.sqrt(fit.scale)
            result.iloc[place, result.columns.get_loc(target)] = value
    return result


@wrong("this is the mean of `table`")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, source="table")


@wrong("this fits on `train` and `table` together")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, source="both")


@wrong("this is the median")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, centre="median")


@wrong("known values stay as they are")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, keep=False)


@wrong("the line has no intercept")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, intercept=False)


@wrong("this drops from `train`")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, pooled_drop=True)


@wrong("the filled values lie on one line")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, noise="none")


@wrong("draw noise for each row")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, each=False)


@wrong("the noise has the spread of the whole column")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, noise="column")


@wrong("the noise has standard deviation 1")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, noise="one")


@wrong("this is the error of the line")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, noise="error")


@wrong("another seed gives the same values")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, fixed=True)


@wrong("divide the sum of squares by n - k - 1")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, loss=0)


@wrong("the method 'median': expected ValueError")
def impute(train, table, target, method, seed=0):
    return _impute(train, table, target, method, seed, guard=False)
