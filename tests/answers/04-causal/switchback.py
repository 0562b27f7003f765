"""Answer bank of `switchback`."""

import numpy as np
import pandas as pd
from scipy import stats

from course.authoring.bank import right, wrong


def _table(minutes, outcomes, schedule, period):
    if len(minutes) != len(outcomes):
        raise ValueError("lengths")
    t = np.asarray(minutes, float)
    if (t < 0).any() or (t >= period * len(schedule)).any():
        raise ValueError("outside")
    table = pd.DataFrame({"t": t, "y": np.asarray(outcomes, float)})
    table["j"] = (table["t"] // period).astype(int)
    table["into"] = table["t"] % period
    table["arm"] = np.asarray(schedule)[table["j"]]
    return table


def _means(table):
    means = table.groupby(["arm", "j"])["y"].mean()
    arms = {a: means[means.index.get_level_values("arm") == a].to_numpy() for a in (0, 1)}
    if min(map(len, arms.values())) < 2:
        raise ValueError("periods")
    return arms


def _answer(arms, ddof=1):
    one, two = arms[1], arms[0]
    return {"effect": one.mean() - two.mean(), "se": (one.var(ddof=ddof) / len(one) + two.var(ddof=ddof) / len(two)) ** 0.5, "periods": len(one) + len(two)}


@right("pandas")
def switchback(minutes, outcomes, schedule, period, burn_in):
    if burn_in < 0 or burn_in >= period:
        raise ValueError("burn-in")
    table = _table(minutes, outcomes, schedule, period)
    return _answer(_means(table[table["into"] >= burn_in]))


@right("plain loops and a Welch test")
def switchback(minutes, outcomes, schedule, period, burn_in):
    if not 0 <= burn_in < period or len(minutes) != len(outcomes):
        raise ValueError
    groups = {}
    for t, y in zip(minutes, outcomes):
        j = int(t // period)
        if t < 0 or j >= len(schedule):
            raise ValueError("outside")
        if t >= j * period + burn_in:
            groups.setdefault(j, []).append(float(y))
    one, two = ([np.mean(ys) for j, ys in groups.items() if schedule[j] == a] for a in (1, 0))
    if len(one) < 2 or len(two) < 2:
        raise ValueError("periods")
    se = (stats.sem(one) ** 2 + stats.sem(two) ** 2) ** 0.5
    return {"effect": np.mean(one) - np.mean(two), "se": se, "periods": len(groups)}


@wrong("the burn-in is left out")
def switchback(minutes, outcomes, schedule, period, burn_in):
    return _answer(_means(_table(minutes, outcomes, schedule, period)))


@wrong("also where the arm didn't change")
def switchback(minutes, outcomes, schedule, period, burn_in):
    table, arms = _table(minutes, outcomes, schedule, period), np.asarray(schedule)
    changed = np.r_[True, arms[1:] != arms[:-1]]
    return _answer(_means(table[(table["into"] >= burn_in) | ~changed[table["j"]]]))


@wrong("also to the first and where the arm didn't change")
def switchback(minutes, outcomes, schedule, period, burn_in):
    table, arms = _table(minutes, outcomes, schedule, period), np.asarray(schedule)
    changed = np.r_[False, arms[1:] != arms[:-1]]
    return _answer(_means(table[(table["into"] >= burn_in) | ~changed[table["j"]]]))


@wrong("busy periods weigh more here")
def switchback(minutes, outcomes, schedule, period, burn_in):
    table = _table(minutes, outcomes, schedule, period)
    table = table[table["into"] >= burn_in]
    got = table.groupby("arm")["y"]
    return {"effect": got.mean()[1] - got.mean()[0], "se": (got.sem() ** 2).sum() ** 0.5, "periods": table["j"].nunique()}


@wrong("orders of one period share their weather")
def switchback(minutes, outcomes, schedule, period, burn_in):
    table = _table(minutes, outcomes, schedule, period)
    table = table[table["into"] >= burn_in]
    return _answer(_means(table)) | {"se": (table.groupby("arm")["y"].sem() ** 2).sum() ** 0.5}


@wrong("the effect is treated minus control")
def switchback(minutes, outcomes, schedule, period, burn_in):
    table = _table(minutes, outcomes, schedule, period)
    got = _answer(_means(table[table["into"] >= burn_in]))
    return got | {"effect": -got["effect"]}


@wrong("the sample variance divides by k - 1")
def switchback(minutes, outcomes, schedule, period, burn_in):
    table = _table(minutes, outcomes, schedule, period)
    return _answer(_means(table[table["into"] >= burn_in]), ddof=0)


@wrong("does not pool them")
def switchback(minutes, outcomes, schedule, period, burn_in):
    table = _table(minutes, outcomes, schedule, period)
    arms = _means(table[table["into"] >= burn_in])
    got = _answer(arms)
    return got | {"se": got["effect"] / stats.ttest_ind(arms[1], arms[0]).statistic}


@wrong("exactly burn_in minutes after the start")
def switchback(minutes, outcomes, schedule, period, burn_in):
    table = _table(minutes, outcomes, schedule, period)
    return _answer(_means(table[table["into"] > burn_in]))


@wrong("a period includes its first minute")
def switchback(minutes, outcomes, schedule, period, burn_in):
    t = np.asarray(minutes, float)
    if (t < 0).any() or (t >= period * len(schedule)).any():
        raise ValueError
    table = pd.DataFrame({"t": t, "y": np.asarray(outcomes, float)})
    table["j"] = np.maximum(np.ceil(table["t"] / period).astype(int) - 1, 0)
    if burn_in > 0:
        table["j"] = (t // period).astype(int)
    table["arm"] = np.asarray(schedule)[table["j"]]
    return _answer(_means(table[table["t"] - table["j"] * period >= burn_in]))


@wrong("a burn-in as long as the period")
def switchback(minutes, outcomes, schedule, period, burn_in):
    table = _table(minutes, outcomes, schedule, period)
    kept = table[table["into"] >= burn_in]
    return _answer(_means(kept if len(kept) else table))


@wrong("an order at the very end of the schedule")
def switchback(minutes, outcomes, schedule, period, burn_in):
    if not 0 <= burn_in < period or len(minutes) != len(outcomes):
        raise ValueError
    inside = [0 <= t < period * len(schedule) for t in minutes]
    table = _table(np.asarray(minutes)[inside], np.asarray(outcomes)[inside], schedule, period)
    return _answer(_means(table[table["into"] >= burn_in]))
