"""Answer bank of `cold_start_user`."""

import math

import numpy as np

from course.authoring.bank import right, wrong


def score(
    survey,
    category,
    popularity,
    similarity,
    clicks,
    strength=10,
    raw=False,
    outside=0.2,
    fallback=True,
    swap=False,
    cut=True,
    used=True,
    switch=False,
    bonus=False,
):
    if len(category) != len(popularity) or len(category) != len(similarity) or min(popularity) < 0 or clicks < 0 or strength <= 0:
        raise ValueError("unusable input")
    heat = [p if raw else math.log1p(p) for p in popularity]
    top = max(heat) or 1
    w = clicks / (clicks + strength)
    if switch:
        w = 1.0 if clicks >= strength else 0.0
    known = any(c in list(survey) for c in category)
    out = []
    for c, h, s in zip(category, heat, similarity):
        start = h / top * (1 if (c in list(survey) or (not known and fallback) or not used) else outside)
        own = max(s, 0) if cut else s
        out.append(start + own if bonus else w * start + (1 - w) * own if swap else (1 - w) * start + w * own)
    return out


@right("plain Python, as a list")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    return score(survey, category, popularity, similarity, clicks, strength)


@right("NumPy, with isin and clip")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    p, s = np.array(popularity, float), np.array(similarity, float)
    if p.shape != s.shape or p.size != np.size(category) or p.min() < 0 or not clicks >= 0 or not strength > 0:
        raise ValueError("unusable input")
    logs = np.log(1 + p)
    heat = np.divide(logs, logs.max(), out=np.zeros_like(logs), where=logs > 0)
    mask = np.isin(np.array(category), np.array(list(survey) or [""]))
    factor = 0.2 + 0.8 * mask if mask.any() else np.ones(p.size)
    return (strength * factor * heat + clicks * s.clip(0)) / (clicks + strength)


@wrong("the weights are swapped")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    return score(survey, category, popularity, similarity, clicks, strength, swap=True)


@wrong("the survey guides, it does not filter")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    return score(survey, category, popularity, similarity, clicks, strength, outside=0)


@wrong("the survey is not used")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    return score(survey, category, popularity, similarity, clicks, strength, used=False)


@wrong("popularity enters as ln")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    return score(survey, category, popularity, similarity, clicks, strength, raw=True)


@wrong("a similarity below 0 counts as 0")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    return score(survey, category, popularity, similarity, clicks, strength, cut=False)


@wrong("a hard switch")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    return score(survey, category, popularity, similarity, clicks, strength, switch=True)


@wrong("the profile is added in full")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    return score(survey, category, popularity, similarity, clicks, strength, bonus=True)


@wrong("an empty survey can't guide")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    return score(survey, category, popularity, similarity, clicks, strength, fallback=False)


@wrong("an empty survey must not empty the feed")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    if not survey:
        return np.zeros(len(category))
    return score(survey, category, popularity, similarity, clicks, strength)


@wrong("a survey without candidates can't guide")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    return score(survey or category, category, popularity, similarity, clicks, strength, fallback=False)


@wrong("strength is not used")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    return score(survey, category, popularity, similarity, clicks, 10 if clicks in (0, 10) else 1)


@wrong("compare whole names")
def cold_start_user(survey, category, popularity, similarity, clicks, strength=10):
    inside = [c if not any(s in c for s in survey) else next(s for s in survey if s in c) for c in category]
    return score(survey, inside, popularity, similarity, clicks, strength)
