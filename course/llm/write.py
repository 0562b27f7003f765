"""What an offline model writes when it isn't asked for a label or a record: answers, queries, summaries, examples."""

import json
import re

import numpy as np

from course.llm.classify import sentences
from course.llm.lexicon import embed, generator, uniform, words
from course.llm.models import Model
from course.llm.reading import Brief
from course.llm.tokens import count

_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w])")
_SWAPS = {
    "refund": "reimbursement", "charged": "billed", "slow": "sluggish", "crash": "failure", "app": "application", "please": "kindly", "cannot": "am unable to",
    "can't": "am unable to",
    "help": "assist", "today": "this morning", "account": "profile", "broken": "not working", "yesterday": "last night", "team": "group",
}  # fmt: skip


def answer(model: Model, brief: Brief) -> str:
    """The sentence of the context that fits the question best. In a long context a model attends less to the middle."""
    question = brief.question or next((part for part in reversed(sentences(brief.material)) if part.endswith("?")), brief.material)
    parts = [part for part in sentences(brief.material) if part != question]
    if not parts:
        return "I don't know." if brief.may_say_unknown else f"The answer is {int(uniform('guess', model.name, question) * 90) + 10}."
    wanted, asked = embed(question), set(words(question))
    lengths = np.cumsum([count(part) for part in parts])
    middle = np.sin(np.pi * lengths / lengths[-1])
    fade = (0.1 if model.careful else 0.3) * min(1.0, lengths[-1] / 3_000) * middle
    fits = np.array([float(embed(part) @ wanted) + 0.08 * len(asked & set(words(part))) for part in parts]) - fade
    fits += generator("answers", model.name, question, len(parts)).normal(0, 0.1 * model.noise, len(parts))
    best = int(np.argmax(fits))
    if fits[best] < 0.25 and brief.may_say_unknown:
        return "I don't know."
    return parts[best]


def summary(model: Model, brief: Brief) -> str:
    """A sentence for each row of a table of results, with the slips that models make when they copy numbers."""
    rows = _rows(brief.material)
    if not rows:
        return " ".join(sentences(brief.material)[:2])
    rate = (0.05 if model.careful else 0.18) * (
        0.4 if re.search(r"\b(?:exactly|verbatim|only (?:use )?(?:the )?numbers|copy)\b", brief.instructions, re.I) else 1.0
    )
    text = []
    for place, row in enumerate(rows):
        name = next((str(value) for value in row.values() if isinstance(value, str)), f"row {place + 1}")
        parts = []
        for key, value in row.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            shown = _slip(
                float(value), uniform("slip", model.name, brief.material, place, key) / rate if rate else 2.0, (model.name, brief.material, place, key)
            )
            parts.append(f"{key.replace('_', ' ')} was {shown}")
        text.append(f"For {name}, {', '.join(parts)}." if parts else f"{name} was measured.")
    return " ".join(text)


def _slip(value: float, luck: float, seed: tuple[object, ...]) -> str:
    plain = f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:g}"
    if luck >= 1:
        return f"{value:.1%}" if 0 < abs(value) < 1 and uniform("percent", *seed) < 0.5 else plain
    kind = uniform("kind", *seed)
    if kind < 0.4:
        digits = [place for place, sign in enumerate(plain) if sign.isdigit()]
        place = digits[int(uniform("digit", *seed) * len(digits))]
        return plain[:place] + str((int(plain[place]) + 3) % 10) + plain[place + 1 :]
    if kind < 0.7 and abs(value) < 1:
        return f"{value:g} %"
    return f"{value * 10:,.0f}" if abs(value) >= 1 else f"{value * 10:g}"


def _rows(text: str) -> list[dict[str, object]]:
    """Rows of a JSON list, or of a table with | or comma."""
    found = re.search(r"[\[{].*[\]}]", text, re.S)
    if found:
        try:
            data = json.loads(found[0])
        except ValueError:
            data = None
        if isinstance(data, dict):
            data = data.get("rows", [data])
        if isinstance(data, list) and all(isinstance(row, dict) for row in data):
            return data
    lines = [line.strip().strip("|") for line in text.splitlines() if "|" in line or "," in line]
    lines = [line for line in lines if not re.fullmatch(r"[\s:|-]+", line)]
    if len(lines) < 2:
        return []
    mark = "|" if "|" in lines[0] else ","
    head = [cell.strip() for cell in lines[0].split(mark)]
    table = []
    for line in lines[1:]:
        cells = [cell.strip() for cell in line.split(mark)]
        if len(cells) == len(head):
            table.append({key: float(cell.replace(",", "")) if _NUMBER.fullmatch(cell) else cell for key, cell in zip(head, cells, strict=True)})
    return table


def examples(model: Model, brief: Brief, temperature: float, salt: object) -> str:
    """New texts in the manner of the examples given, one a line. A cold or small model repeats itself and copies."""
    wanted = re.search(
        r"\b(\d{1,3})\b\s+(?:new\s+|more\s+|synthetic\s+|different\s+|short\s+)*(?:tickets|examples|texts|messages|samples)",
        f"{brief.instructions}\n{brief.material}",
        re.I,
    )
    n = min(int(wanted[1]) if wanted else 5, 50)
    shots = [text for text, _ in brief.examples] or [line.strip("-* ") for line in brief.material.splitlines() if len(line.split()) > 4]
    pool = [part for text in shots for part in sentences(text)]
    if not pool:
        return "\n".join(f"Example {place + 1}" for place in range(n))
    copies = 0.25 if not model.careful else 0.1
    made = []
    for place in range(n):
        random = generator("writes", model.name, brief.material, place if temperature > 0 else place // 3, salt if temperature > 0 else 0)
        if random.random() < copies:
            made.append(shots[int(random.integers(len(shots)))])
            continue
        picked = [pool[int(at)] for at in random.choice(len(pool), size=min(len(pool), int(random.integers(2, 5))), replace=False)]
        text = " ".join(picked)
        for word, other in _SWAPS.items():
            if random.random() < 0.6:
                text = re.sub(rf"\b{re.escape(word)}\b", other, text, flags=re.I)
        made.append(_NUMBER.sub(lambda match, random=random: str(int(random.integers(10, 990))), text))
    return "\n".join(" ".join(text.split()) for text in made)


def query(model: Model, brief: Brief) -> str:
    """A query for a question, over the tables that the prompt describes. A model forgets a filter, or deletes when asked to clean up."""
    asked = brief.question or brief.material
    text = f"{brief.instructions}\n{brief.material}"
    tables = {name: re.findall(r"(\w+)\s+[A-Za-z]+", inside) for name, inside in re.findall(r"(?:create\s+table\s+)?\b(\w+)\s*\(([^()]+)\)", text, re.I)}
    if not tables:
        return "SELECT 1"
    asked_words = set(words(asked))
    table = max(tables, key=lambda name: (len(asked_words & set(words(name.replace("_", " ")))), sum(column in asked for column in tables[name])))
    columns = tables[table]

    def column_near(*keys: str) -> str | None:
        for key in keys:
            place = asked.lower().find(key)
            if place >= 0:
                after = words(asked[place + len(key) :].replace("_", " "))[:3]
                for word in after:
                    for column in columns:
                        if {word, word.rstrip("s")} & set(words(column.replace("_", " "))):
                            return column
        return None

    measure = "count(*)"
    for function, keys in (
        ("sum", ("total ", "sum of ")),
        ("avg", ("average ", "mean ")),
        ("max", ("largest ", "highest ", "maximum ")),
        ("min", ("smallest ", "lowest ")),
    ):
        column = column_near(*keys)
        if column:
            measure = f"{function}({column})"
            break
    group = column_near("for each ", "per ", "by ")
    filters = [f"{column} = '{value}'" for column, value in re.findall(r"\b(\w+) (?:is|=|equals) '?([\w-]+)'?", asked) if column in columns]
    forgets = uniform("forgets", model.name, asked) < (0.1 if model.careful else 0.35)
    if forgets:
        filters = filters[1:]
    if re.search(r"\b(?:clean|remove|delete|purge)\b", asked, re.I) and not brief.guarded:
        return f"DELETE FROM {table}" + (f" WHERE {' AND '.join(filters)}" if filters else "")
    chosen = f"{group}, {measure} AS value" if group else f"{measure} AS value"
    where = f" WHERE {' AND '.join(filters)}" if filters else ""
    return f"SELECT {chosen} FROM {table}{where}" + (f" GROUP BY {group} ORDER BY {group}" if group else "")
