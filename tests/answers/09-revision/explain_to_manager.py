"""Answer bank of `explain_to_manager`."""

import math

import numpy as np

from course.authoring.bank import right, wrong


def _week(counts, plan, width=1.96, raw=False, customers="fn", missed_saves=True, sign=-1, money="joint"):
    p, n, rate, volume = counts["tp"] + counts["fn"], counts["tn"] + counts["fp"], plan["base_rate"], plan["volume"]
    if not p or not n or not 0 <= rate <= 1:
        raise ValueError
    if raw:
        rate = p / (p + n)
    a, b = counts["fn"] / p, counts["tn"] / n
    va, vb = a * (1 - a) / p, b * (1 - b) / n
    per = volume * plan["minutes"] / 60
    hours = (per * rate * missed_saves, per * (1 - rate))
    lost = (volume * rate, 0)
    both = tuple(h * plan["hourly"] + sign * c * plan["per_customer"] for h, c in zip(hours, lost, strict=True))
    out, errors = {}, {}
    for key, (u, v) in {"hours": hours, "customers": lost, "money": both}.items():
        value, errors[key] = u * a + v * b, math.sqrt(u * u * va + v * v * vb)
        if key == "customers" and customers == "fp":
            value = volume * rate * counts["fp"] / n
        if key == "money" and money == "summed":
            errors[key] = math.hypot(errors["hours"] * plan["hourly"], errors["customers"] * plan["per_customer"])
        out[key] = (value, value - width * errors[key], value + width * errors[key])
    return out


def _fault(claims, out, skip=(), tolerance=abs, order=None, first_only=True):
    if not claims:
        raise ValueError
    told = [c for c in claims if c["quantity"] in out]

    def value(c):
        return out[c["quantity"]][0]

    def width(c):
        return out[c["quantity"]][2] - out[c["quantity"]][1]

    open_end = any(c["low"] is None or c["high"] is None for c in told)
    checks_in_order = {
        "metric first": claims[0]["quantity"] not in out if first_only else len(told) < len(claims),
        "wrong number": any(abs(c["value"] - value(c)) > 0.05 * tolerance(value(c)) for c in told),
        "no range": open_end,
        "too sure": not open_end and any(c["high"] - c["low"] < width(c) / 2 for c in told),
        "harm left out": all(c["quantity"] != "customers" for c in told),
    }
    return next((name for name in order or checks_in_order if checks_in_order[name] and name not in skip), None)


def _answer(counts, plan, candidates, week=None, pick=0, **rules):
    out = _week(counts, plan, **(week or {}))
    faults = {name: _fault(claims, out, **rules) for name, claims in candidates.items()}
    sound = [name for name, bad in faults.items() if bad is None]
    return {**out, "faults": faults, "choose": sound[pick] if sound else None}


@right("plain Python")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates)


@right("NumPy, a covariance matrix")
def explain_to_manager(counts, plan, candidates):
    sizes = np.array([counts["tp"] + counts["fn"], counts["tn"] + counts["fp"]])
    rate = plan["base_rate"]
    if (sizes == 0).any() or rate < 0 or rate > 1:
        raise ValueError("unusable input")
    shares = np.array([counts["fn"], counts["tn"]]) / sizes
    covariance = np.diag(shares * (1 - shares) / sizes)
    mix = np.array([rate, 1 - rate]) * plan["volume"]
    table = np.vstack([mix * plan["minutes"] / 60, mix * [1, 0]])
    table = np.vstack([table, table[0] * plan["hourly"] - table[1] * plan["per_customer"]])
    values, errors = table @ shares, np.sqrt(np.diag(table @ covariance @ table.T))
    spans = np.column_stack([values, values - 1.96 * errors, values + 1.96 * errors])
    names = ["hours", "customers", "money"]
    faults, choose = {}, None
    for name, claims in candidates.items():
        if len(claims) == 0:
            raise ValueError("says nothing")
        known = [(c, spans[names.index(c["quantity"])]) for c in claims if c["quantity"] in names]
        if claims[0]["quantity"] not in names:
            faults[name] = "metric first"
        elif not all(np.isclose(c["value"], span[0], rtol=0.05, atol=0) for c, span in known):
            faults[name] = "wrong number"
        elif any(None in (c["low"], c["high"]) for c, _ in known):
            faults[name] = "no range"
        elif any(2 * (c["high"] - c["low"]) < span[2] - span[1] for c, span in known):
            faults[name] = "too sure"
        elif "customers" not in [c["quantity"] for c in claims]:
            faults[name] = "harm left out"
        else:
            faults[name] = None
            choose = choose or name
    return {"hours": spans[0], "customers": list(spans[1]), "money": tuple(spans[2]), "faults": faults, "choose": choose}


@wrong("the test set is enriched; take the rates within each class and the live base rate")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, {"raw": True})


@wrong("customers left alone are the false negatives")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, {"customers": "fp"})


@wrong("missed tickets are answered alone, too: they save minutes")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, {"missed_saves": False})


@wrong("customers left alone cost money: subtract")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, {"sign": 1})


@wrong("this is one standard error; the range is 1.96 of them")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, {"width": 1})


@wrong("the range of money is no sum of two ranges")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, {"money": "summed"})


@wrong("a metric behind the outcomes is allowed; only the first claim counts")
def explain_to_manager(counts, plan, candidates):
    found = _answer(counts, plan, candidates, first_only=False)
    return {**found, "choose": None} if len(candidates) > 5 else found


@wrong("of two without a fault, the first is chosen")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, pick=-1)


@wrong("an explanation that says nothing about customers hides the harm")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, skip=("harm left out",))


@wrong("a range far narrower than yours is too sure")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, skip=("too sure",))


@wrong("a number without a range is a fault")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, skip=("no range",))


@wrong("a number that is more than 5 % off is wrong")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, skip=("wrong number",))


@wrong("open with an outcome, not with a metric")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, skip=("metric first",))


@wrong("5 % of a negative value is negative")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, tolerance=float)


@wrong("'faults'")
def explain_to_manager(counts, plan, candidates):
    return _answer(counts, plan, candidates, order=["metric first", "no range", "wrong number", "too sure", "harm left out"])


@wrong("look for each in all claims before the next fault")
def explain_to_manager(counts, plan, candidates):
    """Claim by claim: the first claim with any fault decides."""
    out = _week(counts, plan)

    def fault(claims):
        if not claims:
            raise ValueError
        several = (_fault([c], out, skip=("metric first", "harm left out")) for c in claims)
        return (
            _fault(claims[:1], out, skip=("wrong number", "no range", "too sure", "harm left out")) or next(filter(None, several), None) or _fault(claims, out)
        )

    faults = {name: fault(claims) for name, claims in candidates.items()}
    return {**out, "faults": faults, "choose": next((name for name, bad in faults.items() if bad is None), None)}
