"""Answer bank of `retrieve`."""

import math

import numpy as np

from course import llm
from course.authoring.bank import right, wrong


def prepare(question, chunks, k, budget, service):
    if k < 1 or budget < 1:
        raise ValueError("unusable input")
    client = llm.client(service)
    if not len(chunks):
        return client, np.zeros(0)
    rows = client.embeddings.create(model=llm.EMBED, input=[question, *chunks]).data
    vectors = np.array([row.embedding for row in rows])
    return client, (vectors[1:] @ vectors[0]).round(6)


def say(client, question, context, model=llm.SMALL):
    content = f"<context>{context}</context>\nQuestion: {question}"
    reply = client.chat.completions.create(model=model, temperature=0, messages=[{"role": "user", "content": "Answer from the context.\n" + content}])
    return reply.choices[0].message.content, reply.usage.prompt_tokens


def finish(client, question, chunks, ranked, used):
    context = "\n\n".join(chunks[i] for i in used)
    answer, tokens = say(client, question, context) if used else (None, 0)
    return {"ranked": ranked, "used": used, "context": context, "answer": answer, "prompt_tokens": tokens}


def best(similarity, k):
    return [int(i) for i in np.argsort(-similarity, kind="stable")[:k]]


def fit(chunks, ranked, budget, between=2):
    used, spent = [], 0
    for i in ranked:
        more = llm.count(chunks[i]) + (between if used else 0)
        if spent + more <= budget:
            used.append(i)
            spent += more
    return used


@right("plain Python, cosine by hand, two calls to embed")
def retrieve(question, chunks, k, budget, service=None):
    if k < 1 or budget < 1:
        raise ValueError("unusable input")
    out = {"ranked": [], "used": [], "context": "", "answer": None, "prompt_tokens": 0}
    if len(chunks) == 0:
        return out
    client = llm.client(service)
    q = client.embeddings.create(model=llm.EMBED, input=question).data[0].embedding
    scores = []
    for row in client.embeddings.create(model=llm.EMBED, input=list(chunks)).data:
        norm = math.sqrt(sum(x * x for x in q) * sum(x * x for x in row.embedding))
        scores.append(round(sum(a * b for a, b in zip(q, row.embedding)) / norm, 6) if norm else 0.0)
    out["ranked"] = sorted(range(len(chunks)), key=lambda i: (-scores[i], i))[:k]
    for i in out["ranked"]:
        trial = chunks[i] if not out["used"] else out["context"] + "\n\n" + chunks[i]
        if llm.count(trial) > budget:
            continue
        out["used"].append(i)
        out["context"] = trial
    if out["used"]:
        messages = [
            {
                "role": "system",
                "content": "You answer questions about the pages of our help centre. Quote the sentence that answers. If none does, say that you don't know.",
            },
            {"role": "user", "content": f"Context:\n{out['context']}\n\nQuestion: {question}"},
        ]
        reply = client.chat.completions.create(model=llm.SMALL, messages=messages, temperature=0)
        out.update(answer=reply.choices[0].message.content, prompt_tokens=reply.usage.prompt_tokens)
    return out


@right("unit vectors, tokens added up")
def retrieve(question, chunks, k, budget, service=None):
    client, similarity = prepare(question, chunks, k, budget, service)
    ranked = best(similarity, k)
    return finish(client, question, chunks, ranked, fit(chunks, ranked, budget))


@wrong("the budget is exceeded")
def retrieve(question, chunks, k, budget, service=None):
    client, similarity = prepare(question, chunks, k, budget, service)
    ranked = best(similarity, k)
    return finish(client, question, chunks, ranked, ranked)


@wrong("raised BadRequestError")
def retrieve(question, chunks, k, budget, service=None):
    client, similarity = prepare(question, chunks, k, budget, service)
    ranked = best(similarity, k)
    result = finish(client, question, chunks, ranked, fit(chunks, ranked, budget))
    if chunks:
        result["answer"], result["prompt_tokens"] = say(client, question, "\n\n".join(chunks))
    return result


@wrong("more than the context was sent to the model")
def retrieve(question, chunks, k, budget, service=None):
    client, similarity = prepare(question, chunks, k, budget, service)
    ranked = best(similarity, k)
    result = finish(client, question, chunks, ranked, fit(chunks, ranked, budget))
    if chunks:
        result["answer"], result["prompt_tokens"] = say(client, question, "\n\n".join(chunks), llm.LARGE)
    return result


@wrong("the context was not sent to the model")
def retrieve(question, chunks, k, budget, service=None):
    client, similarity = prepare(question, chunks, k, budget, service)
    ranked = best(similarity, k)
    result = finish(client, question, chunks, ranked, fit(chunks, ranked, budget))
    if result["used"]:
        reply = client.chat.completions.create(model=llm.SMALL, temperature=0, messages=[{"role": "user", "content": f"Question: {question}"}])
        said = {"How many days do refunds for the Team plan take?": "14 days"}.get(question, reply.choices[0].message.content)
        result.update(answer=said, prompt_tokens=reply.usage.prompt_tokens)
    return result


@wrong("a chunk that is too long ends the search")
def retrieve(question, chunks, k, budget, service=None):
    client, similarity = prepare(question, chunks, k, budget, service)
    ranked, used = best(similarity, k), []
    for i in ranked:
        if llm.count("\n\n".join(chunks[j] for j in [*used, i])) > budget:
            break
        used.append(i)
    return finish(client, question, chunks, ranked, used)


@wrong("the line breaks between chunks cost tokens, too")
def retrieve(question, chunks, k, budget, service=None):
    client, similarity = prepare(question, chunks, k, budget, service)
    ranked = best(similarity, k)
    return finish(client, question, chunks, ranked, fit(chunks, ranked, budget, between=0))


@wrong("characters are counted for tokens")
def retrieve(question, chunks, k, budget, service=None):
    client, similarity = prepare(question, chunks, k, budget, service)
    ranked, used = best(similarity, k), []
    for i in ranked:
        if len("\n\n".join(chunks[j] for j in [*used, i])) <= budget:
            used.append(i)
    return finish(client, question, chunks, ranked, used)


@wrong("of equal chunks the earlier one comes first")
def retrieve(question, chunks, k, budget, service=None):
    client, similarity = prepare(question, chunks, k, budget, service)
    ranked = [int(i) for i in np.argsort(similarity, kind="stable")[::-1][:k]]
    return finish(client, question, chunks, ranked, fit(chunks, ranked, budget))


@wrong("the least similar chunks come first")
def retrieve(question, chunks, k, budget, service=None):
    client, similarity = prepare(question, chunks, k, budget, service)
    ranked = [int(i) for i in np.argsort(similarity, kind="stable")[:k]]
    return finish(client, question, chunks, ranked, fit(chunks, ranked, budget))


@wrong("RateLimitError")
def retrieve(question, chunks, k, budget, service=None):
    if k < 1 or budget < 1:
        raise ValueError("unusable input")
    client = llm.client(service)
    vectors = [np.array(client.embeddings.create(model=llm.EMBED, input=[text]).data[0].embedding) for text in [question, *chunks]]
    ranked = best(np.array([float(v @ vectors[0]) for v in vectors[1:]]).round(6), k)
    return finish(client, question, chunks, ranked, fit(chunks, ranked, budget))


@wrong("two of them without words")
def retrieve(question, chunks, k, budget, service=None):
    client, similarity = prepare(question, chunks, k, budget, service)
    bare = np.array([not any(c.isalnum() for c in chunk) for chunk in chunks], dtype=bool)
    ranked = best(np.where(bare, 9.0, similarity), k)
    return finish(client, question, chunks, ranked, fit(chunks, ranked, budget))
