"""Answer bank of `position_propensity`."""

import numpy as np

from course.authoring.bank import right, wrong


def check(log, slots, prior, rows):
    if prior <= 0 or (log["position"] < 1).any() or (log["position"] > slots).any() or not rows["clicked"].any():
        raise ValueError("unusable")


def smooth(rows, slots, prior, overall=None):
    stats = rows.groupby("position")["clicked"].agg(["size", "sum"]).reindex(range(1, slots + 1), fill_value=0)
    overall = rows["clicked"].mean() if overall is None else overall
    return ((stats["sum"] + prior * overall) / (stats["size"] + prior)).to_numpy(float)


@right("pandas groupby")
def position_propensity(log, slots, prior):
    fair = log[log["randomised"]]
    check(log, slots, prior, fair)
    rate = smooth(fair, slots, prior)
    return rate / rate[0]


@right("plain Python counts")
def position_propensity(log, slots, prior):
    n, c = [0] * slots, [0] * slots
    if not prior > 0:
        raise ValueError("prior")
    for position, clicked, fair in zip(log["position"], log["clicked"], log["randomised"]):
        if not 1 <= position <= slots:
            raise ValueError("position")
        if fair:
            n[position - 1] += 1
            c[position - 1] += int(clicked)
    if sum(c) == 0:
        raise ValueError("no click")
    mean = sum(c) / sum(n)
    rate = [(a + prior * mean) / (b + prior) for a, b in zip(c, n)]
    return [r / rate[0] for r in rate]


@wrong("ranked rows are mixed in")
def position_propensity(log, slots, prior):
    check(log, slots, prior, log)
    rate = smooth(log, slots, prior)
    return rate / rate[0]


@wrong("these are the ranked rows")
def position_propensity(log, slots, prior):
    rows = log[~log["randomised"]]
    rate = smooth(rows, slots, prior)
    return rate / rate[0]


@wrong("these are click rates; divide by that of position 1")
def position_propensity(log, slots, prior):
    return smooth(log[log["randomised"]], slots, prior)


@wrong("these are click rates without smoothing")
def position_propensity(log, slots, prior):
    return log[log["randomised"]].groupby("position")["clicked"].mean().reindex(range(1, slots + 1), fill_value=0)


@wrong("without smoothing a position with few impressions goes to 0")
def position_propensity(log, slots, prior):
    rate = log[log["randomised"]].groupby("position")["clicked"].mean().reindex(range(1, slots + 1), fill_value=0)
    return rate / rate[1]


@wrong("not by the sum or the mean")
def position_propensity(log, slots, prior):
    rate = smooth(log[log["randomised"]], slots, prior)
    return rate / rate.sum()


@wrong("divide by position 1, not by the highest")
def position_propensity(log, slots, prior):
    fair = log[log["randomised"]]
    check(log, slots, prior, fair)
    rate = smooth(fair, slots, prior)
    return rate / rate.max()


@wrong("the overall rate is that of the randomised rows")
def position_propensity(log, slots, prior):
    rate = smooth(log[log["randomised"]], slots, prior, overall=log["clicked"].mean())
    return rate / rate[0]


@wrong("add it to the divisor, too")
def position_propensity(log, slots, prior):
    fair = log[log["randomised"]]
    rate = smooth(fair, slots, prior) * (fair.groupby("position").size().reindex(range(1, slots + 1)).to_numpy() + prior)
    rate = rate / fair.groupby("position").size().reindex(range(1, slots + 1)).to_numpy()
    return rate / rate[0]


@wrong("a position without impressions has a place in the result")
def position_propensity(log, slots, prior):
    fair = log[log["randomised"]]
    check(log, slots, prior, fair)
    rate = smooth(fair, slots, prior)[sorted(set(fair["position"] - 1))]
    return rate / rate[0]


@wrong("noise may put a value above 1")
def position_propensity(log, slots, prior):
    fair = log[log["randomised"]]
    check(log, slots, prior, fair)
    rate = smooth(fair, slots, prior)
    return np.minimum(rate / rate[0], 1)


@wrong("a ranked row at position 9 with 4 slots: expected ValueError")
def position_propensity(log, slots, prior):
    fair = log[log["randomised"]]
    check(fair, slots, prior, fair)
    rate = smooth(fair, slots, prior)
    return rate / rate[0]
