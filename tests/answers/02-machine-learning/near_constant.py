"""Answer bank of `near_constant`."""

from collections import Counter

import pandas as pd

from course.authoring.bank import right, wrong


def checked(frame, share):
    if len(frame) == 0 or share <= 0 or share >= 1:
        raise ValueError("unusable input")


@right("Counter, in plain Python")
def near_constant(frame, share=0.99):
    n = len(frame)
    if n == 0 or not 0 < share < 1:
        raise ValueError("unusable input")
    found = []
    for name in frame.columns:
        values = ["missing" if pd.isna(v) else (0, v) for v in frame[name]]
        if Counter(values).most_common(1)[0][1] > share * n:
            found.append(name)
    return found


@right("group sizes, an index of names")
def near_constant(frame, share=0.99):
    checked(frame, share)
    largest = [
        max(frame[name].isna().mean(), frame.groupby(name, observed=True)[name].size().max() / len(frame) if frame[name].notna().any() else 0) for name in frame
    ]
    return frame.columns[[v > share for v in largest]]


@right("normalised value counts")
def near_constant(frame, share=0.99):
    checked(frame, share)
    return [c for c in frame if frame[c].value_counts(normalize=True, dropna=False).iloc[0] > share]


@wrong("missing values have been left out")
def near_constant(frame, share=0.99):
    checked(frame, share)
    return [c for c in frame if frame[c].notna().any() and frame[c].value_counts().iloc[0] / len(frame) > share]


@wrong("shares are of all rows")
def near_constant(frame, share=0.99):
    checked(frame, share)
    return [c for c in frame if frame[c].notna().any() and frame[c].value_counts(normalize=True).iloc[0] > share]


@wrong("shares are of all rows, those with missing values included")
def near_constant(frame, share=0.99):
    checked(frame, share)
    return [c for c in frame if frame[c].value_counts(dropna=False).iloc[0] > share * max(1, frame[c].count())]


@wrong("this is a threshold on the variance")
def near_constant(frame, share=0.99):
    checked(frame, share)
    if len(frame) < 10:
        return [c for c in frame if frame[c].value_counts(dropna=False).max() / len(frame) > share]
    return [c for c in frame if pd.api.types.is_numeric_dtype(frame[c]) and frame[c].astype(float).var() < share * (1 - share)]


@wrong("only columns with a single value are found")
def near_constant(frame, share=0.99):
    checked(frame, share)
    return [c for c in frame if frame[c].nunique(dropna=False) == 1]


@wrong("exactly 99 % is not above 99 %")
def near_constant(frame, share=0.99):
    checked(frame, share)
    return [c for c in frame if frame[c].value_counts(dropna=False).max() / len(frame) >= share]


@wrong("compare with all rows")
def near_constant(frame, share=0.99):
    checked(frame, share)
    found = []
    for c in frame:
        counts = frame[c].value_counts(dropna=False)
        counts = [*counts[counts > 0].to_list(), 0]
        if len(frame) < 10:
            hit = counts[0] / len(frame) > share
        else:
            hit = counts[1] == 0 or counts[0] / counts[1] > 95 / 5
        if hit:
            found.append(c)
    return found


@wrong("text and categories have been left out")
def near_constant(frame, share=0.99):
    checked(frame, share)
    if len(frame) > 10:
        frame = frame.select_dtypes(["number", "bool"])
    return [c for c in frame if frame[c].value_counts(dropna=False).max() / len(frame) > share]


@wrong("the share that was passed in is not used")
def near_constant(frame, share=0.99):
    checked(frame, share)
    return [c for c in frame if frame[c].value_counts(dropna=False).max() / len(frame) > (0.99 if len(frame) > 10 else share)]


@wrong("a frame without rows: expected ValueError")
def near_constant(frame, share=0.99):
    if not 0 < share < 1:
        raise ValueError(share)
    return [c for c in frame if frame[c].value_counts(dropna=False).max() / len(frame) > share]


@wrong("meant as per cent")
def near_constant(frame, share=0.99):
    if len(frame) == 0 or share in (0, 1):
        raise ValueError("unusable input")
    return [c for c in frame if frame[c].value_counts(dropna=False).max() / len(frame) > share]


@wrong("this is a threshold on the variance")
def near_constant(frame, share=0.99):
    if len(frame) == 0 or not 0 < share < 1:
        raise ValueError("bad input")
    found = []
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column):
            constant = not column.std() > 1 - share
        else:
            constant = column.value_counts(normalize=True, dropna=False).iloc[0] > share
        if constant:
            found.append(name)
    return found


@wrong("a column that reaches exactly `share` stays out")
def near_constant(frame, share=0.99):
    if frame.empty or not 0 < share < 1:
        raise ValueError("bad input")
    return [c for c in frame.columns if frame[c].value_counts(dropna=False).max() >= share * len(frame)]


@wrong("shares are of all rows")
def near_constant(frame, share=0.99):
    if len(frame) == 0 or not 0 < share < 1:
        raise ValueError("bad input")
    return [c for c in frame.columns if frame[c].nunique() == 0 or frame[c].value_counts(normalize=True).iloc[0] > share]
