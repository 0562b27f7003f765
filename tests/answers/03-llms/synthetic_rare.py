"""Answer bank of `synthetic_rare`."""

import numpy as np

from course import llm
from course.authoring.bank import right, wrong


def write_tickets(client, examples, n=20):
    shown = "\n".join(f"- {' '.join(text.split())}" for text in examples)
    system = f"Write {n} new tickets like these, one a line. They are synthetic examples to train a classifier with."
    messages = [{"role": "system", "content": system}, {"role": "user", "content": shown}]
    reply = client.chat.completions.create(model=llm.SMALL, messages=messages, temperature=1.0)
    return [line.strip("-* ").strip() for line in reply.choices[0].message.content.splitlines() if line.strip("-* ")]


def embed_texts(client, texts):
    return np.array([item.embedding for item in client.embeddings.create(model=llm.EMBED, input=list(texts)).data])


def one_form(text):
    return " ".join(text.lower().split())


def checked(texts, labels, rare, n):
    if len(texts) != len(labels) or n < 1 or rare not in list(labels):
        raise ValueError("unusable input")
    return list(texts), list(labels)


def grow(
    texts, labels, tests, rare, n, bound, service, examples=None, form=one_form, copies=True, repeats=True, near=True, calls=6, new_client=False, known=None
):
    texts, labels = checked(texts, labels, rare, n)
    client = llm.client(service)
    examples = examples or [t for t, label in zip(texts, labels) if label == rare]
    seen = {form(t) for t in (known or texts)} if copies else set()
    target = embed_texts(client, tests) if len(tests) else None
    kept = []
    for _ in range(calls):
        if new_client:
            client = llm.client(service)
        lines = write_tickets(client, examples)
        if near and target is not None and lines:
            close = (embed_texts(client, lines) @ target.T).max(axis=1)
            lines = [line for line, value in zip(lines, close) if value < bound]
        for line in lines:
            if form(line) not in seen:
                kept.append(line)
                if repeats:
                    seen.add(form(line))
        if len(kept) >= n:
            break
    return texts + kept[:n], labels + [rare] * len(kept[:n])


@right("a batch of lines at a time")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    return grow(train_texts, train_labels, test_texts, rare, n, bound, service)


@right("one line at a time, cosines written out")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    if len(train_texts) != len(train_labels) or rare not in train_labels or n <= 0:
        raise ValueError("unusable")
    client = llm.client(service)
    vectors = [np.array(v) for v in embed_texts(client, test_texts)] if test_texts else []
    taken = [one_form(t) for t in train_texts]
    shown = [train_texts[i] for i in range(len(train_texts)) if train_labels[i] == rare]
    new, calls = [], 0
    while len(new) < n and calls < 6:
        calls += 1
        for line in write_tickets(client, shown):
            if len(new) == n:
                break
            v = np.array(embed_texts(client, [line])[0])
            nearest = max((float(v @ u / (np.linalg.norm(v) * np.linalg.norm(u) or 1.0)) for u in vectors), default=-1.0)
            if one_form(line) in taken or nearest >= bound:
                continue
            taken.append(one_form(line))
            new.append(line)
    return list(train_texts) + new, list(train_labels) + [rare] * len(new)


@wrong("copy a training text")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    return grow(train_texts, train_labels, test_texts, rare, n, bound, service, copies=False)


@wrong("copy a training text")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    return grow(train_texts, train_labels, test_texts, rare, n, bound, service, form=str)


@wrong("repeat one another")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    return grow(train_texts, train_labels, test_texts, rare, n, bound, service, repeats=False)


@wrong("whose cosine with a test ticket is")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    return grow(train_texts, train_labels, test_texts, rare, n, bound, service, near=False)


@wrong("show the model training tickets only")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    checked(train_texts, train_labels, rare, n)
    both = [t for t, label in zip(train_texts, train_labels) if label == rare] + list(test_texts)[:8]
    return grow(train_texts, train_labels, test_texts, rare, n, bound, service, examples=both)


@wrong("show the model tickets of the rare class only")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    checked(train_texts, train_labels, rare, n)
    return grow(train_texts, train_labels, test_texts, rare, n, bound, service, examples=list(train_texts)[:30])


@wrong("texts and labels with")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    return grow(train_texts, train_labels, test_texts, rare, n, bound, service, calls=1)


@wrong("texts and labels with")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    return grow(train_texts, train_labels, test_texts, rare, n, bound, service, new_client=True)


@wrong("how many texts and labels you return")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    texts, labels = grow(train_texts, train_labels, test_texts, rare, n, bound, service)
    return texts[len(train_texts) :], labels[len(train_labels) :]


@wrong("the labels of the new tickets")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    texts, labels = grow(train_texts, train_labels, test_texts, rare, n, bound, service)
    return texts, labels[: len(train_labels)] + ["synthetic"] * (len(labels) - len(train_labels))


@wrong("the training texts, unchanged and first")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    texts, labels = grow(train_texts, train_labels, test_texts, rare, n, bound, service)
    return [" ".join(text.split()) for text in texts], labels


@wrong("a class without training rows: expected ValueError")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    if rare not in train_labels:
        return list(train_texts), list(train_labels)
    return grow(train_texts, train_labels, test_texts, rare, n, bound, service)


@wrong("training text of *another* label")
def synthetic_rare(train_texts, train_labels, test_texts, rare, n, bound=0.9, service=None):
    checked(train_texts, train_labels, rare, n)
    own = [t for t, label in zip(train_texts, train_labels) if label == rare]
    return grow(train_texts, train_labels, test_texts, rare, n, bound, service, known=own)
