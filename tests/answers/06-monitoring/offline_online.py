"""Answer bank of `offline_online`."""

import itertools
import math

import numpy as np
import pandas as pd
from scipy import stats

from course.authoring.bank import right, wrong


@right("all pairs, by hand")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(ranks(values), ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and round(value, 12) >= bar and (trust is None or round(value, 12) > round(tau[trust], 12)):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@right("pandas corrwith")
def offline_online(offline, lift, bar):
    y = pd.Series(list(lift), dtype=float)
    if len(offline) == 0 or len(y) < 3 or y.nunique() < 2:
        raise ValueError
    if any(len(v) != len(y) for v in offline.values()):
        raise ValueError
    table = pd.DataFrame({name: np.asarray(v, float) for name, v in offline.items()})
    varied = table.loc[:, table.nunique() > 1]
    tau = varied.corrwith(y, method="kendall")
    rho = varied.rank().corrwith(y.rank())
    good = tau.round(12)[tau.round(12) >= bar]
    return {
        "tau": {name: tau.get(name) for name in offline},
        "spearman": {name: rho.get(name) for name in offline},
        "trust": good.index[int(np.argmax(good.to_numpy()))] if len(good) else None,
    }


@wrong("this is tau-a: it takes no account of tied pairs")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / len(pairs)
            rho[name] = np.corrcoef(ranks(values), ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value >= bar and (trust is None or value > tau[trust]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("this is gamma, (C - D) / (C + D)")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / sum(abs(a * b) for a, b in zip(x, y))
            rho[name] = np.corrcoef(ranks(values), ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value >= bar and (trust is None or value > tau[trust]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("only one side is ranked; Spearman ranks the metric and the lift")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(ranks(values), lift)[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value >= bar and (trust is None or value > tau[trust]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("only the lift is ranked; Spearman ranks the metric and the lift")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(values, ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value >= bar and (trust is None or value > tau[trust]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("this is the Pearson correlation of the raw values; rank both sides")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(values, lift)[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value >= bar and (trust is None or value > tau[trust]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("tied values got different ranks")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(np.argsort(np.argsort(values, kind="stable")), np.argsort(np.argsort(lift, kind="stable")))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value >= bar and (trust is None or value > tau[trust]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("the sign counts: a metric that points the wrong way is not to be trusted")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(ranks(values), ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and abs(value) >= bar and (trust is None or abs(value) > abs(tau[trust])):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("no tau reaches the bar, so no metric is to be trusted")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(ranks(values), ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and (trust is None or value > tau[trust]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("take the metric with the largest tau, not the first above the bar")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(ranks(values), ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value >= bar and (trust is None):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("of equal taus, the metric named first wins")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(ranks(values), ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value >= bar and (trust is None or value >= tau[trust]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("the largest Spearman decided; compare tau")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(ranks(values), ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value >= bar and (trust is None or rho[name] > rho[trust]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("the huge lift decided")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(ranks(values), ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value >= bar and (trust is None or np.corrcoef(offline[name], lift)[0, 1] > np.corrcoef(offline[trust], lift)[0, 1]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("a tau that equals the bar reaches it")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(ranks(values), ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value > bar and (trust is None or value > tau[trust]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("two launches: expected ValueError")
def offline_online(offline, lift, bar):
    if not offline or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) > 1:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(ranks(values), ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value >= bar and (trust is None or value > tau[trust]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("a metric that never changed, and one that is upside down")
def offline_online(offline, lift, bar):
    if not offline or len(lift) < 3 or len(set(lift)) == 1 or any(len(values) != len(lift) for values in offline.values()):
        raise ValueError("input")
    pairs = list(itertools.combinations(range(len(lift)), 2))

    def sign(a, b):
        return int(a > b) - int(a < b)

    def ranks(values):
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    tau, rho = {}, {}
    for name, values in offline.items():
        tau[name] = rho[name] = None
        if len(set(values)) <= 1:
            tau[name] = rho[name] = 0
        else:
            x = [sign(values[i], values[j]) for i, j in pairs]
            y = [sign(lift[i], lift[j]) for i, j in pairs]
            tau[name] = sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))
            rho[name] = np.corrcoef(ranks(values), ranks(lift))[0, 1]
    trust = None
    for name, value in tau.items():
        if value is not None and value >= bar and (trust is None or value > tau[trust]):
            trust = name
    return {"tau": tau, "spearman": rho, "trust": trust}


@wrong("round to 12 digits before you compare")
def offline_online(offline, lift, bar):
    y = np.asarray(lift, float)
    if not offline or len(y) < 3 or len(set(lift)) == 1 or any(len(values) != len(y) for values in offline.values()):
        raise ValueError("input")
    varied = {name: np.asarray(values, float) for name, values in offline.items() if len(set(values)) > 1}
    tau = {name: None for name in offline} | {name: stats.kendalltau(x, y).statistic for name, x in varied.items()}
    rho = {name: None for name in offline} | {name: stats.spearmanr(x, y).statistic for name, x in varied.items()}
    usable = [name for name in varied if tau[name] >= bar]
    return {"tau": tau, "spearman": rho, "trust": max(usable, key=tau.get, default=None)}
