"""Answer bank of `check_schema`."""

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong

NUMERIC = pd.api.types.is_numeric_dtype


def _check(
    reference,
    batch,
    nulls=lambda old, new: new.isna().mean() > old.isna().mean() + 0.05,
    kind=NUMERIC,
    tolerance=0.01,
    centre=lambda values: values.abs().median(),
    both_ways=True,
    below=True,
    gaps=False,
    types=True,
    names=True,
    categories=lambda old, new: set(new) - set(old),
    go_on=False,
):
    """The right answer, with a switch for each mistake."""
    if not len(reference) or not len(batch):
        raise ValueError("no rows")
    found = []
    for name in sorted({*reference.columns, *batch.columns}):
        if name not in batch or name not in reference:
            if names:
                found.append((name, "missing column" if name in reference else "new column"))
            continue
        old, new = reference[name], batch[name]
        if nulls(old, new):
            found.append((name, "nulls"))
        if not gaps:
            if old.isna().all() or new.isna().all():
                continue
            old, new = old.dropna(), new.dropna()
        if kind(old) != kind(new):
            if types:
                found.append((name, "type"))
            if not go_on:
                continue
        if not NUMERIC(new) or not NUMERIC(old):
            found += [(name, f"new category: {value}") for value in categories(old, new)]
            continue
        fine = new.between(old.min() if below else -np.inf, old.max())
        if (~fine).mean() > tolerance:
            found.append((name, "range"))
        a, b = centre(old), centre(new)
        if a and b and (b / a >= 10 or (both_ways and b / a <= 0.1)):
            found.append((name, "scale"))
    return sorted(found)


@right("one pass for each rule, NumPy")
def check_schema(reference, batch):
    if min(len(reference), len(batch)) == 0:
        raise ValueError("no rows")
    shared = [c for c in reference.columns if c in set(batch.columns)]
    found = {(c, "missing column") for c in reference.columns if c not in shared} | {(c, "new column") for c in batch.columns if c not in shared}
    found |= {(c, "nulls") for c in shared if np.mean(pd.isna(batch[c])) - np.mean(pd.isna(reference[c])) > 0.05}
    for c in shared:
        if reference[c].notna().sum() == 0 or batch[c].notna().sum() == 0:
            continue
        if NUMERIC(reference[c]) != NUMERIC(batch[c]):
            found.add((c, "type"))
        elif NUMERIC(batch[c]):
            a, b = reference[c].to_numpy(float), batch[c].to_numpy(float)
            a, b = a[~np.isnan(a)], b[~np.isnan(b)]
            if np.mean((b < min(a)) | (b > max(a))) > 0.01:
                found.add((c, "range"))
            x, y = np.median(np.abs(a)), np.median(np.abs(b))
            if x > 0 and y > 0 and abs(np.log10(y / x)) >= 1:
                found.add((c, "scale"))
        else:
            known = {v for v in reference[c] if isinstance(v, str)}
            found |= {(c, "new category: " + v) for v in batch[c] if isinstance(v, str) and v not in known}
    return sorted(found)


@right("column by column, lists of lists")
def check_schema(reference, batch):
    return [list(pair) for pair in _check(reference, batch)]


@wrong("only averages are compared")
def check_schema(reference, batch):
    found = []
    for name in sorted(set(reference.columns) & set(batch.columns)):
        if NUMERIC(reference[name]) and NUMERIC(batch[name]):
            a, b = reference[name].mean(), batch[name].mean()
            if b / a >= 10 or b / a <= 0.1:
                found.append((name, "scale"))
    return found


@wrong("columns are compared only where both frames have them")
def check_schema(reference, batch):
    return _check(reference, batch, names=False)


@wrong("a column that only the batch has is a finding")
def check_schema(reference, batch):
    return [pair for pair in _check(reference, batch) if pair[1] != "new column"]


@wrong("compare kinds of values, not dtypes")
def check_schema(reference, batch):
    return _check(reference, batch, kind=lambda values: str(values.dtype))


@wrong("one pair for each new string")
def check_schema(reference, batch):
    return _check(reference, batch, categories=lambda old, new: list(new[~new.isin(old)]))


@wrong("a share that has grown by more than 0.05 counts")
def check_schema(reference, batch):
    return _check(reference, batch, nulls=lambda old, new: new.isna().any() and not old.isna().any())


@wrong("the reference has gaps, too")
def check_schema(reference, batch):
    return _check(reference, batch, nulls=lambda old, new: new.isna().mean() > 0.05)


@wrong("a gap is not outside the range")
def check_schema(reference, batch):
    return _check(reference, batch, gaps=True, categories=lambda old, new: set(new.dropna()) - set(old))


@wrong("a gap is no category")
def check_schema(reference, batch):
    found = _check(reference, batch)
    for name in set(reference.columns) & set(batch.columns):
        if not NUMERIC(reference[name]) and not NUMERIC(batch[name]) and batch[name].isna().any():
            found.append((name, "new category: nan"))
    return sorted(found)


@wrong("a few values outside the range are tolerated")
def check_schema(reference, batch):
    return _check(reference, batch, tolerance=0.001)


@wrong("four wild values move the mean, not the median")
def check_schema(reference, batch):
    return _check(reference, batch, centre=lambda values: values.abs().mean())


@wrong("a column around zero has no scale in its plain average")
def check_schema(reference, batch):
    return _check(reference, batch, centre=lambda values: values.median())


@wrong("a factor counts in both directions")
def check_schema(reference, batch):
    return _check(reference, batch, both_ways=False)


@wrong("values below the minimum count")
def check_schema(reference, batch):
    return _check(reference, batch, below=False)


@wrong("the rules below it are skipped")
def check_schema(reference, batch):
    return _check(reference, batch, go_on=True)


@wrong("a number written as text is of another type")
def check_schema(reference, batch):
    return _check(reference, batch, types=False)


@wrong("values out of range are a finding, too")
def check_schema(reference, batch):
    found = _check(reference, batch)
    return [pair for pair in found if pair[1] != "range" or (pair[0], "scale") not in found or "plan" not in batch or "errors" not in batch]


@wrong("the findings are not sorted")
def check_schema(reference, batch):
    found = _check(reference, batch)
    order = {name: place for place, name in enumerate(reference.columns)}
    return sorted(found, key=lambda pair: (pair[0], [-ord(c) for c in pair[1]])) if len(found) == 2 and order.get("plan") == 0 else found


@wrong("a category that does not occur in this batch is no finding")
def check_schema(reference, batch):
    return _check(reference, batch, categories=lambda old, new: set(new) ^ set(old) if len(old) > 100 else set(new) - set(old))


@wrong("a column without any value has no type")
def check_schema(reference, batch):
    found = _check(reference, batch)
    for name in set(reference.columns) & set(batch.columns):
        if NUMERIC(reference[name]) and batch[name].isna().all():
            found.append((name, "type"))
    return sorted(found)


@wrong("a median of zero has no factor to anything")
def check_schema(reference, batch):
    found = _check(reference, batch)
    for name in set(reference.columns) & set(batch.columns):
        if NUMERIC(reference[name]) and NUMERIC(batch[name]) and reference[name].abs().median() == 0 < batch[name].abs().median():
            found.append((name, "scale"))
    return sorted(found)


@wrong("a batch without rows: expected ValueError")
def check_schema(reference, batch):
    if not len(reference) or not len(batch):
        return []
    return _check(reference, batch)
