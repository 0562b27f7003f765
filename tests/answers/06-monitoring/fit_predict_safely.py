"""Answer bank of `fit_predict_safely`."""

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder

from course.authoring.bank import right, wrong

NUMBERS, TEXTS = make_column_selector(dtype_include="number"), make_column_selector(dtype_exclude="number")


def _pipeline(texts, numbers=None):
    numbers = numbers or make_pipeline(SimpleImputer(), StandardScaler())
    return make_pipeline(make_column_transformer((numbers, NUMBERS), (texts, TEXTS)), LogisticRegression(max_iter=2_000))


def _encoder():
    return TargetEncoder(target_type="binary", cv=KFold(4, shuffle=True, random_state=1))


@right("one-hot in a pipeline")
def fit_predict_safely(train, y, test):
    return _pipeline(OneHotEncoder(handle_unknown="ignore")).fit(train, y).predict_proba(test)[:, 1]


@right("out-of-fold encoding and scaling by hand")
def fit_predict_safely(train, y, test):
    y = np.asarray(y, float)
    old, new = [], []
    for c in train.columns:
        a, b = train[c].to_numpy(), test[c].to_numpy()
        if pd.api.types.is_numeric_dtype(train[c]):
            fill, low, spread = np.nanmedian(a), np.nanmean(a), np.nanstd(a)
            x, z = (np.where(np.isnan(v.astype(float)), fill, v.astype(float)) for v in (a, b))
            x, z = (x - low) / spread, (z - low) / spread
        else:
            fold = np.arange(len(y)) % 5
            x = np.empty(len(y))
            for k in range(5):
                inside = fold != k
                sums = pd.DataFrame({"c": a[inside], "y": y[inside]}).groupby("c")["y"].agg(["sum", "count"])
                rate = (sums["sum"] + 10 * y[inside].mean()) / (sums["count"] + 10)
                x[~inside] = pd.Series(a[~inside]).map(rate).fillna(y[inside].mean())
            sums = pd.DataFrame({"c": a, "y": y}).groupby("c")["y"].agg(["sum", "count"])
            rate = (sums["sum"] + 10 * y.mean()) / (sums["count"] + 10)
            z = pd.Series(b).map(rate).fillna(y.mean()).to_numpy()
        old.append(x)
        new.append(z)
    return LogisticRegression().fit(np.column_stack(old), y).predict_proba(np.column_stack(new))[:, 1]


@right("gradient boosting on rare-merged codes")
def fit_predict_safely(train, y, test):
    from sklearn.ensemble import HistGradientBoostingClassifier

    old, new = pd.DataFrame(index=range(len(train))), pd.DataFrame(index=range(len(test)))
    for c in train.columns:
        if pd.api.types.is_numeric_dtype(train[c]):
            old[c], new[c] = train[c].to_numpy(float), test[c].to_numpy(float)
        else:
            frequent = [v for v, n in train[c].value_counts().items() if n >= 10]
            for v in sorted(frequent):
                old[f"{c}={v}"], new[f"{c}={v}"] = (train[c] == v).to_numpy(float), (test[c] == v).to_numpy(float)
    model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=6, random_state=0)
    return model.fit(old.to_numpy(), y).predict_proba(new.to_numpy())[:, 1]


@wrong("scaling and imputation may learn from training rows only")
def fit_predict_safely(train, y, test):
    numbers = [c for c in train if pd.api.types.is_numeric_dtype(train[c])]
    both = pd.concat([train, test], ignore_index=True)
    both[numbers] = StandardScaler().fit_transform(SimpleImputer(strategy="median").fit_transform(both[numbers]))
    model = make_pipeline(make_column_transformer(("passthrough", NUMBERS), (_encoder(), TEXTS)), LogisticRegression())
    return model.fit(both.head(len(train)), y).predict_proba(both.tail(len(test)))[:, 1]


@wrong("scaling and imputation may learn from training rows only")
def fit_predict_safely(train, y, test):
    numbers = [c for c in train if pd.api.types.is_numeric_dtype(train[c])]

    def scaled(table):
        table = table.copy()
        table[numbers] = StandardScaler().fit_transform(SimpleImputer().fit_transform(table[numbers]))
        return table

    model = make_pipeline(make_column_transformer(("passthrough", NUMBERS), (_encoder(), TEXTS)), LogisticRegression())
    return model.fit(scaled(train), y).predict_proba(scaled(test))[:, 1]


@wrong("imputation")
def fit_predict_safely(train, y, test):
    numbers = [c for c in train if pd.api.types.is_numeric_dtype(train[c])]
    filled = test.copy()
    filled[numbers] = filled[numbers].fillna(test[numbers].median()).fillna(0)
    return _pipeline(_encoder()).fit(train, y).predict_proba(filled)[:, 1]


@wrong("encodings may learn from training rows only")
def fit_predict_safely(train, y, test):
    old, new = train.copy(), test.copy()
    for c in train:
        if not pd.api.types.is_numeric_dtype(train[c]):
            count = pd.concat([train[c], test[c]]).value_counts()
            old[c + " count"], new[c + " count"] = train[c].map(count), test[c].map(count)
    return _pipeline(_encoder()).fit(old, y).predict_proba(new)[:, 1]


@wrong("the encoding of a training row counts its own outcome")
def fit_predict_safely(train, y, test):
    y = pd.Series(np.asarray(y), index=train.index)
    old, new = train.copy(), test.copy()
    for c in train:
        if not pd.api.types.is_numeric_dtype(train[c]):
            rate = y.groupby(train[c]).mean()
            old[c], new[c] = train[c].map(rate).astype(float), test[c].map(rate).fillna(y.mean()).astype(float)
    return make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(old, y).predict_proba(new)[:, 1]


@wrong("the encoding of a training row counts its own outcome")
def fit_predict_safely(train, y, test):
    encoder = make_column_transformer((make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS), (TargetEncoder(), TEXTS))
    encoder.fit(train, y)
    return LogisticRegression().fit(encoder.transform(train), y).predict_proba(encoder.transform(test))[:, 1]


@wrong("the text columns are not used")
def fit_predict_safely(train, y, test):
    return _pipeline("drop").fit(train, y).predict_proba(test)[:, 1]


@wrong("the probability of a 0")
def fit_predict_safely(train, y, test):
    return _pipeline(_encoder()).fit(train, y).predict_proba(test)[:, 0]


@wrong("return one column")
def fit_predict_safely(train, y, test):
    return _pipeline(_encoder()).fit(train, y).predict_proba(test)


@wrong("return probabilities, not classes")
def fit_predict_safely(train, y, test):
    return _pipeline(_encoder()).fit(train, y).predict(test)


@wrong("raised ValueError")
def fit_predict_safely(train, y, test):
    return _pipeline(OneHotEncoder()).fit(train, y).predict_proba(test)[:, 1]


@wrong("the same call again")
def fit_predict_safely(train, y, test):
    model = _pipeline(TargetEncoder(target_type="binary", cv=KFold(5, shuffle=True, random_state=int(np.random.default_rng().integers(1_000_000)))))
    return model.fit(train, y).predict_proba(test)[:, 1]


@wrong("raised ValueError")
def fit_predict_safely(train, y, test):
    numbers = [c for c in train if pd.api.types.is_numeric_dtype(train[c])]
    full = train[numbers].notna().all(axis=1) if train[numbers].isna().any().any() else pd.Series(True, index=train.index)
    model = _pipeline(_encoder(), StandardScaler())
    return model.fit(train[full.to_numpy()], np.asarray(y)[full.to_numpy()]).predict_proba(test)[:, 1]


@wrong("or the one-hot columns are scaled, so that rare names are hardly penalised")
def fit_predict_safely(train, y, test):
    texts = make_pipeline(OneHotEncoder(handle_unknown="ignore", sparse_output=False), StandardScaler())
    return _pipeline(texts).fit(train, y).predict_proba(test)[:, 1]


@wrong("the model trusts the 800 names in rep")
def fit_predict_safely(train, y, test):
    both = pd.concat([train, test], ignore_index=True)
    numbers = both.select_dtypes("number").columns
    both[numbers] = both[numbers].fillna(both[numbers].median())
    x = StandardScaler().fit_transform(pd.get_dummies(both).astype(float))
    return LogisticRegression(max_iter=1_000, C=0.01).fit(x[: len(train)], y).predict_proba(x[len(train) :])[:, 1]


@wrong("scaling and imputation may learn from training rows only")
def fit_predict_safely(train, y, test):
    old, new = train.copy(), test.copy()
    numbers = list(train.select_dtypes("number").columns)
    old[numbers] = old[numbers].fillna(old[numbers].median())
    new[numbers] = new[numbers].fillna(new[numbers].median()).fillna(0)
    return _pipeline(OneHotEncoder(handle_unknown="ignore", min_frequency=20)).fit(old, y).predict_proba(new)[:, 1]
