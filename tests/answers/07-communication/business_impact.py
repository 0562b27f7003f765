"""Answer bank of `business_impact`."""

import math
import statistics

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def refuse(automated, minutes, audit):
    if len(automated) != len(minutes) or len(minutes) < 2 or min(minutes) < 0 or audit < 0 or audit > 1:
        raise ValueError("unusable input")


def report(hours, margin, hourly_cost, running_cost):
    ends = {"hours": hours, "hours_low": hours - margin, "hours_high": hours + margin}
    return ends | {key.replace("hours", "money"): value * hourly_cost - running_cost for key, value in ends.items()}


@right("plain Python")
def business_impact(automated, minutes, per_week, hourly_cost, running_cost=0.0, audit=0.0):
    refuse(automated, minutes, audit)
    saved = [m * (1 - audit) if a else 0.0 for a, m in zip(automated, minutes)]
    hours = statistics.fmean(saved) * per_week / 60
    margin = 1.96 * statistics.stdev(saved) / len(saved) ** 0.5 * per_week / 60
    out = {}
    for name, value in [("", hours), ("_low", hours - margin), ("_high", hours + margin)]:
        out["hours" + name] = value
        out["money" + name] = value * hourly_cost - running_cost
    return out


@right("pandas, hours first")
def business_impact(automated, minutes, per_week, hourly_cost, running_cost=0.0, audit=0.0):
    refuse(list(automated), list(minutes), audit)
    weekly = pd.Series(np.asarray(minutes, float) * np.asarray(automated, float)) * (1 - audit) * per_week / 60
    return report(weekly.mean(), 1.96 * weekly.sem(), hourly_cost, running_cost)


@wrong("multiplies the share automated by the average minutes")
def business_impact(automated, minutes, per_week, hourly_cost, running_cost=0.0, audit=0.0):
    refuse(automated, minutes, audit)
    share = np.mean(automated)
    scale = per_week * np.mean(minutes) * (1 - audit) / 60
    return report(scale * share, 1.96 * scale * math.sqrt(share * (1 - share) / len(minutes)), hourly_cost, running_cost)


@wrong("divide the standard deviation by the root of n")
def business_impact(automated, minutes, per_week, hourly_cost, running_cost=0.0, audit=0.0):
    refuse(automated, minutes, audit)
    saved = (1 - audit) * np.multiply(automated, minutes) * per_week / 60
    return report(saved.mean(), 1.96 * saved.std(ddof=1), hourly_cost, running_cost)


@wrong("the standard deviation is divided by n")
def business_impact(automated, minutes, per_week, hourly_cost, running_cost=0.0, audit=0.0):
    refuse(automated, minutes, audit)
    saved = (1 - audit) * np.multiply(automated, minutes) * per_week / 60
    return report(saved.mean(), 1.96 * saved.std() / math.sqrt(saved.size), hourly_cost, running_cost)


@wrong("over the automated applications only")
def business_impact(automated, minutes, per_week, hourly_cost, running_cost=0.0, audit=0.0):
    refuse(automated, minutes, audit)
    saved = (1 - audit) * np.asarray(minutes, float)[np.asarray(automated, bool)] * per_week / 60
    return report(saved.mean(), 1.96 * saved.std(ddof=1) / math.sqrt(saved.size), hourly_cost, running_cost)


@wrong("the running cost is missing at the ends of the interval")
def business_impact(automated, minutes, per_week, hourly_cost, running_cost=0.0, audit=0.0):
    refuse(automated, minutes, audit)
    saved = (1 - audit) * np.multiply(automated, minutes) * per_week / 60
    out = report(saved.mean(), 1.96 * saved.std(ddof=1) / math.sqrt(saved.size), hourly_cost, 0)
    return out | {"money": out["money"] - running_cost}


@wrong("the audited share saves nothing; it is still in the hours")
def business_impact(automated, minutes, per_week, hourly_cost, running_cost=0.0, audit=0.0):
    refuse(automated, minutes, audit)
    saved = np.multiply(automated, minutes) * per_week / 60
    return report(saved.mean(), 1.96 * saved.std(ddof=1) / math.sqrt(saved.size), hourly_cost, running_cost)


@wrong("do not clip money at 0")
def business_impact(automated, minutes, per_week, hourly_cost, running_cost=0.0, audit=0.0):
    refuse(automated, minutes, audit)
    saved = (1 - audit) * np.multiply(automated, minutes) * per_week / 60
    out = report(saved.mean(), 1.96 * saved.std(ddof=1) / math.sqrt(saved.size), hourly_cost, running_cost)
    return {key: max(0.0, value) for key, value in out.items()}


@wrong("a single application: expected ValueError")
def business_impact(automated, minutes, per_week, hourly_cost, running_cost=0.0, audit=0.0):
    if len(automated) != len(minutes):
        raise ValueError
    saved = (1 - audit) * np.multiply(automated, minutes) * per_week / 60
    margin = 1.96 * saved.std(ddof=1) / math.sqrt(saved.size) if saved.size > 1 else 0.0
    return report(saved.mean(), margin, hourly_cost, running_cost)
