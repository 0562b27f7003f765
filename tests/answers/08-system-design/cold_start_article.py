"""Answer bank of `cold_start_article`."""

import math

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def estimate(
    vector,
    vectors,
    clicks,
    views,
    own_clicks=0,
    own_views=0,
    k=20,
    min_similarity=0.3,
    strength=20,
    plain=False,
    raw=False,
    unseen=False,
    inner=False,
    far=False,
    mean=False,
    own=True,
    only=False,
    late=False,
    strict=False,
    last=False,
    nothing=None,
    guard=True,
):
    d, n = len(vector), len(vectors)
    if len(clicks) != n or len(views) != n or any(len(v) != d for v in vectors):
        raise ValueError("shapes differ")
    if guard and (any(c > v for c, v in zip(clicks, views)) or own_clicks > own_views):
        raise ValueError("more clicks than views")
    if sum(views) == 0 or k < 1 or min_similarity <= 0 or strength <= 0:
        raise ValueError("settings")
    prior = float(np.mean([c / v for c, v in zip(clicks, views) if v])) if mean else sum(clicks) / sum(views)

    def size(v):
        return math.sqrt(sum(x * x for x in v))

    score = []
    for v in vectors:
        length = 1 if inner else size(v) * size(vector)
        score.append(sum(a * b for a, b in zip(v, vector)) / length if length else 0.0)
    ids = [i for i in range(n) if (far or score[i] > min_similarity or (score[i] == min_similarity and not strict)) and (views[i] > 0 or unseen or late)]
    ids = sorted(ids, key=lambda i: (-score[i], -i if last else i))[:k]
    if late:
        ids = [i for i in ids if views[i] > 0]
    m = 0 if raw else strength
    rate = [(clicks[i] + m * prior) / max(views[i] + m, 1e-9) for i in ids]
    weight = [1 if plain else score[i] for i in ids]
    predicted = sum(r * w for r, w in zip(rate, weight)) / sum(weight) if ids else prior if nothing is None else nothing
    ctr = (own_clicks + strength * predicted) / (own_views + strength) if own else predicted
    if only and own_views:
        ctr = own_clicks / own_views
    return {"neighbours": ids, "predicted": predicted, "ctr": ctr}


@right("plain loops")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength)


@right("a data frame, unit vectors")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    x, v = np.array(vector, float), np.array(vectors, float)
    t = pd.DataFrame({"c": pd.Series(np.array(clicks, float)), "v": pd.Series(np.array(views, float))})
    if t.isna().any().any() or v.shape != (len(t), x.size) or (t.c > t.v).any() or own_clicks > own_views or t.v.sum() == 0:
        raise ValueError("unusable input")
    if k < 1 or not min_similarity > 0 or not strength > 0:
        raise ValueError("settings")
    v = v / np.where((v**2).sum(axis=1) > 0, np.sqrt((v**2).sum(axis=1)), 1)[:, None]
    t["s"] = v @ (x / (np.sqrt(x @ x) or 1))
    p = t.c.sum() / t.v.sum()
    near = t[(t.v > 0) & (t.s >= min_similarity)].sort_values("s", ascending=False, kind="stable").head(k)
    hat = (near.s * (near.c + strength * p) / (near.v + strength)).sum() / near.s.sum() if len(near) else p
    w = own_views / (own_views + strength)
    own = own_clicks / own_views if own_views else 0
    return {"neighbours": near.index.to_numpy(), "predicted": hat, "ctr": w * own + (1 - w) * hat}


@wrong("neighbours count by their similarity")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, plain=True)


@wrong("the rates of the neighbours are not smoothed")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, raw=True)


@wrong("articles without a view know nothing")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, unseen=True)


@wrong("the neighbours: 300 articles")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, late=True)


@wrong("the similarity is the cosine")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, inner=True)


@wrong("min_similarity is not used")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, far=True)


@wrong("the prior is all clicks over all views")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, mean=True)


@wrong("the own impressions are not blended in")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, own=False)


@wrong("the prediction is dropped as soon as there are own views")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, only=True)


@wrong("exactly at min_similarity is near enough")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, strict=True)


@wrong("ties go to the lower id")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, last=True)


@wrong("without neighbours the prediction is the prior")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, nothing=0)


@wrong("5 clicks of 4 views")
def cold_start_article(vector, vectors, clicks, views, own_clicks=0, own_views=0, k=20, min_similarity=0.3, strength=20):
    return estimate(vector, vectors, clicks, views, own_clicks, own_views, k, min_similarity, strength, guard=False)
