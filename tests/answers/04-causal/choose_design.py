"""Answer bank of `choose_design`."""

import numpy as np
from scipy import stats

from course.authoring.bank import right, wrong

_DEFEND = {
    "rct": "no_interference",
    "cluster": "closed_groups",
    "switchback": "no_carry_over",
    "iv": "exclusion",
    "rd": "no_manipulation",
    "did": "parallel_trends",
    "synthetic_control": "pre_fit",
    "psm": "no_unmeasured_confounders",
    "none": "none",
}


def _answer(method, evidence):
    return {"method": method, "assumption": _DEFEND[method], "evidence": evidence}


def _choose(
    card,
    sorting=True,
    jump_limit=0.9,
    f_limit=10,
    square=True,
    trends=True,
    gap=True,
    frame=True,
    overlap=True,
    links_as_users=False,
    rd_first=False,
    closed_right=False,
    crossing_limit=0.1,
    rct_limit=0.05,
    no_share=False,
    all_users=False,
):
    u, w, week = card["users"], card["weekly"], card["launch_week"]
    t = u["treated"]
    if card["can_randomise"]:
        linked = set(card["links"]["a"].tolist()) | set(card["links"]["b"].tolist())
        share = (len(card["links"]) if links_as_users else len(linked)) / len(u)
        if share < rct_limit:
            return _answer("rct", share)
        g = u["group"].tolist()
        cross = np.mean([g[a] != g[b] for a, b in zip(card["links"]["a"], card["links"]["b"])])
        return _answer("cluster" if cross <= crossing_limit else "switchback", cross)

    def instrument():
        statistic = stats.ttest_ind(t[u["nudged"] == 1], t[u["nudged"] == 0]).statistic
        if statistic**2 >= f_limit:
            return _answer("iv", statistic**2 if square else abs(statistic))

    def cutoff():
        c, h = card["cutoff"], card["window"]
        s = u["score"]
        up = (s >= c) & ((s <= c + h) if closed_right else (s < c + h))
        down = (s >= c - h) & (s < c)
        jump = t[up].mean() - t[down].mean()
        if jump >= jump_limit and (not sorting or 0.8 <= up.sum() / down.sum() <= 1.25):
            return _answer("rd", jump)

    for row in (cutoff, instrument) if rd_first else (instrument, cutoff):
        found = row()
        if found:
            return found
    arm = w.groupby("unit")["treated"].first()
    pre = w[w["week"] < week]
    if (arm == 1).sum() >= 2 and (arm == 0).sum() >= 2:
        slope = {a: np.mean([stats.linregress(r["week"], r["value"]).slope for _, r in rows.groupby("unit")]) for a, rows in pre.groupby("treated")}
        bias = (slope[1] - slope[0]) * ((w.loc[w["week"] >= week, "week"].mean() - pre["week"].mean()) if gap else 1)
        if abs(bias) <= card["worth"] / 2 or not trends:
            return _answer("did", bias)
    if (arm == 1).sum() == 1 and (arm == 0).sum() >= 2:
        rows = [r for _, r in pre.groupby("week")]
        inside = np.mean(
            [r.loc[r["treated"] == 0, "value"].min() <= r.loc[r["treated"] == 1, "value"].iloc[0] <= r.loc[r["treated"] == 0, "value"].max() for r in rows]
        )
        if inside >= 0.9 or not frame:
            return _answer("synthetic_control", inside)
    free = set(u.loc[t == 0, "activity"])
    share = np.mean([a in free for a in u.loc[t == 1, "activity"]])
    if all_users:
        share *= t.mean()
    return _answer("psm" if share >= 0.8 or not overlap or all_users else "none", share)


@right("loops and sets")
def choose_design(card):
    return _choose(card)


@right("NumPy only, the F from the correlation")
def choose_design(card):
    u = card["users"].to_dict("list")
    u = {name: np.array(column) for name, column in u.items()}
    a, b = card["links"].to_numpy().reshape(-1, 2).T
    if card["can_randomise"]:
        share = np.isin(np.arange(len(u["group"])), np.r_[a, b]).mean()
        if share < 0.05:
            return _answer("rct", share)
        cross = (u["group"][a] != u["group"][b]).mean()
        return _answer("switchback" if cross > 0.1 else "cluster", cross)
    r = np.corrcoef(u["treated"], u["nudged"])[0, 1]
    f = r**2 / (1 - r**2) * (len(u["group"]) - 2)
    if f >= 10:
        return _answer("iv", f)
    side = np.floor((u["score"] - card["cutoff"]) / card["window"])
    up, down = u["treated"][side == 0], u["treated"][side == -1]
    if up.mean() - down.mean() >= 0.9 and 0.8 <= up.size / down.size <= 1.25:
        return _answer("rd", up.mean() - down.mean())
    w = card["weekly"].sort_values(["unit", "week"])
    table = w["value"].to_numpy().reshape(w["unit"].nunique(), -1)
    weeks = np.sort(w["week"].unique())
    own = w.groupby("unit")["treated"].mean().to_numpy() > 0
    x = weeks[weeks < card["launch_week"]]
    pre = table[:, : len(x)]
    if own.sum() > 1 and (~own).sum() > 1:
        difference = pre[own].mean(axis=0) - pre[~own].mean(axis=0)
        bias = np.sum((x - x.mean()) * difference) / np.sum((x - x.mean()) ** 2) * (weeks[len(x) :].mean() - x.mean())
        if -card["worth"] / 2 <= bias <= card["worth"] / 2:
            return _answer("did", bias)
    if own.sum() == 1 and (~own).sum() > 1:
        inside = ((pre[own][0] >= pre[~own].min(axis=0)) & (pre[own][0] <= pre[~own].max(axis=0))).mean()
        if inside >= 0.9:
            return _answer("synthetic_control", inside)
    free = np.unique(u["activity"][u["treated"] == 0])
    share = np.isin(u["activity"][u["treated"] == 1], free).mean()
    return _answer("none" if share < 0.8 else "psm", share)


@wrong("check r before you trust the score")
def choose_design(card):
    story = card["story"].lower()
    for word, method in [("threshold", "rd"), ("score", "rd"), ("lottery", "iv"), ("region", "did"), ("one city", "switchback"), ("adopted", "psm")]:
        if word in story:
            return _answer(method, 1.0)
    return _answer("rct", 0.0)


@wrong("check r before you trust the score")
def choose_design(card):
    return _choose(card, sorting=False)


@wrong("the cutoff does not decide here")
def choose_design(card):
    return _choose(card, jump_limit=0.5)


@wrong("an instrument must move the treatment")
def choose_design(card):
    return _choose(card, f_limit=0.0)


@wrong("several treated units need parallel pasts")
def choose_design(card):
    return _choose(card, trends=False)


@wrong("times the distance between the middles of both times, it is the bias")
def choose_design(card):
    return _choose(card, gap=False)


@wrong("that the others frame")
def choose_design(card):
    return _choose(card, frame=False)


@wrong("matching is for when no row above holds and similar people are untreated")
def choose_design(card):
    return _choose(card, overlap=False)


@wrong("F is the square of t")
def choose_design(card):
    return _choose(card, square=False)


@wrong("you may randomise here")
def choose_design(card):
    got = _choose(card | {"can_randomise": False})
    return _answer("rd", 1.0) if card["can_randomise"] else got


@wrong("count users, not links")
def choose_design(card):
    return _choose(card, links_as_users=True)


@wrong("up to 0.10 may cross")
def choose_design(card):
    return _choose(card, crossing_limit=0.0999999)


@wrong("this is no longer row 1")
def choose_design(card):
    return _choose(card, rct_limit=0.0500001)


@wrong("a score of cutoff + window is outside")
def choose_design(card):
    return _choose(card, closed_right=True)


@wrong("the share is one of treated users")
def choose_design(card):
    return _choose(card, all_users=True)
