"""Answer bank of `streaming_correlation`."""

import numpy as np

from course.authoring.bank import right, wrong


def finish(scatter):
    spread = np.sqrt(np.diag(scatter))
    with np.errstate(all="ignore"):
        return scatter / np.outer(spread, spread)


def checked(batches):
    """Batches with rows, in 64 bits; ValueError as the statement asks."""
    width, n = None, 0
    for batch in batches:
        if width not in (None, batch.shape[1]):
            raise ValueError("different columns")
        width, n = batch.shape[1], n + len(batch)
        if len(batch):
            yield batch.astype(float)
    if n < 2:
        raise ValueError("too few rows")


@right("Welford, row by row")
def streaming_correlation(batches):
    n, mean, scatter = 0, 0.0, 0.0
    for batch in checked(batches):
        for row in batch:
            n += 1
            before = row - mean
            mean = mean + before / n
            scatter = scatter + np.outer(before, row - mean)
    return finish(scatter)


@right("sums of what is left after subtracting the first row")
def streaming_correlation(batches):
    n = total = products = 0
    pivot = None
    for batch in checked(batches):
        pivot = batch[0] if pivot is None else pivot
        x = batch - pivot
        n, total, products = n + len(x), total + x.sum(axis=0), products + x.T @ x
    return finish(products - np.outer(total, total) / n).tolist()


@right("np.cov of each batch, merged")
def streaming_correlation(batches):
    n, mean, scatter = 0, None, None
    for x in checked(batches):
        m, k = x.mean(axis=0), len(x)
        s = np.cov(x, rowvar=False, ddof=0) * k
        if mean is None:
            n, mean, scatter = k, m, s
            continue
        grand = (n * mean + k * m) / (n + k)
        scatter = scatter + s + n * np.outer(mean - grand, mean - grand) + k * np.outer(m - grand, m - grand)
        n, mean = n + k, grand
    return finish(scatter)


@wrong("this averages the correlations of batches")
def streaming_correlation(batches):
    with np.errstate(all="ignore"):
        return np.mean([finish(np.atleast_2d((x - x.mean(axis=0)).T @ (x - x.mean(axis=0)))) for x in checked(batches)], axis=0)


@wrong("this averages the correlations of batches")
def streaming_correlation(batches):
    parts = list(checked(batches))
    with np.errstate(all="ignore"):
        return np.average([finish(np.cov(x, rowvar=False, ddof=0)) for x in parts], axis=0, weights=[len(x) for x in parts])


@wrong("what lies between the batch means is missing")
def streaming_correlation(batches):
    parts = [x for x in checked(batches) if len(x) > 1]
    return np.average([np.corrcoef(x, rowvar=False) for x in parts], axis=0, weights=[len(x) for x in parts])


@wrong("what lies between the batch means is missing")
def streaming_correlation(batches):
    return finish(sum((x - x.mean(axis=0)).T @ (x - x.mean(axis=0)) for x in checked(batches)))


@wrong("plain sums of squares cancel here")
def streaming_correlation(batches):
    n = total = products = 0
    for x in checked(batches):
        n, total, products = n + len(x), total + x.sum(axis=0), products + x.T @ x
    scatter = products - np.outer(total, total) / n
    scatter[np.ix_(np.diag(scatter) == 0, np.diag(scatter) == 0)] = 0
    with np.errstate(all="ignore"):
        return finish(scatter)


@wrong("plain sums of squares cancel here")
def streaming_correlation(batches):
    n = total = products = 0
    for x in checked(batches):
        n, total, products = n + len(x), total + x.sum(axis=0), products + x.T @ x
    mean = total / n
    with np.errstate(all="ignore"):
        return finish(products / n - np.outer(mean, mean))


@wrong("the sums are kept in 32 bits")
def streaming_correlation(batches):
    n, mean, scatter = 0, 0, 0
    for batch in batches:
        x = batch if batch.dtype == np.float32 else batch.astype(float)
        if len(x) == 0:
            continue
        delta = x.mean(axis=0) - mean
        centred = x - x.mean(axis=0)
        scatter = scatter + centred.T @ centred + n * len(x) / (n + len(x)) * np.outer(delta, delta)
        mean = mean + len(x) / (n + len(x)) * delta
        n += len(x)
    return finish(scatter)


@wrong("the products are not centred")
def streaming_correlation(batches):
    return finish(sum(x.T @ x for x in checked(batches)))


@wrong("this is the covariance")
def streaming_correlation(batches):
    return np.cov(np.concatenate(list(checked(batches))), rowvar=False)


@wrong("nan")
def streaming_correlation(batches):
    scatter, n, mean = 0, 0, 0
    for x in checked(batches):
        delta = x.mean(axis=0) - mean
        scatter = scatter + (x - x.mean(axis=0)).T @ (x - x.mean(axis=0)) + n * len(x) / (n + len(x)) * np.outer(delta, delta)
        n, mean = n + len(x), (n * mean + x.sum(axis=0)) / (n + len(x))
    return np.nan_to_num(finish(scatter))


@wrong("batches without rows")
def streaming_correlation(batches):
    n, mean, scatter, width = 0, 0, 0, None
    for batch in batches:
        x = batch.astype(float)
        if width not in (None, x.shape[1]):
            raise ValueError("different columns")
        width = x.shape[1]
        if len(x) == 0 and n == 0:
            return np.full((width, width), 0.0)
        delta = x.mean(axis=0) - mean
        scatter = scatter + (x - x.mean(axis=0)).T @ (x - x.mean(axis=0)) + n * len(x) / (n + len(x)) * np.outer(delta, delta)
        n, mean = n + len(x), mean + len(x) / (n + len(x)) * delta
    return finish(scatter)


@wrong("three columns, then one: expected ValueError")
def streaming_correlation(batches):
    n, mean, scatter = 0, 0, 0
    for batch in batches:
        if len(batch):
            x = batch.astype(float)
            delta = x.mean(axis=0) - mean
            scatter = scatter + (x - x.mean(axis=0)).T @ (x - x.mean(axis=0)) + n * len(x) / (n + len(x)) * np.outer(delta, delta)
            n, mean = n + len(x), mean + len(x) / (n + len(x)) * delta
    if n < 2:
        raise ValueError("too few rows")
    return finish(scatter)


@wrong("or averages batches")
def streaming_correlation(batches):
    total, n, width = (0, 0, None)
    for b in batches:
        b = np.asarray(b, dtype=float)
        if width is not None and b.shape[1] != width:
            raise ValueError("columns differ")
        width = b.shape[1]
        if len(b) < 2:
            continue
        total, n = (total + len(b) * np.corrcoef(b, rowvar=False), n + len(b))
    if n < 2:
        raise ValueError("too few rows")
    return total / n
