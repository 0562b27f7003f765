"""Answer bank of `retrain_trigger`."""

import itertools
import math

from course.authoring.bank import right, wrong


def _answer(reasons, drifted, data_ok):
    return {"reasons": reasons, "drifted": drifted, "action": "fix data" if not data_ok else "retrain" if reasons else "keep"}


def _core(age_days, weekly_auc, psi, importance, data_ok, max_age_days, floor, performance=None, key=None):
    total = sum(importance.values())
    if total <= 0 or min(importance.values()) < 0:
        raise ValueError("unusable importances")
    known = [a for a in weekly_auc if a is not None]
    if performance is None:
        performance = len(known) >= 2 and known[-1] < floor and known[-2] < floor
    if key is None:
        key = [f for f, p in psi.items() if p > 0.2 and importance.get(f, 0) / total >= 0.1]
    drifted = sorted(sorted(key), key=lambda f: psi[f], reverse=True)
    fired = [("time", age_days >= max_age_days), ("performance", performance), ("drift", bool(key))]
    return _answer([name for name, fires in fired if fires], drifted, data_ok)


@right("one if after the other")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    if any(v < 0 for v in importance.values()) or sum(importance.values()) == 0:
        raise ValueError("unusable importances")
    reasons = []
    if not age_days < max_age_days:
        reasons.append("time")
    known = []
    for value in reversed(weekly_auc):
        if value is not None and len(known) < 2:
            known.append(value)
    if len(known) == 2 and all(v < floor for v in known):
        reasons.append("performance")
    share = {f: v / sum(importance.values()) for f, v in importance.items()}
    drifted = [f for p, f in sorted((-p, f) for f, p in psi.items()) if -p > 0.2 and f in share and share[f] >= 0.1]
    if drifted:
        reasons.append("drift")
    if not data_ok:
        action = "fix data"
    elif reasons:
        action = "retrain"
    else:
        action = "keep"
    return {"reasons": reasons, "drifted": drifted, "action": action}


@right("pandas")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    import pandas as pd

    weight = pd.Series(importance, dtype=float)
    if weight.min() < 0 or weight.sum() == 0:
        raise ValueError("unusable importances")
    table = pd.DataFrame({"psi": pd.Series(psi, dtype=float)})
    table["share"] = (weight / weight.sum()).reindex(table.index).fillna(0)
    hit = table[(table["psi"] > 0.2) & (table["share"] >= 0.1)].sort_index().sort_values("psi", ascending=False, kind="stable")
    last = pd.Series(weekly_auc, dtype=float).dropna().tail(2)
    fired = {"time": age_days >= max_age_days, "performance": len(last) == 2 and bool((last < floor).all()), "drift": len(hit) > 0}
    return _answer([k for k, v in fired.items() if v], list(hit.index), data_ok)


@wrong("a drifted feature that hardly counts is no reason")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    return _core(age_days, weekly_auc, psi, importance, data_ok, max_age_days, floor, key=[f for f in psi if psi[f] > 0.2])


@wrong("importance")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    key = [f for f in psi if psi[f] > 0.2 and importance.get(f, 0) >= 0.1]
    return _core(age_days, weekly_auc, psi, importance, data_ok, max_age_days, floor, key=key)


@wrong("skip the weeks without labels")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    last = weekly_auc[-2:]
    performance = len(last) == 2 and all(a is not None and a < floor for a in last)
    return _core(age_days, weekly_auc, psi, importance, data_ok, max_age_days, floor, performance=performance)


@wrong("every trigger that fired is a reason")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    answer = _core(age_days, weekly_auc, psi, importance, data_ok, max_age_days, floor)
    return answer | {"reasons": answer["reasons"][:1]}


@wrong("one bad week is noise")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    known = [a for a in weekly_auc if a is not None]
    return _core(age_days, weekly_auc, psi, importance, data_ok, max_age_days, floor, performance=bool(known) and known[-1] < floor)


@wrong("only the last two known values count")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    known = [a for a in weekly_auc if a is not None]
    performance = any(a < floor and b < floor for a, b in itertools.pairwise(known))
    return _core(age_days, weekly_auc, psi, importance, data_ok, max_age_days, floor, performance=performance)


@wrong("never retrain on faulty data")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    return _core(age_days, weekly_auc, psi, importance, True, max_age_days, floor)


@wrong("whether or not there is a reason to retrain")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    answer = _core(age_days, weekly_auc, psi, importance, data_ok, max_age_days, floor)
    return answer | {"action": "keep" if not answer["reasons"] else answer["action"]}


@wrong("exactly 28 days old")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    return _core(age_days, weekly_auc, psi, importance, data_ok, math.nextafter(max_age_days, 1e9), floor)


@wrong("a PSI of exactly 0.2")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    total = sum(importance.values())
    if total <= 0:
        raise ValueError
    key = [f for f in psi if psi[f] >= 0.2 and importance.get(f, 0) / total >= 0.1]
    return _core(age_days, weekly_auc, psi, importance, data_ok, max_age_days, floor, key=key)


@wrong("a single known value")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    known = [a for a in weekly_auc if a is not None][-2:]
    return _core(age_days, weekly_auc, psi, importance, data_ok, max_age_days, floor, performance=bool(known) and max(known) < floor)


@wrong("raised ZeroDivisionError")
def retrain_trigger(age_days, weekly_auc, psi, importance, data_ok, max_age_days=28, floor=0.75):
    key = [f for f in psi if psi[f] > 0.2 and importance.get(f, 0) / sum(importance.values()) >= 0.1]
    return _core(age_days, weekly_auc, psi, importance, data_ok, max_age_days, floor, key=key)
