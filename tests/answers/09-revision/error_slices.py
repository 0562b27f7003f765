"""Answer bank of `error_slices`."""

import math

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong

NAMES = ["column", "value", "rows", "errors", "recoverable", "se", "sure"]


def _table(frame, columns, least, missing=True, ddof=1, apart=False, human=True, mean=False, key="recoverable", rate=False, strict=False, times=2):
    if least < 2 or any(c not in frame for c in columns):
        raise ValueError
    found = []
    for column in columns:
        labels = frame[column].where(frame[column].notna(), "missing") if missing else frame[column]
        for value in labels.dropna().unique():
            part = frame[labels == value]
            d = (part["wrong"] - part["human_wrong"]).to_numpy()
            n = len(d)
            if n < least or (strict and n == least):
                continue
            se = math.sqrt(n) * np.std(d, ddof=ddof)
            if apart:
                se = math.sqrt(n * (part["wrong"].var() + part["human_wrong"].var()))
            if mean:
                se = se / n
            gain = d.sum() if human else part["wrong"].sum()
            found.append((column, value, n, part["wrong"].sum(), gain, se, gain - times * se > 0))
    table = pd.DataFrame(found, columns=NAMES)
    table["order"] = table[key] / table["rows"] if rate else table[key]
    return table.sort_values(["order", "column", "value"], ascending=[False, True, True]).drop(columns="order").reset_index(drop=True)


@right("pandas, slice by slice")
def error_slices(frame, columns, least=30):
    return _table(frame, columns, least)


@right("sums of d and of its squares in a dict")
def error_slices(frame, columns, least=30):
    if least < 2 or not all(c in list(frame) for c in columns):
        raise ValueError("unusable input")
    sums = {}
    wrong_, human = frame["wrong"].tolist(), frame["human_wrong"].tolist()
    for column in columns:
        for value, w, h in zip(frame[column].tolist(), wrong_, human, strict=True):
            name = value if isinstance(value, str) else "missing"
            cell = sums.setdefault((column, name), [0, 0, 0, 0])
            for i, x in enumerate((1, w, w - h, (w - h) ** 2)):
                cell[i] += x
    rows = []
    for (column, value), (n, errors, total, squares) in sums.items():
        if n >= least:
            se = math.sqrt(n * (squares - total**2 / n) / (n - 1))
            rows.append({"column": column, "value": value, "rows": n, "errors": errors, "recoverable": total, "se": se, "sure": total > 2 * se})
    rows.sort(key=lambda row: (-row["recoverable"], row["column"], row["value"]))
    return pd.DataFrame(rows, columns=NAMES)


@wrong("rows whose slice is missing are a slice, too")
def error_slices(frame, columns, least=30):
    return _table(frame, columns, least, missing=False)


@wrong("the spread divides by n; the statement asks for n - 1")
def error_slices(frame, columns, least=30):
    return _table(frame, columns, least, ddof=0)


@wrong("take the difference row by row")
def error_slices(frame, columns, least=30):
    return _table(frame, columns, least, apart=True)


@wrong("all errors are counted; a person makes some of them as well")
def error_slices(frame, columns, least=30):
    return _table(frame, columns, least, human=False)


@wrong("this is the standard error of the mean")
def error_slices(frame, columns, least=30):
    return _table(frame, columns, least, mean=True)


@wrong("sort by recoverable errors, not by all errors")
def error_slices(frame, columns, least=30):
    return _table(frame, columns, least, key="errors")


@wrong("sort by recoverable errors, not by their share of the rows")
def error_slices(frame, columns, least=30):
    return _table(frame, columns, least, rate=True)


@wrong("a slice of exactly `least` rows stays")
def error_slices(frame, columns, least=30):
    return _table(frame, columns, least, strict=len(frame) > 20)


@wrong("a slice of fewer than `least` rows is left out")
def error_slices(frame, columns, least=30):
    return _table(frame, columns, 2) if least >= 2 else _table(frame, columns, least)


@wrong("sure needs more than two standard errors above 0")
def error_slices(frame, columns, least=30):
    found = _table(frame, columns, least)
    return found.assign(sure=found["recoverable"] >= 0) if len(frame) == 80 else found
