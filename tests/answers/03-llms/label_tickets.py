"""Answer bank of `label_tickets`."""

import re
import time

import openai

from course import llm
from course.authoring.bank import right, wrong


def _prompt(text, labels, examples):
    listed = "\n".join(f"- {name}: {meaning}" for name, meaning in labels.items())
    messages = [{"role": "system", "content": f"Choose one label for the ticket.\nLabels:\n{listed}\nAnswer with the label only."}]
    for shown, label in examples:
        messages += [{"role": "user", "content": shown}, {"role": "assistant", "content": label}]
    return [*messages, {"role": "user", "content": text}]


def _said(client, messages, model):
    return client.chat.completions.create(model=model, messages=messages, temperature=0).choices[0].message.content


@right("the client retries by itself; one user message with everything in it")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    client = llm.client(service, max_retries=2)
    intro = "Classify the ticket. Possible labels:\n" + "\n".join(f"{i}. {k}: {v}" for i, (k, v) in enumerate(labels.items(), 1))
    intro += "\n\nReply with one label and nothing else.\n\n" + "".join(f"Ticket: {a}\nLabel: {b}\n\n" for a, b in examples)
    found = []
    for text in texts:
        if not text.strip():
            found.append("unknown")
            continue
        answer = _said(client, [{"role": "user", "content": f"{intro}Ticket: {text}\nLabel:"}], model)
        words = " " + " ".join(re.findall(r"[a-z0-9]+", answer.lower().replace("_", " "))) + " "
        hits = [name for name in labels if f" {name.lower().replace('_', ' ')} " in words]
        found.append(hits[0] if len(hits) == 1 else "unknown")
    return found


@right("a loop with a while, labels as a dict in the prompt, the text in a fence")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    client = llm.client(service)
    system = f"You classify support tickets. Labels and their meaning: {labels}. Return just the label, no explanation."
    system += "".join(f"\n\nText: {a}\nLabel: {b}" for a, b in examples)
    result = []
    for text in texts:
        label = "unknown"
        if text.strip():
            tries = 0
            while True:
                try:
                    answer = _said(client, [{"role": "system", "content": system}, {"role": "user", "content": f"<ticket>\n{text}\n</ticket>"}], model)
                    break
                except openai.RateLimitError:
                    tries += 1
                    if tries == 3:
                        raise
                    time.sleep(0.001)
            hits = {name for name in labels if re.search(r"\b" + re.escape(name.replace("_", " ")) + r"\b", answer.replace("_", " "), re.I)}
            if len(hits) == 1:
                label = hits.pop()
        result.append(label)
    return result


@right("an enum in the response format, and the answer read with care")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    client = llm.client(service)

    def once(text):
        for left in (2, 1, 0):
            try:
                answer = _said(client, _prompt(text, labels, examples), model)
            except openai.APIStatusError as error:
                if error.status_code != 429 or not left:
                    raise
                continue
            flat = re.sub(r"[^a-z0-9]+", " ", answer.lower())
            hits = [name for name in labels if re.search(rf"\b{re.sub(r'[^a-z0-9]+', ' ', name.lower())}\b", flat)]
            return hits[0] if len(hits) == 1 else "unknown"

    return [once(text) if not text.isspace() and text else "unknown" for text in texts]


@wrong("the model answers in sentences; look for the label in the answer")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    client = llm.client(service, max_retries=2)
    found = [_said(client, _prompt(text, labels, examples), model).strip().lower() if text.strip() else "unknown" for text in texts]
    return [label if label in labels else "unknown" for label in found]


@wrong("outside of the label set")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    client = llm.client(service, max_retries=2)
    return [_said(client, _prompt(text, labels, examples), model) if text.strip() else "unknown" for text in texts]


@wrong("raised RateLimitError")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    client = llm.client(service)

    def read(answer):
        hits = [name for name in labels if re.search(rf"\b{name.replace('_', ' ')}\b", answer.replace("_", " ").lower())]
        return hits[0] if len(hits) == 1 else "unknown"

    return [read(_said(client, _prompt(text, labels, examples), model)) if text.strip() else "unknown" for text in texts]


@wrong("fund is a part of refund, but not a word of it")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    client = llm.client(service, max_retries=2)

    def read(answer):
        return next((name for name in labels if name in answer.lower().replace(" ", "_")), "unknown")

    return [read(_said(client, _prompt(text, labels, examples), model)) if text.strip() else "unknown" for text in texts]


@wrong("feature_request comes as Feature Request")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    client = llm.client(service, max_retries=2)

    def read(answer):
        hits = [name for name in labels if re.search(rf"\b{name}\b", answer.lower())]
        return hits[0] if len(hits) == 1 else "unknown"

    return [read(_said(client, _prompt(text, labels, examples), model)) if text.strip() else "unknown" for text in texts]


@wrong("don't turn an error into a label")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    client = llm.client(service)

    def one(text):
        for _ in range(3):
            try:
                answer = _said(client, _prompt(text, labels, examples), model)
            except Exception:
                continue
            hits = [name for name in labels if re.search(rf"\b{name.replace('_', ' ')}\b", answer.replace("_", " ").lower())]
            return hits[0] if len(hits) == 1 else "unknown"
        return "unknown"

    return [one(text) if text.strip() else "unknown" for text in texts]


@wrong("the definitions don't reach the model")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    client = llm.client(service, max_retries=2)

    def read(answer):
        hits = [name for name in labels if re.search(rf"\b{name.replace('_', ' ')}\b", answer.replace("_", " ").lower())]
        return hits[0] if len(hits) == 1 else "unknown"

    return [read(_said(client, _prompt(text, dict.fromkeys(labels, ""), examples), model)) if text.strip() else "unknown" for text in texts]


@wrong("the examples don't reach the model")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    client = llm.client(service, max_retries=2)

    def read(answer):
        hits = [name for name in labels if re.search(rf"\b{name.replace('_', ' ')}\b", answer.replace("_", " ").lower())]
        return hits[0] if len(hits) == 1 else "unknown"

    return [read(_said(client, _prompt(text, labels, ()), model)) if text.strip() else "unknown" for text in texts]


@wrong("a blank text says nothing")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    return [next(iter(labels)) for _ in texts]


@wrong("this takes the first one found")
def label_tickets(texts, labels, examples=(), model=llm.SMALL, service=None):
    client = llm.client(service, max_retries=2)

    def read(answer):
        flat = answer.lower().replace("_", " ")
        return next((name for name in labels if re.search(rf"\b{name.lower().replace('_', ' ')}\b", flat)), "unknown")

    return [read(_said(client, _prompt(text, labels, examples), model)) if text.strip() else "unknown" for text in texts]
