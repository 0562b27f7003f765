"""Answer bank of `rfe_select`."""

import numpy as np
from sklearn.feature_selection import RFE
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from course.authoring.bank import right, wrong


def refuse(features, target, k):
    if len(features) != len(target) or k < 1 or k > features.shape[1]:
        raise ValueError("unusable input")


def weights_of(features, target, names, penalty, scale=True):
    z = features[names].to_numpy(float)
    z = z - z.mean(axis=0)
    if scale:
        spread = z.std(axis=0)
        z = z / np.where(spread == 0, 1, spread)
    t = np.asarray(target, float) - np.mean(target)
    return dict(zip(names, np.linalg.solve(z.T @ z + penalty * np.eye(len(names)), z.T @ t), strict=True))


@right("scikit-learn's RFE around Ridge")
def rfe_select(features, target, k, penalty=1.0):
    refuse(features, target, k)
    z = StandardScaler().fit_transform(features.to_numpy(float))
    found = RFE(Ridge(alpha=penalty), n_features_to_select=int(k), step=1).fit(z, target)
    names = features.columns
    return {"kept": names[found.support_], "dropped": [names[i] for i in np.argsort(-found.ranking_, kind="stable") if found.ranking_[i] > 1]}


@right("a loop over names, ridge as least squares with extra rows")
def rfe_select(features, target, k, penalty=1.0):
    refuse(features, target, k)
    left, gone = list(features.columns), []
    spread = features.std(ddof=0).replace(0, 1)
    scaled = (features - features.mean()) / spread
    t = np.asarray(target, float) - np.mean(target)
    while len(left) > k:
        tall = np.vstack([scaled[left].to_numpy(), np.sqrt(penalty) * np.eye(len(left))])
        w = np.linalg.lstsq(tall, np.r_[t, np.zeros(len(left))], rcond=None)[0]
        weakest = min(zip(np.abs(w), range(len(left)), strict=True))[1]
        gone.append(left.pop(weakest))
    return {"kept": tuple(left), "dropped": tuple(gone)}


@wrong("fit again after each column that goes")
def rfe_select(features, target, k, penalty=1.0):
    refuse(features, target, k)
    w = weights_of(features, target, list(features.columns), penalty)
    gone = sorted(w, key=lambda name: abs(w[name]))[: len(w) - k]
    return {"kept": [name for name in w if name not in gone], "dropped": gone}


@wrong("the columns are not standardised")
def rfe_select(features, target, k, penalty=1.0):
    refuse(features, target, k)
    left, gone = list(features.columns), []
    while len(left) > k:
        w = weights_of(features, target, left, penalty, scale=False)
        gone.append(min(left, key=lambda name: abs(w[name])))
        left.remove(gone[-1])
    return {"kept": left, "dropped": gone}


@wrong("the most negative weight goes")
def rfe_select(features, target, k, penalty=1.0):
    refuse(features, target, k)
    left, gone = list(features.columns), []
    while len(left) > k:
        w = weights_of(features, target, left, penalty)
        gone.append(min(left, key=w.get))
        left.remove(gone[-1])
    return {"kept": left, "dropped": gone}


@wrong("the strongest column goes")
def rfe_select(features, target, k, penalty=1.0):
    refuse(features, target, k)
    left, gone = list(features.columns), []
    while len(left) > k:
        w = weights_of(features, target, left, penalty)
        gone.append(max(left, key=lambda name: abs(w[name])))
        left.remove(gone[-1])
    return {"kept": left, "dropped": gone}


@wrong("the penalty is not used")
def rfe_select(features, target, k, penalty=1.0):
    refuse(features, target, k)
    left, gone = list(features.columns), []
    while len(left) > k:
        w = weights_of(features, target, left, 1.0)
        gone.append(min(left, key=lambda name: abs(w[name])))
        left.remove(gone[-1])
    return {"kept": left, "dropped": gone}


@wrong("the dropped names are in reverse order")
def rfe_select(features, target, k, penalty=1.0):
    refuse(features, target, k)
    left, gone = list(features.columns), []
    while len(left) > k:
        w = weights_of(features, target, left, penalty)
        gone.insert(0, min(left, key=lambda name: abs(w[name])))
        left.remove(gone[0])
    return {"kept": left, "dropped": gone}


@wrong("k of 0: expected ValueError")
def rfe_select(features, target, k, penalty=1.0):
    left, gone = list(features.columns), []
    while len(left) > k:
        w = weights_of(features, target, left, penalty)
        gone.append(min(left, key=lambda name: abs(w[name])))
        left.remove(gone[-1])
    return {"kept": left, "dropped": gone}


@wrong("a frame with a constant column")
def rfe_select(features, target, k, penalty=1.0):
    refuse(features, target, k)
    left, gone = list(features.columns), []
    scaled = (features - features.mean()) / features.std(ddof=0)
    while len(left) > k:
        z = scaled[left].to_numpy()
        w = np.linalg.solve(z.T @ z + penalty * np.eye(len(left)), z.T @ (np.asarray(target) - np.mean(target)))
        gone.append(left.pop(int(np.argmin(np.abs(w)))))
    return {"kept": left, "dropped": gone}
