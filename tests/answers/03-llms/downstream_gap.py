"""Answer bank of `downstream_gap`."""

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.pipeline import make_pipeline

from course.authoring.bank import right, wrong


def parts(frame):
    train, test = frame.query("part == 'train'"), frame.query("part == 'test'")
    if len(test) < 2 or min(train["human"].nunique(), train["llm"].nunique()) < 2:
        raise ValueError("unusable input")
    return train, test


def predictions(frame, everything=False, C=10):
    train, test = parts(frame)
    train = frame if everything else train
    said = [
        make_pipeline(TfidfVectorizer(), LogisticRegression(C=C, max_iter=1000)).fit(train["text"], train[c]).predict(test["text"]) for c in ("human", "llm")
    ]
    return *said, test


def result(right_h, right_l, truth, bound, independent=False, verdict=None, hurt=None, scale=1.0, se=None):
    right_h, right_l = np.asarray(right_h, float), np.asarray(right_l, float)
    d = right_h - right_l
    n = len(d)
    error = 1.96 * (np.sqrt(right_h.var(ddof=1) + right_l.var(ddof=1)) if independent else d.std(ddof=1)) / np.sqrt(n)
    error = error if se is None else se(d)
    low, high = d.mean() - error, d.mean() + error
    if verdict is None:
        said = "sufficient" if high <= bound else "not sufficient" if low > bound else "undecided"
    else:
        said = verdict(d.mean(), low, high)
    lost = pd.Series(d).groupby(np.asarray(truth)).mean()
    worst = lost.idxmax() if hurt is None else hurt(lost)
    return {"human": right_h.mean(), "llm": right_l.mean(), "gap": scale * d.mean(), "low": low, "high": high, "verdict": said, "hurt": worst}


@right("two pipelines and a loop over categories")
def downstream_gap(frame, bound=0.03):
    by_human, by_llm, test = predictions(frame)
    truth = test["human"].tolist()
    found = result([a == b for a, b in zip(by_human, truth)], [a == b for a, b in zip(by_llm, truth)], truth, bound)
    worst, most = None, -2.0
    for name in sorted(set(truth)):
        rows = [i for i, t in enumerate(truth) if t == name]
        fall = (sum(by_human[i] == name for i in rows) - sum(by_llm[i] == name for i in rows)) / len(rows)
        if fall > most + 1e-12:
            worst, most = name, fall
    return found | {"hurt": worst}


@right("one vectoriser for both, recall of scikit-learn")
def downstream_gap(frame, bound=0.03):
    train, test = parts(frame)
    words = TfidfVectorizer()
    X, Z = words.fit_transform(train["text"]), words.transform(test["text"])
    truth = test["human"].to_numpy()
    said = {c: LogisticRegression(C=10, max_iter=1000).fit(X, train[c]).predict(Z) for c in ("human", "llm")}
    names = np.unique(truth)
    recall = {c: recall_score(truth, said[c], labels=names, average=None) for c in said}
    d = (said["human"] == truth) * 1 - (said["llm"] == truth) * 1
    half = 1.96 * np.sqrt(d.var(ddof=1) / d.size)
    low, high = d.mean() - half, d.mean() + half
    verdict = "undecided"
    if high <= bound:
        verdict = "sufficient"
    elif low > bound:
        verdict = "not sufficient"
    accuracy = {c: np.mean(said[c] == truth) for c in said}
    return accuracy | {"gap": d.mean(), "low": low, "high": high, "verdict": verdict, "hurt": names[(recall["human"] - recall["llm"]).argmax()]}


@wrong("the llm-trained classifier is scored on the model's labels")
def downstream_gap(frame, bound=0.03):
    by_human, by_llm, test = predictions(frame)
    return result(by_human == test["human"], by_llm == test["llm"], test["human"], bound)


@wrong("both are scored on the model's labels")
def downstream_gap(frame, bound=0.03):
    by_human, by_llm, test = predictions(frame)
    return result(by_human == test["llm"], by_llm == test["llm"], test["human"], bound)


@wrong("fitted on the test rows, too; fit on training rows")
def downstream_gap(frame, bound=0.03):
    by_human, by_llm, test = predictions(frame, everything=True)
    return result(by_human == test["human"], by_llm == test["human"], test["human"], bound)


@wrong("this compares labels with labels")
def downstream_gap(frame, bound=0.03):
    _, test = parts(frame)
    return result(test["human"] == test["human"], test["llm"] == test["human"], test["human"], bound)


@wrong("the gap has the wrong sign")
def downstream_gap(frame, bound=0.03):
    by_human, by_llm, test = predictions(frame)
    return result(by_human == test["human"], by_llm == test["human"], test["human"], bound, scale=-1)


@wrong("the gap is in points")
def downstream_gap(frame, bound=0.03):
    by_human, by_llm, test = predictions(frame)
    return result(by_human == test["human"], by_llm == test["human"], test["human"], bound, scale=100)


@wrong("other settings than the statement says")
def downstream_gap(frame, bound=0.03):
    by_human, by_llm, test = predictions(frame, C=1)
    return result(by_human == test["human"], by_llm == test["human"], test["human"], bound)


@wrong("taken as independent")
def downstream_gap(frame, bound=0.03):
    by_human, by_llm, test = predictions(frame)
    return result(by_human == test["human"], by_llm == test["human"], test["human"], bound, independent=True)


@wrong("the gap alone decides here; the whole interval must be below the bound")
def downstream_gap(frame, bound=0.03):
    by_human, by_llm, test = predictions(frame)
    verdict = lambda gap, low, high: "sufficient" if gap <= bound else "not sufficient"  # noqa: E731
    return result(by_human == test["human"], by_llm == test["human"], test["human"], bound, verdict=verdict)


@wrong("needs the whole interval above the bound")
def downstream_gap(frame, bound=0.03):
    by_human, by_llm, test = predictions(frame)
    verdict = lambda gap, low, high: "sufficient" if high <= bound else "not sufficient" if gap > bound else "undecided"  # noqa: E731
    return result(by_human == test["human"], by_llm == test["human"], test["human"], bound, verdict=verdict)


@wrong("the category that is hurt most")
def downstream_gap(frame, bound=0.03):
    by_human, by_llm, test = predictions(frame)
    return result(by_human == test["human"], by_llm == test["human"], test["human"], bound, hurt=lambda lost: lost.idxmin())


@wrong("no training rows: expected ValueError")
def downstream_gap(frame, bound=0.03):
    train, test = frame.query("part == 'train'"), frame.query("part == 'test'")
    if train["human"].nunique() == 1 or train["llm"].nunique() == 1 or len(test) < 2:
        raise ValueError
    if not len(train):
        return dict.fromkeys(["human", "llm", "gap", "low", "high"], 0.0)
    by_human, by_llm, test = predictions(frame)
    return result(by_human == test["human"], by_llm == test["human"], test["human"], bound)


@wrong("the spread is divided by n; the statement asks for n - 1")
def downstream_gap(frame, bound=0.03):
    by_human, by_llm, test = predictions(frame)
    return result(by_human == test["human"], by_llm == test["human"], test["human"], bound, se=lambda d: 1.96 * d.std() / np.sqrt(len(d)))
