"""docs/coverage.md names headings and exercises that exist, and leaves no exercise out."""

import re
from pathlib import Path

import nbformat
import pytest

from course.authoring import build
from course.authoring.verify import read_section
from course.paths import notebook

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "coverage.md").read_text()
CHAPTERS = dict(re.findall(r"^## (\d\d-\S+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))


def rows(section):
    """(topic, heading, exercises) of a section's table."""
    found = []
    for line in CHAPTERS[section].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[0] != "Topic" and not set(cells[0]) <= {"-"}:
            found.append((cells[0], cells[1], re.findall(r"`(\w+)`", cells[2])))
    return found


def test_every_section_has_a_table():
    assert list(CHAPTERS) == build.texts(ROOT)


@pytest.mark.parametrize("section", CHAPTERS)
def test_headings_and_exercises_exist(section):
    headings = {
        title.strip()
        for cell in nbformat.read(notebook(ROOT, section), as_version=4).cells
        if cell.cell_type == "markdown"
        for title in re.findall(r"^#{2,3} (.+)$", cell.source, re.MULTILINE)
    }
    found = read_section(ROOT, section)
    exercises = {*found.exercises, *found.tasks}
    for topic, heading, named in rows(section):
        assert heading in headings, f"{topic}: no heading {heading!r} in {section}"
        assert named, f"{topic}: no exercise"
        assert set(named) <= exercises, f"{topic}: {named}"


@pytest.mark.parametrize("section", CHAPTERS)
def test_every_exercise_is_listed(section):
    assert {exercise for _, _, named in rows(section) for exercise in named} == {*read_section(ROOT, section).exercises, *read_section(ROOT, section).tasks}
