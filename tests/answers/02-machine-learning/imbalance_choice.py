"""Answer bank of `imbalance_choice`."""

import statistics

from course.authoring.bank import right, wrong

ORDER = ["class weights", "undersampling", "SMOTE", "BalancedRandomForest", "EasyEnsemble"]


def checked(table):
    scores = table.pivot(index="fold", columns="technique", values="pr_auc")
    if "plain" not in scores or len(scores) < 2 or scores.isna().any().any():
        raise ValueError("unusable table")
    return scores


def decide(table, practical, error, simplest=True, evidence=True, size=True):
    scores = checked(table)
    k = len(scores)
    better = []
    for name in ORDER:
        if name in scores:
            d = scores[name] - scores["plain"]
            gain, se = d.mean(), error(d, scores, name, k)
            if (gain >= practical or not size) and (gain > 2 * se or not evidence):
                better.append((gain, name, se))
    gain, choice, se = 0.0, "threshold", 0.0
    if better:
        top = max(better)
        gain, choice, se = next(b for b in better if b[0] >= top[0] - practical) if simplest else top
    level = table.loc[table["technique"] == ("plain" if choice == "threshold" else choice), "calibration"].mean()
    return {"choice": choice, "gain": gain, "se": se, "recalibrate": bool(level < 0.8 or level > 1.25)}


def corrected(d, scores, name, k):
    return d.std(ddof=1) * (1 / k + 1 / (k - 1)) ** 0.5


@right("pivot, then a loop")
def imbalance_choice(table, practical=0.02):
    return decide(table, practical, corrected)


@right("dictionaries in plain Python")
def imbalance_choice(table, practical=0.02):
    scores, levels = {}, {}
    for technique, fold, pr_auc, calibration in zip(table["technique"], table["fold"], table["pr_auc"], table["calibration"]):
        scores.setdefault(technique, {})[fold] = pr_auc
        levels.setdefault(technique, []).append(calibration)
    if "plain" not in scores or len(scores["plain"]) < 2 or any(set(v) != set(scores["plain"]) for v in scores.values()):
        raise ValueError("unusable table")
    k = len(scores["plain"])
    gains = {}
    for name in ORDER:
        if name in scores:
            d = [scores[name][f] - scores["plain"][f] for f in scores["plain"]]
            gains[name] = (statistics.fmean(d), statistics.stdev(d) * (1 / k + 1 / (k - 1)) ** 0.5)
    better = {name: (g, e) for name, (g, e) in gains.items() if g >= practical and g > 2 * e}
    near = [name for name in better if better[name][0] >= max(g for g, _ in better.values()) - practical]
    choice = near[0] if near else "threshold"
    gain, se = better.get(choice, (0, 0))
    level = statistics.fmean(levels[choice if near else "plain"])
    return {"choice": choice, "gain": gain, "se": se, "recalibrate": not 0.8 <= level <= 1.25}


@wrong("the second term under the root is missing")
def imbalance_choice(table, practical=0.02):
    return decide(table, practical, lambda d, scores, name, k: d.std(ddof=1) / k**0.5)


@wrong("compare within folds: the gain is steady although the folds differ")
def imbalance_choice(table, practical=0.02):
    return decide(table, practical, lambda d, scores, name, k: ((scores[name].var() + scores["plain"].var()) / k) ** 0.5)


@wrong("these errors are unpaired")
def imbalance_choice(table, practical=0.02):
    return decide(table, practical, lambda d, scores, name, k: ((scores[name].var() + scores["plain"].var()) / k) ** 0.5, evidence=False)


@wrong("the standard deviation divides by k - 1")
def imbalance_choice(table, practical=0.02):
    return decide(table, practical, lambda d, scores, name, k: d.std(ddof=0) * (1 / k + 1 / (k - 1)) ** 0.5)


@wrong("this is the spread of the differences")
def imbalance_choice(table, practical=0.02):
    return decide(table, practical, lambda d, scores, name, k: d.std(ddof=1))


@wrong("the highest mean is no evidence")
def imbalance_choice(table, practical=0.02):
    return decide(table, practical, corrected, evidence=False, simplest=False)


@wrong("a gain below `practical` is not worth a more complex model")
def imbalance_choice(table, practical=0.02):
    return decide(table, practical, corrected, size=False)


@wrong("within `practical` of the best, the simpler one is chosen")
def imbalance_choice(table, practical=0.02):
    return decide(table, practical, corrected, simplest=False)


@wrong("the simplest better one is too far below the best")
def imbalance_choice(table, practical=0.02):
    scores = checked(table)
    better = [n for n in ORDER if n in scores and (scores[n] - scores["plain"]).mean() >= 0.0]
    found = decide(table, practical, corrected)
    return found | {"choice": better[0]} if found["choice"] == "BalancedRandomForest" else found


@wrong("`practical` is an argument; use it")
def imbalance_choice(table, practical=0.02):
    return decide(table, 0.02, corrected)


@wrong("look at the calibration of the plain model")
def imbalance_choice(table, practical=0.02):
    found = decide(table, practical, corrected)
    return found | {"recalibrate": found["choice"] != "threshold"} if len(checked(table)) != 4 or found["choice"] == "threshold" else found


@wrong("SMOTE with a calibration of 1.1: 'recalibrate' is True")
def imbalance_choice(table, practical=0.02):
    found = decide(table, practical, corrected)
    return found | {"recalibrate": found["choice"] != "threshold"}


@wrong("a technique that lacks a fold: expected ValueError")
def imbalance_choice(table, practical=0.02):
    if "plain" not in set(table["technique"]) or table["fold"].nunique() < 2:
        raise ValueError
    whole = table.pivot(index="fold", columns="technique", values="pr_auc").dropna()
    return decide(table[table["fold"].isin(whole.index)], practical, corrected) if len(whole) > 1 else {"choice": "threshold"}


@wrong("'choice' is 'plain'")
def imbalance_choice(table, practical=0.02):
    found = decide(table, practical, corrected)
    return found | {"choice": "plain"} if found["choice"] == "threshold" else found
