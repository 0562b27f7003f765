"""Answer bank of `audit_validation`."""

from collections import Counter

import numpy as np
import pandas as pd

from course.authoring.bank import right, wrong


def _audit(
    tickets,
    log,
    clean=True,
    minus_train=True,
    against="train",
    listed=False,
    distinct=True,
    outside="train",
    tuning="valid",
    faults="positive",
    pairs=False,
    guard=True,
):
    parts = {p: set(log[p]) for p in ["train", "valid", "test"]}
    known = set(tickets["id"])
    if guard and (not all(parts.values()) or any(set(i) - known for i in [*parts.values(), *log["fitted"].values()]) or log["chosen"] not in log["test_auc"]):
        raise ValueError("unusable")
    text = dict(zip(tickets["id"], tickets["text"]))
    if clean:
        text = {i: t.strip().lower() for i, t in text.items()}
    side = parts["train"] if against == "train" else parts["train"] | parts["valid"]
    seen = {text[i] for i in side}
    copies = sum(text[i] in seen for i in (parts["test"] - side if minus_train else parts["test"]))
    allowed = parts["train"] if outside == "train" else parts["train"] | parts["valid"]
    pre = {}
    for step, ids in log["fitted"].items():
        bad = [i for i in (set(ids) if distinct else ids) if i not in allowed]
        if bad or listed:
            pre[step] = len(bad)
    a, b, c = parts["train"], parts["valid"], parts["test"]
    overlap = len(a & b) + len(a & c) + len(b & c) if pairs else len((a & b) | (a & c) | (b & c))
    best = max(log["valid_auc"], key=log["valid_auc"].get) if tuning == "valid" else max(log["test_auc"], key=log["test_auc"].get)
    gain = log["test_auc"][log["chosen"]] - log["test_auc"][best] if tuning != "gap" else log["test_auc"][log["chosen"]] - log["valid_auc"][log["chosen"]]
    evidence = {"overlap": overlap, "copies": copies, "preprocessing": pre, "tuning": gain}
    named = [k for k, v in evidence.items() if (bool(v) if k == "preprocessing" or faults != "positive" else v > 0)]
    return {**evidence, "faults": named}


@right("sets")
def audit_validation(tickets, log):
    return _audit(tickets, log)


@right("counters, joins and pandas")
def audit_validation(tickets, log):
    times = Counter(i for part in ["train", "valid", "test"] for i in set(log[part]))
    used = list(times) + [i for ids in log["fitted"].values() for i in ids]
    if min(len(log[p]) for p in ["train", "valid", "test"]) == 0 or not np.isin(used, tickets["id"]).all() or log["test_auc"].get(log["chosen"]) is None:
        raise ValueError("unusable")
    frame = tickets.assign(text=tickets["text"].str.lower().str.strip()).set_index("id")["text"]
    train = frame.loc[list(set(log["train"]))]
    test = frame.drop(index=train.index).loc[lambda s: s.index.isin(log["test"])]
    steps = {}
    for step, ids in log["fitted"].items():
        n = (~pd.Index(ids).unique().isin(train.index)).sum()
        if n:
            steps[step] = n
    result = {
        "overlap": sum(v > 1 for v in times.values()),
        "copies": test.isin(train).sum(),
        "preprocessing": steps,
        "tuning": log["test_auc"][log["chosen"]] - log["test_auc"][pd.Series(log["valid_auc"]).idxmax()],
    }
    result["faults"] = [name for name in result if (len(steps) if name == "preprocessing" else result[name]) > 0]
    return result


@wrong("strip outer blanks and ignore case")
def audit_validation(tickets, log):
    return _audit(tickets, log, clean=False)


@wrong("a copy has another id, so comparing ids can't find it")
def audit_validation(tickets, log):
    found = _audit(tickets.assign(text=tickets["id"].astype(str)), log)
    return found


@wrong("a test id that is itself in training is an overlap, not a copy")
def audit_validation(tickets, log):
    return _audit(tickets, log, minus_train=False)


@wrong("look for test texts among the training texts, not in the other parts")
def audit_validation(tickets, log):
    return _audit(tickets, log, against="all")


@wrong("steps without a fault are not listed")
def audit_validation(tickets, log):
    return _audit(tickets, log, listed=True)


@wrong("rows of the validation part are outside training, too")
def audit_validation(tickets, log):
    return _audit(tickets, log, outside="both")


@wrong("count each id once")
def audit_validation(tickets, log):
    return _audit(tickets, log, distinct=False)


@wrong("compare with the model that validation would have chosen")
def audit_validation(tickets, log):
    return _audit(tickets, log, tuning="test")


@wrong("this compares test with validation AUC of one model")
def audit_validation(tickets, log):
    return _audit(tickets, log, tuning="gap")


@wrong("this adds up the three pairs of parts")
def audit_validation(tickets, log):
    return _audit(tickets, log, pairs=True)


@wrong("list faults above 0 only")
def audit_validation(tickets, log):
    return _audit(tickets, log, faults="any")


@wrong("no validation rows: expected ValueError")
def audit_validation(tickets, log):
    return _audit(tickets, log, guard=False)
