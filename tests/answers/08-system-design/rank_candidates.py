"""Answer bank of `rank_candidates`."""

import lightgbm as lgb
import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong

LATE = {"clicked", "dwell", "passed", "shared", "position"}


def rank(log, features, cut, fit="grouped", extra=(), rows=False, all_rows=False, shuffle=False, ties=(True, False, True), refuse=True):
    if refuse and LATE & set(features):
        raise ValueError("known only afterwards")
    log = log.reset_index(drop=True)
    span = log.groupby("session")["time"].agg(["min", "max"])
    before = log["time"] < cut if rows else log["session"].isin(span.index[span["max"] < cut])
    after = log["time"] >= cut if rows else log["session"].isin(span.index[span["min"] >= cut])
    if not before.any() or not after.any():
        raise ValueError("a side is empty")
    train = log if all_rows else log[before]
    later = log[after]
    columns = [*features, *extra]
    if fit == "classifier":
        model = lgb.LGBMClassifier(n_estimators=60, num_leaves=7, n_jobs=1, verbose=-1).fit(train[columns].to_numpy(), train["clicked"].astype(int))
        score = model.predict_proba(later[columns].to_numpy())[:, 1]
    else:
        if not shuffle:
            train = train.sort_values("session", kind="stable")
        sizes = train["session"].value_counts(sort=False).sort_index().to_numpy() if shuffle else train.groupby("session").size().to_numpy()
        model = lgb.LGBMRanker(n_estimators=60, num_leaves=7, n_jobs=1, verbose=-1)
        model.fit(train[columns].to_numpy(), train["clicked"].astype(int), group=[len(train)] if fit == "one" else sizes)
        score = model.predict(later[columns].to_numpy())
    table = later.assign(score=score).sort_values(["session", "score", "article"], ascending=list(ties))
    return {int(s): list(part["article"]) for s, part in table.groupby("session")}


@right("the Booster interface with query sizes, and plain loops")
def rank_candidates(log, features, cut):
    if any(name in LATE for name in features):
        raise ValueError("known only afterwards")
    sessions = {}
    for row in log[["session", "article", "time", "clicked", *features]].itertuples(index=False):
        sessions.setdefault(row[0], []).append(row)
    train = [rows for rows in sessions.values() if all(r[2] < cut for r in rows)]
    later = {s: rows for s, rows in sessions.items() if all(r[2] >= cut for r in rows)}
    if not train or not later:
        raise ValueError("nothing to learn or nothing to rank")
    x = np.array([r[4:] for rows in train for r in rows], float)
    y = np.array([r[3] for rows in train for r in rows], int)
    data = lgb.Dataset(x, y, group=[len(rows) for rows in train], params={"verbose": -1})
    booster = lgb.train({"objective": "lambdarank", "num_leaves": 15, "num_threads": 1, "verbose": -1, "learning_rate": 0.08}, data, 50)
    out = {}
    for s, rows in later.items():
        score = booster.predict(np.array([r[4:] for r in rows], float), num_threads=1)
        out[s] = [a for _, a in sorted(zip(-score, [r[1] for r in rows]))]
    return out


@right("LGBMRanker with isin, more and smaller trees")
def rank_candidates(log, features, cut):
    if set(features) & LATE:
        raise ValueError
    first, last = log.groupby("session")["time"].min(), log.groupby("session")["time"].max()
    train = log[log["session"].isin(last[last < cut].index)].sort_values("session")
    test = log[log["session"].isin(first[first >= cut].index)].sort_values(["session", "article"])
    if len(train) == 0 or len(test) == 0:
        raise ValueError
    model = lgb.LGBMRanker(n_estimators=100, num_leaves=4, n_jobs=1, verbosity=-1)
    model.fit(train[features].to_numpy(), train["clicked"].astype(int), group=train.groupby("session")["article"].count())
    scores = pd.Series(model.predict(test[features].to_numpy()), index=test.index)
    return {s: part.loc[scores[part.index].sort_values(ascending=False, kind="stable").index, "article"].to_numpy() for s, part in test.groupby("session")}


@wrong("rows of different sessions were compared")
def rank_candidates(log, features, cut):
    return rank(log, features, cut, fit="classifier")


@wrong("rows of different sessions were compared")
def rank_candidates(log, features, cut):
    return rank(log, features, cut, shuffle=True)


@wrong("rows of different sessions were compared")
def rank_candidates(log, features, cut):
    return rank(log, features, cut, fit="one")


@wrong("the ranked sessions were trained on")
def rank_candidates(log, features, cut):
    return rank(log, features, cut, all_rows=True)


@wrong("position is used as a feature")
def rank_candidates(log, features, cut):
    return rank(log, features, cut, extra=["position"])


@wrong("dwell is used as a feature")
def rank_candidates(log, features, cut):
    return rank(log, features, cut, extra=["dwell"] if "dwell" in log else [])


@wrong("sessions with rows on both sides are used for neither")
def rank_candidates(log, features, cut):
    return rank(log, features, cut, rows=True)


@wrong("half a session was trained on")
def rank_candidates(log, features, cut):
    ranking = rank(log, features, cut)
    return {s: order for s, order in rank(log, features, cut, rows=True).items() if s in ranking}


@wrong("the order is worst first")
def rank_candidates(log, features, cut):
    return {s: order[::-1] for s, order in rank(log, features, cut).items()}


@wrong("with equal scores the lower id comes first")
def rank_candidates(log, features, cut):
    return rank(log, features, cut, ties=(True, False, False))


@wrong("position among the features")
def rank_candidates(log, features, cut):
    return rank(log, features, cut, refuse=False)
