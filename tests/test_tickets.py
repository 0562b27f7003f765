import itertools
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline

from course.datasets.tickets import (
    _ASKS,
    _INDIRECT,
    _SAYS,
    _SHARED,
    CURRENCIES,
    ENTITIES,
    KEYWORDS,
    LABELS,
    PLANS,
    PRODUCTS,
    SHARES,
    confusion,
    documents,
    injections,
    keyword_label,
    questions,
    results_tables,
    tickets,
)

SYMBOLS = {"USD": r"\$|USD|dollars", "EUR": r"€|EUR|euros", "GBP": r"£|GBP|pounds"}
ENTITY = {"order_id": r"\bORD-\d{5}\b", "email": r"[\w.]+@[\w.]+\.example"}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return tickets(2000, seed=0)


def written(day) -> list[str]:
    return [f"{day.day} {day:%B %Y}", day.isoformat(), f"{day:%d/%m/%Y} (day first)"]


def test_the_same_arguments_give_the_same(table):
    pd.testing.assert_frame_equal(table, tickets(2000, seed=0))
    assert not set(tickets(200, seed=1)["text"]) & set(tickets(200, seed=2)["text"])
    pd.testing.assert_frame_equal(injections(30, seed=4), injections(30, seed=4))
    assert documents(3, seed=5) == documents(3, seed=5)
    assert results_tables(6) == results_tables(6) != results_tables(7)


@pytest.mark.parametrize("n", [0, 1, 7, 60])
def test_any_number_of_rows(n):
    small = tickets(n, seed=3)
    assert len(small) == n
    assert list(small.columns) == ["ticket_id", "created_at", "channel", "text", "label", "rater_a", "rater_b", "difficulty", *ENTITIES]


def test_shape_of_the_table(table):
    assert table["ticket_id"].str.fullmatch(r"T\d{6}").all()
    assert table["ticket_id"].is_unique
    assert table["text"].is_unique
    assert table["created_at"].is_monotonic_increasing
    assert not table["text"].str.contains(r"[{}]").any(), "a placeholder was left"
    sentences = table["text"].str.count(r"[.?!](?=\s|$)")
    assert sentences.between(2, 9).all()
    assert table["text"].str.contains("^[a-z]").any()


def test_shares_of_labels_and_difficulties(table):
    shares = table["label"].value_counts(normalize=True)
    for label, share in SHARES.items():
        assert shares[label] == pytest.approx(share, abs=0.001)
    assert list(SHARES) == list(LABELS) == list(KEYWORDS)
    assert table["difficulty"].value_counts(normalize=True)["plain"] == pytest.approx(0.58, abs=0.04)


def test_each_label_is_said_in_at_least_25_ways():
    for label in LABELS:
        assert len(set(_SAYS[label])) >= 25
        assert len(set(_ASKS[label])) >= 10
        assert len(set(_INDIRECT[label])) >= 10
    everything = [text for pool in (*_SAYS.values(), *_INDIRECT.values(), *_SHARED.values()) for text in pool]
    assert len(everything) == len(set(everything))


def test_indirect_tickets_have_no_keyword_of_their_label(table):
    for row in table[table["difficulty"] == "indirect"].itertuples():
        found = [word for word in KEYWORDS[row.label] if re.search(rf"\b{re.escape(word)}\b", row.text.lower())]
        assert not found, (row.label, found, row.text)


def test_raters_err_as_stated(table):
    big = pd.concat([tickets(5000, seed) for seed in (20, 21)])
    for rater, right in (("rater_a", 0.94), ("rater_b", 0.88)):
        assert (big[rater] == big["label"]).mean() == pytest.approx(right, abs=0.015)
        chances = confusion(rater)
        assert np.allclose(chances.sum(axis=1), 1)
        seen = pd.crosstab(big["label"], big[rater], normalize="index").reindex(index=chances.index, columns=chances.columns, fill_value=0.0)
        margin = 4 * np.sqrt(0.25 / big["label"].value_counts().reindex(chances.index))
        assert (abs(seen - chances).max(axis=1) < margin).all()
    wrong = big[big["rater_b"] != big["label"]]
    assert (wrong[wrong["label"] == "billing"]["rater_b"] == "refund").mean() > 0.6


def test_stated_entities_are_in_the_text(table):
    for row in table.itertuples():
        if row.order_id is not None:
            assert re.fullmatch(r"ORD-\d{5}", row.order_id) and row.order_id in row.text
        if row.currency is not None:
            sums = [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", row.text)]
            assert row.amount in sums, row.text
            assert re.search(SYMBOLS[row.currency], row.text)
        assert (row.currency is None) == np.isnan(row.amount)
        if row.incident_date is not None:
            assert any(form in row.text for form in written(row.incident_date)), row.text
            assert row.incident_date <= row.created_at.date()
        for value, options in ((row.product, PRODUCTS), (row.plan, PLANS), (row.currency, CURRENCIES)):
            assert value is None or value in options
        for value in (row.product, row.plan, row.email):
            assert value is None or re.search(rf"\b{re.escape(value)}\b", row.text), row.text
    assert table[list(ENTITIES)].notna().mean().between(0.42, 0.58).all()


def test_what_is_not_stated_is_not_in_the_text(table):
    for row in table.itertuples():
        if row.order_id is None:
            assert re.sub("earlier order ORD-", "", row.text, flags=re.I).count("ORD-") == 0, row.text
        if row.currency is None:
            assert not re.search(r"[$€£]|\b(?:USD|EUR|GBP|dollars|euros|pounds)\b", row.text)
        if row.incident_date is None:
            assert not re.search(r"\d{4}-\d\d-\d\d|\d/\d{4}", row.text)
        if row.plan is None:
            assert not re.search(r"\b(?:Free|Team|Business)\b", row.text)
        if row.email is None:
            assert set(re.findall(ENTITY["email"], row.text)) <= {"help@relay.example"}


def test_near_misses_make_the_first_match_wrong(table):
    for entity, least in (("order_id", 0.1), ("email", 0.05)):
        stated = table[table[entity].notna()]
        first = stated["text"].str.extract(f"({ENTITY[entity]})")[0]
        assert least < (first != stated[entity]).mean() < 0.4
    assert table.loc[table["product"].isna(), "text"].str.contains(r"\b(?:chat|search)\b").any()


def test_a_linear_model_learns_the_labels_but_not_all(table):
    test = tickets(2000, seed=10)
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), LogisticRegression(C=10, max_iter=300))
    accuracy = accuracy_score(test["label"], model.fit(table["text"], table["label"]).predict(test["text"]))
    assert 0.82 < accuracy < 0.92


def test_keywords_are_worse(table):
    right = table["text"].map(keyword_label) == table["label"]
    assert 0.6 < right.mean() < 0.7
    by = right.groupby(table["difficulty"]).mean()
    assert by["plain"] > by["mixed"] > by["indirect"]


def test_injections_want_another_label():
    table = injections(200, seed=0)
    assert list(table.columns) == [*tickets(1).columns, "wanted"]
    assert (table["wanted"] != table["label"]).all()
    assert table["wanted"].isin(list(LABELS)).all()
    for row in table.itertuples():
        assert row.wanted in row.text or row.wanted.replace("_", " ") in row.text
        assert row.order_id is None or row.order_id in row.text
    assert not set(table["text"]) & set(tickets(200, seed=0)["text"])
    assert not set(table["ticket_id"]) & set(tickets(200)["ticket_id"])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_documents_and_their_questions(seed):
    made = documents(7, seed)
    assert len({document["doc_id"] for document in made}) == len({document["title"] for document in made}) == 7
    asked = questions(made)
    assert list(asked.columns) == ["question", "doc_id", "answer", "start", "end"]
    texts = {document["doc_id"]: document["text"] for document in made}
    for text in texts.values():
        assert 2_000 <= len(text.split()) <= 6_000
        assert text.count("\n## ") == 7
        assert not re.search(r"[{}]", text)
    for row in asked.itertuples():
        support = texts[row.doc_id][row.start : row.end]
        assert row.answer in support
        assert re.fullmatch(r"[A-Z][^.?!]*(?:\d\.\d[^.?!]*)?\.", support), support
        assert texts[row.doc_id].count(support) == 1
        assert not re.search(r"[{}]", row.question)
    assert not asked.duplicated(["question", "doc_id"]).any()
    assert asked.groupby("doc_id").size().eq(21).all()


def test_the_facts_differ_by_seed():
    answers = [questions(documents(1, seed))["answer"].tolist() for seed in range(3)]
    assert all(a != b for a, b in itertools.combinations(answers, 2))


def test_word_overlap_finds_some_of_the_answers():
    made = documents(6, seed=0)
    asked, hits = questions(made), 0
    for document in made:
        sentences = [part for part in re.split(r"(?<=[.?!])\s+|\n+", document["text"]) if part]
        words = TfidfVectorizer().fit(sentences)
        mine = asked[asked["doc_id"] == document["doc_id"]]
        best = np.asarray((words.transform(mine["question"]) @ words.transform(sentences).T).argmax(axis=1)).ravel()
        hits += sum(sentences[at] == document["text"][a:b] for at, a, b in zip(best, mine["start"], mine["end"], strict=True))
    assert 0.25 < hits / len(asked) < 0.65


def test_changed_documents_are_refused():
    made = documents(1)
    made[0]["text"] += "More."
    with pytest.raises(ValueError, match="not as documents"):
        questions(made)
    assert questions([]).empty
    assert len(questions(documents(1))) == 21


@pytest.mark.parametrize("seed", range(5))
def test_results_hang_together(seed):
    for result in results_tables(seed):
        assert list(result) == ["table_id", "title", "rows"]
        assert all(list(row) == ["name", "value", "unit"] for row in result["rows"])
        value = {row["name"]: row["value"] for row in result["rows"]}
        (control,) = (found for name, found in value.items() if name.endswith("in control") and not name.startswith("users"))
        (treatment,) = (found for name, found in value.items() if name.endswith("in treatment") and not name.startswith("users"))
        assert value["difference"] == pytest.approx(treatment - control) != 0
        assert value["difference, lower bound"] < value["difference"] < value["difference, upper bound"]
        assert value["relative lift"] == pytest.approx(100 * (treatment / control - 1), abs=0.051)
    units = {row["unit"] for result in results_tables(seed) for row in result["rows"]}
    assert {"share", "percent", "percentage points"} <= units
