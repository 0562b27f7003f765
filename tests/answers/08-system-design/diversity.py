"""Answer bank of `diversity`."""

import numpy as np
from scipy import stats
from scipy.spatial.distance import pdist

from course.authoring.bank import right, wrong


def tables(shown, category, vectors, base=2.0, self_pairs=False):
    shown, category, vectors = np.asarray(shown), np.asarray(category), np.asarray(vectors, float)
    if shown.ndim != 3 or min(shown.shape) < 2:
        raise ValueError("too little")
    weeks, users, slots = shown.shape
    e, d = np.zeros((weeks, users)), np.zeros((weeks, users))
    for w in range(weeks):
        for u in range(users):
            _, n = np.unique(category[shown[w, u]], return_counts=True)
            e[w, u] = stats.entropy(n, base=base)
            d[w, u] = pdist(vectors[shown[w, u]], lambda a, b: 1 - a @ b).mean() if users < 10 else pdist(vectors[shown[w, u]], "sqeuclidean").mean() / 2
            d[w, u] *= (slots - 1) / slots if self_pairs else 1
    return e, d


def result(e, d, slope=None, error=None, entropy=None):
    slopes = np.array([stats.linregress(range(len(e)), column).slope for column in e.T])
    m = slopes.mean() if slope is None else slope(e, slopes)
    s = slopes.std(ddof=1) / len(slopes) ** 0.5 if error is None else error(e, slopes)
    verdict = "stable" if abs(m) <= 1.96 * s + 1e-9 else "narrowing" if m < 0 else "widening"
    return {"entropy": e.mean(axis=1) if entropy is None else entropy, "distance": list(d.mean(axis=1)), "slope": m, "error": s, "verdict": verdict}


@right("user by user, with SciPy")
def diversity(shown, category, vectors):
    return result(*tables(shown, category, vectors))


@right("one-hot arrays and the closed form of the slope")
def diversity(shown, category, vectors):
    shown, v = np.array(shown), np.array(vectors, float)
    w, u, k = shown.shape
    if w < 2 or u < 2 or k < 2:
        raise ValueError("too little")
    c = np.array(category)[shown]
    share = (c[..., None] == c[..., None, :]).mean(axis=-1)  # of each slot's own category
    e = -np.log2(share).mean(axis=-1)
    gram = np.einsum("wuid,wujd->wuij", v[shown], v[shown])
    off = ~np.eye(k, dtype=bool)
    t = np.arange(w) - (w - 1) / 2
    slopes = t @ e / (t @ t)
    low, high = (slopes.mean() + z * slopes.std(ddof=1) / u**0.5 for z in (-1.96, 1.96))
    verdict = "narrowing" if high < -1e-9 else "widening" if low > 1e-9 else "stable"
    distance = 1 - gram[:, :, off].mean(axis=2)
    return {"entropy": e.mean(axis=1), "distance": distance.mean(axis=1), "slope": slopes.mean(), "error": (high - low) / 3.92, "verdict": verdict}


@wrong("this is the entropy of all users together")
def diversity(shown, category, vectors):
    e, d = tables(shown, category, vectors)
    pooled = [stats.entropy(np.unique(np.asarray(category)[np.ravel(week)], return_counts=True)[1], base=2) for week in shown]
    return result(e, d, entropy=pooled)


@wrong("take the logarithm to base 2")
def diversity(shown, category, vectors):
    return result(*tables(shown, category, vectors, base=np.e))


@wrong("a slot is no pair with itself")
def diversity(shown, category, vectors):
    return result(*tables(shown, category, vectors, self_pairs=True))


@wrong("this is the similarity")
def diversity(shown, category, vectors):
    e, d = tables(shown, category, vectors)
    return result(e, 1 - d)


@wrong("average over users")
def diversity(shown, category, vectors):
    e, d = tables(shown, category, vectors)
    return result(e, d, entropy=e)


@wrong("by the root of the number of users")
def diversity(shown, category, vectors):
    return result(*tables(shown, category, vectors), error=lambda e, s: s.std(ddof=1))


@wrong("divides by n - 1")
def diversity(shown, category, vectors):
    return result(*tables(shown, category, vectors), error=lambda e, s: s.std() / len(s) ** 0.5)


@wrong("not from the weeks")
def diversity(shown, category, vectors):
    e, d = tables(shown, category, vectors)
    return result(e, d, error=lambda e, s: stats.linregress(range(len(e)), e.mean(axis=1)).stderr) if len(e) > 2 else result(e, d)


@wrong("fit a line through all weeks")
def diversity(shown, category, vectors):
    return result(*tables(shown, category, vectors), slope=lambda e, s: (e[-1] - e[0]).mean() / (len(e) - 1))


@wrong("a slope within 1.96 errors of 0 is no trend")
def diversity(shown, category, vectors):
    out = result(*tables(shown, category, vectors))
    return out | {"verdict": "narrowing" if out["slope"] < -1e-9 else "widening" if out["slope"] > 1e-9 else "stable"}


@wrong("bits a week is rounding, not a trend")
def diversity(shown, category, vectors):
    e, d = tables(shown, category, vectors)
    slopes = np.polyfit(range(len(e)), e, 1)[0]
    m, s = slopes.mean(), slopes.std(ddof=1) / len(slopes) ** 0.5
    return result(e, d) | {"verdict": "narrowing" if m + 1.96 * s < 0 else "widening" if m - 1.96 * s > 0 else "stable"}


@wrong("leave the diagonal out")
def diversity(shown, category, vectors):
    e, d = tables(shown, category, vectors)
    slots = np.shape(shown)[2]
    return result(e, d * (slots - 1) / (slots + 1))
