"""Every template, over a hundred seeds: right answers get full marks, wrong ones are named, and the numbers of the statement are those of the tests."""

from __future__ import annotations

import ast
import re

import numpy as np
import pytest

from course.checks import run
from course.checks.compare import plain
from course.checks.model import Outcome, Section
from course.checks.run import define
from course.interview.draw import topics
from course.interview.question import NAMES
from course.interview.templates import MODULES, TEMPLATES
from course.paths import find_root, sections
from course.study.find import places as section_notebooks
from tests.interview.proof import SEEDS, asked, compile_once, graded, lean, made, numbers


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(run, "compile", compile_once, raising=False)


every = pytest.mark.parametrize("template", sorted(TEMPLATES))


@every
def test_right_answers_pass_and_wrong_ones_are_named(template, monkeypatch):
    # the smallest input that shows a difference and the guard of queries have tests of their own, and take a second for each query
    monkeypatch.setattr("course.sql.check._smallest", lambda *_: "")
    for seed, question in enumerate(made(template)):
        if seed == 1:
            monkeypatch.setattr("course.sql.check.run", lean)
        for body in (question.body, question.right):
            share, messages, _ = graded(question, body)
            assert share == 1, f"seed {seed}: {messages}"
        wrong = {**question.wrong, **question.slips}
        assert len(wrong) >= 2
        for words, body in wrong.items():
            share, messages, outcomes = graded(question, body)
            assert share < 1 and Outcome.NOT_ATTEMPTED not in outcomes
            assert any(words in message for message in messages), f"seed {seed}, {words!r}: {messages}"


@every
def test_an_untouched_stub_is_not_attempted(template):
    for question in made(template, 3):
        share, _, outcomes = graded(question, "raise NotImplementedError()")
        assert share == 0 and outcomes == {Outcome.NOT_ATTEMPTED}


@every
def test_seeds_give_other_questions_and_the_same_seed_the_same(template):
    questions = list(made(template))
    numbers_of = {question.case if question.case and question.check != "query" else question.told for question in questions}
    assert len(numbers_of) >= (0.25 if questions[0].check == "query" else 0.5) * SEEDS
    assert len({re.sub(r"\d", "", question.statement) for question in questions}) >= 5, "only the numbers differ, not the setting"
    again = next(made(template))
    assert (again.told, again.tests) == (questions[0].told, questions[0].tests)


@every
def test_the_statement_tells_what_the_tests_use(template):
    for question in made(template):
        if question.check != "query":
            told = numbers(question.told.partition("Example: ")[0])
            assert all(any(abs(number - other) < 1e-9 for other in told) for number in asked(question)), (asked(question) - told, question.told)
        if question.example:
            call, value = re.search(r"Example: `(.*)` gives `(.*)`\.$", question.told).groups()
            names = {**NAMES, question.id: define(question.function(question.right), question.id, NAMES)}
            _same(plain(eval(call, names)), ast.literal_eval(value))


def _same(value, shown):
    if isinstance(shown, dict):
        assert value.keys() == shown.keys()
        for key in shown:
            _same(value[key], shown[key])
    elif isinstance(shown, list):
        assert len(value) == len(shown)
        for one, other in zip(value, shown, strict=True):
            _same(one, other)
    elif isinstance(shown, float) or isinstance(value, float):
        assert value == pytest.approx(shown, rel=1e-5)
    else:
        assert value == shown


@every
def test_the_form_is_that_of_the_course(template):
    for question in made(template, 10):
        lines = [line for line in question.told.splitlines() if line.strip()]
        assert len(lines) <= 8
        assert f"`{question.id}(" in question.told
        assert question.id not in question.title and not question.title.endswith(".")
        names = re.match(rf"{question.id}\((.*?)\) ->", question.signature)[1]
        inside = re.search(rf"`{question.id}\((.*?)\)`", question.statement)[1]
        assert re.findall(r"(\w+):", re.sub(r"\[.*?\]", "", names)) == re.findall(r"\w+", inside), "the statement names other arguments than the signature"
        assert 3 <= question.minutes <= 10
        compile(question.text(1), template, "exec")


def test_there_are_templates_for_all_nine_sections():
    assert len(TEMPLATES) >= 44
    assert len(topics()) == len(MODULES) == 9
    for topic in topics():
        assert sum(template.topic == topic for template in TEMPLATES.values()) >= 4


def test_no_template_has_the_name_of_an_exercise():
    assert not set(TEMPLATES) & {key for path in section_notebooks() for key in Section.read(path).exercises}


def test_links_lead_to_headings_that_exist():
    root = find_root()
    there = sections(root)
    for template in TEMPLATES.values():
        if template.heading:
            text = (root / "source" / template.topic / f"{template.topic}.py").read_text(encoding="utf-8")
            assert re.search(rf"^# ##+ {re.escape(template.heading)}$", text, re.MULTILINE), (template.id, template.heading)
    assert {"01-statistics", "05-sql"} <= set(there)


def test_references_against_known_values():
    """Numbers from outside: the seed's fraud example, its 400 hours, its million calls, and textbook values."""

    def reference(template, *arguments):
        question = TEMPLATES[template].question(np.random.default_rng(0))
        return define(question.function(question.body), question.id, NAMES)(*arguments)

    assert reference("flag_value", 0.001, 0.9, 0.99) == pytest.approx(0.0826, abs=5e-5)
    assert reference("weekly_saving", 10_000, 3.0, 0.8, 1.0, 0.0)["hours"] == pytest.approx(400)
    assert reference("cascade_bill", 1_000_000, 0.01, 1.0, 0.0)["cost"] == pytest.approx(10_000)
    assert reference("users_per_arm", 0.5, 0.1, 0.05, 0.8) == 1562
    assert reference("annotation_sample", 0.5, 0.05) == 385
    assert reference("model_or_human", 0, 9, 1, 0)["p"] == pytest.approx(22 / 1024)
    assert reference("effective_users", 1000, 10, 1.0) == pytest.approx(10)
    assert reference("attention_gini", [0, 0, 0, 1]) == pytest.approx(0.75)
    assert reference("stability", [50, 50], [60, 40])["psi"] == pytest.approx(0.1 * np.log(1.2) - 0.1 * np.log(0.8))
    assert reference("chance_corrected", list("aabb"), list("abbb")) == pytest.approx(0.5)
