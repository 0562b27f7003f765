"""Answer bank of `ramp_plan`."""

import math

import numpy as np
from scipy import stats

from course.authoring.bank import right, wrong


def p_of(step, half=False):
    t, c, s = step["treatment"], step["control"], 0.5 if half else step["share"]
    n = t + c
    return math.erfc(abs(t - s * n) / math.sqrt(2 * n * s * (1 - s)))


def run(
    steps,
    gates,
    *,
    half=False,
    strict=False,
    p=p_of,
    judge_all=False,
    first_only=False,
    unsure="hold",
    missing="hold",
    surely="roll back",
    shadow="hold",
    everywhere=False,
    live_only=False,
    carry_on=False,
    point=False,
    zero=False,
    srm=None,
    order=None,
):
    if any(steps[i + 1]["share"] <= steps[i]["share"] for i in range(len(steps) - 1)) or any(step["requests"] <= 0 for step in steps):
        raise ValueError("unusable")
    plan, over = [], False
    for step in steps:
        if over and not carry_on:
            plan.append({"step": step["name"], "decision": "not reached", "reasons": [], "srm_p": None})
            continue
        calls, value = [], None
        above = (lambda a, b: a >= b) if strict else (lambda a, b: a > b)
        inside = 0 < step["share"] < 1
        if not (live_only and not inside):
            if above(step["p99_ms"], gates["p99_ms"]):
                calls.append(("latency", "roll back"))
            if above(step["errors"] / step["requests"], gates["error_rate"]):
                calls.append(("errors", "roll back"))
        if inside or everywhere:
            value = p(step) if inside else None
            broken = inside and value < gates["srm_p"]
            if srm is not None and inside:
                broken = srm(step, value, gates)
            if broken:
                calls.append(("sample ratio", "hold"))
            if not broken or judge_all:
                for name in order(step) if order else step["margins"]:
                    m = step["margins"].get(name, 0.0)
                    if name not in step["metrics"]:
                        if missing:
                            calls.append((name, missing))
                        continue
                    d, e = step["metrics"][name]
                    low, high = (d, d) if point else (d - 1.96 * e, d + 1.96 * e)
                    if zero:
                        if low <= 0 <= high or high < 0:
                            calls.append((name, "hold"))
                    elif high < -m:
                        calls.append((name, surely))
                    elif low < -m and unsure:
                        calls.append((name, unsure))
        if first_only:
            calls = calls[:1]
        decision = "go" if not calls else "roll back" if any(c == "roll back" for _, c in calls) else "hold"
        if step["share"] == 0 and decision == "roll back":
            decision = shadow
        plan.append({"step": step["name"], "decision": decision, "reasons": [n for n, _ in calls], "srm_p": value})
        over = over or decision != "go"
    return plan


@right("normal form of the test, calls collected")
def ramp_plan(steps, gates):
    return run(steps, gates)


@right("chi2.sf and nested conditions")
def ramp_plan(steps, gates):
    last, plan, stop = -1, [], False
    for s in steps:
        if s["share"] <= last or not s["requests"] > 0:
            raise ValueError("unusable")
        last = s["share"]
    for s in steps:
        row = dict(step=s["name"], decision="not reached", reasons=[], srm_p=None)
        if not stop:
            bad, doubt = [], []
            if s["p99_ms"] > gates["p99_ms"]:
                bad.append("latency")
            if s["errors"] / s["requests"] > gates["error_rate"]:
                bad.append("errors")
            reasons = bad.copy()
            if s["share"] not in (0, 1):
                n = np.array([s["treatment"], s["control"]])
                e = n.sum() * np.array([s["share"], 1 - s["share"]])
                row["srm_p"] = stats.chi2.sf(((n - e) ** 2 / e).sum(), 1)
                if row["srm_p"] < gates["srm_p"]:
                    doubt.append("sample ratio")
                    reasons.append("sample ratio")
                else:
                    for k, m in s["margins"].items():
                        if k in s["metrics"]:
                            d, e = s["metrics"][k]
                            if d - 1.96 * e >= -m:
                                continue
                            (bad if d + 1.96 * e < -m else doubt).append(k)
                        else:
                            doubt.append(k)
                        reasons.append(k)
            row["reasons"] = reasons
            row["decision"] = "roll back" if bad and s["share"] else "hold" if reasons else "go"
            stop = row["decision"] != "go"
        plan.append(row)
    return tuple(plan)


@wrong("the expected counts follow the share")
def ramp_plan(steps, gates):
    return run(steps, gates, p=lambda step: p_of(step, half=True))


@wrong("hold, and collect more")
def ramp_plan(steps, gates):
    return run(steps, gates, unsure=None)


@wrong("hold, and collect more")
def ramp_plan(steps, gates):
    return run(steps, gates, point=True)


@wrong("does not exclude that all is well")
def ramp_plan(steps, gates):
    return run(steps, gates, unsure="roll back")


@wrong("zero inside the interval is no failure")
def ramp_plan(steps, gates):
    return run(steps, gates, zero=True)


@wrong("the harm is sure")
def ramp_plan(steps, gates):
    return run(steps, gates, surely="hold")


@wrong("after a broken split the metrics are not judged")
def ramp_plan(steps, gates):
    return run(steps, gates, judge_all=True)


@wrong("collect all reasons")
def ramp_plan(steps, gates):
    return run(steps, gates, first_only=True)


@wrong("has not passed")
def ramp_plan(steps, gates):
    return run(steps, gates, missing=None)


@wrong("nothing is live in shadow")
def ramp_plan(steps, gates):
    return run(steps, gates, shadow="roll back")


@wrong("shadow and 100 % have no control group")
def ramp_plan(steps, gates):
    return run(steps, gates, everywhere=True)


@wrong("latency and errors are judged at every share")
def ramp_plan(steps, gates):
    return [row | {"decision": "go", "reasons": []} if row["step"] == "100 %" and row["decision"] == "roll back" else row for row in run(steps, gates)]


@wrong("exactly at a gate is fine")
def ramp_plan(steps, gates):
    return run(steps, gates, strict=True)


@wrong("the steps after: a p99 of 203 ms")
def ramp_plan(steps, gates):
    return run(steps, gates, carry_on=True)


@wrong("more users than planned is a broken split")
def ramp_plan(steps, gates):
    return run(steps, gates, srm=lambda s, p, g: p < g["srm_p"] and s["treatment"] < s["share"] * (s["treatment"] + s["control"]))


@wrong("reasons stand in the order of margins")
def ramp_plan(steps, gates):
    return run(steps, gates, order=lambda s: sorted(s["margins"], reverse=True))


@wrong("a share that falls: expected ValueError")
def ramp_plan(steps, gates):
    if len({s["share"] for s in steps}) < len(steps) or any(s["requests"] <= 0 for s in steps):
        raise ValueError("unusable")
    return run(sorted(steps, key=lambda s: s["share"]), gates)
