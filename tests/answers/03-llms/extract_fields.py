"""Answer bank of `extract_fields`."""

import json

import jsonschema

from course import llm
from course.authoring.bank import right, wrong


def _form(schema):
    return {"type": "json_schema", "json_schema": {"name": "record", "strict": True, "schema": schema}}


def _run(texts, schema, literal, model, service, rounds=2, check_schema=True, check_text=True, tell=True, drop=False):
    """The whole exercise with one of its parts left out."""
    client, results = llm.client(service), []
    for text in texts:
        if not text.strip():
            results.append({"record": None, "reason": "empty"})
            continue
        messages = [
            {"role": "system", "content": "Read the ticket and fill in the JSON object. A field that the ticket doesn't mention is null."},
            {"role": "user", "content": text},
        ]
        for _ in range(rounds):
            answer = client.chat.completions.create(model=model, messages=messages, temperature=0, response_format=_form(schema)).choices[0].message.content
            record, reason = None, None
            try:
                record = json.loads(answer)
            except json.JSONDecodeError:
                reason = "json"
            if record is not None and check_schema and any(jsonschema.Draft202012Validator(schema).iter_errors(record)):
                reason = "schema"
            if record is not None and reason is None and check_text:
                for name in literal:
                    value = record.get(name)
                    if isinstance(value, str) and value.casefold() not in text.casefold():
                        reason = "text"
            if reason is None:
                break
            record = None
            if tell:
                messages += [
                    {"role": "assistant", "content": answer},
                    {"role": "user", "content": f"That has an error ({reason}). Please fix it; null where the text says nothing."},
                ]
        if not (drop and record is None):
            results.append({"record": record, "reason": reason})
    return results


@right("jsonschema.validate and nested functions")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    client = llm.client(service)

    def fault(answer, text):
        try:
            record = json.loads(answer)
        except ValueError:
            return "json", None
        try:
            jsonschema.validate(record, schema, cls=jsonschema.Draft202012Validator)
        except jsonschema.ValidationError:
            return "schema", None
        strings = [record[name] for name in literal if isinstance(record.get(name), str)]
        return (None, record) if all(value.lower() in text.lower() for value in strings) else ("text", None)

    def ask(messages):
        reply = client.chat.completions.create(model=model, messages=messages, temperature=0, response_format=_form(schema))
        return reply.choices[0].message.content

    out = []
    for text in texts:
        if text.strip() == "":
            out.append({"record": None, "reason": "empty"})
            continue
        messages = [{"role": "user", "content": f"Extract the fields as JSON; null if not stated.\n\n<ticket>{text}</ticket>"}]
        answer = ask(messages)
        reason, record = fault(answer, text)
        if reason:
            messages.append({"role": "assistant", "content": answer})
            messages.append(
                {
                    "role": "user",
                    "content": f"Not valid ({reason}). It must be corrected: only values that stand in the ticket, else null, and only the keys of the schema.",
                }
            )
            reason, record = fault(ask(messages), text)
        out.append({"record": record, "reason": reason})
    return out


@right("one loop over at most two answers")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    return _run(texts, schema, literal, model, service)


@wrong("raised JSONDecodeError")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    client = llm.client(service)
    found = []
    for text in texts:
        if not text.strip():
            found.append({"record": None, "reason": "empty"})
            continue
        messages = [{"role": "system", "content": "Extract; null if not stated."}, {"role": "user", "content": text}]
        answer = client.chat.completions.create(model=model, messages=messages, temperature=0, response_format=_form(schema)).choices[0].message.content
        found.append({"record": json.loads(answer), "reason": None})
    return found


@wrong("validate each answer by the schema")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    return _run(texts, schema, literal, model, service, check_schema=False)


@wrong("hold the literal fields against the text")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    return _run(texts, schema, literal, model, service, check_text=False)


@wrong("tell the model what is wrong and ask once more")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    return _run(texts, schema, literal, model, service, rounds=1)


@wrong("tell the model what is wrong and ask once more")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    return _run(texts, schema, literal, model, service, tell=False)


@wrong("a refused record keeps its place")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    return _run(texts, schema, literal, model, service, drop=True)


@wrong("name the fault of the second answer")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    return [result | {"reason": "bad"} if result["reason"] not in (None, "empty") else result for result in _run(texts, schema, literal, model, service)]


@wrong("don't turn an error of the service into a record")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    try:
        return _run(texts, schema, literal, model, service)
    except Exception:
        return [{"record": None, "reason": "service"} for _ in texts]


@wrong("a number in a literal field is not held against the text")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    results = _run(texts, schema, literal, model, service)
    for result, text in zip(results, texts):
        if result["record"] and any(result["record"].get(name) is not None and str(result["record"][name]).lower() not in text.lower() for name in literal):
            result["record"], result["reason"] = None, "text"
    return results


@wrong("you asked a third time")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    return _run(texts, schema, literal, model, service, rounds=10)


@wrong("this is the fault of the first answer")
def extract_fields(texts, schema, literal=(), model=llm.SMALL, service=None):
    unlimited = {name: value for name, value in (service or {}).items() if name != "quota"}
    first = _run(texts, schema, literal, model, unlimited, rounds=1)
    last = _run(texts, schema, literal, model, service)
    return [{"record": b["record"], "reason": b["reason"] and a["reason"]} for a, b in zip(first, last)]
