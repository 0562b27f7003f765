"""Answer bank of `chart_audit`."""

import re

import numpy as np

from course.authoring.bank import right, wrong

METRIC_WORDS = ("auc", "roc", "f1", "precision", "recall", "kappa")


def _audit(chart, lie=None, words=None, **changed):
    values = list(chart["values"].values())
    if not values or min(values) <= 0 or chart["start"] >= min(values):
        raise ValueError("unusable")
    lie = lie or min(values) / (min(values) - chart["start"])
    text = f" {chart['title']} {chart['axis']} ".lower()
    checks = {
        "cut axis": lie < 0.95 or lie > 1.05,
        "no unit": chart["unit"].lower() not in chart["axis"].lower(),
        "no baseline": chart["today"].lower() not in {name.lower() for name in chart["values"]},
        "metric words": any(re.search(rf"\b{word}\b", text) for word in METRIC_WORDS) if words is None else words,
        "crowded": len(values) > 6,
    } | changed
    return {"lie_factor": lie, "faults": [name for name in checks if checks[name]]}


@right("word boundaries")
def chart_audit(chart):
    return _audit(chart)


@right("NumPy, and words by splitting")
def chart_audit(chart):
    heights = np.array(list(chart["values"].values()), float)
    if heights.size == 0 or (heights <= 0).any() or chart["start"] >= heights.min():
        raise ValueError("unusable")
    low = heights.min()
    lie = low / (low - chart["start"])
    letters = "".join(c if c.isalnum() else " " for c in (chart["title"] + " " + chart["axis"]).casefold())
    faults = []
    if not 0.95 <= lie <= 1.05:
        faults.append("cut axis")
    if chart["unit"].casefold() not in chart["axis"].casefold():
        faults.append("no unit")
    if chart["today"].casefold() not in map(str.casefold, chart["values"]):
        faults.append("no baseline")
    if set(letters.split()) & set(METRIC_WORDS):
        faults.append("metric words")
    if heights.size >= 7:
        faults.append("crowded")
    return {"lie_factor": np.float64(lie), "faults": faults}


@wrong("take the smallest bar, not the first or the largest")
def chart_audit(chart):
    values = list(chart["values"].values())
    return _audit(chart, lie=max(values) / (max(values) - chart["start"]))


@wrong("this is the relative difference drawn")
def chart_audit(chart):
    values = list(chart["values"].values())
    return _audit(chart, lie=(max(values) - min(values)) / (min(values) - chart["start"]))


@wrong("not the other way round")
def chart_audit(chart):
    values = list(chart["values"].values())
    return _audit(chart, lie=(min(values) - chart["start"]) / min(values))


@wrong("capital letters do not count")
def chart_audit(chart):
    return _audit(chart, **{"no baseline": chart["today"] not in chart["values"]})


@wrong("a lie factor up to 1.05 is honest")
def chart_audit(chart):
    return _audit(chart, **{"cut axis": chart["start"] != 0})


@wrong("a lie factor below 0.95 is a fault, too")
def chart_audit(chart):
    values = list(chart["values"].values())
    return _audit(chart, **{"cut axis": min(values) / (min(values) - chart["start"]) > 1.05 if values else False})


@wrong("metric words count as whole words only")
def chart_audit(chart):
    return _audit(chart, words=any(word in f"{chart['title']} {chart['axis']}".lower() for word in METRIC_WORDS))


@wrong("recall-tuned holds the whole word recall")
def chart_audit(chart):
    return _audit(chart, words=bool(set(f"{chart['title']} {chart['axis']}".lower().split()) & set(METRIC_WORDS)))


@wrong("look at the axis, too")
def chart_audit(chart):
    return _audit(chart, words=any(re.search(rf"\b{word}\b", chart["title"].lower()) for word in METRIC_WORDS))


@wrong("six bars are not too many")
def chart_audit(chart):
    return _audit(chart, crowded=len(chart["values"]) > 5)


@wrong("an axis that starts at the smallest value: expected ValueError, your function raised ZeroDivisionError")
def chart_audit(chart):
    values = list(chart["values"].values())
    if not values or min(values) <= 0:
        raise ValueError
    lie = min(values) / (min(values) - chart["start"])
    return _audit(chart, lie=lie)
