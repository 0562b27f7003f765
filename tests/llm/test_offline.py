"""The offline endpoint through the official client: the wire format, prices, determinism, faults, and that it reads its prompt."""

import contextlib
import json
import subprocess
import sys

import numpy as np
import openai
import pytest

from course import llm
from course.datasets.tickets import LABELS as LABELS_OF
from course.datasets.tickets import tickets
from course.llm.learn import FILE, learn
from course.llm.lexicon import embed
from course.llm.reading import read

TICKET = "I was charged twice for order ORD-12345, please send the money back."
LABELS = (
    "Labels:\n- billing: charges, invoices, payment methods\n- refund: the customer wants money back\n- bug: something is broken\nAnswer with the label only."
)


def ask(client, text=TICKET, system=LABELS, model=llm.SMALL, **settings):
    messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
    return client.chat.completions.create(model=model, messages=messages, **{"temperature": 0, **settings})


def schema(properties, strict=True):
    body = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": "record", "strict": strict, "schema": body}}


NULLABLE = {"type": ["string", "null"]}


@pytest.mark.parametrize("text", ["", "a", "Grüße, 日本 x_y\n\n  two  spaces", "1,240.50 EUR\tand\r\nmore", "internationalisation"])
def test_tokens_lose_nothing(text):
    assert "".join(llm.tokens(text)) == text
    assert llm.count(text) == len(llm.tokens(text))


def test_an_answer_has_the_official_form():
    reply = ask(llm.client(), logprobs=True)
    assert reply.model == llm.SMALL and reply.object == "chat.completion"
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply.usage.completion_tokens == llm.count(reply.choices[0].message.content)
    assert -20 < reply.choices[0].logprobs.content[0].logprob <= 0
    assert {model.id for model in llm.client().models.list()} == set(llm.MODELS)


def test_prices_are_per_million_tokens():
    assert llm.cost(llm.SMALL, 1_000_000) == pytest.approx(1.5)
    assert llm.cost(llm.LARGE, 1_000, 100) == pytest.approx(0.039)
    with pytest.raises(ValueError, match="dated version"):
        llm.cost("relay-small", 10)


def test_temperature_zero_gives_the_same_answer_in_another_process():
    code = "from tests.llm.test_offline import *\nprint([ask(llm.client(), TICKET + str(i)).choices[0].message.content for i in range(30)])"
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7", "PYTHONPATH": ".", "PATH": ""}
    ).stdout
    assert there.strip() == str([ask(llm.client(), TICKET + str(i)).choices[0].message.content for i in range(30)])


def test_warm_answers_vary_and_a_seed_holds_them():
    client = llm.client()
    text = "The charge looks odd and the button fails, I want my money or an answer."
    warm = {ask(client, text, temperature=2.0).choices[0].message.content for _ in range(60)}
    assert len(warm) > 1
    assert len({ask(client, text, temperature=2.0, seed=4).choices[0].message.content for _ in range(10)}) == 1


def test_rate_limit_once_then_the_answer():
    client = llm.client({"faults": ["rate_limit"]})
    with pytest.raises(openai.RateLimitError):
        ask(client)
    assert ask(client).choices[0].message.content
    assert ask(llm.client({"faults": ["rate_limit"]}, max_retries=2)).choices[0].message.content


def test_quota_ends_all_calls():
    client = llm.client({"quota": 2})
    ask(client), ask(client)
    with pytest.raises(openai.RateLimitError, match="quota"):
        ask(client)


@pytest.mark.parametrize(("fault", "error"), [("timeout", openai.APITimeoutError), ("server_error", openai.InternalServerError)])
def test_faults_are_the_errors_of_the_official_client(fault, error):
    with pytest.raises(error):
        ask(llm.client({"faults": {fault: 1.0}}))


def test_long_documents_do_not_fit():
    with pytest.raises(openai.BadRequestError, match="4096 tokens") as caught:
        ask(llm.client(), "word " * 5_000)
    assert caught.value.code == "context_length_exceeded"
    assert ask(llm.client(), "word " * 5_000, model=llm.LARGE)


def test_bad_names_are_refused_and_say_what_there_is():
    with pytest.raises(openai.NotFoundError, match="relay-small"):
        ask(llm.client(), model="gpt-unknown")
    with pytest.raises(ValueError, match="verbose"):
        llm.client({"faults": ["loud"]})
    with pytest.raises(ValueError, match="quota"):
        llm.client({"budget": 3})


def test_an_alias_moves_to_the_newest_version():
    assert ask(llm.client({"today": "2026-06-01"}), model="relay-small").model == "relay-small-2026-03-01"
    assert ask(llm.client({"today": "2026-10-01"}), model="relay-small").model == "relay-small-2026-09-01"


def test_a_repeated_request_may_differ_under_inconsistent():
    client = llm.client({"faults": {"inconsistent": 1.0}})
    text = "The charge looks odd and the button fails, I want my money or an answer."
    assert len({ask(client, text).choices[0].message.content for _ in range(60)}) > 1


def test_max_tokens_cuts_and_says_so():
    reply = ask(llm.client({"faults": ["verbose"]}), max_tokens=2)
    assert reply.choices[0].finish_reason == "length" and llm.count(reply.choices[0].message.content) == 2


def test_records_follow_the_schema_and_a_required_value_is_invented():
    text = "Not ORD-11111 but ORD-22222 is mine; I paid $1,240.50 on 03/04/2026."
    properties = {"order_id": NULLABLE, "amount": {"type": ["number", "null"]}, "date": NULLABLE, "email": {"type": "string"}}
    record = json.loads(
        ask(llm.client(), text, "Extract the fields; null if not stated.", llm.LARGE, response_format=schema(properties)).choices[0].message.content
    )
    assert record["order_id"] == "ORD-22222" and record["amount"] == 1240.5 and record["date"] == "2026-04-03"
    assert record["email"] and record["email"] not in text
    small = json.loads(
        ask(llm.client(), text, "Extract the fields; null if not stated.", llm.SMALL, response_format=schema(properties)).choices[0].message.content
    )
    assert small["order_id"] == "ORD-11111" and small["date"] == "2026-03-04"


def test_allowing_null_and_saying_so_lowers_invention():
    texts = [f"Hello, this is message {i}, the search page looks odd." for i in range(200)]

    def invented(system, kind):
        replies = [ask(llm.client(), text, system, response_format=schema({"order_id": {"type": kind}})).choices[0].message.content for text in texts]
        return np.mean([json.loads(reply)["order_id"] is not None for reply in replies])

    forced, allowed, told = (
        invented("Extract.", "string"),
        invented("Extract.", ["string", "null"]),
        invented("Extract; null if not stated.", ["string", "null"]),
    )
    assert forced == 1.0 and 0.25 < allowed < 0.45 and told < 0.2


@pytest.mark.parametrize("fault", ["invalid_json", "extra_keys"])
def test_a_faulty_record_is_mended_when_the_model_is_told(fault):
    client = llm.client({"faults": {fault: 1.0}})
    form = schema({"order_id": NULLABLE})
    first = ask(client, response_format=form).choices[0].message.content
    with contextlib.suppress(ValueError):
        assert set(json.loads(first)) != {"order_id"}
    messages = [
        {"role": "system", "content": LABELS},
        {"role": "user", "content": TICKET},
        {"role": "assistant", "content": first},
        {"role": "user", "content": "That is not valid: unexpected keys or invalid JSON. Return only the JSON object."},
    ]
    again = client.chat.completions.create(model=llm.SMALL, messages=messages, temperature=0, response_format=form).choices[0].message.content
    assert json.loads(again) == {"order_id": "ORD-12345"}


@pytest.mark.parametrize(
    "prompt",
    [
        "Classify this ticket into billing, refund, login or bug.\n\n{}",
        "One of: billing, refund, login, bug. One word.\n\nTicket: {}\nLabel:",
        'Use one of ["billing", "refund", "login", "bug"].\n<ticket>{}</ticket>',
        "Labels:\n- billing: invoices\n- refund: money back\n- login: access\n- bug: broken\n\n<ticket>\n{}\n</ticket>",
    ],
)
def test_labels_and_text_are_found_however_they_are_written(prompt):
    brief = read([{"role": "user", "content": prompt.format(TICKET)}])
    assert brief.label_list == ["billing", "refund", "login", "bug"] and brief.material == TICKET


def test_examples_in_turns_and_in_text_are_read():
    turns = [{"role": "user", "content": "a b"}, {"role": "assistant", "content": "bug"}, {"role": "user", "content": "c d"}]
    assert read([{"role": "system", "content": LABELS}, *turns]).examples == [("a b", "bug")]
    assert read([{"role": "user", "content": "Labels: bug, refund\nText: a b\nLabel: bug\n\nText: c d\nLabel:"}]).examples == [("a b", "bug")]


def test_embeddings_are_unit_vectors_that_know_neighbours():
    data = llm.client().embeddings.create(model=llm.EMBED, input=["reset my password", "cannot sign in", "the invoice is too high", ""]).data
    vectors = np.array([row.embedding for row in data])
    assert np.allclose(np.linalg.norm(vectors[:3], axis=1), 1, atol=1e-5) and not vectors[3].any()
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    assert np.allclose(vectors[0], embed("reset my password"), atol=1e-6)


def test_the_model_knows_tickets_as_the_file_of_its_knowledge_says():
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    fresh = learn()
    assert len(set(kept) & set(fresh)) > 0.98 * len(kept)
    assert all(np.allclose(kept[name], fresh[name], atol=0.05) for name in set(kept) & set(fresh))


def accuracy(system, model, examples=(), service=None):
    frame, client = tickets(300, seed=1), llm.client(service)
    hits = []
    for text, label in zip(frame["text"], frame["label"], strict=True):
        messages = [{"role": "system", "content": system}, *examples, {"role": "user", "content": text}]
        said = client.chat.completions.create(model=model, temperature=0, messages=messages).choices[0].message.content
        hits.append(next((name for name in LABELS_OF if name in said.lower().replace(" ", "_")), None) == label)
    return np.mean(hits)


def test_better_prompts_and_a_larger_model_label_better():
    plain = "Classify the support ticket into one of: " + ", ".join(LABELS_OF) + "."
    defined = "Labels:\n" + "\n".join(f"- {name}: {meaning}" for name, meaning in LABELS_OF.items()) + "\nAnswer with the label only."
    train = tickets(400, seed=9)
    shown = [
        message
        for name in LABELS_OF
        for text in train.loc[train["label"] == name, "text"].iloc[:2]
        for message in ({"role": "user", "content": text}, {"role": "assistant", "content": name})
    ]
    bare, told, taught, large = accuracy(plain, llm.SMALL), accuracy(defined, llm.SMALL), accuracy(defined, llm.SMALL, shown), accuracy(defined, llm.LARGE)
    assert 0.6 < bare < told < taught < large < 0.97
    assert accuracy(defined, llm.LARGE, service={"faults": {"label_noise": 0.3}}) < large - 0.1
