"""Answer bank of `smote_vs_weights`."""

import numpy as np
import pandas as pd
from imblearn.ensemble import BalancedRandomForestClassifier, EasyEnsembleClassifier
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.utils.class_weight import compute_sample_weight

from course.authoring.bank import right, wrong

COLUMNS = ["technique", "fold", "pr_auc", "f1", "calibration"]


def checked(X, y, folds):
    if len(X) != len(y) or folds < 2:
        raise ValueError("unusable input")
    return np.array(X, float), np.array(y)


def logistic(**options):
    return LogisticRegression(max_iter=1000, **options)


def models(seed):
    return {
        "plain": logistic(),
        "threshold": logistic(),
        "class weights": logistic(class_weight="balanced"),
        "undersampling": Pipeline([("sample", RandomUnderSampler(random_state=seed)), ("model", logistic())]),
        "SMOTE": Pipeline([("sample", SMOTE(random_state=seed)), ("model", logistic())]),
        "BalancedRandomForest": BalancedRandomForestClassifier(n_estimators=20, random_state=seed),
        "EasyEnsemble": EasyEnsembleClassifier(n_estimators=3, estimator=AdaBoostClassifier(n_estimators=10), random_state=seed),
    }


def tuned(X, y):
    p = cross_val_predict(logistic(), X, y, cv=3, method="predict_proba")[:, 1]
    precision, recall, cuts = precision_recall_curve(y, p)
    return cuts[(2 * precision * recall / np.maximum(precision + recall, 1e-12))[:-1].argmax()]


def row(name, fold, y, p, threshold=0.5):
    return name, fold, average_precision_score(y, p), f1_score(y, p >= threshold), p.mean() / y.mean()


def split(X, y, folds, seed):
    return enumerate(StratifiedKFold(folds, shuffle=True, random_state=seed).split(X, y))


@right("imbalanced-learn's Pipeline, technique by technique")
def smote_vs_weights(X, y, folds=3, seed=0):
    X, y = checked(X, y, folds)
    rows = []
    for name, model in models(seed).items():
        for fold, (train, test) in split(X, y, folds, seed):
            p = model.fit(X[train], y[train]).predict_proba(X[test])[:, 1]
            rows.append(row(name, fold, y[test], p, tuned(X[train], y[train]) if name == "threshold" else 0.5))
    return pd.DataFrame(rows, columns=COLUMNS)


@right("resampled by hand inside each fold, weights as sample weights, a threshold between two scores")
def smote_vs_weights(X, y, folds=3, seed=0):
    X, y = checked(X, y, folds)
    rng, rows = np.random.default_rng(seed + 5), []
    for fold, (train, test) in split(X, y, folds, seed):
        a, b = X[train], y[train]
        plain = logistic().fit(a, b).predict_proba(X[test])[:, 1]
        inner = cross_val_predict(logistic(), a, b, cv=3, method="predict_proba")[:, 1]
        cuts = np.unique(inner)
        quality = np.array([f1_score(b, inner >= c) for c in cuts])
        best = quality.argmax()
        rows.append(row("plain", fold, y[test], plain))
        rows.append(row("threshold", fold, y[test], plain, (cuts[best] + cuts[max(best - 1, 0)]) / 2))
        weighted = logistic().fit(a, b, sample_weight=compute_sample_weight("balanced", b))
        rows.append(row("class weights", fold, y[test], weighted.predict_proba(X[test])[:, 1]))
        kept = np.r_[np.flatnonzero(b), rng.choice(np.flatnonzero(b == 0), b.sum(), replace=False)]
        rows.append(row("undersampling", fold, y[test], logistic().fit(a[kept], b[kept]).predict_proba(X[test])[:, 1]))
        rare = a[b == 1]
        near = ((rare[:, None] - rare) ** 2).sum(-1).argsort(1)[:, 1:6]
        base = rng.integers(len(rare), size=(b == 0).sum() - len(rare))
        grown = rare[base] + rng.random((base.size, 1)) * (rare[near[base, rng.integers(5, size=base.size)]] - rare[base])
        both = logistic().fit(np.vstack([a, grown]), np.r_[b, np.ones(base.size, int)])
        rows.append(row("SMOTE", fold, y[test], both.predict_proba(X[test])[:, 1]))
        for name in ("BalancedRandomForest", "EasyEnsemble"):
            rows.append(row(name, fold, y[test], models(seed + 3)[name].fit(a, b).predict_proba(X[test])[:, 1]))
    return pd.DataFrame(rows, columns=COLUMNS)[COLUMNS[::-1]].sample(frac=1, random_state=1)


@wrong("split first, resample the training rows only")
def smote_vs_weights(X, y, folds=3, seed=0):
    X, y = checked(X, y, folds)
    samplers = {"undersampling": RandomUnderSampler(random_state=seed), "SMOTE": SMOTE(random_state=seed)}
    rows = []
    for name, model in models(seed).items():
        a, b = samplers[name].fit_resample(X, y) if name in samplers else (X, y)
        model = logistic() if name in samplers else model
        for fold, (train, test) in split(a, b, folds, seed):
            p = model.fit(a[train], b[train]).predict_proba(a[test])[:, 1]
            rows.append(row(name, fold, b[test], p, tuned(a[train], b[train]) if name == "threshold" else 0.5))
    return pd.DataFrame(rows, columns=COLUMNS)


@wrong("new rows come from test rows")
def smote_vs_weights(X, y, folds=3, seed=0):
    X, y = checked(X, y, folds)
    a, b = SMOTE(random_state=seed).fit_resample(X, y)
    rows = []
    for fold, (train, test) in split(X, y, folds, seed):
        for name, model in models(seed).items():
            c, d = X[train], y[train]
            if name == "SMOTE":
                model, c, d = logistic(), np.vstack([c, a[len(X) :]]), np.r_[d, b[len(X) :]]
            p = model.fit(c, d).predict_proba(X[test])[:, 1]
            rows.append(row(name, fold, y[test], p, tuned(c, d) if name == "threshold" else 0.5))
    return pd.DataFrame(rows, columns=COLUMNS)


@wrong("because rows were resampled before the split")
def smote_vs_weights(X, y, folds=3, seed=0):
    X, y = checked(X, y, folds)
    rows = []
    for fold, (train, test) in split(X, y, folds, seed):
        for name, model in models(seed).items():
            c, d = X[train], y[train]
            if name == "SMOTE":
                grown, labels = RandomOverSampler(random_state=seed).fit_resample(X, y)
                extra = slice(len(X), None)
                model, c, d = logistic(), np.vstack([c, grown[extra]]), np.r_[d, labels[extra]]
            p = model.fit(c, d).predict_proba(X[test])[:, 1]
            rows.append(row(name, fold, y[test], p, tuned(c, d) if name == "threshold" else 0.5))
    return pd.DataFrame(rows, columns=COLUMNS)


@wrong("this threshold is chosen on the test rows")
def smote_vs_weights(X, y, folds=3, seed=0):
    X, y = checked(X, y, folds)
    rows = []
    for fold, (train, test) in split(X, y, folds, seed):
        for name, model in models(seed).items():
            p = model.fit(X[train], y[train]).predict_proba(X[test])[:, 1]
            threshold = max(np.unique(p), key=lambda t: f1_score(y[test], p >= t)) if name == "threshold" else 0.5
            rows.append(row(name, fold, y[test], p, threshold))
    return pd.DataFrame(rows, columns=COLUMNS)


@wrong("this is the F1 at 0.5")
def smote_vs_weights(X, y, folds=3, seed=0):
    X, y = checked(X, y, folds)
    rows = []
    for fold, (train, test) in split(X, y, folds, seed):
        for name, model in models(seed).items():
            rows.append(row(name, fold, y[test], model.fit(X[train], y[train]).predict_proba(X[test])[:, 1]))
    return pd.DataFrame(rows, columns=COLUMNS)


@wrong("PR-AUC is computed from flags")
def smote_vs_weights(X, y, folds=3, seed=0):
    X, y = checked(X, y, folds)
    rows = []
    for fold, (train, test) in split(X, y, folds, seed):
        for name, model in models(seed).items():
            p = model.fit(X[train], y[train]).predict_proba(X[test])[:, 1]
            found = row(name, fold, y[test], p, tuned(X[train], y[train]) if name == "threshold" else 0.5)
            rows.append((*found[:2], average_precision_score(y[test], p >= 0.5), *found[3:]))
    return pd.DataFrame(rows, columns=COLUMNS)


@wrong("calibration of 'plain' by fold")
def smote_vs_weights(X, y, folds=3, seed=0):
    X, y = checked(X, y, folds)
    rows = []
    for fold, (train, test) in split(X, y, folds, seed):
        for name, model in models(seed).items():
            p = model.fit(X[train], y[train]).predict_proba(X[test])[:, 1]
            found = row(name, fold, y[test], p, tuned(X[train], y[train]) if name == "threshold" else 0.5)
            rows.append((*found[:4], (p >= 0.5).mean() / y[test].mean()))
    return pd.DataFrame(rows, columns=COLUMNS)


@wrong("take out-of-fold ones")
def smote_vs_weights(X, y, folds=3, seed=0):
    X, y = (np.asarray(X, dtype=float), np.asarray(y, dtype=int))
    if len(X) != len(y):
        raise ValueError("X and y differ in length")
    if folds < 2:
        raise ValueError("at least two folds")

    def plain(**more):
        return LogisticRegression(max_iter=1000, random_state=seed, **more)

    def train_model(name, tx, ty):
        if name in ("plain", "threshold"):
            return plain().fit(tx, ty)
        if name == "class weights":
            return plain(class_weight="balanced").fit(tx, ty)
        if name == "undersampling":
            return plain().fit(*RandomUnderSampler(random_state=seed).fit_resample(tx, ty))
        if name == "SMOTE":
            return plain().fit(*SMOTE(random_state=seed).fit_resample(tx, ty))
        if name == "BalancedRandomForest":
            return BalancedRandomForestClassifier(n_estimators=20, random_state=seed, n_jobs=1).fit(tx, ty)
        inner = AdaBoostClassifier(n_estimators=10, random_state=seed)
        return EasyEnsembleClassifier(n_estimators=3, estimator=inner, random_state=seed, n_jobs=1).fit(tx, ty)

    def own_threshold(tx, ty):
        p = plain().fit(tx, ty).predict_proba(tx)[:, 1]
        best, best_f1 = (0.5, -1.0)
        for t in np.unique(p)[::-1]:
            f1 = f1_score(ty, p >= t)
            if f1 > best_f1:
                best, best_f1 = (t, f1)
        return best

    result = []
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for number, (train, test) in enumerate(splitter.split(X, y)):
        for name in ("plain", "threshold", "class weights", "undersampling", "SMOTE", "BalancedRandomForest", "EasyEnsemble"):
            p = train_model(name, X[train], y[train]).predict_proba(X[test])[:, 1]
            cut = own_threshold(X[train], y[train]) if name == "threshold" else 0.5
            result.append(
                {
                    "technique": name,
                    "fold": number,
                    "pr_auc": average_precision_score(y[test], p),
                    "f1": f1_score(y[test], p >= cut, zero_division=0),
                    "calibration": p.mean() / y[test].mean(),
                }
            )
    return pd.DataFrame(result)
