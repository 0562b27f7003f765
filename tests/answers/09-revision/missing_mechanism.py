"""Answer bank of `missing_mechanism`."""

import numpy as np
import statsmodels.api as sm
from scipy import stats

from course.authoring.bank import right, wrong


def _why(table, target, followup, equal=False, half=1, against="line", correct=True, fit="known", guess=None, ignore=False, guard=True, order=False):
    gone = table[target].isna()
    others = [c for c in table if c != target]
    k = len(others)
    if guard and (gone.sum() < 2 or (~gone).sum() < k + 2 or (followup is not None and (len(followup) < 2 or set(followup.index) - set(table.index[gone])))):
        raise ValueError("unusable")
    p = {c: stats.ttest_ind(table.loc[~gone, c], table.loc[gone, c], equal_var=equal).pvalue * half for c in others}
    pf = None
    if followup is not None:
        whole = table[target].copy()
        whole[followup.index] = followup
        rows = whole.notna() if fit == "all" else ~gone
        x = np.column_stack([np.ones(len(table)), table[others]])
        beta = np.linalg.lstsq(x[rows.to_numpy()], whole[rows].to_numpy())[0]
        called = table.index.get_indexer(followup.index)
        if order:
            called = np.sort(called)
        gap = followup.to_numpy() - (x @ beta)[called]
        if against == "mean":
            gap = followup.to_numpy() - table[target].mean()
        pf = stats.ttest_1samp(gap, 0).pvalue * half
        if against == "groups":
            pf = stats.ttest_ind(followup, table.loc[~gone, target], equal_var=False).pvalue
    seen = min(p.values()) < 0.05 / (k if correct else 1)
    if pf is not None and pf < 0.05 and not ignore:
        verdict = "depends-on-value"
    else:
        verdict = "depends-on-observed" if seen else "no-evidence"
    if guess and pf is None and seen:
        verdict = guess
    return {"p_values": p, "p_followup": pf, "verdict": verdict}


@right("SciPy and lstsq")
def missing_mechanism(table, target, followup=None):
    return _why(table, target, followup)


@right("statsmodels and formulas by hand")
def missing_mechanism(table, target, followup=None):
    known, lost = table[table[target].notna()], table[table[target].isna()]
    others = table.columns.drop(target)
    if len(lost) < 2 or len(known) < len(others) + 2:
        raise ValueError("rows")
    if followup is not None and (len(followup) < 2 or not all(label in lost.index for label in followup.index)):
        raise ValueError("follow-up")
    p = {}
    for column in others:
        a, b = known[column].var() / len(known), lost[column].var() / len(lost)
        t = (known[column].mean() - lost[column].mean()) / np.sqrt(a + b)
        df = (a + b) ** 2 / (a**2 / (len(known) - 1) + b**2 / (len(lost) - 1))
        p[column] = 2 * stats.t.sf(abs(t), df)
    result = {"p_values": p, "p_followup": None, "verdict": "depends-on-observed" if any(v < 0.05 / len(p) for v in p.values()) else "no-evidence"}
    if followup is not None:
        fit = sm.OLS(known[target], sm.add_constant(known[others])).fit()
        gap = followup - fit.predict(sm.add_constant(table[others])).loc[followup.index]
        t = gap.mean() / (gap.std() / np.sqrt(len(gap)))
        result["p_followup"] = 2 * stats.t.sf(abs(t), len(gap) - 1)
        if result["p_followup"] < 0.05:
            result["verdict"] = "depends-on-value"
    return result


@wrong("without a follow-up nothing here can show that it depends on the value")
def missing_mechanism(table, target, followup=None):
    return _why(table, target, followup, guess="depends-on-value")


@wrong("this assumes equal variances")
def missing_mechanism(table, target, followup=None):
    return _why(table, target, followup, equal=True)


@wrong("this p-value is one-sided")
def missing_mechanism(table, target, followup=None):
    return _why(table, target, followup, half=0.5)


@wrong("not with the mean of the known")
def missing_mechanism(table, target, followup=None):
    return _why(table, target, followup, against="mean")


@wrong("this compares called and known budgets as two groups")
def missing_mechanism(table, target, followup=None):
    return _why(table, target, followup, against="groups")


@wrong("four columns were looked at")
def missing_mechanism(table, target, followup=None):
    return _why(table, target, followup, correct=False)


@wrong("fit the line on the known rows only")
def missing_mechanism(table, target, followup=None):
    return _why(table, target, followup, fit="all")


@wrong("the follow-up shows it")
def missing_mechanism(table, target, followup=None):
    return _why(table, target, followup, ignore=True)


@wrong("the same, with 12 calls in another order: 'p_followup'")
def missing_mechanism(table, target, followup=None):
    return _why(table, target, followup, order=True)


@wrong("a single missing row: expected ValueError")
def missing_mechanism(table, target, followup=None):
    return _why(table, target, followup, guard=False)


@wrong("a single column below 0.05 / 4 is enough")
def missing_mechanism(table, target, followup=None):
    found = _why(table, target, followup)
    if found["verdict"] == "depends-on-observed" and max(found["p_values"].values()) >= 0.05 / len(found["p_values"]):
        found["verdict"] = "no-evidence"
    return found
