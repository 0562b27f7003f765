"""Answer bank of `decide`."""

from course.authoring.bank import right, wrong


def _evidence(ci_low, ci_high, threshold, guardrails):
    size = "large" if ci_low >= threshold else "small" if ci_high < threshold else "unclear"
    state = "safe"
    for low, high, limit in guardrails.values():
        if low > limit:
            state = "breached"
        elif high > limit and state == "safe":
            state = "unclear"
    return {"significant": not ci_low <= 0 <= ci_high, "size": size, "guardrails": state}


def _rule(size, state):
    if state == "breached" or size == "small":
        return "hold"
    return "ship" if (size, state) == ("large", "safe") else "inconclusive"


@right("look-up in the table")
def decide(ci_low, ci_high, threshold, guardrails):
    table = {
        ("large", "safe"): "ship",
        ("large", "unclear"): "inconclusive",
        ("large", "breached"): "hold",
        ("unclear", "safe"): "inconclusive",
        ("unclear", "unclear"): "inconclusive",
        ("unclear", "breached"): "hold",
        ("small", "safe"): "hold",
        ("small", "unclear"): "hold",
        ("small", "breached"): "hold",
    }
    if threshold <= 0 or ci_high < ci_low:
        raise ValueError("threshold or interval")
    for low, high, _ in guardrails.values():
        if high < low:
            raise ValueError("harm")
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    return {"decision": table[found["size"], found["guardrails"]], **found}


@right("numbers for states, the worst of all guardrails")
def decide(ci_low, ci_high, threshold, guardrails):
    if not threshold > 0:
        raise ValueError("threshold")
    if any(low > high for low, high in [(ci_low, ci_high)] + [tuple(g)[:2] for g in guardrails.values()]):
        raise ValueError("interval")
    worst = max([2 if g[0] > g[2] else 1 if g[1] > g[2] else 0 for g in guardrails.values()], default=0)
    size = (ci_low >= threshold) + (ci_high >= threshold)
    decision = "hold" if worst == 2 or size == 0 else "ship" if worst == 0 and size == 2 else "inconclusive"
    return {
        "decision": decision,
        "significant": ci_low * ci_high > 0,
        "size": ["small", "unclear", "large"][size],
        "guardrails": ["safe", "unclear", "breached"][worst],
    }


@wrong("significance alone does not ship")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    return {"decision": "ship" if ci_low > 0 and found["guardrails"] != "breached" else "hold", **found}


@wrong("the lift may be smaller than the threshold")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    decision = _rule(found["size"], found["guardrails"])
    if found["significant"] and found["size"] == "unclear" and found["guardrails"] == "safe":
        decision = "ship"
    return {"decision": decision, **found}


@wrong("a breached guardrail means hold")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    return {"decision": _rule(found["size"], "safe"), **found}


@wrong("the middle of the interval does not decide")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    size = found["size"]
    if size == "unclear" and (ci_low + ci_high) / 2 >= threshold:
        size = "large"
    return {"decision": _rule(size, found["guardrails"]), **found}


@wrong("not yet safe")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    found["guardrails"] = "breached" if any(low > limit for low, _, limit in guardrails.values()) else "safe"
    return {"decision": _rule(found["size"], found["guardrails"]), **found}


@wrong("not shown to be harmed is not yet safe")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    return {"decision": _rule(found["size"], found["guardrails"].replace("unclear", "safe")), **found}


@wrong("harm within its limit is tolerated")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    if any(low > 0 for low, _, _ in guardrails.values()):
        found["guardrails"] = "breached"
    return {"decision": _rule(found["size"], found["guardrails"]), **found}


@wrong("the middle of the interval does not decide the size")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    found["size"] = "large" if (ci_low + ci_high) / 2 >= threshold else "small"
    return {"decision": _rule(found["size"], found["guardrails"]), **found}


@wrong("even the best case is too small, so hold")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    ok = found["size"] == "large" and found["guardrails"] == "safe"
    return {"decision": "ship" if ok else "hold" if found["guardrails"] == "breached" else "inconclusive", **found}


@wrong("a breached guardrail means hold, not inconclusive")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    ok = found["size"] == "large" and found["guardrails"] == "safe"
    return {"decision": "ship" if ok else "hold" if found["size"] == "small" else "inconclusive", **found}


@wrong("inconclusive, not hold")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    ok = found["size"] == "large" and found["guardrails"] == "safe"
    return {"decision": "ship" if ok else "hold", **found}


@wrong("one breached guardrail outweighs all others")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    for low, high, limit in guardrails.values():
        if high > limit:
            found["guardrails"] = "breached" if low > limit else "unclear"
            break
    return {"decision": _rule(found["size"], found["guardrails"]), **found}


@wrong("ci_low equal to the threshold is large enough")
def decide(ci_low, ci_high, threshold, guardrails):
    if threshold <= 0 or ci_low > ci_high or any(g[0] > g[1] for g in guardrails.values()):
        raise ValueError
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    if ci_low == threshold:
        found["size"] = "unclear"
    return {"decision": _rule(found["size"], found["guardrails"]), **found}


@wrong("an interval that touches 0 does not exclude it")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    return {"decision": _rule(found["size"], found["guardrails"]), **found, "significant": ci_low >= 0 or ci_high <= 0}


@wrong("threshold 0")
def decide(ci_low, ci_high, threshold, guardrails):
    found = _evidence(ci_low, ci_high, threshold, guardrails)
    return {"decision": _rule(found["size"], found["guardrails"]), **found}
