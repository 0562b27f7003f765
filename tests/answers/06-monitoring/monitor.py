"""Answer bank of `monitor`."""

import numpy as np
import pandas as pd
from scipy import stats

from course.authoring.bank import right, wrong


def _psi(reference, batch):
    old, new = (np.asarray(x, float) for x in (reference, batch))
    old, new = old[~np.isnan(old)], new[~np.isnan(new)]
    if new.size == 0:
        return 0.0
    edges = np.quantile(old, np.arange(1, 10) / 10)
    p, q = (np.maximum(np.bincount(np.searchsorted(edges, x), minlength=10) / x.size, 1e-4) for x in (old, new))
    return float(((q - p) * np.log(q / p)).sum())


def _quality(reference, batch, features, base=True, ranges=True, of_present=True):
    for f in features:
        if f not in batch:
            return True
        x = batch[f]
        if x.isna().mean() - (reference[f].isna().mean() if base else 0) > 0.05:
            return True
        outside = (x < reference[f].min()) | (x > reference[f].max())
        rows = x.notna().sum() if of_present else len(x)
        if ranges and rows and outside.sum() / rows > 0.05:
            return True
    return False


def _drift(reference, batch, features):
    return any(_psi(reference[f], batch[f]) > 0.2 for f in features if f in batch)


def _business(reference, outcomes, days=28, least=200):
    known = outcomes[outcomes["age_days"] >= days]["bought"].dropna()
    if len(known) < least:
        return "unknown"
    return "broken" if known.mean() < 0.8 * reference["bought"].mean() else "ok"


def _report(quality, drift, prediction, business):
    word = {True: "broken", False: "ok"}
    state = {"data quality": word[bool(quality)], "feature drift": word[bool(drift)], "prediction drift": word[bool(prediction)], "business metric": business}
    bad = [k for k, v in state.items() if v == "broken"]
    state["first_broken"] = bad[0] if bad else None
    state["action"] = "quiet" if not bad else "watch" if bad == ["feature drift"] else "page"
    return state


def _all(reference, batch, outcomes, features, quality=None, drift=None, prediction=None, business=None):
    return _report(
        _quality(reference, batch, features) if quality is None else quality,
        _drift(reference, batch, features) if drift is None else drift,
        _psi(reference["score"], batch["score"]) > 0.2 if prediction is None else prediction,
        business or _business(reference, outcomes),
    )


@right("stage by stage with if")
def monitor(reference, batch, outcomes, features):
    result = {"data quality": "ok", "feature drift": "ok", "prediction drift": "ok", "business metric": "ok"}
    for f in features:
        if f not in batch.columns:
            result["data quality"] = "broken"
            continue
        new, old = batch[f].to_numpy(float), reference[f].to_numpy(float)
        present = new[~np.isnan(new)]
        if np.isnan(new).mean() - np.isnan(old).mean() > 0.05:
            result["data quality"] = "broken"
        if present.size and np.mean((present < np.nanmin(old)) | (present > np.nanmax(old))) > 0.05:
            result["data quality"] = "broken"
        if weekly_psi(old, new) > 0.2:  # noqa: F821
            result["feature drift"] = "broken"
    if weekly_psi(reference["score"], batch["score"]) > 0.2:  # noqa: F821
        result["prediction drift"] = "broken"
    rows = outcomes[(outcomes["age_days"] >= 28) & outcomes["bought"].notna()]
    if len(rows) < 200:
        result["business metric"] = "unknown"
    elif rows["bought"].mean() / reference["bought"].mean() < 0.8:
        result["business metric"] = "broken"
    first = next((stage for stage in result if result[stage] == "broken"), None)
    others = any(result[s] == "broken" for s in result if s != "feature drift")
    return result | {"first_broken": first, "action": "page" if others else "watch" if first else "quiet"}


@right("own PSI with np.histogram")
def monitor(reference, batch, outcomes, features):
    def psi(old, new):
        old, new = old.dropna(), new.dropna()
        if new.empty:
            return 0
        edges = [-np.inf, *np.quantile(old, np.linspace(0.1, 0.9, 9)), np.inf]
        p = pd.cut(old, np.unique(edges)).value_counts(normalize=True, sort=False).clip(lower=1e-4).to_numpy()
        q = pd.cut(new, np.unique(edges)).value_counts(normalize=True, sort=False).clip(lower=1e-4).to_numpy()
        return np.sum((q - p) * np.log(q / p))

    drift = any(psi(reference[f], batch[f]) > 0.2 for f in features if f in batch)
    return _all(reference, batch, outcomes, features, drift=drift, prediction=psi(reference["score"], batch["score"]) > 0.2)


@wrong("judge matured rows only")
def monitor(reference, batch, outcomes, features):
    return _all(reference, batch, outcomes, features, business=_business(reference, outcomes, days=0))


@wrong("no labels is not zero sales")
def monitor(reference, batch, outcomes, features):
    rows = outcomes[outcomes["age_days"] >= 28]["bought"].fillna(0)
    return _all(reference, batch, outcomes, features, business="broken" if rows.mean() < 0.8 * reference["bought"].mean() else "ok")


@wrong("leave it out of the mean")
def monitor(reference, batch, outcomes, features):
    rows = outcomes[outcomes["age_days"] >= 28]["bought"]
    business = _business(reference, outcomes) if rows.isna().all() else None
    return _all(reference, batch, outcomes, features, business=business or _business(reference, outcomes.fillna({"bought": 0.0})))


@wrong("no labels is not good news")
def monitor(reference, batch, outcomes, features):
    rows = outcomes[outcomes["age_days"] >= 28]["bought"]
    return _all(reference, batch, outcomes, features, business="broken" if rows.mean() < 0.8 * reference["bought"].mean() else "ok")


@wrong("with this many rows any shift has p < 0.05")
def monitor(reference, batch, outcomes, features):
    drift = any(stats.ks_2samp(reference[f].dropna(), batch[f].dropna()).pvalue < 0.0005 for f in features if f in batch)
    return _all(reference, batch, outcomes, features, drift=drift)


@wrong("a p-value below 0.05 is no reason")
def monitor(reference, batch, outcomes, features):
    drift = any(stats.ks_2samp(reference[f].dropna(), batch[f].dropna()).pvalue < 0.05 for f in features if f in batch)
    return _all(reference, batch, outcomes, features, drift=drift)


@wrong("any difference in sales is significant")
def monitor(reference, batch, outcomes, features):
    known = outcomes[outcomes["age_days"] >= 28]["bought"].dropna()
    base = reference["bought"].mean()
    low = len(known) >= 200 and known.mean() < base - 3 * (base * (1 - base) / len(known)) ** 0.5
    return _all(reference, batch, outcomes, features, business=_business(reference, outcomes) if not low else "broken")


@wrong("nulls alone don't show a changed unit")
def monitor(reference, batch, outcomes, features):
    return _all(reference, batch, outcomes, features, quality=_quality(reference, batch, features, ranges=False))


@wrong("compare the share of NaN with the reference's share")
def monitor(reference, batch, outcomes, features):
    return _all(reference, batch, outcomes, features, quality=_quality(reference, batch, features, base=False))


@wrong("the share of NaN is not compared")
def monitor(reference, batch, outcomes, features):
    return _all(reference, batch, outcomes, features, quality=_quality(reference, batch.fillna(reference.median()), features))


@wrong("the share outside is a share of the values that are not NaN")
def monitor(reference, batch, outcomes, features):
    return _all(reference, batch, outcomes, features, quality=_quality(reference, batch, features, of_present=False))


@wrong("week 13, latency in seconds")
def monitor(reference, batch, outcomes, features):
    z = [abs(batch[f].mean() - reference[f].mean()) / reference[f].std() > 3 for f in features]
    return _all(reference, batch, outcomes, features, quality=any(z))


@wrong("judge all four stages")
def monitor(reference, batch, outcomes, features):
    state = _all(reference, batch, outcomes, features)
    stages = ["data quality", "feature drift", "prediction drift", "business metric"]
    if state["first_broken"]:
        for stage in stages[stages.index(state["first_broken"]) + 1 :]:
            state[stage] = "ok"
    return state


@wrong("this is the last broken stage")
def monitor(reference, batch, outcomes, features):
    state = _all(reference, batch, outcomes, features)
    bad = [k for k, v in state.items() if v == "broken"]
    return state | {"first_broken": bad[-1] if bad else None}


@wrong("feature drift alone does no harm")
def monitor(reference, batch, outcomes, features):
    state = _all(reference, batch, outcomes, features)
    return state | {"action": "page" if state["first_broken"] else "quiet"}


@wrong("so somebody should watch it")
def monitor(reference, batch, outcomes, features):
    state = _all(reference, batch, outcomes, features)
    return state | {"action": "quiet" if state["action"] == "watch" else state["action"]}


@wrong("the score has a stage of its own")
def monitor(reference, batch, outcomes, features):
    return _all(reference, batch, outcomes, features, prediction=False)


@wrong("weekly_psi takes the reference first")
def monitor(reference, batch, outcomes, features):
    return _all(reference, batch, outcomes, features, drift=any(_psi(batch[f], reference[f]) > 0.2 for f in features if f in batch))


@wrong("unknown is not broken")
def monitor(reference, batch, outcomes, features):
    state = _all(reference, batch, outcomes, features)
    if state["business metric"] == "unknown" and not state["first_broken"]:
        state |= {"first_broken": "business metric", "action": "page"}
    return state


@wrong("raised KeyError")
def monitor(reference, batch, outcomes, features):
    return _all(reference, batch, outcomes, features, drift=any(_psi(reference[f], batch[f]) > 0.2 for f in features))


@wrong("200 outcomes aged exactly 28 days")
def monitor(reference, batch, outcomes, features):
    return _all(reference, batch, outcomes, features, business=_business(reference, outcomes, days=29))


@wrong("150 outcomes that are known and 300 that are not")
def monitor(reference, batch, outcomes, features):
    rows = outcomes[outcomes["age_days"] >= 28]["bought"]
    business = "unknown" if len(rows) < 200 or rows.isna().all() else _business(reference, outcomes, least=1)
    return _all(reference, batch, outcomes, features, business=business)
