"""Answer bank of `feed`."""

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def build(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6, wrong=""):
    n, profile = len(articles), np.asarray(user["profile"], float)
    category, clicks_day, age = articles["category"].tolist(), articles["clicks_day"].tolist(), articles["age"].tolist()
    seen, survey, cold = set(user["seen"]), set(user["survey"]), user["clicks"] == 0
    near = (np.asarray(vectors, float) @ profile).tolist()
    pool = [i for i in range(n) if i not in seen or wrong in ("again", "late")]
    guided = [i for i in pool if category[i] in survey] if survey and (cold or wrong == "filter") and wrong != "unguided" else pool
    chosen = set() if cold and wrong != "zero" else set(sorted(pool, key=lambda i: (-near[i], i))[: quotas[0]])
    chosen |= set(sorted(guided, key=lambda i: (-clicks_day[i], i))[: quotas[1]]) | set(sorted(pool, key=lambda i: (age[i], i))[: quotas[2]])
    if wrong == "late":
        chosen -= seen
    if wrong == "all":
        chosen = set(pool)
    if len(chosen) < slots and wrong != "short":
        chosen |= set(sorted((i for i in pool if i not in chosen), key=lambda i: (-clicks_day[i], i))[: slots - len(chosen)])
    score = {}
    for i in chosen:
        x = [near[i], np.log1p(clicks_day[i]), 0.5 ** (age[i] / 24), float(category[i] in survey), user["clicks"] / (user["clicks"] + 10)]
        hidden = np.array(x) @ np.asarray(network["w1"]) + network["b1"]
        score[i] = (hidden if wrong == "relu" else np.maximum(hidden, 0)) @ np.asarray(network["w2"])
    items, skipped = [], []
    for i in sorted(chosen, key=lambda i: (-score[i], i)):
        (skipped if wrong != "nocap" and sum(category[j] == category[i] for j in items) >= cap else items).append(i)
    return {"items": (items if wrong == "gap" else items + skipped if len(items) < slots else items)[:slots], "candidates": len(chosen)}


@right("plain Python sets and sorted")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    return build(user, articles, vectors, network, quotas, slots, cap)


@right("pandas: one frame of unseen articles, sorted for each source")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    t = pd.DataFrame({name: np.asarray(articles[name]) for name in ("category", "age", "clicks_day")})
    t["id"] = range(len(t))
    t["sim"] = np.asarray(vectors, float) @ np.asarray(user["profile"], float)
    t["inside"] = t["category"].isin(list(user["survey"])).astype(float)
    t = t[~t["id"].isin(list(user["seen"]))]
    by_clicks = t.sort_values(["clicks_day", "id"], ascending=[False, True])
    if user["clicks"] > 0:
        chosen = t.sort_values(["sim", "id"], ascending=[False, True])["id"].head(quotas[0]).tolist()
        chosen += by_clicks["id"].head(quotas[1]).tolist()
    else:
        chosen = (by_clicks[by_clicks["inside"] == 1] if len(user["survey"]) > 0 else by_clicks)["id"].head(quotas[1]).tolist()
    chosen = list(dict.fromkeys(chosen + t.sort_values(["age", "id"])["id"].head(quotas[2]).tolist()))
    for i in by_clicks["id"]:
        if len(chosen) >= slots:
            break
        if i not in chosen:
            chosen.append(i)
    t = t[t["id"].isin(chosen)].copy()
    x = np.column_stack(
        [t["sim"], np.log(1 + t["clicks_day"]), np.exp(-np.log(2) * t["age"] / 24), t["inside"], np.full(len(t), user["clicks"] / (10 + user["clicks"]))]
    )
    t["score"] = (x @ network["w1"] + network["b1"]).clip(0) @ network["w2"]
    t = t.sort_values(["score", "id"], ascending=[False, True])
    kept = t.groupby("category").cumcount() < cap
    order = pd.concat([t[kept], t[~kept]])
    return {"items": order["id"].to_numpy()[:slots], "candidates": len(t)}


@wrong("all articles are scored")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    return build(user, articles, vectors, network, quotas, slots, cap, wrong="all")


@wrong("a seen article is shown")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    return build(user, articles, vectors, network, quotas, slots, cap, wrong="again")


@wrong("seen articles use up places")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    return build(user, articles, vectors, network, quotas, slots, cap, wrong="late")


@wrong("the survey limits popular articles only while")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    return build(user, articles, vectors, network, quotas, slots, cap, wrong="filter")


@wrong("of the hidden layer is left out")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    return build(user, articles, vectors, network, quotas, slots, cap, wrong="relu")


@wrong("the cap by category is not kept")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    return build(user, articles, vectors, network, quotas, slots, cap, wrong="nocap")


@wrong("no place may stay empty")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    return build(user, articles, vectors, network, quotas, slots, cap, wrong="gap")


@wrong("the survey guides a user without clicks")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    return build(user, articles, vectors, network, quotas, slots, cap, wrong="unguided")


@wrong("a profile of zeros is near to nothing")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    return build(user, articles, vectors, network, quotas, slots, cap, wrong="zero")


@wrong("fewer candidates than slots")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    return build(user, articles, vectors, network, quotas, slots, cap, wrong="short")


@wrong("a candidate that two sources find is scored once")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    answer = build(user, articles, vectors, network, quotas, slots, cap)
    return {**answer, "candidates": sum(quotas)}


@wrong("the number of different items")
def feed(user, articles, vectors, network, quotas=(300, 100, 50), slots=20, cap=6):
    answer = build(user, articles, vectors, network, quotas, slots, cap, wrong="short")
    items = answer["items"]
    while 0 < len(items) < slots:
        items = (items + items)[:slots]
    return {
        "items": items if len(articles) > 8 else build(user, articles, vectors, network, quotas, slots, cap)["items"],
        "candidates": build(user, articles, vectors, network, quotas, slots, cap)["candidates"],
    }
