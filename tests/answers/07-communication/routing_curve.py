"""Answer bank of `routing_curve`."""

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def columns(score, good, human):
    s, g, h = np.asarray(score, float), np.asarray(good), np.asarray(human)
    if s.size == 0 or s.shape != g.shape or s.shape != h.shape or s.min() < 0 or s.max() > 1:
        raise ValueError("unusable input")
    return s, (s >= 0.5) != g, h != g


def report(share, automated, process, manual):
    share, automated, process = np.array(share), np.array(automated), np.array(process)
    return {
        "share": share,
        "automated_error": automated,
        "process_error": process,
        "manual_error": manual,
        "by_automated": share[automated <= manual].max(initial=0.0),
        "by_process": share[process <= manual].max(initial=0.0),
    }


@right("a loop over the distinct confidences")
def routing_curve(score, good, human):
    s, m, h = columns(score, good, human)
    sure = np.abs(s - 0.5)
    cuts = [sure >= level for level in sorted(set(sure.tolist()), reverse=True)]
    return report([cut.mean() for cut in cuts], [m[cut].mean() for cut in cuts], [(m[cut].sum() + h[~cut].sum()) / s.size for cut in cuts], h.mean())


@right("pandas groupby and running sums")
def routing_curve(score, good, human):
    s, m, h = columns(score, good, human)
    groups = pd.DataFrame({"sure": np.maximum(s, 1 - s), "m": m, "h": h, "n": 1}).groupby("sure").sum().sort_index(ascending=False).cumsum()
    n = len(s)
    process = (groups["m"] + h.sum() - groups["h"]) / n
    out = report(groups["n"] / n, groups["m"] / groups["n"], process, h.sum() / n)
    return {key: value.tolist() for key, value in out.items()}


@wrong("this ranks by the score")
def routing_curve(score, good, human):
    s, m, h = columns(score, good, human)
    cuts = [s >= level for level in np.unique(s)[::-1]]
    return report([cut.mean() for cut in cuts], [m[cut].mean() for cut in cuts], [(m[cut].sum() + h[~cut].sum()) / s.size for cut in cuts], h.mean())


@wrong("divide by the number automated")
def routing_curve(score, good, human):
    s, m, h = columns(score, good, human)
    sure = np.maximum(s, 1 - s)
    cuts = [sure >= level for level in np.unique(sure)[::-1]]
    return report([cut.mean() for cut in cuts], [m[cut].sum() / s.size for cut in cuts], [(m[cut].sum() + h[~cut].sum()) / s.size for cut in cuts], h.mean())


@wrong("the rest gets people's average error")
def routing_curve(score, good, human):
    s, m, h = columns(score, good, human)
    sure = np.maximum(s, 1 - s)
    cuts = [sure >= level for level in np.unique(sure)[::-1]]
    return report(
        [cut.mean() for cut in cuts], [m[cut].mean() for cut in cuts], [m[cut].sum() / s.size + h.mean() * (1 - cut.mean()) for cut in cuts], h.mean()
    )


@wrong("the process leaves out the errors of people on the rest")
def routing_curve(score, good, human):
    s, m, h = columns(score, good, human)
    sure = np.maximum(s, 1 - s)
    cuts = [sure >= level for level in np.unique(sure)[::-1]]
    return report([cut.mean() for cut in cuts], [m[cut].mean() for cut in cuts], [m[cut].sum() / s.size for cut in cuts], h.mean())


@wrong("equal confidence goes together")
def routing_curve(score, good, human):
    s, m, h = columns(score, good, human)
    order = np.argsort(-np.maximum(s, 1 - s), kind="stable")
    m, h, k = m[order], h[order], np.arange(1, s.size + 1)
    return report(k / s.size, m.cumsum() / k, (m.cumsum() + h.sum() - h.cumsum()) / s.size, h.mean())


@wrong("this stops at the first share that fails")
def routing_curve(score, good, human):
    s, m, h = columns(score, good, human)
    sure = np.maximum(s, 1 - s)
    cuts = [sure >= level for level in np.unique(sure)[::-1]]
    out = report([cut.mean() for cut in cuts], [m[cut].mean() for cut in cuts], [(m[cut].sum() + h[~cut].sum()) / s.size for cut in cuts], h.mean())
    for name, error in [("by_automated", "automated_error"), ("by_process", "process_error")]:
        out[name] = 0.0
        for share, value in zip(out["share"], out[error]):
            if value > out["manual_error"]:
                break
            out[name] = share
    return out


@wrong("a score of exactly 0.5 approves")
def routing_curve(score, good, human):
    s, m, h = columns(score, good, human)
    m = (s > 0.5) != np.asarray(good)
    sure = np.maximum(s, 1 - s)
    cuts = [sure >= level for level in np.unique(sure)[::-1]]
    return report([cut.mean() for cut in cuts], [m[cut].mean() for cut in cuts], [(m[cut].sum() + h[~cut].sum()) / s.size for cut in cuts], h.mean())


@wrong("not on the same cases")
def routing_curve(score, good, human):
    s, m, h = columns(score, good, human)
    sure = np.maximum(s, 1 - s)
    cuts = [sure >= level for level in np.unique(sure)[::-1]]
    out = report([cut.mean() for cut in cuts], [m[cut].mean() for cut in cuts], [(m[cut].sum() + h[~cut].sum()) / s.size for cut in cuts], h.mean())
    out["by_automated"] = max([cut.mean() for cut in cuts if m[cut].sum() <= h[cut].sum()], default=0.0)
    return out
