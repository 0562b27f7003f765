"""Answer bank of `normal_enough_n`: right answers written differently, wrong ones that people give, each with what the message must say."""

import math

import numpy as np

from course.authoring.bank import right, wrong


@right("NumPy, returns a NumPy float")
def normal_enough_n(skewness):
    if np.isnan(skewness) or np.isinf(skewness):
        raise ValueError("not finite")
    return np.maximum(np.ceil(355.0 * np.square(skewness)), 30)


@right("floor division and an if")
def normal_enough_n(skewness):
    if skewness != skewness or abs(skewness) == float("inf"):
        raise ValueError("not finite")
    n = -int(-355 * skewness * skewness // 1)
    if n < 30:
        n = 30
    return n


@right("a count that is raised until it is enough, from just below")
def normal_enough_n(skewness):
    wanted = 355 * abs(skewness) ** 2
    if not math.isfinite(wanted):
        raise ValueError("not finite")
    n = max(30, int(wanted))
    while n < wanted:
        n += 1
    return n


@wrong("the skewness is not squared")
def normal_enough_n(skewness):
    if not math.isfinite(skewness):
        raise ValueError
    return max(30, math.ceil(355 * abs(skewness)))


@wrong("the smallest n that is enough rounds up")
def normal_enough_n(skewness):
    if not math.isfinite(skewness):
        raise ValueError
    return max(30, round(355 * skewness**2))


@wrong("round and int can go down")
def normal_enough_n(skewness):
    if not math.isfinite(skewness):
        raise ValueError
    return max(30, int(355 * skewness**2))


@wrong("a whole result stays as it is")
def normal_enough_n(skewness):
    if not math.isfinite(skewness):
        raise ValueError
    return max(30, int(355 * skewness**2) + 1)


@wrong("a tail to the left counts too")
def normal_enough_n(skewness):
    if not math.isfinite(skewness):
        raise ValueError
    return max(30, math.ceil(355 * max(skewness, 0) ** 2))


@wrong("the floor of 30 is missing")
def normal_enough_n(skewness):
    if not math.isfinite(skewness):
        raise ValueError
    return math.ceil(355 * skewness**2)


@wrong("between 0 and 1 the rule counts as well")
def normal_enough_n(skewness):
    if not math.isfinite(skewness):
        raise ValueError
    return 30 if abs(skewness) < 1 else math.ceil(355 * skewness**2)


@wrong("too many miss, n is too small for this skewness")
def normal_enough_n(skewness):
    return 30


@wrong("a skewness of nan: expected ValueError")
def normal_enough_n(skewness):
    n = 355 * skewness**2
    return 30 if not n >= 30 else math.ceil(n)
