"""Answer bank of `ratio_metric`: right answers written differently, wrong ones that people give, each with what the message must say."""

import statistics

import numpy as np

from course.authoring.bank import right, wrong


@right("linearised residuals")
def ratio_metric(numerator, denominator):
    y, x = np.array(numerator, float), np.array(denominator, float)
    if len(y) != len(x) or len(y) < 2 or not x.any():
        raise ValueError("unusable input")
    r = y.sum() / x.sum()
    return r, (y - r * x).std(ddof=1) / np.sqrt(len(y)) / x.mean()


@right("plain Python")
def ratio_metric(numerator, denominator):
    y, x = [float(v) for v in numerator], [float(v) for v in denominator]
    if len(y) != len(x) or len(y) < 2 or sum(x) == 0:
        raise ValueError("unusable input")
    r = sum(y) / sum(x)
    spread = statistics.variance(a - r * b for a, b in zip(y, x))
    return r, (spread / len(y)) ** 0.5 / statistics.fmean(x)


@right("gradient times covariance matrix, returned as an array")
def ratio_metric(numerator, denominator):
    data = np.vstack([np.ravel(numerator), np.ravel(denominator)]).astype(float) if len(numerator) == len(denominator) else None
    if data is None or data.shape[1] < 2 or data[1].sum() == 0:
        raise ValueError("unusable input")
    my, mx = data.mean(axis=1)
    gradient = np.array([1 / mx, -my / mx**2])
    return np.array([my / mx, np.sqrt(gradient @ np.cov(data) @ gradient / data.shape[1])])


@right("a regression through zero with robust errors")
def ratio_metric(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    if y.shape != x.shape or y.size < 2 or x.sum() == 0:
        raise ValueError("unusable input")
    r = np.average(y) / np.average(x)
    n = y.size
    return r, np.sqrt(np.sum((y - r * x) ** 2) * n / (n - 1)) / x.sum()


@wrong("the mean of each user's own ratio")
def ratio_metric(numerator, denominator):
    each = np.asarray(numerator, float) / np.asarray(denominator, float)
    return each.mean(), each.std(ddof=1) / np.sqrt(each.size)


@wrong("covariance term is missing")
def ratio_metric(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    if y.shape != x.shape or y.size < 2 or x.sum() == 0:
        raise ValueError
    r = y.mean() / x.mean()
    return r, np.sqrt((y.var(ddof=1) + r**2 * x.var(ddof=1)) / y.size) / x.mean()


@wrong("the covariance enters with a plus; it is subtracted")
def ratio_metric(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    if y.shape != x.shape or y.size < 2 or x.sum() == 0:
        raise ValueError
    r = y.mean() / x.mean()
    (vy, c), (_, vx) = np.cov(y, x)
    return r, np.sqrt((vy + 2 * r * c + r**2 * vx) / y.size) / x.mean()


@wrong("this is the spread between users; divide the variance by n")
def ratio_metric(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    if y.shape != x.shape or y.size < 2 or x.sum() == 0:
        raise ValueError
    r = y.mean() / x.mean()
    return r, np.std(y - r * x, ddof=1) / x.mean()


@wrong("chats are counted as independent rows")
def ratio_metric(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    if y.shape != x.shape or y.size < 2 or x.sum() == 0:
        raise ValueError
    r = y.sum() / x.sum()
    return r, np.sqrt(r * (1 - r) / x.sum())


@wrong("look for something that belongs together and is counted as independent")
def ratio_metric(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    r = y.sum() / x.sum()
    return r, np.sqrt(r * (1 - r) / x.sum())


@wrong("your intervals hold the truth too often")
def ratio_metric(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    r = y.mean() / x.mean()
    return r, np.std(y - r * x, ddof=1) / x.mean()


@wrong("the denominator is treated as a constant")
def ratio_metric(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    if y.shape != x.shape or y.size < 2 or x.sum() == 0:
        raise ValueError
    return y.mean() / x.mean(), y.std(ddof=1) / np.sqrt(y.size) / x.mean()


@wrong("variances are divided by n; the statement asks for n - 1")
def ratio_metric(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    if y.shape != x.shape or y.size < 2 or x.sum() == 0:
        raise ValueError
    r = y.mean() / x.mean()
    return r, np.std(y - r * x) / np.sqrt(y.size) / x.mean()


@wrong("this is the variance; return its square root")
def ratio_metric(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    if y.shape != x.shape or y.size < 2 or x.sum() == 0:
        raise ValueError
    r = y.mean() / x.mean()
    return r, np.var(y - r * x, ddof=1) / y.size / x.mean() ** 2


@wrong("the user without chats was dropped")
def ratio_metric(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    if y.shape != x.shape or y.size < 2 or x.sum() == 0:
        raise ValueError
    y, x = y[x > 0], x[x > 0]
    r = y.mean() / x.mean()
    return r, np.std(y - r * x, ddof=1) / np.sqrt(y.size) / x.mean()


@wrong("denominators that add up to zero: expected ValueError")
def ratio_metric(numerator, denominator):
    y, x = np.asarray(numerator, float), np.asarray(denominator, float)
    if y.shape != x.shape or y.size < 2:
        raise ValueError
    r = y.mean() / x.mean()
    return r, np.std(y - r * x, ddof=1) / np.sqrt(y.size) / x.mean()
