"""What an offline model takes from a conversation: instructions, the labels, examples and schema in it, and the text to work on."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

_FENCED = (
    re.compile(r"<(ticket|text|document|context|data|email|message|input|review|table)>(.*?)</\1>", re.S | re.I),
    re.compile(r'"""(.*?)"""', re.S),
    re.compile(r"```(?:\w*\n)?(.*?)```", re.S),
)
_LEADING = re.compile(
    r"^\s*(?:ticket|text|document|context|input|message|data|email|table)\s*:\s*(.+?)\s*(?:\n\s*(?:label|category|answer|json|output)\s*:\s*)?\Z",
    re.S | re.I,
)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s*[\"'`*]*([A-Za-z][\w -]{0,39}?)[\"'`*]*[ \t]*(?:(?:[:–—]|=>?| - )[ \t]*(\S.*)?)?$", re.M)
_NAME = r"[\"'`]?[A-Za-z][\w -]{0,30}[\"'`]?"
_LISTED = re.compile(
    r"(?:labels?|categor(?:y|ies)|classes|topics?|one of(?: the following| these)?(?: labels| categories| classes)?|(?:classify|sort) [\w ]{0,30}into)"
    rf"(?: are| is| of| from)?\s*[:=]?\s*\[?\(?((?:{_NAME}\s*(?:,|\||/|;| or | and )\s*)+{_NAME})",
    re.I,
)
_HEADED = r"(?:labels?|categor(?:y|ies)|classes|topics?)\b"
_MAPPED = re.compile(_HEADED + r"[^{}]{0,60}\{([^{}]*)\}", re.I)
_PAIR = re.compile(r"[\"']([A-Za-z][\w -]{0,39})[\"']\s*:\s*([\"'])(.*?)\2\s*(?=,|$)", re.S)
_BLOCK = re.compile(_HEADED + r"[^\n]{0,60}:[ \t]*\n\s*((?:[^\n]*\S[^\n]*(?:\n|$))+)", re.I)
_INLINE = re.compile(_HEADED + r"[^:\n]{0,60}:[ \t]*([^\n;]+(?::|=|–|—)[^\n;]+;[^\n]+)", re.I)
_LINE = re.compile(r"^\s*[\"'`*]*([A-Za-z][\w -]{0,39}?)[\"'`*]*[ \t]*(?::|=>?|–|—| - )[ \t]*(\S.*)$", re.M)
_BRACKETED = re.compile(_HEADED + r"[^()\n]{0,40}?[:=]\s*((?:[\"'`]?[A-Za-z][\w -]{0,30}[\"'`]?\s*\([^()]+\)[\s,;.]*(?:(?:and|or)\s+)?){2,})", re.I)
_SHOT = re.compile(r"(?:ticket|text|input|example)\s*:\s*(.+?)\s*\n\s*(?:label|category|output|answer)\s*:\s*(\S[^\n]*)", re.S | re.I)
_BRIEF = re.compile(r"\bonly\b|nothing else|one word|single word|no explanation|without explanation|just the (?:label|answer|query|number)", re.I)
_GUARD = re.compile(
    r"(?:never|not|don't|ignore|disregard)\b[^.]{0,60}\binstructions?\b|(?:is|as|are)\s+(?:only\s+|purely\s+|untrusted\s+)?(?:data|untrusted)\b|untrusted", re.I
)
_NULL = re.compile(r"\bnull\b|\bnone\b|not (?:stated|mentioned|given|present|in the text)|leave (?:it )?(?:out|empty)|missing", re.I)
_COMPLAINT = re.compile(
    r"invalid|not valid|error|unexpected|missing|not in the|not found|could not|cannot|fails|failed|additional|extra|must|correct|fix", re.I
)
_QUESTION = re.compile(r"question\s*:\s*(.+?)(?:\n\s*(?:answer\s*:.*)?$|\n\n|$)", re.S | re.I)
_UNKNOWN = re.compile(r"(?:not (?:found|stated|in the (?:context|text|document))|don'?t know|do not know|unknown|cannot be answered|no answer)", re.I)


@dataclass
class Brief:
    """A conversation as the model understands it."""

    instructions: str
    material: str
    labels: dict[str, str] = field(default_factory=dict)
    examples: list[tuple[str, str]] = field(default_factory=list)
    schema: dict[str, Any] | None = None
    strict: bool = False
    wants_json: bool = False
    brief: bool = False
    guarded: bool = False
    fenced: bool = False
    null_allowed: bool = False
    may_say_unknown: bool = False
    question: str | None = None
    complaint: str | None = None

    @property
    def label_list(self) -> list[str]:
        """The allowed labels in the order in which they were named."""
        return list(self.labels)


def _content(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))


def _described(instructions: str) -> dict[str, str]:
    """Labels with meanings that stand as a dict or as plain lines below a heading such as "Labels:"."""
    mapped, block = _MAPPED.search(instructions), _BLOCK.search(instructions)
    if mapped and len(pairs := _PAIR.findall(mapped[1])) > 1:
        return {name.strip(): meaning.strip() for name, _, meaning in pairs}
    if bracketed := _BRACKETED.search(instructions):
        return {name.strip(): meaning.strip() for name, meaning in re.findall(r"([A-Za-z][\w-]*(?: [\w-]+)*)[\"'`]?\s*\(([^()]+)\)", bracketed[1])}
    inline = _INLINE.search(instructions)
    if inline and len(parts := _LINE.findall(inline[1].replace(";", "\n"))) > 1:
        return {name.strip(): meaning.strip() for name, meaning in parts}
    if block and len(lines := _LINE.findall(block[1])) > 1:
        return {name.strip(): meaning.strip() for name, meaning in lines}
    return {}


def _labels(instructions: str, schema: dict[str, Any] | None) -> dict[str, str]:
    described = {name.strip(): (meaning or "").strip() for name, meaning in _BULLET.findall(instructions)}
    if len(described) < 2:
        described |= _described(instructions)
    listed = _LISTED.search(instructions)
    named: list[str] = []
    if listed:
        named = [part.strip(" \"'`.)]") for part in re.split(r",|\||/|;|\bor\b|\band\b", listed[1])]
        named = [name for name in named if name]
    enums = [value["enum"] for value in (schema or {}).get("properties", {}).values() if isinstance(value, dict) and "enum" in value]
    if enums:
        named = [str(name) for name in max(enums, key=len) if name is not None]
        return {name: described.get(name, "") for name in named}
    if len(described) >= 2:
        return described
    return {name: described.get(name) or _meaning(name, instructions) for name in named}


def _meaning(name: str, instructions: str) -> str:
    found = re.search(rf"(?<!\w){re.escape(name)}[\"'`]?\s*(?:\(([^()]+)\)|(?::|=>?|–|—)\s*([^;\n]+))", instructions)
    return ((found[1] or found[2]) if found else "").strip()


def _material(text: str, alone: bool) -> tuple[str, str, bool]:
    """(what to work on, what stands around it, fenced) of the last user message."""
    for pattern in _FENCED:
        found = list(pattern.finditer(text))
        if found:
            inner = "\n".join(match[match.lastindex or 1] for match in found).strip()
            return inner, pattern.sub(" ", text), True
    leading = list(re.finditer(r"^\s*(?:ticket|text|document|context|input|message|data|email|table)\s*:", text, re.I | re.M))
    if leading:
        last = text[leading[-1].start() :]
        inner = _LEADING.match(last)
        if inner:
            body, _, tail = inner[1].rpartition("\n\n")
            if not (body and len(tail) < 120 and _BRIEF.search(tail)):
                body, tail = inner[1], ""
            return _QUESTION.sub("", body).strip(), f"{text[: leading[-1].start()]}\n{tail}", False
    if not alone:
        return text.strip(), "", False
    head, _, tail = text.partition(":\n")
    if tail.strip():
        return tail.strip(), head, False
    head, _, tail = text.rpartition("\n\n")
    return (tail.strip(), head, False) if head.strip() else (text.strip(), text, False)


def read(messages: list[dict[str, Any]], response_format: dict[str, Any] | None = None) -> Brief:
    """Understand a conversation in the wire format of chat completions."""
    system = "\n".join(_content(m) for m in messages if m.get("role") in ("system", "developer"))
    turns = [(m.get("role"), _content(m)) for m in messages if m.get("role") in ("user", "assistant")]
    schema = strict = None
    kind = (response_format or {}).get("type")
    if kind == "json_schema":
        described = response_format["json_schema"]  # type: ignore[index]
        schema, strict = described.get("schema") or {}, bool(described.get("strict"))
    last = max((place for place, (role, _) in enumerate(turns) if role == "user"), default=-1)
    text = turns[last][1] if last >= 0 else ""
    earlier = turns[:last] if last >= 0 else []
    complaint = None
    if earlier and earlier[-1][0] == "assistant" and _COMPLAINT.search(text[:400]) and (kind or _looks_like_json(earlier[-1][1])):
        complaint = text
        users = [content for role, content in earlier if role == "user"]
        text, earlier = users[0] if users else "", []
    examples = [(a[1], b[1].strip()) for a, b in zip(earlier[::2], earlier[1::2], strict=False) if a[0] == "user" and b[0] == "assistant"]
    material, around, fenced = _material(text, alone=not system)
    instructions = f"{system}\n{around}".strip()
    shown = [(t.strip().strip('"'), label.strip().strip('"')) for t, label in _SHOT.findall(f"{system}\n{around}\n")]
    examples = [(_material(t, alone=False)[0], label) for t, label in examples] + [(t, label) for t, label in shown if t != material]
    question = _QUESTION.search(around) or _QUESTION.search(text)
    wants_json = kind in ("json_schema", "json_object") or bool(re.search(r"\bjson\b", instructions, re.I))
    return Brief(
        instructions=instructions,
        material=_QUESTION.sub("", material).strip() if question and not fenced else material,
        labels=_labels(instructions, schema),
        examples=examples,
        schema=schema if schema is not None else (_asked_keys(instructions) if wants_json else None),
        strict=bool(strict),
        wants_json=wants_json,
        brief=bool(_BRIEF.search(instructions)),
        guarded=bool(_GUARD.search(instructions)),
        fenced=fenced,
        null_allowed=bool(_NULL.search(instructions)),
        may_say_unknown=bool(_UNKNOWN.search(instructions)),
        question=question[1].strip() if question else None,
        complaint=complaint,
    )


def _looks_like_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return "{" in text


def _asked_keys(instructions: str) -> dict[str, Any]:
    """A schema of the keys that a prompt asks for in words: `"key"` or keys: a, b, c."""
    keys = re.findall(r"[\"'`]([a-z_][a-z0-9_]*)[\"'`]", instructions)
    if not keys:
        listed = re.search(r"(?:keys?|fields?)\s*(?:are\s*)?[:=]?\s*((?:[a-z_]\w*\s*(?:,|and)\s*)*[a-z_]\w*)", instructions, re.I)
        keys = re.split(r"\s*(?:,|\band\b)\s*", listed[1]) if listed else []
    return {"type": "object", "properties": {key: {"type": ["string", "null"]} for key in dict.fromkeys(k for k in keys if k)}}
