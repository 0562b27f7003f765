"""Answer bank of `choose_metric`."""

import numpy as np
from sklearn.metrics import accuracy_score, average_precision_score, brier_score_loss, roc_auc_score

from course.authoring.bank import right, wrong


def _choose(
    facts,
    y,
    scores,
    order="bskar",
    cut=None,
    swap=False,
    lower=True,
    strict=False,
    rare=0.1,
    pk=None,
    habit_strict=False,
    regret=None,
    need_both=True,
    metric=None,
):
    y = np.array(y)
    s = {m: np.array(v, float) for m, v in scores.items()}
    k, fa, ms = facts.get("slots"), facts.get("cost_false_alarm"), facts.get("cost_miss")
    if any(len(v) != len(y) for v in s.values()) or len(set(y.tolist())) < 2 or (k is not None and (k < 1 or k > len(y))):
        raise ValueError("unusable")
    if (fa is not None and fa <= 0) or (ms is not None and ms <= 0):
        raise ValueError("costs")
    if not need_both and (fa is None) != (ms is None):
        fa, ms = fa or 1, ms or 1
    use = {
        "b": bool(facts.get("number_used")),
        "s": k is not None,
        "k": fa is not None and ms is not None,
        "a": y.mean() < rare,
        "r": True,
    }
    name = {"b": "brier", "s": "precision_at_k", "k": "cost", "a": "average_precision", "r": "roc_auc"}[next(o for o in order if use[o])]
    if metric:
        name = metric
    values = {}
    for m, v in s.items():
        if name == "brier":
            values[m] = np.mean((v - y) ** 2)
        elif name == "precision_at_k":
            values[m] = pk(y, v, k) if pk else np.sort(np.rec.fromarrays([-v, y]))[:k].f1.mean()
        elif name == "cost":
            t = fa / (fa + ms) if cut is None else cut
            f = v > t if strict else v >= t
            a, b = (ms, fa) if swap else (fa, ms)
            values[m] = (a * np.sum(f & (y == 0)) + b * np.sum(~f & (y == 1))) / len(y)
        elif name == "average_precision":
            values[m] = average_precision_score(y, v)
        elif name == "accuracy":
            values[m] = np.mean((v >= 0.5) == y)
        else:
            values[m] = roc_auc_score(y, v)
    less = lower and name in ("brier", "cost")
    best = (min if less else max)(values, key=values.get)
    acc = {m: np.mean(((v > 0.5) if habit_strict else (v >= 0.5)) == y) for m, v in s.items()}
    habit = max(acc, key=acc.get)
    gap = abs(values[best] - values[habit]) if regret is None else regret(values, acc, best, habit)
    return {"metric": name, "values": values, "choice": best, "prevalence": y.mean(), "accuracy_choice": habit, "regret": gap}


@right("one rule after the other, record arrays")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores)


@right("scikit-learn and plain Python")
def choose_metric(facts, y, scores):
    y = [int(v) for v in y]
    n, ones = len(y), sum(y)
    if ones in (0, n) or any(len(v) != n for v in scores.values()):
        raise ValueError("labels and scores")
    for name in ["cost_false_alarm", "cost_miss"]:
        if facts.get(name) is not None and not facts[name] > 0:
            raise ValueError("costs")
    k = facts.get("slots")
    if k is not None and k not in range(1, n + 1):
        raise ValueError("slots")
    better, values = max, {}
    for model, score in scores.items():
        score = [float(v) for v in score]
        if facts.get("number_used"):
            metric, better, value = "brier", min, brier_score_loss(y, score)
        elif k is not None:
            metric, value = "precision_at_k", sum(label for _, label in sorted(zip(score, y), reverse=True)[:k]) / k
        elif facts.get("cost_false_alarm") is not None and facts.get("cost_miss") is not None:
            a, b = facts["cost_false_alarm"], facts["cost_miss"]
            metric, better = "cost", min
            value = sum(a if s >= a / (a + b) and not label else b if s < a / (a + b) and label else 0 for s, label in zip(score, y)) / n
        elif ones / n < 0.1:
            metric, value = "average_precision", average_precision_score(y, score)
        else:
            metric, value = "roc_auc", roc_auc_score(y, score)
        values[model] = value
    accuracy = {m: accuracy_score(y, [float(v) >= 0.5 for v in s]) for m, s in scores.items()}
    choice = next(m for m in values if values[m] == better(values.values()))
    habit = next(m for m in values if accuracy[m] == max(accuracy.values()))
    return {
        "metric": metric,
        "values": values,
        "choice": choice,
        "prevalence": ones / n,
        "accuracy_choice": habit,
        "regret": abs(values[choice] - values[habit]),
    }


@wrong("accuracy is the habit that this exercise is about")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, metric="accuracy")


@wrong("AUC asks about all pairs")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, metric="roc_auc")


@wrong("the name fits, but these are AUCs")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores) | {"values": {m: roc_auc_score(y, s) for m, s in scores.items()}}


@wrong("this is the recall")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, pk=lambda y, v, k: y[np.argsort(-v)[:k]].sum() / y.sum())


@wrong("this is the precision above 0.5")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, pk=lambda y, v, k: y[v >= 0.5].mean())


@wrong("not from 0.5")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, cut=0.5)


@wrong("the costs are swapped")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, swap=True)


@wrong("a cost is better when it is lower")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, lower=False)


@wrong("a regret is never negative")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, regret=lambda v, a, best, habit: v[best] - v[habit])


@wrong("this is the difference in accuracy")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, regret=lambda v, a, best, habit: abs(a[best] - a[habit]))


@wrong("the number itself is used; that comes first in the table")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, order="skbar")


@wrong("the slots come before the costs")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, order="bksar")


@wrong("the cost line needs both")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, need_both=False)


@wrong("10 % is not below 10 %")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, rare=0.1000001)


@wrong("a score at the threshold is flagged")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, strict=True)


@wrong("a score of exactly 0.5 counts as 1")
def choose_metric(facts, y, scores):
    return _choose(facts, y, scores, habit_strict=True)
