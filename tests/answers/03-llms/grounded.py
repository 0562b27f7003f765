"""Answer bank of `grounded`."""

import re
from datetime import date, datetime

from course.authoring.bank import right, wrong

MONTHS = "January February March April May June July August September October November December".split()
SPLIT = re.compile(r"\w+(?:[-.,/@]\w+)*")


@right("tokens in place of look-arounds")
def grounded(record, text):
    tokens = [(match.group(), match.start(), match.end()) for match in SPLIT.finditer(" ".join(text.lower().split()))]
    flat = " ".join(text.lower().split())
    starts, ends = {start for _, start, _ in tokens}, {end for _, _, end in tokens}
    numbers = set()
    for token, _, _ in tokens:
        if re.fullmatch(r"(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", token):
            numbers.add(float(token.replace(",", "")))

    def stands(value):
        value = " ".join(value.lower().split())
        place = flat.find(value)
        while place >= 0:
            opened = not value[0].isalnum() or place in starts
            closed = not value[-1].isalnum() or place + len(value) in ends
            if opened and closed:
                return True
            place = flat.find(value, place + 1)
        return False

    def dated(day):
        name = MONTHS[day.month - 1]
        return [day.isoformat(), f"{day.day} {name} {day.year}", f"{name} {day.day}, {day.year}", f"{day.day:02}/{day.month:02}/{day.year}"]

    kept, missing = 0, []
    for name, value in record.items():
        if value is None or (isinstance(value, str) and value.strip() == ""):
            continue
        kept += 1
        if isinstance(value, str):
            try:
                forms = dated(datetime.strptime(value, "%Y-%m-%d").date())
            except ValueError:
                forms = [value]
            good = any(stands(form) for form in forms)
        elif isinstance(value, (int, float)):
            good = any(abs(value - number) < 1e-9 for number in numbers)
        else:
            good = any(stands(form) for form in dated(value))
        if not good:
            missing.append(name)
    return {"share": (kept - len(missing)) / kept if kept else None, "unsupported": missing}


def _make(whole=True, case=True, commas=True, dates=True, none=False, first="day", escape=True, id_digits=False):
    """A grounded with one of its rules left out."""

    def run(record, text):
        flat = " ".join(text.split())
        before, after = (r"(?<!\w)(?<!\w[-.,/@])", r"(?!\w)(?![-.,/@]\w)") if whole else ("", "")
        edges = ("", "") if id_digits else (before, after)
        pattern = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?" if commas else r"\d+(?:\.\d+)?"
        numbers = [float(found.replace(",", "")) for found in re.findall(edges[0] + pattern + edges[1], flat)]

        def stands(value):
            inner = re.escape(" ".join(value.split())) if escape else value
            return re.search(before + inner + after, flat, re.I if case else 0) is not None

        def good(value):
            if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) and dates:
                value = date.fromisoformat(value)
            if isinstance(value, str):
                return stands(value)
            if isinstance(value, date):
                slash = f"{value:%d/%m/%Y}" if first == "day" else f"{value:%m/%d/%Y}"
                return any(map(stands, (str(value), f"{value.day} {value:%B %Y}", f"{value:%B} {value.day}, {value.year}", slash)))
            return value in numbers

        claims = {k: v for k, v in record.items() if none or not (v is None or (isinstance(v, str) and not v.strip()))}
        missing = [k for k, v in claims.items() if v is None or not good(v)]
        return {"share": 1 - len(missing) / len(claims) if claims else None, "unsupported": missing}

    return run


@right("regular expressions with look-arounds, dates by strftime")
def grounded(record, text):
    return _make()(record, text)


@wrong("a value must stand whole")
def grounded(record, text):
    return _make(whole=False)(record, text)


@wrong("case doesn't count")
def grounded(record, text):
    return _make(case=False)(record, text)


@wrong("take the thousands commas out")
def grounded(record, text):
    return _make(commas=False)(record, text)


@wrong("look for every form of a date")
def grounded(record, text):
    return _make(dates=False)(record, text)


@wrong("None claims nothing")
def grounded(record, text):
    return _make(none=True)(record, text)


@wrong("is day first")
def grounded(record, text):
    return _make(first="month")(record, text)


@wrong("escape it")
def grounded(record, text):
    return _make(escape=False)(record, text)


@wrong("the digits of an order id are no number of their own")
def grounded(record, text):
    return _make(id_digits=True)(record, text)


@wrong("nothing is claimed")
def grounded(record, text):
    result = _make()(record, text)
    return result if result["share"] is not None else {"share": 1.0, "unsupported": []}


@wrong("take the thousands commas out")
def grounded(record, text):
    claims = {k: v for k, v in record.items() if v is not None}
    missing = [k for k, v in claims.items() if not re.search(rf"(?<!\w){re.escape(str(v))}(?!\w)", text, re.I)]
    return {"share": 1 - len(missing) / len(claims), "unsupported": missing}
