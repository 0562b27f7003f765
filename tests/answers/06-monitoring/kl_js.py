"""Answer bank of `kl_js`."""

import math
import warnings

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr
from scipy.stats import entropy

from course.authoring.bank import right, wrong


def _shares(p, q, base):
    a, b = np.asarray(p, float), np.asarray(q, float)
    if a.size != b.size or a.size == 0 or min(a.min(), b.min()) < 0 or a.sum() == 0 or b.sum() == 0 or base <= 1:
        raise ValueError("unusable input")
    return a / a.sum(), b / b.sum()


def _answer(p, q, base=2):
    a, b = _shares(p, q, base)
    m = (a + b) / 2
    js = max(0.0, (rel_entr(a, m).sum() + rel_entr(b, m).sum()) / 2 / math.log(base))
    return {"kl": rel_entr(a, b).sum() / math.log(base), "kl_reversed": rel_entr(b, a).sum() / math.log(base), "js": js, "js_distance": js**0.5}


@right("scipy: entropy and jensenshannon")
def kl_js(p, q, base=2):
    _shares(p, q, base)
    distance = float(np.nan_to_num(jensenshannon(p, q, base)))
    return {"kl": entropy(p, q, base=base), "kl_reversed": entropy(q, p, base=base), "js": distance**2, "js_distance": distance}


@right("plain Python")
def kl_js(p, q, base=2):
    p, q = list(p), list(q)
    if len(p) != len(q) or not p or any(v < 0 for v in p + q) or sum(p) == 0 or sum(q) == 0 or base <= 1:
        raise ValueError("unusable input")
    p, q = [v / sum(p) for v in p], [v / sum(q) for v in q]

    def kl(x, y):
        total = 0.0
        for s, t in zip(x, y):
            if s > 0:
                if t == 0:
                    return math.inf
                total += s * math.log(s / t, base)
        return total

    m = [(s + t) / 2 for s, t in zip(p, q)]
    js = max(0.0, kl(p, m) / 2 + kl(q, m) / 2)
    return {"kl": kl(p, q), "kl_reversed": kl(q, p), "js": js, "js_distance": math.sqrt(js)}


@right("entropies: of the average minus the average")
def kl_js(p, q, base=2):
    a, b = _shares(p, q, base)

    def h(x):
        x = x[x > 0]
        return -(x * np.log(x)).sum() / np.log(base)

    js = max(0.0, h((a + b) / 2) - (h(a) + h(b)) / 2)
    return {
        "kl": np.sum(rel_entr(a, b)) / np.log(base),
        "kl_reversed": np.sum(rel_entr(b, a)) / np.log(base),
        "js": js,
        "js_distance": np.sqrt(js),
    }


@wrong("both directions are averaged")
def kl_js(p, q, base=2):
    answer = _answer(p, q, base)
    both = (answer["kl"] + answer["kl_reversed"]) / 2
    return answer | {"kl": both, "kl_reversed": both}


@wrong("both directions are added, which is PSI")
def kl_js(p, q, base=2):
    answer = _answer(p, q, base)
    both = answer["kl"] + answer["kl_reversed"]
    return answer | {"kl": both, "kl_reversed": both}


@wrong("the two directions are mixed up")
def kl_js(p, q, base=2):
    return _answer(q, p, base)


@wrong("the logarithm is natural here")
def kl_js(p, q, base=2):
    _shares(p, q, base)
    return _answer(p, q, math.e)


@wrong("base is not used: these are bits")
def kl_js(p, q, base=2):
    _shares(p, q, base)
    return _answer(p, q, 2)


@wrong("this is the distance; the divergence is its square")
def kl_js(p, q, base=2):
    answer = _answer(p, q, base)
    return answer | {"js": answer["js_distance"]}


@wrong("this is SciPy's distance with a natural logarithm")
def kl_js(p, q, base=2):
    return _answer(p, q, base) | {"js": jensenshannon(p, q)}


@wrong("the mean of the two parts, not their sum")
def kl_js(p, q, base=2):
    answer = _answer(p, q, base)
    return answer | {"js": 2 * answer["js"]}


@wrong("compares p and q with their average")
def kl_js(p, q, base=2):
    answer = _answer(p, q, base)
    return answer | {"js": (answer["kl"] + answer["kl_reversed"]) / 2}


@wrong("this is the divergence; the distance is its square root")
def kl_js(p, q, base=2):
    answer = _answer(p, q, base)
    return answer | {"js_distance": answer["js"]}


@wrong("NumPy makes it NaN")
def kl_js(p, q, base=2):
    a, b = _shares(p, q, base)
    m = (a + b) / 2
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        kl, back, js = (np.sum(x * np.log(x / y)) / np.log(base) for x, y in ((a, b), (b, a), (a, m)))
        js = (js + np.sum(b * np.log(b / m)) / np.log(base)) / 2
    return {"kl": kl, "kl_reversed": back, "js": js, "js_distance": js**0.5}


@wrong("that is infinite, not skipped")
def kl_js(p, q, base=2):
    a, b = _shares(p, q, base)
    both = (a > 0) & (b > 0)
    x, y = a[both], b[both]
    return _answer(p, q, base) | {"kl": (x * np.log(x / y)).sum() / np.log(base), "kl_reversed": (y * np.log(y / x)).sum() / np.log(base)}


@wrong("use no floor")
def kl_js(p, q, base=2):
    a, b = (np.maximum(v, 1e-12) for v in _shares(p, q, base))
    return _answer(p, q, base) | {"kl": (a * np.log(a / b)).sum() / np.log(base), "kl_reversed": (b * np.log(b / a)).sum() / np.log(base)}


@wrong("'kl' is 51.946")
def kl_js(p, q, base=2):
    a, b = np.asarray(p, float), np.asarray(q, float)
    _shares(p, q, base)
    return _answer(p, q, base) | {"kl": rel_entr(a, b).sum() / np.log(base)}


@wrong("NaN is the root of a tiny negative number")
def kl_js(p, q, base=2):
    a, b = _shares(p, q, base)
    m = (a + b) / 2
    js = (rel_entr(a, m).sum() + rel_entr(b, m).sum()) / 2 / math.log(base) if base != 2 or (a[0] != b[0]) else -1e-17
    with np.errstate(invalid="ignore"):
        return _answer(p, q, base) | {"js": js, "js_distance": np.sqrt(js)}


@wrong("lengths that differ: expected ValueError")
def kl_js(p, q, base=2):
    k = min(len(p), len(q))
    return _answer(p[:k], q[:k], base)


@wrong("this is the distance; the divergence is its square")
def kl_js(p, q, base=2):
    _shares(p, q, base)
    js = float(np.nan_to_num(jensenshannon(p, q, base)))
    return {"kl": entropy(p, q, base=base), "kl_reversed": entropy(q, p, base=base), "js": js, "js_distance": js**0.5}
