"""The references of the labelling and extraction part, held against something independent."""

import json
import math
import os
import random
import subprocess
import sys

import jsonschema
import numpy as np
import pydantic
import pytest
from sklearn.metrics import accuracy_score
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

from course import llm
from course.authoring.verify import reference
from course.datasets import tickets


def test_label_tickets_finds_the_planted_labels():
    """Planted labels of the corpus, scored by scikit-learn; the larger model labels better."""
    frame = tickets.tickets(80, seed=3)
    scores = [
        accuracy_score(frame["label"], reference("label_tickets")(frame["text"].tolist(), tickets.LABELS, model=model, service={"faults": ["verbose"]}))
        for model in (llm.SMALL, llm.LARGE)
    ]
    assert 0.6 < scores[0] < scores[1]


def test_label_tickets_is_not_moved_by_faults_of_form():
    """The same judgement, dressed or plain, refused first or not: metamorphic."""
    texts = tickets.tickets(30, seed=4)["text"].tolist()
    plain, chatty, refused = (reference("label_tickets")(texts, tickets.LABELS, service={"faults": faults}) for faults in ([], ["verbose"], ["rate_limit"]))
    assert plain == chatty == refused


def test_backoff_is_uniform_below_the_ceiling():
    """Kolmogorov-Smirnov against the uniform distribution (scipy); schedule of AWS' "full jitter": random between 0 and min(cap, base * 2 ** attempt)."""
    from scipy import stats

    backoff = reference("backoff")
    for attempt, top in [(1, 1.0), (3, 4.0), (8, 20.0)]:
        waits = [backoff(429, attempt, attempts=10, seed=seed) for seed in range(400)]
        assert stats.kstest(waits, stats.uniform(0, top).cdf).pvalue > 0.001


def test_backoff_agrees_with_the_official_client_about_whom_to_retry():
    """openai's client retries 408, 409, 429 and 500 up; the exercise leaves 409 (a lock) out and refuses a used-up quota."""
    import httpx2

    client = llm.client({})
    for status in (400, 401, 403, 404, 408, 422, 429, 500, 503):
        response = httpx2.Response(status, request=httpx2.Request("POST", "http://offline.invalid"))
        assert client._should_retry(response) == (reference("backoff")(status, 1, seed=0) is not None)


def test_grounded_names_exactly_the_planted_inventions():
    """Planted truth: entities of the corpus are supported, inventions are not."""
    draw = random.Random(5)
    for row in tickets.tickets(60, seed=11).to_dict("records"):
        record = {name: row[name] for name in ("order_id", "plan", "product", "email", "incident_date")}
        record["amount"] = None if math.isnan(row["amount"]) else row["amount"]
        assert reference("grounded")(record, row["text"])["unsupported"] == []
        name = draw.choice(["order_id", "email"])
        if record[name]:
            record[name] = record[name][1:]
            assert reference("grounded")(record, row["text"])["unsupported"] == [name]


def test_grounded_never_supports_a_part_of_a_token():
    """Every proper part of a token of letters and digits is refused, the token itself is supported: brute force."""
    grounded = reference("grounded")
    for token in ("ORD-12345", "restart", "ann.lee@x.example", "1,240.50"):
        for start in range(len(token)):
            for stop in range(start + 1, len(token) + 1):
                part = token[start:stop]
                if part[0].isalnum() and part[-1].isalnum():
                    found = grounded({"v": part}, f"We mean {token}, please.")["unsupported"] == []
                    assert found == (part == token), (token, part)


class Ticket(pydantic.BaseModel):
    """The schema of the lesson, written for pydantic."""

    model_config = pydantic.ConfigDict(extra="forbid")
    order_id: str | None = pydantic.Field(pattern=r"^ORD-\d{5}$")
    email: str | None
    plan: str | None
    product: str | None


SCHEMA = {
    "type": "object",
    "properties": {name: {"type": ["string", "null"]} for name in ("order_id", "email", "plan", "product")},
    "required": ["order_id", "email", "plan", "product"],
    "additionalProperties": False,
}
SCHEMA["properties"]["order_id"]["pattern"] = r"^ORD-\d{5}$"


def test_extract_fields_gives_records_that_pydantic_and_jsonschema_accept():
    """Two other validators, on a service with every fault of form."""
    texts = tickets.tickets(40, seed=6)["text"].tolist()
    found = reference("extract_fields")(
        texts, SCHEMA, list(SCHEMA["properties"]), service={"seed": 1, "faults": ["invalid_json", "extra_keys", "hallucination"]}
    )
    for result, text in zip(found, texts, strict=True):
        assert (result["record"] is None) == (result["reason"] is not None)
        if result["record"]:
            Ticket.model_validate_json(json.dumps(result["record"]))
            jsonschema.validate(result["record"], SCHEMA)
            assert all(value is None or value.lower() in text.lower() for value in result["record"].values())


def test_extract_fields_finds_the_planted_entities():
    """Planted truth: most stated ids and addresses are found, fewer unstated ones are filled than without the check."""
    frame = tickets.tickets(60, seed=7)
    found = reference("extract_fields")(frame["text"].tolist(), SCHEMA, list(SCHEMA["properties"]), service={})
    assert np.mean([r["record"]["order_id"] == o for r, o in zip(found, frame["order_id"], strict=True) if o]) > 0.7
    assert np.mean([r["record"]["email"] is None for r, e in zip(found, frame["email"], strict=True) if not e]) > 0.8


def test_cached_call_counts_at_the_transport_and_keys_agree_in_another_process():
    """Call counter of the transport (its quota is exact), and a second interpreter with another hash seed."""
    ask = [{"model": llm.SMALL, "temperature": 0, "messages": [{"role": "user", "content": f"Grüße {number % 3}"}]} for number in range(9)]
    first = reference("cached_call")(ask, {}, service={"quota": 3})
    assert len(first["cache"]) == 3
    with pytest.raises(Exception, match="quota"):
        reference("cached_call")(ask, {}, service={"quota": 2})
    code = (
        "import json, hashlib, sys\nfor r in json.load(sys.stdin): "
        "print(hashlib.sha256(json.dumps(dict(reversed(r.items())), sort_keys=True, ensure_ascii=False, separators=(',', ':')).encode()).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(ask), capture_output=True, text=True, check=True, env=os.environ | {"PYTHONHASHSEED": "9"}
    )
    assert set(there.stdout.split()) == set(first["cache"])


def test_consistency_is_the_observed_agreement_of_fleiss():
    """statsmodels: Fleiss' kappa is (pairwise - chance) / (1 - chance), with chance from the shares of the labels."""
    draw = np.random.default_rng(3)
    for _ in range(5):
        runs = draw.choice(["a", "b", "c"], (4, 30), p=[0.6, 0.3, 0.1])
        table, _ = aggregate_raters(runs.T)
        chance = ((table.sum(axis=0) / table.sum()) ** 2).sum()
        answer = reference("consistency")(runs.tolist())
        assert (answer["pairwise"] - chance) / (1 - chance) == pytest.approx(fleiss_kappa(table))
        assert answer["all_alike"] == pytest.approx(np.mean(table.max(axis=1) == 4))
