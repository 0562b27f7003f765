"""Rules for written answers: are the numbers those of the facts, does the outcome come first, is a metric left unexplained?

Facts are a dict whose keys begin with their unit: `hours_`, `minutes_`, `euros_` (amounts), `share_` (between 0 and 1), `count_`, `metric_`;
`period` is "day", "week" or "month".
Each rule gives findings with the sentence that it is about. Wording is free: rules look for numbers with units, for the words listed here and for quoted facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from course.checks.compare import CheckFailed, show

METRICS = (
    "AUC", "ROC", "precision", "recall", "F1", "F-score", "kappa", "p-value", "log loss", "cross-entropy", "RMSE", "specificity", "sensitivity",
    "confusion matrix",
)  # fmt: skip
FALLS = (
    "lower",
    "below",
    "under",
    "fewer",
    "less",
    "fall",
    "drop",
    "down",
    "better",
    "beat",
    "improve",
    "reduce",
    "decrease",
    "cut",
    "smaller",
    "halve",
    "decline",
    "shrink",
    "rarer",
    "safer",
)
RISES = (
    "higher",
    "above",
    "over",
    "more",
    "rise",
    "grow",
    "up",
    "worse",
    "increase",
    "exceed",
    "greater",
    "larger",
    "climb",
    "double",
    "raise",
)  # "up to" is none
QUALITY = ("quality", "accuracy", "accurate", "accurately", "reliable", "reliability", "correct")  # more of these is fewer errors
FIRST_PARAGRAPH, WHOLE_TEXT, PART = 60, 120, 45  # most words
OFF = 0.05  # a rounded number may be this far off, as a share of the fact

_ONES = dict(zip(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], range(13), strict=True)) | dict(
    zip(["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"], range(13, 20), strict=True)
)
_TENS = dict(zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True))
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_WORD = "|".join(sorted([*_ONES, *_TENS, *_SCALES], key=len, reverse=True))
_DIGITS = r"(?<![\w.,])\d{1,3}(?:[,'\u00a0\u202f ]\d{3})+(?:\.\d+)?(?!\d)|(?<![\w.,])\d+(?:\.\d+)?(?!\d)"
_SPELLED = rf"\b(?:{_WORD})(?:(?:[\s-]+|\s+and\s+)(?:{_WORD}))*\b"
_PART_OF = r"\b(?:half(?!\s+an?\b)|(?:a|one|two|three|four)[\s-](?:third|quarter|fifth)s?)\b"
_NUMBER = re.compile(
    rf"(?P<euro>€\s?|EUR\s?)?(?:(?P<fraction>{_PART_OF})|(?P<digits>{_DIGITS})(?!st\b|nd\b|rd\b|th\b)(?P<scale>\s?(?:k|m|million|thousand)\b)?|(?P<spelled>{_SPELLED}))"
    r"(?P<unit>\s?%|[\s-]?(?:per\s?cent|percent)(?:age)?\b|\s?(?:€|EUR\b|[\s-]?euros?\b)|[\s-]?(?:\w+[\s-])?(?:hours?|hrs?|h)\b|[\s-]?min(?:ute)?s?\b)?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:-|–|to|and|or|against|versus|vs\.?|than)\s*", re.IGNORECASE)
_RATIO = re.compile(r"\s+(?:in|of|out\s+of|in\s+every|of\s+every|out\s+of\s+every)\s+(?:(?:the|its|our|their|today['’]s)\s+)?", re.IGNORECASE)


def _forms(word: str) -> dict[str, str]:
    """The forms of a word of FALLS or RISES that are recognised, each with the word itself."""
    odd = {
        "fall": ("fell", "fallen"),
        "rise": ("rose", "risen"),
        "grow": ("grew", "grown"),
        "shrink": ("shrank", "shrunk"),
        "reduce": ("reduction", "reductions"),
    }
    stem, last = word.removesuffix("e"), word[-1]
    forms = [word, f"{word}s", f"{word}es", f"{stem}ed", f"{stem}ing", f"{word}{last}ed", f"{word}{last}ing", f"{word}ment", f"{word}ments", *odd.get(word, ())]
    return dict.fromkeys(forms, word)


_FORMS = {form: word for entry in (*FALLS, *RISES) for form, word in _forms(entry).items()}
_FALLING = frozenset(FALLS)
_WAY = re.compile(rf"(?:\b(?P<no>not|no|never|cannot)\s+|(?P<short>n['’]t)\s+)?\b(?P<way>{'|'.join(sorted(_FORMS, key=len, reverse=True))})\b", re.IGNORECASE)
_GOOD = re.compile(rf"\b(?:{'|'.join(QUALITY)})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Number:
    """A number in a text: its value (shares as 0.8), half a unit of its last digit, its unit, and where it stands.

    The unit is "share", "hours", "minutes", "euros", "ratio" (four in five), "" for none, or one with "?" when it is that of the next number ("3 to 5 %").
    """

    value: float
    slack: float
    unit: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Finding:
    """A rule that a text breaks, the sentence (or the start of the text) that breaks it, and why."""

    rule: str
    sentence: str
    why: str


def paragraphs(text: str) -> list[str]:
    """Parts of a text between empty lines, without Markdown's signs."""
    plain = re.sub(r"[*_`#>]+", "", text)
    return [part.strip() for part in re.split(r"\n\s*\n", plain) if part.strip()]


def sentences(text: str) -> list[str]:
    """Sentences of a text: they end at . ! ? before a blank, or where a paragraph or a list item ends."""
    found = []
    for paragraph in paragraphs(text):
        for item in re.split(r"\n\s*(?:[-•+]|\d+[.)])\s+", "\n" + paragraph):
            found += re.split(r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\bca\.)(?<!\bapprox\.)(?<=[.!?])[\"')”’]?\s+", " ".join(item.split()))
    return [sentence for sentence in found if sentence]


def count_words(text: str) -> int:
    """Words of a text: runs of letters or digits; 10,000 and 1.8 are one."""
    return len(re.findall(r"\w+(?:[.,'’-]\w+)*", text))


def numbers(sentence: str) -> list[Number]:
    """Every number of a sentence, in digits or in words, with its unit.

    Words up to ten count only before a unit, or in "four in five"; "one in five" is the ratio 0.2.
    """
    raw = []
    for match in _NUMBER.finditer(sentence):
        unit = _unit((match["euro"] or "") + (match["unit"] or ""))
        value, slack = _value(match)
        if unit == "share":
            value, slack = value / 100, slack / 100
        if match["fraction"]:
            unit, slack = "share", 0.02
        small_word = match["spelled"] is not None and value <= 10
        raw.append((Number(value, slack, unit, match[0].strip(), match.start(), match.end()), small_word))
    found, position = [], 0
    while position < len(raw):
        number, small = raw[position]
        if position + 1 < len(raw):
            other, other_small = raw[position + 1]
            between = sentence[number.end : other.start]
            if (
                _RATIO.fullmatch(between)
                and not number.unit
                and not other.unit
                and 0 < number.value <= other.value
                and (not small or other_small or other.value >= 10)
            ):
                whole = sentence[number.start : other.end]
                found.append(Number(number.value / other.value, 0.5 / other.value if other.value > 10 else 0.02, "ratio", whole, number.start, other.end))
                position += 2
                continue
            if not number.unit and other.unit and (_BETWEEN.fullmatch(between) or _RATIO.fullmatch(between)):
                scale = 100 if other.unit == "share" else 1
                number = Number(number.value / scale, number.slack / scale, f"{other.unit}?", number.text, number.start, number.end)
                small = False
        if not small or number.unit:
            found.append(number)
        position += 1
    return found


def states(sentence: str, facts: Mapping[str, Any], key: str) -> bool:
    """Whether a sentence holds the fact `key`: its number, rounded or not, with its unit."""
    return bool(_places(sentence, facts, key))


def states_rest(sentence: str, share: float) -> bool:
    """Whether a sentence holds what is left of a share: 20 % for 0.8."""
    return any(number.unit in ("share", "share?", "ratio", "") and _is(number, 1 - share) for number in numbers(sentence))


def untrue_numbers(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """Numbers that no fact gives: a fact of the same unit, rounded (at most 5 % off), or what is left of a share (20 % for 0.8)."""
    found = []
    for sentence in sentences(text):
        for number in numbers(sentence):
            if not any(_is(number, value) for value in _candidates(number, facts)) and not _both_true(number, facts):
                found.append(Finding("true numbers", sentence, f"{number.text!r} is in none of the facts{_nearby(number, facts)}"))
    return found


def unexplained_metrics(text: str) -> list[Finding]:
    """Words of METRICS without an explanation of at least four words in brackets behind them."""
    found = []
    for sentence in sentences(text):
        for word in METRICS:
            for match in re.finditer(rf"(?<![\w-]){re.escape(word).replace('-', '[- ]?')}s?(?![\w-])", sentence, re.IGNORECASE):
                bracket = re.match(r"\s*\(([^)]*)\)", sentence[match.end() :])
                if not bracket or count_words(bracket[1]) < 4:
                    found.append(
                        Finding("no metric", sentence, f"{match[0]!r} means nothing to this reader; say what it does for them, or explain it in brackets")
                    )
    return found


def names_period(sentence: str, period: str) -> bool:
    """Whether a sentence says per week (a week, each week, weekly, /week), or whatever the period is."""
    adverb = {"day": "daily", "week": "weekly", "month": "monthly"}[period]
    return bool(re.search(rf"\b{adverb}\b|/\s?{period}\b|\b(?:per|a|an|each|every|one)\s+(?:\w+\s+)?{period}\b", sentence, re.IGNORECASE))


def direction(sentence: str, start: int, end: int) -> str | None:
    """ "falls" or "rises", by the word of FALLS or RISES nearest to sentence[start:end]; None without such a word.

    "not" or "no" before the word turns it round, and so does a word of QUALITY beside it: "more accurate" is fewer errors.
    """
    nearest = None
    for match in _WAY.finditer(sentence):
        word = match["way"].lower()
        if word in ("up", "over") and re.match(r"\s+(?:to\s+)?\d", sentence[match.end() :]):
            continue
        way = "falls" if _FORMS[word] in _FALLING else "rises"
        around = sentence[max(0, match.start() - 16) : match.end() + 12]
        judges = word in ("better", "worse") or word.startswith("improv")  # of errors or of quality, these say the same
        turns = bool(match["no"] or match["short"]) + (not judges and bool(_GOOD.search(around)))
        if turns == 1:
            way = {"falls": "rises", "rises": "falls"}[way]
        distance = 0 if start <= match.start() < end else min(abs(match.end("way") - start), abs(match.start("way") - end))
        if nearest is None or distance < nearest[0]:
            nearest = (distance, way)
    return nearest and nearest[1]


def headline_faults(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """What is wrong with a headline, worst first: the rules of exercise `headline`."""
    if not isinstance(text, str) or not paragraphs(text):
        return [Finding("text", show(text), "a text was expected")]
    first, lines = paragraphs(text)[0], sentences(text)
    found = unexplained_metrics(first)
    opening = lines[0]
    if not (states(opening, facts, "hours_saved") or states(opening, facts, "euros_saved")):
        found.append(Finding("outcome first", opening, "the first sentence must hold the hours or the euros saved, with the unit"))
    elif not names_period(opening, facts["period"]):
        found.append(Finding("period", opening, f"a saving needs its period: say that it is per {facts['period']}"))
    found += untrue_numbers(text, facts) + _error_rates(lines, facts)
    for what, part, most in (("first paragraph", first, FIRST_PARAGRAPH), ("text", text, WHOLE_TEXT)):
        if count_words(part) > most:
            found.append(Finding("length", part, f"the {what} has {count_words(part)} words; at most {most} get read"))
    return found


def four_parts_faults(parts: Mapping[str, str], facts: Mapping[str, Any]) -> list[Finding]:
    """What is wrong with a summary in four parts: the rules of exercise `four_parts`."""
    names = ("problem", "model", "outcome", "risk")
    if not isinstance(parts, Mapping) or any(not isinstance(parts.get(name), str) or not paragraphs(parts[name]) for name in names):
        return [Finding("four parts", show(parts), f"expected a dict with a text under each of {', '.join(map(repr, names))}")]
    found = []

    def demand(name: str, holds: bool, rule: str, why: str) -> None:
        if not holds:
            found.append(Finding(rule, parts[name], f"part {name!r}: {why}"))

    problem, model, outcome, risk = (parts[name] for name in names)
    machine = re.search(r"\b(?:models?|algorithms?|AI|scor(?:e|es|ing)|classifier|machine[ -]learning)\b", problem, re.IGNORECASE)
    demand("problem", not machine, "problem without the model", f"{machine and machine[0]!r} belongs in the next part; first comes what people do today")
    demand(
        "problem", _quotes(problem, facts["work"]) and _quotes(problem, facts["team"]), "who does what today", f"name {facts['team']!r} and {facts['work']!r}"
    )
    for key in ("count_items", "minutes_each"):
        demand("problem", any(states(s, facts, key) for s in sentences(problem)), "size of the problem", f"the number of {key!r} is missing")
    demand("problem", names_period(problem, facts["period"]), "period", f"a number of items needs its period: say that it is per {facts['period']}")
    demand("model", any(states(s, facts, "share_automated") for s in sentences(model)), "what the model does", "say what share it decides alone")
    demand(
        "model",
        any(states_rest(s, facts["share_automated"]) for s in sentences(model)),
        "what is left for people",
        "say what share stays with people, as a number",
    )
    demand("model", _quotes(model, facts["team"]), "what is left for people", f"say who decides the rest: {facts['team']!r}")
    saving = next((s for s in sentences(outcome) if states(s, facts, "hours_saved")), None)
    demand("outcome", saving is not None, "outcome", "the hours saved are missing")
    demand("outcome", saving is None or names_period(saving, facts["period"]), "period", f"a saving needs its period: say that it is per {facts['period']}")
    found += _error_rates(sentences(outcome), facts)
    demand(
        "risk",
        bool(re.search(r"\b(?:if|when|whenever|once|should)\b", risk, re.IGNORECASE)),
        "what can go wrong",
        "say when it goes wrong: a sentence with if or when",
    )
    for key, why in (("risk", "what can go wrong"), ("watch", "how you would notice"), ("owner", "who acts then")):
        demand("risk", _quotes(risk, facts[key]), why, f"it does not name {facts[key]!r}")
    for name in names:
        found += unexplained_metrics(parts[name]) + untrue_numbers(parts[name], facts)
        demand(name, count_words(parts[name]) <= PART, "length", f"{count_words(parts[name])} words; at most {PART}")
    return found


def require(findings: Iterable[Finding], what: str) -> None:
    """Raise CheckFailed with the first finding: its rule, why, and the sentence."""
    findings = list(findings)
    if findings:
        first, others = findings[0], len(findings) - 1
        more = f" ({others} more finding{'s' * (others > 1)} after this one.)" if others else ""
        raise CheckFailed(what, f"the sentence is: {_cut(first.sentence)}{more}", f"rule {first.rule!r}: {first.why}")


def _error_rates(lines: list[str], facts: Mapping[str, Any]) -> list[Finding]:
    """One sentence must hold both error rates, and it, or the next one, say which way they go."""
    new, old = facts["share_wrong_automated"], facts["share_wrong_today"]
    both = []
    for at, line in enumerate(lines):
        new_places, old_places = (_places(line, facts, f"share_wrong_{name}") for name in ("automated", "today"))
        if new_places and old_places:
            both.append((line, new_places, old_places, lines[at + 1] if at + 1 < len(lines) else ""))
    if not both:
        return [Finding("errors against today", " ".join(lines), "one sentence must hold both, the error rate of automated decisions and today's")]
    true, wrong = ("falls", "rises") if new < old else ("rises", "falls")
    seen = []
    for sentence, a, b, after in both:
        start, end = min(a[0].start, b[0].start), max(a[-1].end, b[-1].end)
        opened = max(sentence.rfind(sign, 0, start) for sign in ":;–") + 1
        closed = min(at for sign in (":", ";", "–", "") if (at := sentence.find(sign, end) if sign else len(sentence)) >= 0)
        near = direction(sentence[opened:closed], start - opened, end - opened)
        seen.append(near or direction(sentence, start, end) or direction(after, 0, 0))
        if seen[-1] == true:
            return []
    if wrong in seen:
        return [Finding("true direction", both[seen.index(wrong)][0], f"the error rate {true} from {old:.2%} to {new:.2%}; the sentence says that it {wrong}")]
    return [Finding("true direction", both[0][0], "say which way the error rate goes: lower, below, fewer, or higher, above, more")]


def _places(sentence: str, facts: Mapping[str, Any], key: str) -> list[Number]:
    unit = key.split("_")[0]
    allowed = {"share": ("share", "share?", "ratio", ""), "count": ("",), "metric": ("", "share", "ratio")}.get(unit, (unit, f"{unit}?"))
    return [number for number in numbers(sentence) if number.unit in allowed and _is(number, facts[key])]


def _candidates(number: Number, facts: Mapping[str, Any]) -> list[float]:
    """Facts that a number may stand for: those of its unit; any, where it has none."""
    unit = number.unit.rstrip("?")
    found = []
    for key, value in facts.items():
        kind = key.split("_")[0]
        if isinstance(value, (bool, str)) or value is None:
            continue
        if not unit or kind == unit or (unit in ("share", "ratio") and kind in ("share", "metric")):
            found.append(float(value))
            if kind == "share":
                found.append(1 - float(value))
    return found


def _both_true(number: Number, facts: Mapping[str, Any]) -> bool:
    """A ratio whose two numbers are facts ("400 of 500 hours"), or a number before "and" that is true without the unit that follows."""
    if number.unit == "ratio":
        return all(any(_is(part, value) for value in _candidates(part, facts)) for part in numbers(re.sub(r"\b(?:in|of|out|every)\b", ";", number.text)))
    if number.unit.endswith("?"):
        scale = 100 if number.unit == "share?" else 1
        bare = Number(number.value * scale, number.slack * scale, "", number.text, number.start, number.end)
        return any(_is(bare, value) for value in _candidates(bare, facts))
    return False


def _nearby(number: Number, facts: Mapping[str, Any]) -> str:
    close = [value for value in _candidates(number, facts) if value and 0 < abs(number.value - value) / abs(value) <= 0.3]
    if not close:
        return ""
    value = min(close, key=lambda v: abs(v - number.value))
    shown = f"{show(100 * value)} %" if number.unit in ("share", "share?", "ratio") else show(value)
    return f"; the nearest is {shown}: round to at most 5 % off, and to the digit that you show"


def _is(number: Number, fact: float) -> bool:
    return abs(number.value - fact) <= min(number.slack, OFF * abs(fact)) + 1e-9 * max(1.0, abs(fact))


def _quotes(text: str, fact: str) -> bool:
    return " ".join(fact.lower().split()) in " ".join(text.lower().split())


def _unit(text: str) -> str:
    text = text.lower()
    for sign, unit in (("%", "share"), ("cent", "share"), ("€", "euros"), ("eur", "euros"), ("min", "minutes")):
        if sign in text:
            return unit
    return "hours" if text.strip(" -") else ""


def _value(match: re.Match[str]) -> tuple[float, float]:
    """A number's value, and half a unit of the last digit that it shows (zeros at the end of a whole number are taken for rounding)."""
    if match["fraction"]:
        part = match["fraction"].lower()
        top = next((n for word, n in (("two", 2), ("three", 3), ("four", 4)) if part.startswith(word)), 1)
        return top / next(n for word, n in (("half", 2), ("third", 3), ("quarter", 4), ("fifth", 5)) if word in part), 0.0
    if match["spelled"]:
        value = _spelled(match["spelled"])
        return value, _half_unit(f"{value}")
    digits = re.sub(r"[,'\s]", "", match["digits"])
    scale = {"k": 1e3, "t": 1e3, "m": 1e6}[(match["scale"]).strip().lower()[0]] if match["scale"] else 1
    return float(digits) * scale, _half_unit(digits) * scale


def _half_unit(digits: str) -> float:
    if "." in digits:
        return 0.5 * 10.0 ** -len(digits.split(".")[1])
    zeros = len(digits) - len(digits.rstrip("0"))
    return 0.5 * 10.0 ** (zeros if digits.strip("0") else 0)


def _spelled(text: str) -> int:
    total = current = 0
    for word in re.findall(_WORD, text.lower()):
        if word == "hundred":
            current = max(current, 1) * 100
        elif word in _SCALES:
            total, current = total + max(current, 1) * _SCALES[word], 0
        else:
            current += _ONES.get(word, _TENS.get(word, 0))
    return total + current


def _cut(text: str, most: int = 200) -> str:
    text = " ".join(text.split())
    return f"'{text}'" if len(text) <= most else f"'{text[: most - 3]}...'"
