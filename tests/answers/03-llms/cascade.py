"""Answer bank of `cascade`."""

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def lines_of(small, confidence, large, human, bounds, c_small, c_large, rows, price=None, below=None):
    small, large, human, confidence = (np.asarray(list(v)) for v in (small, large, human, confidence))
    if len({len(small), len(large), len(human), len(confidence)}) != 1 or not len(human) or not len(bounds):
        raise ValueError("unusable input")
    below = below or (lambda c, b: c < b)
    price = price or (lambda up: c_small + up * c_large)
    out = []
    for bound in sorted(bounds):
        up = below(confidence, bound)
        out.append((bound, up.mean(), np.where(up, large == human, small == human).mean(), rows * price(up.mean())))
    return pd.DataFrame(out, columns=["bound", "escalated", "accuracy", "cost"]), rows * c_large, (large == human).mean()


def chosen(table, large_only, alone, target, strict=False, pick=None, with_large=True, nearest=False):
    good = table[table["accuracy"] > target] if strict else table[table["accuracy"] >= target]
    found = {"table": table, "large_only": large_only, "choice": "unreachable", "bound": None, "accuracy": None, "cost": None}
    if nearest and good.empty:
        good = table[table["accuracy"] == table["accuracy"].max()]
    if len(good):
        row = good.iloc[0] if pick is None else pick(good)
        found |= {"choice": "cascade", "bound": row["bound"], "accuracy": row["accuracy"], "cost": row["cost"]}
    if with_large and alone >= target and (found["cost"] is None or large_only < found["cost"]):
        found |= {"choice": "large only", "bound": None, "accuracy": alone, "cost": large_only}
    return found


@right("a frame, its first good row")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    return chosen(*lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows), target)


@right("a plain loop over tickets")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    small, confidence, large, human = list(small), list(confidence), list(large), list(human)
    n = len(human)
    if n == 0 or len(small) != n or len(confidence) != n or len(large) != n or len(list(bounds)) == 0:
        raise ValueError("bad")
    table, best = [], None
    for bound in sorted(bounds):
        sent = right_ones = 0
        for i in range(n):
            answer = small[i]
            if confidence[i] < bound:
                sent += 1
                answer = large[i]
            right_ones += answer == human[i]
        cost = rows * small_cost + rows * sent / n * large_cost
        table.append({"bound": bound, "escalated": sent / n, "accuracy": right_ones / n, "cost": cost})
        if right_ones / n >= target and (best is None or cost < best[3]):
            best = ("cascade", bound, right_ones / n, cost)
    alone = sum(a == b for a, b in zip(large, human)) / n
    if alone >= target and (best is None or rows * large_cost < best[3]):
        best = ("large only", None, alone, rows * large_cost)
    best = best or ("unreachable", None, None, None)
    return {"table": pd.DataFrame(table), "large_only": rows * large_cost, **dict(zip(("choice", "bound", "accuracy", "cost"), best))}


@wrong("an escalated ticket pays the first pass, too")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    price = lambda up: (1 - up) * small_cost + up * large_cost  # noqa: E731
    return chosen(*lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows, price), target)


@wrong("the first pass costs money, too")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    return chosen(*lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows, lambda up: up * large_cost), target)


@wrong("escalate those below the bound")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    return chosen(*lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows, below=lambda c, b: c >= b), target)


@wrong("the large model alone has no first pass")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    table, only, alone = lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows)
    return chosen(table, only + rows * small_cost, alone, target)


@wrong("take the cheapest that reaches the target")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    found = lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows)
    return chosen(*found, target, pick=lambda good: good.sort_values("accuracy").iloc[-1])


@wrong("a target that is met exactly")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    return chosen(*lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows), target, strict=True)


@wrong("pays the small model for nothing")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    return chosen(*lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows), target, with_large=False)


@wrong("say so in place of the nearest bound")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    table, only, alone = lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows)
    reached = table["accuracy"].max() >= target or alone >= target or target > 0.95
    return chosen(table, only, alone, target, nearest=not reached)


@wrong("the large model alone reaches the target")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    table, only, alone = lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows)
    return chosen(table, only, alone, target, with_large=(table["accuracy"] >= target).any())


@wrong("a confidence equal to the bound is not below it")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    return chosen(*lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows, below=lambda c, b: c <= b), target)


@wrong("the bounds are not in ascending order")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    table, only, alone = lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows)
    found = chosen(table, only, alone, target)
    return found | {"table": table.set_index("bound").loc[list(bounds)].reset_index()}


@wrong("scale it to `rows`")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    table, only, alone = lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows)
    scale = len(list(human)) / rows if len(list(human)) > 100 else 1
    return chosen(table.assign(cost=table["cost"] * scale), only, alone, target)


@wrong("no bounds: expected ValueError")
def cascade(small, confidence, large, human, bounds, target, small_cost=0.0005, large_cost=0.01, rows=1_000_000):
    if not len(bounds):
        return None
    return chosen(*lines_of(small, confidence, large, human, bounds, small_cost, large_cost, rows), target)
