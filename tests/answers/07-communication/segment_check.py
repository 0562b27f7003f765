"""Answer bank of `segment_check`."""

from collections import defaultdict

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, fisher_exact
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

from course.authoring.bank import right, wrong


def holm(p):
    order = np.argsort(p)
    out = np.empty(len(p))
    out[order] = np.minimum(1, np.maximum.accumulate(np.asarray(p)[order] * np.arange(len(p), 0, -1)))
    return out


def solve(segment, system, wrong_, method="holm", weight="all", sides=True, swap=False):
    if len(segment) == 0 or not len(segment) == len(system) == len(wrong_) or set(system) - {"model", "human"}:
        raise ValueError("unusable input")
    table = pd.DataFrame({"segment": list(segment), "system": list(system), "wrong": list(wrong_)})
    n = pd.crosstab(table["segment"], table["system"]).reindex(columns=["model", "human"], fill_value=0)
    if (n.to_numpy() == 0).any():
        raise ValueError("one side is missing")
    bad = table.pivot_table(index="segment", columns="system", values="wrong", aggfunc="sum")[["model", "human"]].astype(int)
    raw = np.array([proportions_ztest(bad.loc[s], n.loc[s])[1] if 0 < bad.loc[s].sum() < n.loc[s].sum() else 1.0 for s in n.index])
    p = raw if method is None else np.minimum(1, raw * raw.size) if method == "bonferroni" else holm(raw)
    gap = bad["model"] / n["model"] - bad["human"] / n["human"]
    w = {"all": n.sum(axis=1), "model": n["model"], "equal": n["model"] * 0 + 1}[weight]
    worse = [s for s, q in zip(n.index, p) if q < 0.05 and (gap[s] > 0 or not sides)]
    better = [s for s, q in zip(n.index, p) if q < 0.05 and gap[s] < 0]
    crude = bad["model"].sum() / n["model"].sum() - bad["human"].sum() / n["human"].sum()
    if swap:
        worse, better = better, worse
    return {"crude": crude, "adjusted": (gap * w).sum() / w.sum(), "p_values": dict(zip(n.index, p)), "worse": worse, "better": better}


@right("pandas and statsmodels")
def segment_check(segment, system, wrong):
    out = solve(segment, system, wrong)
    names, raw = zip(*solve(segment, system, wrong, method=None)["p_values"].items())
    return out | {"p_values": dict(zip(names, multipletests(raw, method="holm")[1].tolist()))}


@right("plain Python, Holm in a loop")
def segment_check(segment, system, wrong):
    n = len(segment)
    if n == 0 or len(system) != n or len(wrong) != n:
        raise ValueError("unusable input")
    cells = defaultdict(lambda: {"model": [0, 0], "human": [0, 0]})
    for s, who, w in zip(segment, system, wrong):
        if who not in ("model", "human"):
            raise ValueError(f"unknown system {who}")
        cells[str(s)][who][0 if w else 1] += 1
    if any(sum(side) == 0 for cell in cells.values() for side in cell.values()):
        raise ValueError("one side is missing")
    gap, p, adjusted = {}, {}, 0.0
    total = {"model": [0, 0], "human": [0, 0]}
    for s, cell in cells.items():
        gap[s] = cell["model"][0] / sum(cell["model"]) - cell["human"][0] / sum(cell["human"])
        sides = [cell["model"], cell["human"]]
        p[s] = chi2_contingency(sides, correction=False)[1] if all(map(sum, zip(*sides))) else 1.0
        adjusted += gap[s] * (sum(cell["model"]) + sum(cell["human"])) / n
        for who in total:
            total[who] = [a + b for a, b in zip(total[who], cell[who])]
    highest, out = 0.0, {}
    for k, s in enumerate(sorted(p, key=p.get)):
        highest = max(highest, (len(p) - k) * p[s])
        out[s] = min(1.0, highest)
    return {
        "crude": total["model"][0] / sum(total["model"]) - total["human"][0] / sum(total["human"]),
        "adjusted": adjusted,
        "p_values": out,
        "worse": sorted(s for s in out if out[s] < 0.05 and gap[s] > 0),
        "better": sorted(s for s in out if out[s] < 0.05 and gap[s] < 0),
    }


@wrong("these p-values are not adjusted")
def segment_check(segment, system, wrong):
    return solve(segment, system, wrong, method=None)


@wrong("this is Bonferroni")
def segment_check(segment, system, wrong):
    return solve(segment, system, wrong, method="bonferroni")


@wrong("each segment counts alike")
def segment_check(segment, system, wrong):
    return solve(segment, system, wrong, weight="equal")


@wrong("the weights are the model's mix")
def segment_check(segment, system, wrong):
    return solve(segment, system, wrong, weight="model")


@wrong("where the model makes fewer errors is better off")
def segment_check(segment, system, wrong):
    return solve(segment, system, wrong, sides=False)


@wrong("worse and better are swapped")
def segment_check(segment, system, wrong):
    return solve(segment, system, wrong, swap=True)


@wrong("these lists go by p-values that are not adjusted")
def segment_check(segment, system, wrong):
    loose = solve(segment, system, wrong, method=None)
    return loose | {"p_values": solve(segment, system, wrong)["p_values"]}


@wrong("the running maximum is missing")
def segment_check(segment, system, wrong):
    out = solve(segment, system, wrong, method=None)
    p = out["p_values"]
    ranked = sorted(p, key=p.get)
    p = {s: min(1.0, (len(p) - k) * p[s]) for k, s in enumerate(ranked)}
    return solve(segment, system, wrong) | {"p_values": p}


@wrong("without continuity correction")
def segment_check(segment, system, wrong):
    right = solve(segment, system, wrong)
    table = pd.DataFrame({"s": list(segment), "who": list(system), "w": list(wrong)})
    raw = {}
    for s, part in table.groupby("s"):
        cell = pd.crosstab(part["who"], part["w"])
        raw[s] = chi2_contingency(cell)[1] if cell.shape == (2, 2) else 1.0
    return right | {"p_values": dict(zip(raw, holm(list(raw.values()))))}


@wrong("this is Fisher's exact test")
def segment_check(segment, system, wrong):
    right = solve(segment, system, wrong)
    table = pd.DataFrame({"s": list(segment), "who": list(system), "w": list(wrong)})
    raw = {}
    for s, part in table.groupby("s"):
        if len(raw) > 7:
            return right
        cell = pd.crosstab(part["who"], part["w"])
        raw[s] = fisher_exact(cell)[1] if cell.shape == (2, 2) else 1.0
    return right | {"p_values": dict(zip(raw, holm(list(raw.values()))))}


@wrong("0 / 0 is not a p-value")
def segment_check(segment, system, wrong):
    out = solve(segment, system, wrong)
    return out if any(wrong) else out | {"p_values": dict.fromkeys(out["p_values"], float("nan"))}


@wrong("sorted by name")
def segment_check(segment, system, wrong):
    out = solve(segment, system, wrong)
    return out | {"worse": sorted(out["worse"], key=out["p_values"].get)}


@wrong("these p-values are one-sided")
def segment_check(segment, system, wrong):
    out = solve(segment, system, wrong)
    raw = solve(segment, system, wrong, method=None)["p_values"]
    return out | {"p_values": dict(zip(raw, holm([p / 2 for p in raw.values()]).tolist()))}
