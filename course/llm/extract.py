"""How an offline model fills a JSON schema from a text: what it finds, what it misreads, what it invents."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from course.llm.classify import concept_of, judge, sentences
from course.llm.lexicon import CONCEPTS, STEMS, embed, stem, uniform, words
from course.llm.models import Model
from course.llm.reading import Brief

_ORDER_ID = re.compile(r"\b[A-Z]{2,4}-\d{3,8}\b")
_MONEY = re.compile(
    r"(?P<before>[$€£]|\b(?:USD|EUR|GBP)\b)\s?(?P<a>\d[\d,]*(?:\.\d+)?)|(?P<b>\d[\d,]*(?:\.\d+)?)\s?(?P<after>[$€£]|USD|EUR|GBP|dollars?|euros?|pounds?)",
    re.I,
)
_CURRENCY = {"$": "USD", "dollar": "USD", "usd": "USD", "€": "EUR", "euro": "EUR", "eur": "EUR", "£": "GBP", "pound": "GBP", "gbp": "GBP"}
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_MONTH = "|".join(rf"{month[:3]}\w*" for month in _MONTHS)
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_SLASH = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
_NAMED_DAY = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})\.?,?\s+(\d{{4}})\b", re.I)
_NAMED_MONTH = re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", re.I)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"\+?\d[\d ()-]{7,}\d")
_VERSION = re.compile(r"\bv?\d+\.\d+(?:\.\d+)?\b")
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_REJECTED = re.compile(r"\b(?:not|isn'?t|wasn'?t|unlike|old|previous|earlier|instead of|rather than)\s+(?:the\s+|my\s+|order\s+|number\s+)*$", re.I)


def fill(model: Model, brief: Brief, temperature: float, salt: object, faults: dict[str, float]) -> dict[str, Any]:
    """One value for each property of the schema. A property that may not be null always gets a value, found or invented."""
    properties: dict[str, Any] = (brief.schema or {}).get("properties", {})
    required = set((brief.schema or {}).get("required", properties))
    result: dict[str, Any] = {}
    for name, described in properties.items():
        described = described if isinstance(described, dict) else {}
        value = _value(name, described, model, brief, temperature, salt, faults)
        if value is None and name not in required:
            continue
        result[name] = value
    return result


def _types(described: dict[str, Any]) -> list[str]:
    options = [described, *described.get("anyOf", [])]
    kinds: list[str] = []
    for option in options:
        kind = option.get("type", [])
        kinds += [kind] if isinstance(kind, str) else list(kind)
    return kinds


def _value(name: str, described: dict[str, Any], model: Model, brief: Brief, temperature: float, salt: object, faults: dict[str, float]) -> Any:
    kinds, text = _types(described), brief.material
    about = f"{name.replace('_', ' ')} {described.get('description', '')}"
    nullable = "null" in kinds or None in described.get("enum", ())
    enum = next((option["enum"] for option in [described, *described.get("anyOf", [])] if "enum" in option), None)
    if enum is not None:
        return _choose([str(item) for item in enum if item is not None], about, name, nullable, model, brief, temperature, salt, faults)
    if "boolean" in kinds:
        return _mentions(about, text)
    if "array" in kinds:
        pattern = (described.get("items") or {}).get("pattern")
        finder = _pattern(pattern) if pattern else _finder(about)
        return finder(text, model) if finder else []
    if re.search(r"\b(?:confidence|certainty|probability|score)\b", about):
        return round(max(judge(model, brief, temperature, salt).shares.values(), default=0.5), 2) if brief.labels else 0.9
    if re.search(r"\b(?:label|category|class|topic)\b", name) and brief.labels:
        return judge(model, brief, temperature, salt, faults.get("label_noise", 0.0)).label
    if re.search(r"\b(?:quote|evidence|reason|rationale|summary|excerpt|answer)\b", about):
        return _sentence(about if brief.question is None else brief.question, text)
    pattern = described.get("pattern")
    finder = _pattern(pattern) if pattern else _finder(about)
    found = finder(text, model) if finder else []
    if brief.complaint is not None:
        found = [value for value in found if str(value) not in brief.complaint] or found
    value = found[0] if found else None
    if value is None and not _invents(name, nullable, model, brief, faults):
        return None
    if value is None:
        value = _invented(name, about, pattern, model, brief)
    if "number" in kinds or "integer" in kinds:
        number = _number(str(value))
        return int(number) if "integer" in kinds and number is not None else number
    return str(value)


def _invents(name: str, nullable: bool, model: Model, brief: Brief, faults: dict[str, float]) -> bool:
    if brief.complaint is not None:
        return not nullable and not brief.null_allowed
    if not nullable and not (brief.null_allowed and not brief.strict):
        return True
    chance = model.invents * (1 + faults.get("hallucination", 0.0)) * (0.25 if brief.null_allowed else 0.7)
    return uniform("invents", model.name, name, brief.material) < chance


def _invented(name: str, about: str, pattern: str | None, model: Model, brief: Brief) -> Any:
    seed = ("invented", model.name, name, brief.material)
    digits = int(uniform(*seed) * 90_000) + 10_000
    if pattern and r"\d" in pattern:
        made = re.sub(r"\[[^\]]*\]|\\w|\.", "A", pattern.strip("^$"))
        made = re.sub(r"\\d(?:\{(\d+)(?:,\d*)?\}|[+*])?", lambda m: str(digits)[: int(m[1])] if m[1] and int(m[1]) <= 5 else str(digits), made)
        return re.sub(r"\\(.)", r"\1", re.sub(r"[()?]", "", made))
    lowered = about.lower()
    for keys, value in (
        (("order", "invoice", "reference"), f"ORD-{digits}"),
        (("currency",), "USD"),
        (("amount", "price", "cost", "total", "sum", "paid", "charge", "fee"), f"{digits % 190 + 9}.00"),
        (("date", "day", "when"), date(2026, digits % 9 + 1, digits % 28 + 1).isoformat()),
        (("email", "mail"), "customer@example.com"),
        (("phone",), f"+44 20 7946 {digits % 9000 + 1000}"),
        (("version",), f"{digits % 4 + 1}.{digits % 10}"),
        (("product", "feature"), "chat"),
        (("plan",), "Team"),
        (("name", "customer"), "Alex Morgan"),
    ):
        if any(key in lowered for key in keys):
            return value
    return str(digits % 100)


def _choose(
    options: list[str], about: str, name: str, nullable: bool, model: Model, brief: Brief, temperature: float, salt: object, faults: dict[str, float]
) -> str | None:
    """One of an enum: judged as a label when the options are classes of text, else looked for in the text word by word."""
    if re.search(r"\bcurrency\b", about) and (found := _currency(brief.material, model)):
        hits = [option for option in options if option.upper() == found[0]]
        if hits:
            return hits[0]
    elif (
        concept_of(options[0]) in CONCEPTS
        and sum(concept_of(option) is not None for option in options) * 2 > len(options)
        and not _literal(options, brief.material)
    ):
        inner = Brief(**{**brief.__dict__, "labels": {option: brief.labels.get(option, "") for option in options}})
        return judge(model, inner, temperature, salt, faults.get("label_noise", 0.0)).label
    else:
        literal = _literal(options, brief.material)
        if literal:
            return literal[0]
    if nullable and not _invents(name, nullable, model, brief, faults):
        return None
    return options[int(uniform("enum", model.name, name, brief.material) * len(options))]


def _literal(options: list[str], text: str) -> list[str]:
    places = [(match.start(), option) for option in options if (match := re.search(rf"\b{re.escape(option)}\b", text, re.I))]
    return [option for _, option in sorted(places)]


def _mentions(about: str, text: str) -> bool:
    wanted = {concept for word in words(about) if stem(word) in STEMS for concept in STEMS[stem(word)]}
    return any(concept in wanted for word in words(text) for concept in STEMS.get(stem(word), ()))


def _sentence(about: str, text: str) -> str | None:
    parts = sentences(text)
    wanted = embed(about)
    return max(parts, key=lambda part: float(embed(part) @ wanted), default=None)


def _number(text: str) -> float | None:
    found = _NUMBER.search(text)
    return float(found[0].replace(",", "")) if found else None


def _pattern(pattern: str) -> Callable[[str, Model], list[str]]:
    bare = pattern.strip("^$")
    return lambda text, model: _unless_rejected(re.finditer(bare, text), text, model)


def _unless_rejected(matches: Any, text: str, model: Model) -> list[str]:
    """Matches in order; a careful model puts last those that the text itself rejects ("not ORD-11111 but ...")."""
    found = list(matches)
    if model.careful:
        found.sort(key=lambda match: bool(_REJECTED.search(text[max(0, match.start() - 30) : match.start()])))
    return [match[0] for match in found]


def _orders(text: str, model: Model) -> list[str]:
    return _unless_rejected(_ORDER_ID.finditer(text), text, model)


def _amounts(text: str, model: Model) -> list[str]:
    found = list(_MONEY.finditer(text))
    if model.careful:
        found.sort(key=lambda match: bool(_REJECTED.search(text[max(0, match.start() - 30) : match.start()])))
    return [(match["a"] or match["b"]).replace(",", "") for match in found]


def _currency(text: str, model: Model) -> list[str]:
    found = [(match["before"] or match["after"]).lower().rstrip("s") for match in _MONEY.finditer(text)]
    return [_CURRENCY[name] for name in found]


def _dates(text: str, model: Model) -> list[str]:
    found: list[tuple[int, int, int, int]] = []
    for match in _ISO.finditer(text):
        found.append((match.start(), int(match[1]), int(match[2]), int(match[3])))
    for match in _SLASH.finditer(text):
        first, second = int(match[1]), int(match[2])
        day, month = (first, second) if model.careful or first > 12 else (second, first)
        found.append((match.start(), int(match[3]), month, day))
    for match in _NAMED_DAY.finditer(text):
        found.append((match.start(), int(match[3]), _month(match[2]), int(match[1])))
    for match in _NAMED_MONTH.finditer(text):
        found.append((match.start(), int(match[3]), _month(match[1]), int(match[2])))
    dates = []
    for _, year, month, day in sorted(found):
        try:
            dates.append(datetime(year, month, day).date().isoformat())
        except ValueError:
            continue
    return dates


def _month(name: str) -> int:
    return next(place for place, month in enumerate(_MONTHS, 1) if month.startswith(name[:3].lower()))


def _named(*options: str) -> Callable[[str, Model], list[str]]:
    return lambda text, model: _literal(list(options), text)


def _finder(about: str) -> Callable[[str, Model], list[str]] | None:
    """What looks for a property, by the words of its name and description."""
    lowered = about.lower()
    for keys, finder in (
        (("order", "invoice", "reference"), _orders),
        (("currency",), _currency),
        (("amount", "price", "cost", "total", "paid", "charge", "fee"), _amounts),
        (("date", "day", "when"), _dates),
        (("email", "mail"), lambda text, model: _EMAIL.findall(text)),
        (("phone",), lambda text, model: _PHONE.findall(text)),
        (("version",), lambda text, model: _VERSION.findall(text)),
        (("plan",), _named("Free", "Team", "Business")),
        (("product", "feature"), _named("chat", "search", "image", "voice", "batch")),
        (("number", "count", "quantity"), lambda text, model: _NUMBER.findall(text)),
    ):
        if any(key in lowered for key in keys):
            return finder
    return None
