"""Answer bank of `leak_symptoms`."""

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import roc_auc_score

from course.authoring.bank import right, wrong


def _rank_auc(y, values):
    y, ranks = np.asarray(y), stats.rankdata(values)
    ones, zeros = (y == 1).sum(), (y == 0).sum()
    return (ranks[y == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros)


def _weekly(log):
    return log.groupby("week").apply(lambda part: _rank_auc(part["y"], part["score"]))


def _cliff(weekly, reach=4):
    a, weeks, best, place = weekly.to_numpy(), weekly.index.to_list(), 0.1, None
    for i in range(reach, len(a) - reach + 1):
        drop = np.mean(a[i - reach : i]) - np.mean(a[i : i + reach])
        if drop > best:
            best, place = drop, weeks[i]
    return place


def _suspects(train, features, auc=_rank_auc):
    return [f for f in features if abs(auc(train["y"], train[f]) - 0.5) >= 0.35]


def _all(train, log, features, cv_auc, **other):
    return {"gap": cv_auc - _rank_auc(log["y"], log["score"]), "suspects": _suspects(train, features), "cliff": _cliff(_weekly(log))} | other


@right("ranks and a loop")
def leak_symptoms(train, log, features, cv_auc):
    return _all(train, log, features, cv_auc)


@right("rolling means in pandas")
def leak_symptoms(train, log, features, cv_auc):
    weekly = pd.Series({w: roc_auc_score(log.loc[log["week"] == w, "y"], log.loc[log["week"] == w, "score"]) for w in sorted(set(log["week"]))})
    drop = weekly.rolling(4).mean().shift(1) - weekly[::-1].rolling(4).mean()[::-1]
    cliff = int(drop.idxmax()) if drop.notna().any() and drop.max() > 0.1 else None
    suspects = []
    for f in features:
        u = stats.mannwhitneyu(train.loc[train["y"] == 1, f], train.loc[train["y"] == 0, f]).statistic
        share = u / (train["y"].sum() * (1 - train["y"]).sum())
        if share >= 0.85 or share <= 0.15:
            suspects.append(f)
    return {"gap": cv_auc - roc_auc_score(log["y"], log["score"]), "suspects": suspects, "cliff": cliff}


@wrong("in both directions")
def leak_symptoms(train, log, features, cv_auc):
    return _all(train, log, features, cv_auc, suspects=[f for f in features if _rank_auc(train["y"], train[f]) >= 0.85])


@wrong("the gap is cross-validation minus production")
def leak_symptoms(train, log, features, cv_auc):
    answer = _all(train, log, features, cv_auc)
    return answer | {"gap": -answer["gap"]}


@wrong("not the mean of the weekly ones")
def leak_symptoms(train, log, features, cv_auc):
    return _all(train, log, features, cv_auc, gap=cv_auc - _weekly(log).mean())


@wrong("return the week in which the bad time begins")
def leak_symptoms(train, log, features, cv_auc):
    answer = _all(train, log, features, cv_auc)
    return answer | {"cliff": answer["cliff"] and answer["cliff"] - 1}


@wrong("a place in the list")
def leak_symptoms(train, log, features, cv_auc):
    return _all(train, log, features, cv_auc, cliff=_cliff(_weekly(log).reset_index(drop=True)))


@wrong("it is a cliff only above 0.1")
def leak_symptoms(train, log, features, cv_auc):
    a = _weekly(log)
    drop = a.rolling(4).mean().shift(1) - a[::-1].rolling(4).mean()[::-1]
    return _all(train, log, features, cv_auc, cliff=drop.idxmax())


@wrong("one bad week is no cliff")
def leak_symptoms(train, log, features, cv_auc):
    return _all(train, log, features, cv_auc, cliff=_cliff(_weekly(log), reach=1))


@wrong("a slide is drift, not a cliff")
def leak_symptoms(train, log, features, cv_auc):
    a = _weekly(log)
    drops = {a.index[i]: a.iloc[:i].mean() - a.iloc[i:].mean() for i in range(4, len(a) - 3)}
    best = max(drops, key=drops.get) if drops else None
    return _all(train, log, features, cv_auc, cliff=best if best and drops[best] > 0.1 else None)


@wrong("one wild value hides a suspect")
def leak_symptoms(train, log, features, cv_auc):
    suspects = [f for f in features if train[f].std() > 0 and abs(train["y"].corr(train[f])) >= (0.85 if len(train) < 200 else 0.7)]
    return _all(train, log, features, cv_auc, suspects=suspects)


@wrong("ties count half")
def leak_symptoms(train, log, features, cv_auc):
    def auc(y, x):
        ones, zeros = (np.asarray(x)[np.asarray(y) == k] for k in (1, 0))
        return (ones[:, None] >= zeros[None, :]).mean()

    return _all(train, log, features, cv_auc, suspects=_suspects(train, features, auc))


@wrong("keep the order of `features`")
def leak_symptoms(train, log, features, cv_auc):
    return _all(train, log, features, cv_auc, suspects=sorted(_suspects(train, features), key=lambda f: -abs(_rank_auc(train["y"], train[f]) - 0.5)))


@wrong("seven weeks")
def leak_symptoms(train, log, features, cv_auc):
    a = _weekly(log)
    drops = {a.index[i]: a.iloc[i - 4 : i].mean() - a.iloc[i : i + 4].mean() for i in range(4, len(a))}
    best = max(drops, key=drops.get) if drops else None
    return _all(train, log, features, cv_auc, cliff=best if best and drops[best] > 0.1 else None)
