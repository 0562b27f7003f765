"""Answer bank of `cross_features`."""

import math

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def build(
    time,
    device,
    profile,
    history,
    articles,
    vectors,
    clicks,
    cut=True,
    strict=True,
    lap=24,
    smooth=True,
    cosine=True,
    sign=-1,
    clicked=False,
    all_categories=False,
    day=24,
):
    if len(vectors) != len(articles) or any(p > time for p in articles["published"]):
        raise ValueError("unusable input")
    if cut:
        history = history[history["time"] < time] if strict else history[history["time"] <= time]
        clicks = clicks[clicks["time"] < time] if strict else clicks[clicks["time"] <= time]
    past = [(a, c, t, bool(k)) for a, c, t, k in zip(history["article"], history["category"], history["time"], history["clicked"])]
    buzz = list(zip(clicks["article"], clicks["time"]))
    rows = []
    for a, c, m, p, v in zip(articles["article"], articles["category"], articles["minutes"], articles["published"], vectors):
        dot = sum(x * y for x, y in zip(profile, v))
        size = math.sqrt(sum(x * x for x in profile)) * math.sqrt(sum(y * y for y in v))
        here = [r for r in past if r[1] == c]
        read = [r for r in here if r[3]]
        r = (sum(x[3] for x in past) + 1) / (len(past) + 10)
        near = 0
        for x in past if all_categories else read:
            gap = abs(x[2].hour - time.hour)
            near += x[3] and min(gap, lap - gap) <= 2
        hours = [(time - t).total_seconds() / 3600 for i, t in buzz if i == a]
        h, d = sum(x <= 1 for x in hours), sum(x <= 24 for x in hours)
        rows.append(
            [
                0 if size == 0 else dot / size if cosine else dot,
                (len(read) + 10 * r) / (len(here) + 10) if smooth else len(read) / max(len(here), 1),
                0.5 ** ((time - p).total_seconds() / 3600 / 12),
                (h + 1) / (d / day + 1),
                (near + 1) / (len(read) + 4.8),
                {"phone": sign, "desktop": -sign}.get(device, 0) * math.log(m / 4),
                float(any(x[0] == a and (x[3] or not clicked) for x in past)),
            ]
        )
    return np.array(rows)


@right("plain loops")
def cross_features(time, device, profile, history, articles, vectors, clicks):
    return build(time, device, profile, history, articles, vectors, clicks)


@right("merges of grouped tables, as a list of lists")
def cross_features(time, device, profile, history, articles, vectors, clicks):
    if len(articles) != len(vectors) or articles["published"].max() > time:
        raise ValueError("no")
    h = history.loc[history["time"] < time].copy()
    c = clicks.loc[clicks["time"] < time].copy()
    h["clicked"] = h["clicked"].astype(int)
    gap = (h["time"].dt.hour - time.hour) % 24
    h["near"] = h["clicked"] * gap.isin([0, 1, 2, 22, 23])
    by = h.groupby("category").agg(N=("clicked", "size"), C=("clicked", "sum"), M=("near", "sum"))
    c["h"] = (c["time"] >= time - pd.Timedelta(hours=1)).astype(int)
    c["d"] = (c["time"] >= time - pd.Timedelta(hours=24)).astype(int)
    buzz = c.groupby("article")[["h", "d"]].sum()
    t = articles.merge(by, left_on="category", right_index=True, how="left").merge(buzz, left_on="article", right_index=True, how="left")
    t = t.loc[articles.index].fillna({"N": 0, "C": 0, "M": 0, "h": 0, "d": 0})
    r = (h["clicked"].sum() + 1) / (len(h) + 10)
    v, p = np.array(vectors, float), np.array(profile, float)
    unit = v / np.maximum(np.sqrt((v**2).sum(axis=1, keepdims=True)), 1e-300)
    goal = p / max(np.sqrt(p @ p), 1e-300)
    t["sim"] = unit @ goal
    t["aff"] = (t["C"] + 10 * r) / (t["N"] + 10)
    t["fresh"] = 2.0 ** (-((time - t["published"]) / pd.Timedelta(hours=12)))
    t["vel"] = (t["h"] + 1) / (t["d"] / 24 + 1)
    t["hour"] = (t["M"] + 1) / (t["C"] + 4.8)
    t["len"] = np.log(t["minutes"] / 4) * ((device == "desktop") - (device == "phone"))
    t["seen"] = t["article"].isin(h["article"]) * 1.0
    return t[["sim", "aff", "fresh", "vel", "hour", "len", "seen"]].to_numpy().tolist()


@wrong("an event after the request is counted")
def cross_features(time, device, profile, history, articles, vectors, clicks):
    return build(time, device, profile, history, articles, vectors, clicks, cut=False)


@wrong("with impressions at the moment of the request")
def cross_features(time, device, profile, history, articles, vectors, clicks):
    return build(time, device, profile, history, articles, vectors, clicks, strict=False)


@wrong("hours go round the clock")
def cross_features(time, device, profile, history, articles, vectors, clicks):
    return build(time, device, profile, history, articles, vectors, clicks, lap=1000)


@wrong("the smoothing is left out")
def cross_features(time, device, profile, history, articles, vectors, clicks):
    return build(time, device, profile, history, articles, vectors, clicks, smooth=False)


@wrong("the lengths are left out")
def cross_features(time, device, profile, history, articles, vectors, clicks):
    return build(time, device, profile, history, articles, vectors, clicks, cosine=False)


@wrong("on a phone short texts fit")
def cross_features(time, device, profile, history, articles, vectors, clicks):
    return build(time, device, profile, history, articles, vectors, clicks, sign=1)


@wrong("seen means shown, not clicked")
def cross_features(time, device, profile, history, articles, vectors, clicks):
    return build(time, device, profile, history, articles, vectors, clicks, clicked=True)


@wrong("count the clicks of this category only")
def cross_features(time, device, profile, history, articles, vectors, clicks):
    return build(time, device, profile, history, articles, vectors, clicks, all_categories=True)


@wrong("the mean hour of the last day is d / 24")
def cross_features(time, device, profile, history, articles, vectors, clicks):
    return build(time, device, profile, history, articles, vectors, clicks, day=1)


@wrong("an article published after the request")
def cross_features(time, device, profile, history, articles, vectors, clicks):
    return build(time, device, profile, history, articles.assign(published=articles["published"].clip(upper=time)), vectors, clicks)
