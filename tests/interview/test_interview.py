"""An interview from its making to its report, through the engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from datetime import UTC, date, datetime, timedelta

import nbformat
import pytest
from typer.testing import CliRunner

from course.checks.model import role_of
from course.interview import commands, finish, journal, make
from course.interview.journal import Run
from course.interview.report import link
from course.interview.templates import TEMPLATES
from course.paths import CourseError
from tests.conftest import PROJECT

DAY = date(2026, 7, 1)
NAME = "2026-07-01-seed-5"
TOPICS = ("02-machine-learning", "05-sql", "07-communication")


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """A course with one interview in it; not to be written to."""
    root = tmp_path_factory.mktemp("interview")
    shutil.copy(PROJECT / "nbgrader_config.py", root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_ROOT", str(root))
        made = make.make(root, 18, TOPICS, 5, DAY)
    assert made.name == NAME and {asked.topic for asked in made.asked} == set(TOPICS)
    return root


@pytest.fixture
def root(one, tmp_path, monkeypatch):
    """A copy of it, which is the course of this test."""
    shutil.copytree(one, tmp_path / "course")
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path / "course"))
    monkeypatch.chdir(tmp_path / "course")
    return tmp_path / "course"


def place(root):
    return root / "work" / "interviews"


def answer(root, bodies):
    """Fill in answers: id -> body."""
    path = place(root) / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    questions = {question.id: question for question in make.questions(journal.load(place(root), NAME).asked)}
    for cell in notebook.cells:
        mark = role_of(cell)
        if mark.get("role") == "solution" and mark["exercise"] in bodies:
            cell.source = questions[mark["exercise"]].function(bodies[mark["exercise"]], doc=True)
    nbformat.write(notebook, path)


def asked(root):
    return make.questions(journal.load(place(root), NAME).asked)


def pages(root):
    return [(place(root) / f"{NAME}-report.{kind}").read_text(encoding="utf-8") for kind in ("md", "html")]


def test_the_notebook_shows_questions_and_nothing_else(root):
    text = (place(root) / f"{NAME}.ipynb").read_text(encoding="utf-8")
    for secret in ("BEGIN", "HIDDEN", "expected(", "mistake", "examine(", "examine_query("):
        assert secret not in text
    notebook = nbformat.reads(text, as_version=4)
    cells = "\n".join(cell.source for cell in notebook.cells)
    for question in asked(root):
        assert question.told in cells and question.stub.splitlines()[0] in cells and question.explain not in cells
        for name in question.wrong:
            assert name not in text
    assert "%check" not in cells and "%hint" not in cells
    assert f"%interview start {NAME}" in cells and f"%finish {NAME}" in cells


def test_a_solved_interview_gets_all_points(root):
    answer(root, {question.id: question.right for question in asked(root)})
    done = finish.finish(root, NAME)
    assert all(one.points == one.max_points and one.attempted and not one.messages for one in done.answers)
    assert all(one.seconds is None and one.late is None for one in done.answers)
    for page in pages(root):
        assert "Nothing: full marks." in page and "never started" in page and "not recorded" in page
    assert finish.finish(root, NAME).finished == done.finished


def test_a_partly_wrong_interview_is_told_why_and_where_to_revise(root):
    first, second, *rest = asked(root)
    words, body = next(iter(first.wrong.items()))
    answer(root, {first.id: body, **{question.id: question.body for question in rest}})
    started = datetime.now(UTC) - timedelta(minutes=30)
    kept = journal.load(place(root), NAME)
    kept.started = started.isoformat()
    kept.runs = [Run(first.id, (started + timedelta(minutes=4)).isoformat(), ""), Run(rest[0].id, (started + timedelta(minutes=25)).isoformat(), "")]
    journal.save(place(root), kept)
    done = finish.finish(root, NAME)
    got = {one.id: one for one in done.answers}
    assert got[first.id].points < got[first.id].max_points and any(words in message for message in got[first.id].messages)
    assert (got[second.id].points, got[second.id].attempted, got[second.id].messages) == (0, False, [])
    assert all(got[question.id].points == got[question.id].max_points for question in rest)
    assert (got[first.id].seconds, got[first.id].late) == (240, False)
    assert (got[rest[0].id].seconds, got[rest[0].id].late) == (21 * 60, True)
    assert got[second.id].seconds is None
    markdown, html = pages(root)
    for question in (first, second):
        text, address = link(question)
        assert f"[{text}]({address})" in markdown and question.body.split("\n")[-1].strip() in markdown
    assert words in markdown and "You left it blank." in markdown and "(late)" in markdown
    assert "Not recorded, because the answer was never run: " in markdown and second.id in markdown
    assert 'src="data:image/png;base64,' in html and "http" not in re.sub(r"base64,[^\"]*", "", html)
    assert "of them by answers run after the time" in html


def test_an_empty_interview_gets_nothing(root):
    with pytest.raises(CourseError, match=f"{NAME} has not begun: open its notebook and run the first code cell"):
        finish.finish(root, NAME)
    with pytest.raises(CourseError, match=f"no interview is running: open {NAME}.ipynb"):
        finish.finish(root)
    kept = journal.load(place(root), NAME)
    assert not kept.finished and len(list(place(root).iterdir())) == 2
    kept.started = journal.now()
    journal.save(place(root), kept)
    done = finish.finish(root)
    assert sum(one.points for one in done.answers) == 0 and not any(one.attempted for one in done.answers)


def test_an_answer_that_was_run_but_not_saved_stops_the_grading(root):
    kept = journal.load(place(root), NAME)
    file = place(root) / f"{NAME}.ipynb"
    kept.started = journal.now()
    later = datetime.now(UTC) + timedelta(seconds=60)
    kept.runs = [Run(kept.asked[0].id, later.isoformat(), journal.digest("def f(): pass"))]
    journal.save(place(root), kept)
    with pytest.raises(CourseError, match="save it"):
        finish.finish(root, NAME)
    assert not journal.load(place(root), NAME).finished
    os.utime(file, (time.time() + 120,) * 2)  # saved after the run: the text was changed after that
    assert finish.finish(root, NAME).finished


def test_a_damaged_notebook_is_not_counted(root):
    (place(root) / f"{NAME}.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(CourseError, match="JSON is broken"):
        finish.finish(root, NAME)
    assert not journal.load(place(root), NAME).finished


def test_questions_that_changed_since_are_refused(root):
    kept = journal.load(place(root), NAME)
    kept.asked[0].seed += 1
    journal.save(place(root), kept)
    with pytest.raises(CourseError, match="the course has changed since"):
        finish.finish(root, NAME)


@pytest.mark.parametrize(
    "damage",
    [
        {"made": 5},
        {"started": "soon"},
        {"made": "2026-07-01T09:00:00"},
        {"runs": [{"id": "a", "at": "yesterday", "digest": ""}]},
        {"asked": [{"id": "a", "seed": -1, "topic": "05-sql", "minutes": 5}]},
        {
            "answers": [
                {"id": "a", "topic": "05-sql", "points": points, "max_points": most, "attempted": True, "messages": []} for points, most in ((0, 0), (3, 2))
            ]
        },
        {"answers": [{"id": "a", "topic": "05-sql", "points": "x", "max_points": 2, "attempted": True, "messages": []}]},
    ],
)
def test_a_journal_that_was_edited_is_told_and_stops_no_other_interview(root, damage):
    file = place(root) / f"{NAME}.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | damage))
    with pytest.raises(CourseError, match=r"is damaged \(\w+Error\): make a new interview"):
        journal.load(place(root), NAME)
    assert make.make(root, 5, ["07-communication"], 1, DAY).asked


def test_nothing_is_written_over(root, snapshot):
    before = snapshot(place(root))
    made = make.make(root, 5, ["07-communication"], 5, DAY)
    assert made.name == f"{NAME}-2"
    after = snapshot(place(root))
    assert {key: value for key, value in after.items() if key in before} == before and len(after) == len(before) + 2


def test_the_same_seed_gives_the_same_questions(root, monkeypatch):
    monkeypatch.setattr(make, "generate", lambda root, text, name: text)
    once, again, other = (make.make(root, 40, (), seed, DAY).asked for seed in (9, 9, 10))
    assert once == again != other


def test_commands(root, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    run = CliRunner().invoke
    made = run(commands.app, ["--minutes", "5", "--topics", "07-communication", "--seed", "3"])
    assert made.exit_code == 0 and f"work/interviews/{date.today().isoformat()}-seed-3.ipynb: 1 questions" in made.output.replace("1 question ", "1 questions ")
    assert "no interview is running" in str(run(commands.app, ["finish"]).exception)
    kept = journal.load(place(root), f"{date.today().isoformat()}-seed-3")
    kept.started = journal.now()
    journal.save(place(root), kept)
    done = run(commands.app, ["finish"])
    assert done.exit_code == 0 and "0 of " in done.output and "Report: " in done.output
    for wrong, words in (
        (["--topics", "nothing"], "no questions on 'nothing'"),
        (["--minutes", "1"], "too few"),
        (["finish", "nothing"], "no interview 'nothing'"),
    ):
        assert words in str(run(commands.app, wrong).exception)


def test_every_template_can_be_built_and_released(root):
    """All templates in one interview: the text follows the rules of a section."""
    plan = [journal.Asked(key, 1, template.topic, template.minutes) for key, template in TEMPLATES.items()]
    source = make.source("all", 300, plan)
    assert sum(role_of(cell).get("role") == "solution" for cell in source.cells) == len(TEMPLATES)
