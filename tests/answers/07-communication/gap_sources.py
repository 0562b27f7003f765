"""Answer bank of `gap_sources`."""

import numpy as np

from course.authoring.bank import right, wrong


def _sum_up(counts, people, model, n, order=("features", "data", "model")):
    points = {name: 100 * counts[name] / n for name in ("limit", "features", "data", "model")}
    first = max(order, key=lambda name: points[name])
    return points | {
        "won": 100 * float(np.mean(model & ~people)),
        "gap": 100 * (people.mean() - model.mean()),
        "reachable": 100 * model.mean() + points["features"] + points["data"] + points["model"],
        "first": first if points[first] else None,
    }


def _sorted(cases, disputed=None, few=30, chosen=None):
    if not len(cases):
        raise ValueError("no cases")
    people, model = cases["people_right"].to_numpy(bool), cases["model_right"].to_numpy(bool)
    table = cases[people & ~model] if chosen is None else cases[chosen(people, model)]
    counts = dict.fromkeys(["limit", "features", "data", "model"], 0)
    for row in table.itertuples():
        if row.disputed and disputed != "last":
            counts["limit"] += 1
        elif row.people_saw_more:
            counts["features"] += 1
        elif row.similar < few:
            counts["data"] += 1
        elif row.disputed:
            counts["limit"] += 1
        else:
            counts["model"] += 1
    return counts, people, model


@right("a loop over rows")
def gap_sources(cases):
    counts, people, model = _sorted(cases)
    return _sum_up(counts, people, model, len(cases))


@right("pandas, one mask after the other")
def gap_sources(cases):
    if cases.empty:
        raise ValueError("empty")
    left = cases["people_right"] & ~cases["model_right"]
    result = {}
    for name, mask in (("limit", cases["disputed"]), ("features", cases["people_saw_more"]), ("data", cases["similar"].lt(30)), ("model", left | True)):
        result[name] = (left & mask).mean() * 100
        left = left & ~mask
    result["won"] = (cases["model_right"] & ~cases["people_right"]).mean() * 100
    result["gap"] = sum(result[name] for name in ("limit", "features", "data", "model")) - result["won"]
    result["reachable"] = (cases["model_right"].mean() + (cases["people_right"] & ~cases["model_right"]).mean()) * 100 - result["limit"]
    best = max(result["features"], result["data"], result["model"])
    result["first"] = next(name for name in ("features", "data", "model") if result[name] == best) if best else None
    return result


@wrong("a case that people got wrong, too, is not part of the gap")
def gap_sources(cases):
    counts, people, model = _sorted(cases, chosen=lambda p, m: ~m)
    return _sum_up(counts, people, model, len(cases))


@wrong("a disputed case goes to the limit before anything else")
def gap_sources(cases):
    counts, people, model = _sorted(cases, disputed="last")
    return _sum_up(counts, people, model, len(cases))


@wrong("29 similar cases are too few, 30 are enough")
def gap_sources(cases):
    counts, people, model = _sorted(cases, few=31)
    return _sum_up(counts, people, model, len(cases))


@wrong("divide by all cases")
def gap_sources(cases):
    counts, people, model = _sorted(cases)
    return _sum_up(counts, people, model, sum(counts.values()) or 1)


@wrong("give percentage points, not shares")
def gap_sources(cases):
    counts, people, model = _sorted(cases)
    return {key: value / 100 if isinstance(value, float) else value for key, value in _sum_up(counts, people, model, len(cases)).items()}


@wrong("what the model won counts against it")
def gap_sources(cases):
    result = _sum_up(*_sorted(cases), len(cases))
    return result | {"gap": result["gap"] + result["won"]}


@wrong("what experts dispute cannot be cured; leave it out of reachable")
def gap_sources(cases):
    result = _sum_up(*_sorted(cases), len(cases))
    return result | {"reachable": result["reachable"] + result["limit"]}


@wrong("a tie goes to the earlier")
def gap_sources(cases):
    return _sum_up(*_sorted(cases), len(cases), order=("model", "data", "features"))


@wrong("when nothing can be cured, first is None")
def gap_sources(cases):
    result = _sum_up(*_sorted(cases), len(cases))
    return result | {"first": result["first"] or "features"}


@wrong("a frame without rows")
def gap_sources(cases):
    if not len(cases):
        return None
    return _sum_up(*_sorted(cases), len(cases))


@wrong("a case goes to one source only, the first that fits")
def gap_sources(cases):
    counts, people, model = _sorted(cases)
    lost = cases[people & ~model]
    counts |= {"limit": int(lost["disputed"].sum()), "features": int(lost["people_saw_more"].sum()), "data": int((lost["similar"] < 30).sum())}
    return _sum_up(counts, people, model, len(cases))
