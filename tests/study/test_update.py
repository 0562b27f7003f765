"""A newer release under a learner's work: what is theirs is carried, what was there is kept, what could not be carried is said."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from course.authoring.build import build
from course.paths import CourseError
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
    assert done.carried == ["share"]
    assert len(done.left) == 3
    assert any("a second cell of share" in text for text in done.left)
    assert any("middle (no longer in the course)" in text for text in done.left)
    assert any("## Shares" in text for text in done.left)
    assert done.backup.read_bytes() == old


def test_a_deleted_cell_comes_back(tiny, copy, edit):
    edit(lambda cells: (solve(cells), cells.remove(next(cell for cell in cells if cell.id == "middle"))))
    done = update(tiny, SECTION)
    assert done.carried == ["share"] and any("def middle(" in text for text in sources(copy))


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


def test_a_section_without_a_copy_says_how_to_get_one(tiny):
    with pytest.raises(CourseError, match="make lab"):
        update(tiny, SECTION)
