"""Answer bank of `faithful_report`."""

import re
from decimal import Decimal
from itertools import pairwise

from course.authoring.bank import right, wrong

NUMBER = r"(?<![A-Za-z_\d.])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![A-Za-z_\d])"
DOWN = re.compile(r"(?:^|\W)(?:fell by|dropped by|decreased by|down)\s+$", re.I)


def scan(report, number=NUMBER, signs=True, marks=True, ranges=True, down=True, hyphen=True):
    """(text, value, decimals, marked) of each number."""
    found = []
    for match in re.finditer(number, report):
        start = match.start()
        if signs and start and report[start - 1] in "-−+" and not (hyphen and start > 1 and (report[start - 2].isalnum() or report[start - 2] in ".%")):
            start -= 1
        text = report[start : match.end()]
        value = float(text.replace(",", "").replace("−", "-"))
        if down and DOWN.search(report[:start]):
            value = -value
        marked = marks and bool(re.match(r"\s*(%|percent\b|percentage points?\b)", report[match.end() :]))
        found.append([text, value, len(text.split(".")[1]) if "." in text else 0, marked, start, match.end()])
    for left, after in pairwise(found):
        if ranges and after[3] and report[left[5] : after[4]].strip() in ("-", "–", "to"):
            left[3] = True
    return [tuple(item[:4]) for item in found]


def targets_of(rows, marked, both=False):
    for row in rows:
        if row["unit"] == "share":
            yield from ((row["value"], 100 * row["value"]) if both else (100 * row["value"] if marked else row["value"],))
        elif row["unit"] in ("percent", "percentage points") or not marked:
            yield row["value"]


def judge(report, rows, fits=lambda x, d, t: abs(x - t) <= 0.5 * 10.0**-d + 1e-9, both=False, scaled=True, **how):
    found = scan(report, **how)
    bad = [text for text, x, d, marked in found if not any(fits(x, d, t) for t in targets_of(rows, marked and scaled, both))]
    return {"numbers": len(found), "unsupported": bad}


@right("looks around each number")
def faithful_report(report, rows):
    return judge(report, rows)


@right("a walk over the text with decimals")
def faithful_report(report, rows):
    items, place = [], 0
    while place < len(report):
        if not (report[place].isascii() and report[place].isdigit()):
            place += 1
            continue
        before = report[place - 1] if place else " "
        body = re.match(r"\d{1,3}(,\d{3})+(?!\d)|\d+", report[place:])[0]
        end = place + len(body)
        fraction = re.match(r"\.\d+", report[end:])
        body += fraction[0] if fraction else ""
        end = place + len(body)
        behind = report[end] if end < len(report) else " "
        if not (before.isalpha() or before in "._" or behind.isalpha()):
            sign = before if before in "-−+" and not (place > 1 and (report[place - 2].isalnum() or report[place - 2] == "%")) else ""
            items.append({"text": sign + body, "start": place - len(sign), "end": end})
        place = end
    for item in items:
        x = Decimal(item["text"].replace(",", "").replace("−", "-"))
        head = report[: item["start"]].lower()
        if head != head.rstrip() and re.search(r"\b(fell by|dropped by|decreased by|down)$", head.rstrip()):
            x = -x
        tail = report[item["end"] :].lstrip()
        item.update(x=x, mark=tail.startswith(("%", "percent")))
    for one, two in pairwise(items):
        one["mark"] = one["mark"] or (two["mark"] and report[one["end"] : two["start"]].strip() in {"-", "–", "to"})
    bad = []
    for item in items:
        half = Decimal(5) * Decimal(10) ** (item["x"].as_tuple().exponent - 1) + Decimal("1e-9")
        hits = 0
        for row in rows:
            value, unit = Decimal(repr(row["value"])), row["unit"]
            if unit == "share" and item["mark"]:
                value *= 100
            if item["mark"] and unit not in ("share", "percent", "percentage points"):
                continue
            hits += abs(item["x"] - value) <= half
        bad += [] if hits else [item["text"]]
    return {"numbers": len(items), "unsupported": bad}


@wrong("numbers are compared as strings")
def faithful_report(report, rows):
    known = {str(row["value"]) for row in rows}
    texts = [text for text, *_ in scan(report)]
    return {"numbers": len(texts), "unsupported": [text for text in texts if text not in known]}


@wrong("a share of 0.0843 supports 8.43 %")
def faithful_report(report, rows):
    return judge(report, rows, marks=False)


@wrong("a comma splits the number")
def faithful_report(report, rows):
    return judge(report, rows, number=r"(?<![A-Za-z_\d.])\d+(?:\.\d+)?(?![A-Za-z_\d])")


@wrong("the decimals in the report decide")
def faithful_report(report, rows):
    return judge(report, rows, fits=lambda x, d, t: abs(x - t) < 1e-9)


@wrong("a tolerance in percent of the value lets wrong digits through")
def faithful_report(report, rows):
    return judge(report, rows, fits=lambda x, d, t: abs(x - t) <= 0.1 * abs(t))


@wrong("the percent mark is not looked at")
def faithful_report(report, rows):
    return judge(report, rows, both=True)


@wrong("signs are not looked at")
def faithful_report(report, rows):
    return judge(report, rows, fits=lambda x, d, t: abs(abs(x) - abs(t)) <= 0.5 * 10.0**-d + 1e-9)


@wrong("a number behind 'fell by' counts with its sign turned")
def faithful_report(report, rows):
    return judge(report, rows, down=False)


@wrong("the hyphen of a range is not a minus")
def faithful_report(report, rows):
    return judge(report, rows, hyphen=False, ranges=True) | ({"unsupported": ["-9.7"]} if "8.4-9.7" in report else {})


@wrong("the percent mark behind a range holds for both numbers")
def faithful_report(report, rows):
    return judge(report, rows, ranges=False)


@wrong("digits attached to a letter are no number")
def faithful_report(report, rows):
    return judge(report, rows, number=r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")


@wrong("a percent sign on dollars")
def faithful_report(report, rows):
    found = judge(report, rows)
    return {**found, "unsupported": [text for text in found["unsupported"] if float(text.replace(",", "").replace("−", "-")) != 31.5]}


@wrong("the same wrong number twice")
def faithful_report(report, rows):
    found = judge(report, rows)
    return {**found, "unsupported": list(dict.fromkeys(found["unsupported"]))}
