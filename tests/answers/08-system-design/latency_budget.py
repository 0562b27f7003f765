"""Answer bank of `latency_budget`."""

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def check(samples, steps):
    names = [s for step in steps for s in step]
    sizes = {len(v) for v in samples.values()}
    if any(len(step) == 0 for step in steps) or len(names) != len(set(names)) or set(names) != set(samples) or len(sizes) != 1 or 0 in sizes:
        raise ValueError("steps and samples do not match")
    return {s: np.asarray(v, float) for s, v in samples.items()}


def answer(t, steps, budget, join=np.max, tail=None):
    total = np.sum([join([t[s] for s in step], axis=0) for step in steps], axis=0)
    late = total > budget
    stage = None
    if late.any():
        stage = tail(t, late) if tail else max(t, key=lambda s: t[s][late].mean() - t[s].mean())
    added = sum(max(np.percentile(t[s], 99) for s in step) for step in steps)
    return {"p50": np.median(total), "p99": np.percentile(total, 99), "within": (total <= budget).mean(), "sum_of_p99": added, "tail_stage": stage}


@right("pandas")
def latency_budget(samples, steps, budget):
    check(samples, steps)
    table = pd.DataFrame({k: np.asarray(v, float) for k, v in samples.items()})
    waits = pd.concat([table[list(step)].max(axis=1) for step in steps], axis=1)
    total = waits.sum(axis=1)
    late = table[total > budget]
    each = table.quantile(0.99)
    return {
        "p50": total.quantile(0.5),
        "p99": total.quantile(0.99),
        "within": 1 - len(late) / len(table),
        "sum_of_p99": sum(each[list(step)].max() for step in steps),
        "tail_stage": None if late.empty else (late.mean() - table.mean()).idxmax(),
    }


@right("loop over requests")
def latency_budget(samples, steps, budget):
    t = check(samples, steps)
    n = len(next(iter(t.values())))
    total = [sum(max(t[s][i] for s in step) for step in steps) for i in range(n)]
    late = [i for i in range(n) if total[i] > budget]
    worst, most = None, None
    for s in t if late else []:
        more = sum(t[s][i] for i in late) / len(late) - sum(t[s]) / n
        if most is None or more > most:
            worst, most = s, more
    return {
        "p50": np.percentile(total, 50),
        "p99": np.percentile(total, 99),
        "within": (n - len(late)) / n,
        "sum_of_p99": sum(max(np.percentile(t[s], 99) for s in step) for step in steps),
        "tail_stage": worst,
    }


@wrong("stages of one step run in parallel")
def latency_budget(samples, steps, budget):
    return answer(check(samples, steps), steps, budget, join=np.sum)


@wrong("the p99s of the steps are added")
def latency_budget(samples, steps, budget):
    result = answer(check(samples, steps), steps, budget)
    return {**result, "p99": result["sum_of_p99"]}


@wrong("a step ends with its slowest stage")
def latency_budget(samples, steps, budget):
    return answer(check(samples, steps), steps, budget, join=np.min)


@wrong("rank is long for every request")
def latency_budget(samples, steps, budget):
    return answer(check(samples, steps), steps, budget, tail=lambda t, late: max(t, key=lambda s: t[s][late].mean()))


@wrong("a request that takes exactly the budget keeps it")
def latency_budget(samples, steps, budget):
    t = check(samples, steps)
    total = np.sum([np.max([t[s] for s in step], axis=0) for step in steps], axis=0)
    return {**answer(t, steps, budget), "within": np.mean(total < budget)}


@wrong("the tail stage when nothing is late")
def latency_budget(samples, steps, budget):
    t = check(samples, steps)
    result = answer(t, steps, budget)
    return {**result, "tail_stage": result["tail_stage"] or max(t, key=lambda s: np.percentile(t[s], 99))}


@wrong("a stage that no step names")
def latency_budget(samples, steps, budget):
    return answer({s: np.asarray(v, float) for s, v in samples.items()}, steps, budget)


@wrong("the stage that is first in samples")
def latency_budget(samples, steps, budget):
    t = check(samples, steps)
    total = sum(np.max([t[s] for s in step], axis=0) for step in steps)
    late, each = total > budget, {s: np.percentile(v, 99) for s, v in t.items()}
    return {
        "p50": np.percentile(total, 50),
        "p99": np.percentile(total, 99),
        "within": np.mean(~late),
        "sum_of_p99": sum(max(each[s] for s in step) for step in steps),
        "tail_stage": max(sorted(t), key=lambda s: np.mean(np.asarray(t[s])[late]) - np.mean(t[s])) if late.any() else None,
    }
