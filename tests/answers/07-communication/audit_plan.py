"""Answer bank of `audit_plan`."""

import math

import numpy as np
from scipy import stats

from course.authoring.bank import right, wrong


def refuse(promised, worse, false_alarm, power):
    if not (0 < promised < worse < 1 and 0 < false_alarm < 1 and 0 < power < 1):
        raise ValueError("unusable input")


def first(n, alarm, found, promised, power):
    at = int(np.argmax(found >= power))
    return {"n": n[at], "alarm_at": alarm[at], "false_alarm": stats.binom.sf(alarm[at] - 1, n[at], promised), "power": found[at]}


@right("a loop over n, counts from the distribution function")
def audit_plan(promised, worse, false_alarm=0.01, power=0.9):
    refuse(promised, worse, false_alarm, power)
    n, c = 0, 0
    while True:
        n += 1
        while stats.binom.sf(c - 1, n, promised) > false_alarm:
            c += 1
        if stats.binom.sf(c - 1, n, worse) >= power:
            return {"n": n, "alarm_at": c, "false_alarm": float(stats.binom.sf(c - 1, n, promised)), "power": float(stats.binom.sf(c - 1, n, worse))}


@right("the recursion of binomial probabilities, without SciPy")
def audit_plan(promised, worse, false_alarm=0.01, power=0.9):
    refuse(promised, worse, false_alarm, power)
    low, high = np.array([1.0]), np.array([1.0])
    for n in range(1, 5_001):
        low, high = (np.append(p * (1 - rate), 0) + np.append(0, p * rate) for p, rate in [(low, promised), (high, worse)])
        tails = np.append(np.cumsum(low[::-1])[::-1], 0.0)
        c = int(np.argmax(tails <= false_alarm))
        found = float(high[c:].sum())
        if found >= power:
            return {"n": n, "alarm_at": c, "false_alarm": float(tails[c]), "power": found}


@wrong("sf(c) leaves out c itself")
def audit_plan(promised, worse, false_alarm=0.01, power=0.9):
    refuse(promised, worse, false_alarm, power)
    n = np.arange(1, 5_001)
    alarm = stats.binom.isf(false_alarm, n, promised) + 1
    return first(n, alarm, stats.binom.sf(alarm, n, worse), promised, power)


@wrong("the count for the alarm is one too low")
def audit_plan(promised, worse, false_alarm=0.01, power=0.9):
    refuse(promised, worse, false_alarm, power)
    n = np.arange(1, 5_001)
    alarm = stats.binom.isf(false_alarm, n, promised)
    return first(n, alarm, stats.binom.sf(alarm - 1, n, worse), promised, power)


@wrong("normal approximation")
def audit_plan(promised, worse, false_alarm=0.01, power=0.9):
    refuse(promised, worse, false_alarm, power)
    spread = stats.norm.isf(false_alarm) * math.sqrt(promised * (1 - promised)) + stats.norm.ppf(power) * math.sqrt(worse * (1 - worse))
    n = math.ceil((spread / (worse - promised)) ** 2)
    c = int(stats.binom.isf(false_alarm, n, promised)) + 1
    return {"n": n, "alarm_at": c, "false_alarm": stats.binom.sf(c - 1, n, promised), "power": stats.binom.sf(c - 1, n, worse)}


@wrong("bisection can miss the smallest n")
def audit_plan(promised, worse, false_alarm=0.01, power=0.9):
    refuse(promised, worse, false_alarm, power)

    def at(n):
        c = int(stats.binom.isf(false_alarm, n, promised)) + 1
        return c, float(stats.binom.sf(c - 1, n, worse))

    low, high = 1, 5_000
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle)[1] >= power else (middle + 1, high)
    c, found = at(low)
    return {"n": low, "alarm_at": c, "false_alarm": float(stats.binom.sf(c - 1, low, promised)), "power": found}


@wrong("never falls below the target again")
def audit_plan(promised, worse, false_alarm=0.01, power=0.9):
    refuse(promised, worse, false_alarm, power)
    n = np.arange(1, 5_001)
    alarm = stats.binom.isf(false_alarm, n, promised) + 1
    found = stats.binom.sf(alarm - 1, n, worse)
    at = int(np.flatnonzero(found < power).max()) + 1
    return {"n": n[at], "alarm_at": alarm[at], "false_alarm": stats.binom.sf(alarm[at] - 1, n[at], promised), "power": found[at]}


@wrong("do not halve the false alarm probability")
def audit_plan(promised, worse, false_alarm=0.01, power=0.9):
    refuse(promised, worse, false_alarm, power)
    n = np.arange(1, 5_001)
    alarm = stats.binom.isf(false_alarm / 2, n, promised) + 1
    return first(n, alarm, stats.binom.sf(alarm - 1, n, worse), promised, power)


@wrong("a worse rate that is lower: expected ValueError")
def audit_plan(promised, worse, false_alarm=0.01, power=0.9):
    n = np.arange(1, 5_001)
    alarm = stats.binom.isf(false_alarm, n, promised) + 1
    return first(n, alarm, stats.binom.sf(alarm - 1, n, worse), promised, power)
