"""A newer release under a learner's work: what is theirs is carried, what was there is kept, what could not be carried is said."""

import errno
import json
import os
import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from course.authoring.build import build
from course.paths import CourseError
from course.study import update as updating
from course.study.update import reset, update
from course.study.workspace import check, prepare

SECTION = "01-tiny"
SHARE = "def share(part, whole):\n    if whole == 0:\n        raise ValueError\n    return part / whole"


@pytest.fixture
def copy(tiny):
    return prepare(tiny) / SECTION / f"{SECTION}.ipynb"


@pytest.fixture
def edit(copy):
    """Change the learner's notebook: a function over its cells."""

    def change(how):
        book = nbformat.read(copy, as_version=4)
        how(book.cells)
        nbformat.write(book, copy)
        return copy.read_bytes()

    return change


def solve(cells, name="share", code=SHARE):
    next(cell for cell in cells if cell.id == name).source = code


def release_anew(tiny, *changes):
    """Make a newer release from the changed text of the section."""
    text = tiny / "source" / SECTION / f"{SECTION}.py"
    new = text.read_text()
    for old, fresh in changes:
        assert old in new
        new = new.replace(old, fresh)
    text.write_text(new)
    build(tiny, SECTION)


def newer(tiny):
    """A newer release without a build: one lesson has another text, and so another id."""

    def change(data):
        lesson = next(cell for cell in data["cells"] if "A share is a part" in "".join(cell["source"]))
        lesson["id"], lesson["source"] = "lesson-new", "## Shares\n\nA quota is a part."

    rewrite(tiny / "release" / SECTION / f"{SECTION}.ipynb", change)


def rewrite(path, change):
    """Change the bare JSON of a notebook."""
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def cell_of(data, name):
    return next(cell for cell in data["cells"] if cell.get("id") == name)


def refuse(code):
    def write(*_, **__):
        raise OSError(code, os.strerror(code))

    return write


def backups(copy):
    return list(copy.parent.glob("*.backup-*.ipynb"))


def sources(path):
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


def test_a_solution_is_carried_into_a_newer_release_and_still_graded(tiny, copy, edit):
    old = edit(solve)
    release_anew(tiny, ("A share is a part", "A share, or a quota, is a part"))
    done = update(tiny, SECTION)
    assert done.carried == ["share"] and done.left == [] and done.own == 0
    assert done.backup.read_bytes() == old and done.backup.parent == copy.parent
    assert any("or a quota" in text for text in sources(copy)) and SHARE in sources(copy)
    assert check(tiny, SECTION).score == 3


def test_an_untouched_copy_gets_the_new_stub(tiny, copy):
    release_anew(tiny, ("def share(part: float, whole: float)", "def share(part: int, whole: int)"))
    done = update(tiny, SECTION)
    assert done.carried == [] and any("part: int" in text for text in sources(copy))


def test_what_is_up_to_date_is_not_touched(tiny, copy, edit):
    before = edit(lambda cells: (solve(cells), cells.append(new_code_cell("my = 1"))))
    assert update(tiny, SECTION).backup is None
    assert copy.read_bytes() == before and len(list(copy.parent.iterdir())) == 1


def test_own_cells_stay_behind_the_cell_they_stood_behind(tiny, copy, edit):
    def add(cells):
        solve(cells)
        at = next(place for place, cell in enumerate(cells) if cell.id == "share")
        cells[at + 1 : at + 1] = [new_markdown_cell("my note"), new_code_cell("share(1, 2)")]
        cells.insert(0, new_markdown_cell("first of all"))

    edit(add)
    release_anew(tiny, ("A share is a part", "A quota is a part"))
    done = update(tiny, SECTION)
    texts = sources(copy)
    at = texts.index(SHARE)
    assert done.own == 3 and texts[at + 1 : at + 3] == ["my note", "share(1, 2)"] and texts[0] == "first of all"
    assert update(tiny, SECTION).backup is None


def test_own_cells_stay_behind_a_lesson_that_was_reworded(tiny, copy, edit):
    def add(cells):
        at = next(place for place, cell in enumerate(cells) if "A share is a part" in cell.source)
        cells[at + 1 : at + 1] = [new_markdown_cell("my note"), new_code_cell("mine = 1")]

    edit(add)
    newer(tiny)
    assert update(tiny, SECTION).own == 2
    at = sources(copy).index("my note")
    assert sources(copy)[at - 1 : at + 2] == ["## Shares\n\nA quota is a part.", "my note", "mine = 1"]


def test_own_cells_with_nothing_of_the_course_behind_them_go_to_the_end(tiny, copy, edit):
    def cut(cells):
        at = next(place for place, cell in enumerate(cells) if "A share is a part" in cell.source)
        cells[at + 1 :] = [new_code_cell("mine = 1")]

    edit(cut)
    newer(tiny)
    assert update(tiny, SECTION).own == 1 and sources(copy)[-1] == "mine = 1"


def test_what_cannot_be_carried_is_listed_and_stays_in_the_backup(tiny, copy, edit):
    def change(cells):
        solve(cells, "middle", "def middle(values):\n    return 1")
        lesson = next(cell for cell in cells if "A share is a part" in cell.source)
        lesson.source += "\n\nmy remark"
        twice = new_code_cell("def share(part, whole): return 2")
        twice.metadata.nbgrader = dict(next(cell for cell in cells if cell.id == "share").metadata.nbgrader)
        solve(cells)
        cells.append(twice)

    old = edit(change)
    bank = tiny / "tests" / "answers" / SECTION
    (bank / "median_of.py").write_text((bank / "middle.py").read_text().replace("middle(", "median_of("))
    (bank / "middle.py").unlink()
    release_anew(tiny, ('"middle"', '"median_of"'), ("def middle(", "def median_of("), ("`middle", "`median_of"), ("middle(", "median_of("))
    done = update(tiny, SECTION)
    assert done.carried == ["share"] and "def share(part, whole): return 2" in sources(copy) and SHARE not in sources(copy)
    assert len(done.left) == 3
    assert any("an earlier cell of share" in text for text in done.left)
    assert any("middle (no longer in the course)" in text for text in done.left)
    assert any("## Shares" in text for text in done.left)
    assert done.backup.read_bytes() == old


def test_a_deleted_cell_comes_back(tiny, copy, edit):
    edit(lambda cells: (solve(cells), cells.remove(next(cell for cell in cells if cell.id == "middle"))))
    done = update(tiny, SECTION)
    assert done.carried == ["share"] and done.put_back == 1 and any("def middle(" in text for text in sources(copy))


def test_the_cells_put_back_are_counted(tiny, copy, edit):
    def spoil(cells):
        next(cell for cell in cells if cell.id == "draw").source = "draw = 3"
        cells.remove(next(cell for cell in cells if "A share is a part" in cell.source))
        cells.remove(next(cell for cell in cells if cell.id == "middle-statement"))

    edit(spoil)
    newer(tiny)
    assert update(tiny, SECTION).put_back == 2


@pytest.mark.filterwarnings("ignore::nbformat.warnings.MissingIDFieldWarning")
@pytest.mark.parametrize("minor", [0, 4, 5])
def test_in_a_file_without_cell_ids_nothing_is_doubled_or_moved(minor, tiny, copy, edit):
    def add(cells):
        solve(cells)
        at = next(place for place, cell in enumerate(cells) if cell.id == "share")
        cells[at + 1 : at + 1] = [new_code_cell("mine = 1"), new_markdown_cell("my note"), new_code_cell("mine = 2")]
        cells[3:3] = [new_code_cell("early = 1"), new_code_cell("early = 2")]

    def strip(data):
        data["nbformat_minor"] = minor
        for cell in data["cells"]:
            cell.pop("id", None)

    edit(add)
    before = sources(copy)
    rewrite(copy, strip)
    bare = copy.read_bytes()
    assert update(tiny, SECTION).backup is None and copy.read_bytes() == bare
    newer(tiny)
    done = update(tiny, SECTION)
    assert (done.carried, done.own, done.put_back, done.left) == (["share"], 5, 0, [])
    assert sources(copy) == ["## Shares\n\nA quota is a part." if "A share is a part" in text else text for text in before]
    assert all(cell.get("id") for cell in nbformat.read(copy, as_version=4).cells)
    assert update(tiny, SECTION).backup is None


def test_a_byte_order_mark_is_no_damage(tiny, copy, edit):
    copy.write_bytes(b"\xef\xbb\xbf" + edit(solve))
    newer(tiny)
    assert update(tiny, SECTION).carried == ["share"]
    copy.write_bytes(b"\xef\xbb\xbf" + copy.read_bytes())
    assert reset(tiny, SECTION, "share") is not None and SHARE not in sources(copy)


def test_outputs_stay_with_the_texts_that_made_them(tiny, copy, edit):
    printed = nbformat.v4.new_output("stream", text="1\n")

    def run(cells):
        solve(cells)
        cells.append(new_code_cell("my = 1"))
        for count, cell in enumerate((cell for cell in cells if cell.cell_type == "code"), 1):
            cell.outputs, cell.execution_count = [printed], count

    edit(run)
    newer(tiny)
    rewrite(tiny / "release" / SECTION / f"{SECTION}.ipynb", lambda data: cell_of(data, "draw").update(source="draw = 3"))
    update(tiny, SECTION)
    code = [cell for cell in nbformat.read(copy, as_version=4).cells if cell.cell_type == "code"]
    assert {cell.id for cell in code if not cell.outputs} == {"draw"}
    assert [cell.execution_count for cell in code if cell.id != "draw"] == [number for number, cell in enumerate(code, 1) if cell.id != "draw"]


def test_half_a_character_does_not_stop_an_update(tiny, copy, edit):
    edit(lambda cells: cells.append(new_code_cell("my = 'HALF'")))
    copy.write_text(copy.read_text().replace("HALF", r"\ud83d"))
    newer(tiny)
    assert update(tiny, SECTION).own == 1 and "my = '?'" in sources(copy)


@pytest.mark.parametrize(("code", "what"), [(errno.ENOSPC, "the disk is full: free some space"), (errno.EACCES, "make the folder writable")])
@pytest.mark.parametrize(("module", "name"), [(shutil, "copy2"), (updating, "write_whole")])
@pytest.mark.parametrize("change", [update, reset])
def test_what_cannot_be_written_leaves_all_as_it_was(change, module, name, code, what, tiny, copy, edit, snapshot, monkeypatch):
    edit(solve)
    newer(tiny)
    before = snapshot(tiny)
    monkeypatch.setattr(module, name, refuse(code))
    with pytest.raises(CourseError, match=rf"cannot write in work/01-tiny \(.*\): {what}; your notebook is as it was"):
        change(tiny, SECTION)
    assert snapshot(tiny) == before


def test_what_is_up_to_date_needs_no_room(tiny, copy, monkeypatch):
    monkeypatch.setattr(updating, "write_whole", refuse(errno.ENOSPC))
    assert update(tiny, SECTION).backup is None and reset(tiny, SECTION) is None


def test_a_release_that_cannot_be_remembered_is_told(tiny, copy, monkeypatch):
    newer(tiny)
    rewrite(copy, lambda data: data.update(json.loads((tiny / "release" / SECTION / f"{SECTION}.ipynb").read_text())))
    monkeypatch.setattr(updating, "write_whole", refuse(errno.ENOSPC))
    with pytest.raises(CourseError, match=r"cannot write in work/.course/releases .*: the disk is full: free some space, then try again"):
        update(tiny, SECTION)


@pytest.mark.parametrize("change", [update, reset])
def test_a_link_stays_and_the_file_it_leads_to_is_changed(change, tiny, copy, edit):
    old = edit(solve)
    elsewhere = tiny / "elsewhere.ipynb"
    copy.rename(elsewhere)
    copy.symlink_to(elsewhere)
    newer(tiny)
    done = change(tiny, SECTION)
    assert copy.is_symlink() and any("A quota is a part" in text for text in sources(elsewhere))
    backup = done if change is reset else done.backup
    assert backup.read_bytes() == old and backup.parent == copy.parent and not backup.is_symlink()


@pytest.mark.parametrize("change", [update, reset])
def test_a_link_that_leads_nowhere_is_told_and_kept(change, tiny, copy):
    copy.unlink()
    copy.symlink_to(tiny / "gone.ipynb")
    prepare(tiny)
    with pytest.raises(CourseError, match=r"01-tiny\.ipynb is a link to .*gone\.ipynb, which is no file: bring that back, or remove the link"):
        change(tiny, SECTION)
    assert copy.is_symlink() and not copy.exists() and backups(copy) == []


def test_a_copy_from_before_releases_were_remembered_is_carried_by_id(tiny, copy, edit):
    (tiny / "work" / ".course" / "releases" / f"{SECTION}.ipynb").unlink()
    edit(lambda cells: (solve(cells), cells.append(new_code_cell("my = 1")), cells.append(new_markdown_cell("an old text"))))
    release_anew(tiny, ("A share is a part", "A quota is a part"))
    done = update(tiny, SECTION)
    assert done.carried == ["share"] and "my = 1" in sources(copy) and any("an old text" in text for text in done.left)


def test_two_updates_in_one_second_keep_two_backups(tiny, copy, edit):
    edit(solve)
    for word in ("quota", "portion"):
        release_anew(tiny, (" is a part divided", f" ({word}) is a part divided"))
        update(tiny, SECTION)
    assert len(list(copy.parent.glob("*.backup-*.ipynb"))) == 2


def test_a_damaged_notebook_is_not_touched_and_reset_keeps_it(tiny, copy):
    copy.write_text("{broken")
    with pytest.raises(CourseError, match="course reset 01-tiny"):
        update(tiny, SECTION)
    assert copy.read_text() == "{broken"
    assert reset(tiny, SECTION).read_text() == "{broken"
    assert sources(copy) == sources(tiny / "release" / SECTION / f"{SECTION}.ipynb")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data["cells"][1]["metadata"].update(nbgrader=None),
        lambda data: data["cells"][1].pop("source"),
        lambda data: data["cells"][1].update(source=5),
        lambda data: data["cells"][1].update(outputs=None),
        lambda data: cell_of(data, "share")["metadata"]["nbgrader"].update(grade_id=["share"]),
        lambda data: data.update(cells=None),
    ],
    ids=["nbgrader", "no source", "source", "outputs", "grade id", "cells"],
)
def test_a_damaged_cell_is_told_and_reset_keeps_the_file(damage, tiny, copy, snapshot):
    rewrite(copy, damage)
    newer(tiny)
    before = snapshot(tiny / "work")
    for change in (lambda: update(tiny, SECTION), lambda: reset(tiny, SECTION, "share")):
        with pytest.raises(CourseError, match=r"work/01-tiny/01-tiny\.ipynb is damaged .*`course reset 01-tiny` keeps it as a backup"):
            change()
    assert snapshot(tiny / "work") == before
    assert reset(tiny, SECTION).read_bytes() == before[copy.relative_to(tiny / "work")]


def test_a_damaged_release_is_told_and_nothing_is_written(tiny, copy, snapshot):
    rewrite(tiny / "release" / SECTION / f"{SECTION}.ipynb", lambda data: data["cells"][0].pop("source"))
    before = snapshot(tiny)
    for change in (lambda: update(tiny, SECTION), lambda: reset(tiny, SECTION), lambda: reset(tiny, SECTION, "share")):
        with pytest.raises(CourseError, match=r"release/01-tiny/01-tiny\.ipynb cannot be read .*`course build 01-tiny`"):
            change()
    assert snapshot(tiny) == before
    copy.unlink()
    with pytest.raises(CourseError, match="course build 01-tiny"):
        prepare(tiny)
    assert not copy.exists()


@pytest.mark.parametrize("damage", [lambda data: data["cells"][0].pop("source"), lambda data: data["cells"][0]["metadata"].update(nbgrader=None)])
def test_a_damaged_memory_of_the_release_counts_as_none(damage, tiny, copy, edit):
    edit(lambda cells: (solve(cells), cells.append(new_markdown_cell("an old text"))))
    rewrite(tiny / "work" / ".course" / "releases" / f"{SECTION}.ipynb", damage)
    newer(tiny)
    done = update(tiny, SECTION)
    assert done.carried == ["share"] and any("an old text" in text for text in done.left)


@pytest.mark.parametrize("exercise", [None, "share"])
def test_what_is_as_released_is_not_reset_again(exercise, tiny, copy, edit):
    assert reset(tiny, SECTION, exercise) is None
    edit(solve)
    assert reset(tiny, SECTION, exercise) is not None
    before = copy.read_bytes()
    assert reset(tiny, SECTION, exercise) is None
    assert copy.read_bytes() == before and len(backups(copy)) == 1


def test_a_cell_that_became_a_text_is_code_again(tiny, copy):
    rewrite(
        copy, lambda data: (cell_of(data, "share").update(cell_type="markdown"), [cell_of(data, "share").pop(key) for key in ("outputs", "execution_count")])
    )
    assert reset(tiny, SECTION, "share") is not None
    assert next(cell for cell in nbformat.read(copy, as_version=4).cells if cell.id == "share").cell_type == "code"


def test_one_exercise_is_reset_and_the_others_stay(tiny, copy, edit):
    def both(cells):
        solve(cells)
        solve(cells, "middle", "def middle(values):\n    return 1")

    old = edit(both)
    backup = reset(tiny, SECTION, "middle")
    assert backup.read_bytes() == old
    assert SHARE in sources(copy) and "def middle(values):\n    return 1" not in sources(copy)


def test_an_unknown_exercise_is_refused_with_those_there_are(tiny, copy, snapshot):
    before = snapshot(tiny / "work")
    with pytest.raises(CourseError, match="there are share, middle"):
        reset(tiny, SECTION, "shares")
    assert snapshot(tiny / "work") == before


@pytest.mark.parametrize("change", [update, reset])
def test_a_section_without_a_copy_says_how_to_get_one(change, tiny):
    with pytest.raises(CourseError, match="make lab"):
        change(tiny, SECTION)
    assert not (tiny / "work").exists()
