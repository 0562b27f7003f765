"""Answer bank of `next_step`."""

import math
import statistics

import numpy as np

from course.authoring.bank import right, wrong


def _gains(curve, rows, doublings, fix_share, data="geometric", by="recoverable", fix=True, of="all", cap=True, paired=True, last=False):
    g1, g2 = curve[0] - curve[1], curve[1] - curve[2]
    r = g2 / g1 if g1 > 0 and g2 > 0 else 0
    r = min(r, 1) if cap else r
    powers = {"geometric": range(1, doublings + 1), "early": range(doublings), "next": [1], "same": []}[data]
    gain = doublings * g2 if data == "same" else g2 * sum(r**k for k in powers)
    d = rows["wrong"] - rows["human_wrong"]
    sums = (d if by == "recoverable" else rows["wrong"]).groupby(rows["slice"]).sum()
    ties = sorted(sums.index[sums == sums.max()])
    top = ties[-1] if last else ties[0]
    part = d[rows["slice"] == top].to_numpy()
    share, total = fix_share if fix else 1, len(rows) if of == "all" else len(part)
    m = rows["wrong"] - rows["wrong_bigger"]
    out = {"data": gain, "slice": top, "features": share * part.sum() / total, "features_se": share * np.sqrt(len(part)) * part.std(ddof=1) / total}
    spread = m.std() if paired else math.sqrt(rows["wrong"].var() + rows["wrong_bigger"].var())
    return out | {"model": m.mean(), "model_se": spread / math.sqrt(len(rows))}


def _decide(out, worth, order=("data", "features", "model"), sure=True, largest=False):
    fit = [o for o in order if out[o] >= worth and (o == "data" or not sure or out[o] > 2 * out[o + "_se"])]
    if largest and fit:
        return max(fit, key=out.get)
    return fit[0] if fit else "stop"


def _answer(curve, rows, doublings, worth, fix_share=0.5, rules=None, **gains):
    if len(curve) != 3 or doublings < 1 or worth <= 0:
        raise ValueError
    out = _gains(curve, rows, doublings, fix_share, **gains)
    return {**out, "decision": _decide(out, worth, **(rules or {}))}


@right("pandas")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, fix_share)


@right("plain Python, closed form of the series")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    if len(list(curve)) != 3 or doublings < 1 or not worth > 0:
        raise ValueError("unusable input")
    first, second = curve[0] - curve[1], curve[1] - curve[2]
    data = 0.0
    if first > 0 and second > 0:
        ratio = second / first
        data = doublings * second if ratio >= 1 else second * ratio * (1 - ratio**doublings) / (1 - ratio)
    slices, model = {}, []
    for name, w, h, b in zip(*(rows[c].tolist() for c in ("slice", "wrong", "human_wrong", "wrong_bigger")), strict=True):
        slices.setdefault(name, []).append(w - h)
        model.append(w - b)
    name = min(slices, key=lambda s: (-sum(slices[s]), s))
    part, n = slices[name], len(model)
    features = fix_share * sum(part) / n
    features_se = fix_share * math.sqrt(len(part) * statistics.variance(part)) / n
    gain, gain_se = statistics.fmean(model), statistics.stdev(model) / math.sqrt(n)
    decision = "stop"
    if gain >= worth and gain > 2 * gain_se:
        decision = "model"
    if features >= worth and features > 2 * features_se:
        decision = "features"
    if data >= worth:
        decision = "data"
    return {"data": data, "slice": name, "features": features, "features_se": features_se, "model": gain, "model_se": gain_se, "decision": decision}


@wrong("the next doubling gains r times the last one, not as much again")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, fix_share, data="same")


@wrong("the first new doubling gains g2 times r already")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, fix_share, data="early")


@wrong("this is the next doubling only; add up all of them")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, fix_share, data="next")


@wrong("only a share of the recoverable errors gets fixed")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, fix_share, fix=False)


@wrong("fix_share is an argument")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, 0.5)


@wrong("this slice holds the most errors, not the most recoverable ones")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, fix_share, by="errors")


@wrong("is not sure")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, fix_share, {"sure": False})


@wrong("the spread of the difference is taken row by row")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, fix_share, paired=False)


@wrong("features come before the model")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, fix_share, {"largest": True})


@wrong("nothing reaches what is worth the weeks")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    found = _answer(curve, rows, doublings, worth, fix_share)
    return found if len(rows) < 100 else {**found, "decision": "data"}


@wrong("features come before the model")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, fix_share, {"order": ("data", "model", "features")})


@wrong("slices that tie: the first in the alphabet")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, fix_share, last=True)


@wrong("r is at most 1; gains that grow for ever are noise")
def next_step(curve, rows, doublings, worth, fix_share=0.5):
    return _answer(curve, rows, doublings, worth, fix_share, cap=False)
