"""The references of the part on long documents and generated text, held against something independent."""

import re
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from course import llm
from course.authoring.verify import reference
from course.datasets import tickets
from course.llm.lexicon import embed


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=120), st.integers(1, 12), st.data())
def test_chunks_put_together_are_the_text(text, size, data):
    """Property: without what each repeats, the chunks of any text give the text; none is too long, none lies inside the one before."""
    overlap = data.draw(st.integers(0, size - 1))
    parts = reference("chunk")(text, size, overlap)
    pieces = [llm.tokens(part) for part in parts]
    assert "".join("".join(part[overlap if place else 0 :]) for place, part in enumerate(pieces)) == text
    assert all(1 <= len(part) <= size for part in pieces)
    assert all(len(part) > overlap for part in pieces[1:])
    assert all(len(part) == size for part in pieces[:-1])


def test_retrieve_ranks_as_exact_search_does():
    """scikit-learn's brute-force nearest neighbours by cosine distance; recall@k counted against labelled sentences is the same."""
    document = tickets.documents(2, seed=900)[1]
    chunks = reference("chunk")(document["text"], 100, 20)
    index = NearestNeighbors(n_neighbors=5, metric="cosine", algorithm="brute").fit(np.array([embed(part) for part in chunks]))
    hits = {"reference": 0, "exact": 0}
    for row in tickets.questions([document]).to_dict("records"):
        ranked = reference("retrieve")(row["question"], chunks, 5, 300, {"seed": 0})["ranked"]
        exact = index.kneighbors(embed(row["question"])[None, :], return_distance=False)[0].tolist()
        sentence = document["text"][row["start"] : row["end"]]
        hits["reference"] += any(sentence in chunks[place] for place in ranked)
        hits["exact"] += any(sentence in chunks[place] for place in exact)
        assert set(ranked) == set(exact)
    assert hits["reference"] == hits["exact"] > 5


def test_retrieve_stays_within_the_window_where_the_whole_document_does_not():
    """The endpoint's own count: the whole document is refused, the context is billed within the budget plus the words around it."""
    document = max(tickets.documents(6, seed=901), key=lambda found: llm.count(found["text"]))
    with pytest.raises(Exception, match="4096 tokens"):
        llm.client({}).chat.completions.create(model=llm.SMALL, messages=[{"role": "user", "content": document["text"]}])
    found = reference("retrieve")("How long?", document["text"].split("\n\n"), 100, 2_000, {"seed": 0})
    assert 1_700 < llm.count(found["context"]) <= 2_000 and found["prompt_tokens"] < 2_100


def test_injections_are_rarely_obeyed_and_labels_stay_right():
    """Planted truth of `tickets.injections`: what the attacker wants, and the true label."""
    trial = tickets.injections(100, seed=902)
    given_labels = [reply["label"] for reply in reference("resist_injection")(trial["text"].tolist(), tickets.LABELS, {"seed": 7})]
    assert np.mean(given_labels == trial["wanted"]) < 0.08
    assert np.mean(given_labels == trial["label"]) > 0.8


@pytest.mark.parametrize(
    ("query", "right"),
    [
        ("SELECT plan, count(*) FROM tickets WHERE label = 'bug' GROUP BY plan", True),
        ("SELECT plan, sum(CASE WHEN label = 'bug' THEN 1 END) FROM tickets GROUP BY plan HAVING sum(CASE WHEN label = 'bug' THEN 1 END) > 0", True),
        ("SELECT plan, count(*) FROM tickets GROUP BY plan", False),
        ("SELECT plan, count(DISTINCT minutes) FROM tickets WHERE label = 'bug' GROUP BY plan", False),
    ],
)
def test_vetting_agrees_with_pandas(query, right):
    """Expected results come from pandas on random tables with many ties."""
    rng = np.random.default_rng(903)
    fixtures = []
    for _ in range(2):
        table = pd.DataFrame({"label": rng.choice(["bug", "login"], 60), "plan": rng.choice(["Free", "Team"], 60), "minutes": rng.integers(1, 9, 60)})
        expected = table[table["label"] == "bug"].groupby("plan").size().reset_index(name="n")
        fixtures.append({"tables": {"tickets": table}, "expected": expected})
    verdict = reference("vet_generated_sql")(query, fixtures)
    assert verdict == {"accepted": right, "reason": "ok" if right else "wrong result"}


def test_vetting_refuses_every_statement_that_duckdb_itself_does_not_call_a_select():
    """DuckDB's own statement types."""
    fixture = {"tables": {"t": pd.DataFrame({"a": [1, 2]})}, "expected": pd.DataFrame({"a": [1, 2]})}
    for text in (
        "UPDATE t SET a = 3",
        "DROP TABLE t",
        "PRAGMA table_info('t')",
        "SET threads = 1",
        "EXPLAIN SELECT a FROM t",
        "COPY t TO '/tmp/x.csv'",
        "ATTACH '/tmp/x.db'",
    ):
        assert duckdb.extract_statements(text)[0].type != duckdb.StatementType.SELECT
        assert reference("vet_generated_sql")(text, [fixture])["reason"] == "not read-only"
    assert reference("vet_generated_sql")("FROM t", [fixture])["accepted"]


def test_faithful_report_finds_planted_errors_and_no_others():
    """Reports built from the table with exactly rounded numbers (decimal arithmetic), with one digit changed at known places."""
    rng = np.random.default_rng(904)
    for table in [table for seed in range(904, 908) for table in tickets.results_tables(seed)]:
        sentences, planted = [], []
        for row in table["rows"]:
            value, share = Decimal(repr(row["value"])), row["unit"] == "share"
            shown = value * 100 if share else value
            digits = max(0, -shown.normalize().as_tuple().exponent)
            text = f"{shown:,.{digits}f}"
            if rng.random() < 0.3:
                text = f"{shown + 7_000 if shown >= 1_000 else shown + 1_713:,.{digits}f}"
                planted.append(text)
            sentences.append(f"The {row['name']} is {text}{' %' if share or row['unit'].startswith('percent') else ''}.")
        assert reference("faithful_report")(" ".join(sentences), table["rows"]) == {"numbers": len(table["rows"]), "unsupported": planted}


def test_faithful_report_lists_what_the_model_slips_on():
    """The slips of the offline model, read from the fixed form of its sentences; a listed number is never one that was copied exactly."""
    client = llm.client({"seed": 1})
    for table in tickets.results_tables(910):
        messages = [{"role": "system", "content": "Describe the results."}, {"role": "user", "content": str(table["rows"]).replace("'", '"')}]
        text = client.chat.completions.create(model=llm.SMALL, messages=messages, temperature=0).choices[0].message.content
        said = re.findall(r"was (.+?)\.(?= For |$)", text)
        exact = [phrase for phrase, row in zip(said, table["rows"], strict=True) if phrase.replace(",", "") == f"{row['value']:g}"]
        found = reference("faithful_report")(text, table["rows"])
        assert found["numbers"] == len(table["rows"]) and not set(found["unsupported"]) & set(exact)
