import shutil

import nbformat
import pytest

from course.authoring import build as builder
from course.authoring.build import back, build, outputs, stale, text_path, texts
from course.paths import CourseError

SECTION = "01-tiny"


@pytest.fixture
def text(tiny):
    return tiny / "source" / SECTION / f"{SECTION}.py"


@pytest.fixture
def notebook(text):
    return text.with_suffix(".ipynb")


@pytest.fixture
def plain_release(monkeypatch):
    """A release that costs nothing: the tests of nbgrader's own are in test_release."""
    monkeypatch.setattr(builder, "generate", lambda root, source, section: f"release of {section}, {len(source)} characters\n")


def edit(path, change):
    opened = nbformat.read(path, as_version=4)
    change({cell.id: cell for cell in opened.cells}, opened)
    nbformat.write(opened, path)


def test_a_built_course_is_up_to_date_and_nothing_is_written(tiny):
    before = {path: path.stat().st_mtime_ns for path in tiny.rglob("*.ipynb")}
    assert build(tiny, SECTION) == []
    assert {path: path.stat().st_mtime_ns for path in tiny.rglob("*.ipynb")} == before


def test_what_is_built_does_not_depend_on_the_folder(tiny, tmp_path, plain_release):
    other = tmp_path / "elsewhere"
    shutil.copytree(tiny, other, ignore=shutil.ignore_patterns("*.ipynb", "release"))
    here, there = ({path.relative_to(root): text for path, text in outputs(root, SECTION).items()} for root in (tiny, other))
    assert here == there and len(here) == 2


def test_only_what_changed_is_written(tiny, text, notebook, plain_release):
    release = tiny / "release" / SECTION / f"{SECTION}.ipynb"
    assert build(tiny, SECTION) == [release]
    notebook.unlink()
    assert build(tiny, SECTION) == [notebook]
    release.write_text("by hand")
    assert build(tiny, SECTION) == [release]
    text.write_text(text.read_text().replace("Sort first.", "Sort the values first."))
    assert build(tiny, SECTION) == [notebook, release]
    assert "Sort the values first." in notebook.read_text()
    assert build(tiny, SECTION) == []


def test_stale_writes_nothing(tiny, text, snapshot, plain_release):
    text.write_text(text.read_text().replace("Sort first.", "Sort the values first."))
    before = snapshot(tiny)
    changed = stale(tiny, SECTION)
    assert [path.parent.parent.name for path in changed] == ["source", "release"]
    assert "Sort the values first." in next(iter(changed.values()))
    assert snapshot(tiny) == before


def test_a_text_with_an_error_writes_nothing(tiny, text, snapshot):
    text.write_text(text.read_text().replace('level="core"', 'level="easy"'))
    before = snapshot(tiny)
    with pytest.raises(CourseError, match=r"^01-tiny\.py:\d+: the statement of share has no level"):
        build(tiny, SECTION)
    assert snapshot(tiny) == before


def test_a_folder_that_cannot_be_written_is_named(tiny, text, plain_release, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.write_text", refuse)
    with pytest.raises(CourseError, match=r"cannot write release/01-tiny/01-tiny.ipynb \(Permission denied\): make the folder writable"):
        build(tiny, SECTION)


def test_an_unknown_section_is_answered_with_those_there_are(tiny):
    assert texts(tiny) == [SECTION]
    with pytest.raises(CourseError, match=r"no source text source/02-none/02-none\.py; there is 01-tiny"):
        text_path(tiny, "02-none")
    shutil.rmtree(tiny / "source")
    with pytest.raises(CourseError, match="there is none"):
        text_path(tiny, SECTION)


def test_back_without_an_edit_changes_nothing(tiny, snapshot):
    before = snapshot(tiny)
    assert back(tiny, SECTION) is False
    assert snapshot(tiny) == before


def test_back_carries_edits_of_the_notebook_to_the_text(tiny, text, notebook, plain_release):
    def change(cells, opened):
        cells["share"].source = cells["share"].source.replace("float(part) / float(whole)", "float(part / whole)")
        cells["share-statement"].source = cells["share-statement"].source.replace("the part divided by the whole", "the part over the whole")
        cells["share-edges"].metadata.nbgrader.points = 2
        opened.cells.insert(2, nbformat.v4.new_markdown_cell("A cell from JupyterLab."))
        cells["share"].outputs = [nbformat.v4.new_output("stream", text="left over")]

    before = text.read_text()
    edit(notebook, change)
    assert back(tiny, SECTION) is True
    after = text.read_text()
    assert set(after.splitlines()) - set(before.splitlines()) == {
        "    return float(part / whole)",
        "# Write `share(part, whole)`: the part over the whole. Raise `ValueError` when the whole is zero.",
        '# %% test="share" name="edges" points=2',
        "# A cell from JupyterLab.",
    }
    assert set(before.splitlines()) - set(after.splitlines()) == {
        "    return float(part) / float(whole)",
        "# Write `share(part, whole)`: the part divided by the whole. Raise `ValueError` when the whole is zero.",
        '# %% test="share" name="edges" points=1',
    }
    build(tiny, SECTION)
    assert back(tiny, SECTION) is False
    assert "left over" not in notebook.read_text() and "*core · 4 points" in notebook.read_text()


def test_back_with_a_broken_edit_changes_nothing(tiny, notebook, snapshot):
    edit(notebook, lambda cells, _: cells["share"].update(source="def shares(part, whole):\n    return part / whole"))
    before = snapshot(tiny)
    with pytest.raises(CourseError) as caught:
        back(tiny, SECTION)
    text = str(caught.value)
    assert "the solution of share defines shares" in text and "the solution of share has no solution region" in text
    assert snapshot(tiny) == before


@pytest.mark.parametrize("content", ["{ not json", "[]", '{"cells": 3}', ""])
def test_back_from_a_damaged_notebook_changes_nothing(content, tiny, notebook, snapshot):
    notebook.write_text(content)
    before = snapshot(tiny)
    with pytest.raises(CourseError, match=r"source/01-tiny/01-tiny\.ipynb is damaged"):
        back(tiny, SECTION)
    assert snapshot(tiny) == before


def test_back_without_a_notebook_says_to_build(tiny, notebook):
    notebook.unlink()
    with pytest.raises(CourseError, match="run `course build 01-tiny` first"):
        back(tiny, SECTION)
