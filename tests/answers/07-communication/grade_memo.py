"""Answer bank of `grade_memo`."""

from course.authoring.bank import right, wrong


def _answer(a=None, b=None, missing_a=(), missing_b=("ask", "bad news")):
    a = {5: "cause"} if a is None else a
    b = {1: "metric", 3: "number", 4: "baseline", 5: "period", 6: "certainty"} | (b or {})
    b = {number: rule for number, rule in b.items() if rule}
    return {"A": {"broken": a, "missing": list(missing_a)}, "B": {"broken": b, "missing": list(missing_b)}}


@right("lists")
def grade_memo():
    return _answer()


@right("built up, sets for what is missing")
def grade_memo():
    judged = {memo: {"broken": {}, "missing": set()} for memo in "BA"}
    judged["A"]["broken"][5] = "cause"
    for number, rule in zip((6, 5, 4, 3, 1), ("certainty", "period", "baseline", "number", "metric"), strict=True):
        judged["B"]["broken"][number] = rule
    judged["B"]["missing"] |= {"bad news", "ask"}
    return judged


@wrong("9,000 for 9,050 is within 5 %")
def grade_memo():
    return _answer(a={5: "cause", 7: "number"})


@wrong("what does a month with one team and no comparison group show")
def grade_memo():
    return _answer(a={})


@wrong("bad news, with both rates")
def grade_memo():
    return _answer(a={5: "cause", 6: "certainty"})


@wrong("compare with the hours that were measured")
def grade_memo():
    return _answer(b={3: None})


@wrong("is 4 % much or little?")
def grade_memo():
    return _answer(b={4: "certainty"})


@wrong("in a week, a month, a year?")
def grade_memo():
    return _answer(b={5: "number"})


@wrong("whom does the router serve worse")
def grade_memo():
    return _answer(missing_b=["ask"])


@wrong("look at the sentences 6 and 8")
def grade_memo():
    return _answer(missing_a=["ask"])


@wrong("it has the sentences 1 to 7")
def grade_memo():
    return _answer(b={9: "metric"})


@wrong("expected a dict with A and B")
def grade_memo():
    return {"A": {5: "cause"}, "B": {1: "metric"}}
