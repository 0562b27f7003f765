"""Answer bank of `pushback`."""

from course.authoring.bank import right, wrong


def _measure(c, name):
    a, b, d, e = (c[key] for key in ("good_approved", "bad_approved", "good_refused", "bad_refused"))
    return {"accuracy": (a, b + d + e + a, e), "precision": (a, a + b, 0), "recall": (a, a + d, 0)}[name]


def _value(c, name):
    top, bottom, more = _measure(c, name)
    return (top + more) / bottom


def _cost(s, c):
    return s["euros_bad_approved"] * c["bad_approved"] + s["euros_good_refused"] * c["good_refused"]


def _rows(s, meaning=None, theirs=None, ceiling_for=("accuracy",), cost=_cost):
    m, p, o = s["model"], s["people"], s["offer"]
    meaning = meaning or s["meaning"]
    if s["meaning"] == "unclear":
        meaning = "unclear"
    if (
        meaning not in ("unclear", "accuracy", "precision", "recall")
        or m["good_approved"] + m["bad_approved"] == 0
        or m["good_approved"] + m["good_refused"] == 0
    ):
        raise ValueError("unusable")
    named = "accuracy" if meaning == "unclear" else meaning
    value = _value(m, named)
    people = None if p is None else _value(p, theirs or named)
    top = 1 - s["labels_wrong"]
    return [
        (meaning == "unclear", "clarify", lambda: {"precision": _value(m, "precision"), "recall": _value(m, "recall")}),
        (value >= s["target"], "agree", lambda: {"value": value}),
        (p is None, "measure people", lambda: {"value": value}),
        (p is not None and value >= people, "already better", lambda: {"value": value, "people": people}),
        (meaning in ceiling_for and s["target"] > top, "show the ceiling", lambda: {"value": value, "ceiling": top}),
        (o is not None and cost(s, o) > cost(s, m), "show the costs", lambda: {"cost": _cost(s, m), "cost_offer": _cost(s, o)}),
        (True, "close the gap", lambda: {"gap_points": 100 * (people - value)}),
    ]


def _answer(rows):
    _, move, evidence = next(row for row in rows if row[0])
    return {"move": move, "evidence": evidence()}


@right("if after if")
def pushback(situation):
    s, m = situation, situation["model"]
    total = m["good_approved"] + m["bad_approved"] + m["good_refused"] + m["bad_refused"]
    if s["meaning"] not in {"unclear", "accuracy", "precision", "recall"}:
        raise ValueError(s["meaning"])
    try:
        found = {
            "precision": m["good_approved"] / (m["good_approved"] + m["bad_approved"]),
            "recall": m["good_approved"] / (m["good_approved"] + m["good_refused"]),
        }
    except ZeroDivisionError:
        raise ValueError("undefined") from None
    if s["meaning"] == "unclear":
        return {"move": "clarify", "evidence": found}
    found["accuracy"] = (m["good_approved"] + m["bad_refused"]) / total
    value = found[s["meaning"]]
    if value >= s["target"]:
        return {"move": "agree", "evidence": {"value": value}}
    if not s["people"]:
        return {"move": "measure people", "evidence": {"value": value}}
    people = _value(s["people"], s["meaning"])
    if people <= value:
        return {"move": "already better", "evidence": {"value": value, "people": people}}
    ceiling = 1 - s["labels_wrong"]
    if s["meaning"] == "accuracy" and ceiling < s["target"]:
        return {"move": "show the ceiling", "evidence": {"value": value, "ceiling": ceiling}}
    if s["offer"] and _cost(s, s["offer"]) > _cost(s, m):
        return {"move": "show the costs", "evidence": {"cost": _cost(s, m), "cost_offer": _cost(s, s["offer"])}}
    return {"move": "close the gap", "evidence": {"gap_points": (people - value) * 100}}


@right("a table of rows, the first that applies")
def pushback(situation):
    return _answer(_rows(situation))


@wrong("ask first what 99 % means")
def pushback(situation):
    if situation["meaning"] == "unclear":
        situation = situation | {"meaning": "accuracy"}
    return _answer(_rows(situation))


@wrong("precision and recall are swapped")
def pushback(situation):
    answer = _answer(_rows(situation))
    found = answer["evidence"]
    if answer["move"] == "clarify":
        answer["evidence"] = {"precision": found["recall"], "recall": found["precision"]}
    return answer


@wrong("the gap goes to the people, not to the target")
def pushback(situation):
    answer = _answer(_rows(situation))
    if answer["move"] == "close the gap":
        answer["evidence"] = {"gap_points": 100 * (situation["target"] - _value(situation["model"], situation["meaning"]))}
    return answer


@wrong("85 % is an improvement already")
def pushback(situation):
    return _answer([row for row in _rows(situation) if row[1] != "already better"])


@wrong("the first row that applies decides")
def pushback(situation):
    rows = _rows(situation)
    return _answer(sorted(rows, key=lambda row: row[1] == "already better"))


@wrong("the first row that applies decides")
def pushback(situation):
    rows = _rows(situation)
    return _answer([rows[0], *rows[2:3], rows[1], *rows[3:]])


@wrong("the first row that applies decides")
def pushback(situation):
    rows = _rows(situation)
    return _answer([*rows[:4], rows[5], rows[4], rows[6]])


@wrong("the wish is about precision")
def pushback(situation):
    return _answer(_rows(situation, meaning="accuracy" if situation["meaning"] in ("precision", "recall") else None))


@wrong("judge people by the same measure")
def pushback(situation):
    return _answer(_rows(situation, theirs="accuracy"))


@wrong("the ceiling from wrong labels is a ceiling of accuracy")
def pushback(situation):
    return _answer(_rows(situation, ceiling_for=("accuracy", "precision", "recall")))


@wrong("compare what the errors cost")
def pushback(situation):
    return _answer(_rows(situation, cost=lambda s, c: c["bad_approved"] + c["good_refused"]))


@wrong("compare what the errors cost")
def pushback(situation):
    return _answer(_rows(situation, cost=lambda s, c: s["euros_bad_approved"] * c["good_refused"] + s["euros_good_refused"] * c["bad_approved"]))


@wrong("3 % wrong labels put 99 % out of reach")
def pushback(situation):
    return _answer([row for row in _rows(situation) if row[1] != "show the ceiling"])


@wrong("a value equal to the target reaches it")
def pushback(situation):
    rows = _rows(situation)
    if situation["meaning"] != "unclear" and _value(situation["model"], situation["meaning"]) == situation["target"]:
        rows = [row for row in rows if row[1] != "agree"]
    return _answer(rows)


@wrong("nobody: expected ValueError, your function raised ZeroDivisionError")
def pushback(situation):
    m = situation["model"]
    if situation["meaning"] not in ("unclear", "accuracy", "precision", "recall"):
        raise ValueError
    _ = m["good_approved"] / (m["good_approved"] + m["bad_approved"])
    return _answer(_rows(situation))


@wrong("a wish for 99 % AUC: expected ValueError")
def pushback(situation):
    if situation["meaning"] == "AUC":
        return {"move": "clarify", "evidence": {}}
    return _answer(_rows(situation))
