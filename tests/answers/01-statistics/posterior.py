"""Answer bank of `posterior`."""

import numpy as np

from course.authoring.bank import right, wrong


def shares(*values):
    arrays = [np.asarray(v, float) for v in values]
    if any((v < 0).any() or (v > 1).any() for v in arrays):
        raise ValueError("unusable input")
    return arrays


@right("one case at a time, vectorised by NumPy")
def posterior(prevalence, sensitivity, specificity):
    def one(base, sens, spec):
        if min(base, sens, spec) < 0 or max(base, sens, spec) > 1:
            raise ValueError("unusable input")
        flags = base * sens + (1 - base) * (1 - spec)
        return base * sens / flags if flags else float("nan")

    return np.vectorize(one, otypes=[float])(prevalence, sensitivity, specificity)


@right("plain NumPy, 0/0 left to be nan")
def posterior(prevalence, sensitivity, specificity):
    base, sens, spec = shares(prevalence, sensitivity, specificity)
    with np.errstate(invalid="ignore"):
        return (base * sens) / (base * sens + (1 - base) * (1 - spec))


@right("counts in a population, by rows of a table")
def posterior(prevalence, sensitivity, specificity):
    base, sens, spec = np.broadcast_arrays(*shares(prevalence, sensitivity, specificity))
    sick, healthy = 1e6 * base, 1e6 * (1 - base)
    table = np.stack([sick * sens, healthy - healthy * spec])
    total = table.sum(axis=0)
    result = np.where(total > 0, table[0] / np.where(total > 0, total, 1), np.nan)
    return result.item() if result.shape == () else result


@wrong("the base rate is ignored")
def posterior(prevalence, sensitivity, specificity):
    _, sens, spec = np.broadcast_arrays(*shares(prevalence, sensitivity, specificity))
    return sens / (sens + 1 - spec)


@wrong("specificity is used as the false-positive rate")
def posterior(prevalence, sensitivity, specificity):
    base, sens, spec = shares(prevalence, sensitivity, specificity)
    return base * sens / (base * sens + (1 - base) * spec)


@wrong("it is asked the other way round")
def posterior(prevalence, sensitivity, specificity):
    _, sens, _ = np.broadcast_arrays(*shares(prevalence, sensitivity, specificity))
    return sens + 0.0


@wrong("false alarms are counted among all cases")
def posterior(prevalence, sensitivity, specificity):
    base, sens, spec = shares(prevalence, sensitivity, specificity)
    return base * sens / (base * sens + 1 - spec)


@wrong("divide it by the probability of a flag")
def posterior(prevalence, sensitivity, specificity):
    base, sens, spec = shares(prevalence, sensitivity, specificity)
    return base * sens * np.ones_like(spec)


@wrong("a test that never flags anybody")
def posterior(prevalence, sensitivity, specificity):
    base, sens, spec = shares(prevalence, sensitivity, specificity)
    flags = base * sens + (1 - base) * (1 - spec)
    return np.where(flags > 0, base * sens / np.where(flags > 0, flags, 1), 0.0)
