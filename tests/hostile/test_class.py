"""Strange folders, files and names in submitted/: they cost nobody else anything, and nothing of the grader's gets into autograded/."""

import contextlib
import json
import os
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from course.checks.model import Outcome
from course.grading import batch
from course.grading.batch import grade_section
from course.grading.demo import fill
from course.grading.workers import Workers
from course.paths import CourseError, notebook
from tests.hostile.cases import MIDDLE, SHARE
from tests.hostile.world import SECRET

SECTION = "01-tiny"
NAME = f"{SECTION}.ipynb"


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    """Grading in threads of this process: its fork server is warm already."""

    @contextlib.contextmanager
    def threads(jobs):
        workers = Workers(lambda: ThreadPoolExecutor(jobs), jobs)
        yield workers
        workers.executor.shutdown()

    monkeypatch.setattr(batch, "processes", threads)


@pytest.fixture
def lay(tiny):
    """A function that lays a right submission, or these bytes, into a student's folder; returns the folder."""
    (tiny / "secret.txt").write_text(SECRET)
    right = json.dumps(fill(nbformat.read(notebook(tiny, SECTION, "release"), as_version=4), {"share": SHARE, "middle": MIDDLE})).encode()

    def work(student, data=right):
        folder = tiny / "submitted" / student / SECTION
        folder.mkdir(parents=True)
        if data is not None:
            (folder / NAME).write_bytes(data)
        return folder

    return work


def grades(tiny):
    """Outcome and points of each student; nothing secret may be in autograded/."""
    found = {result.student: (result.outcome, result.score) for result in grade_section(tiny, SECTION)}
    for path in (tiny / "autograded").rglob("*"):
        assert not path.is_symlink(), f"{path.name} is a link"
        if path.is_file():
            assert SECRET not in path.read_text(errors="replace"), f"{path.name} holds a secret"
    return found


RIGHT = (Outcome.GRADED, 4.5)
NONE = (Outcome.MISSING, 0)
FOLDERS = {
    "the notebook is not there": (lambda folder, tiny: (folder / NAME).unlink(), NONE),
    "the notebook has another name": (lambda folder, tiny: (folder / NAME).rename(folder / f"{SECTION} (1).ipynb"), NONE),
    "the notebook is a folder": (lambda folder, tiny: ((folder / NAME).unlink(), (folder / NAME).mkdir(), (folder / NAME / "x.txt").touch()), NONE),
    "the notebook is a link to the source": (lambda folder, tiny: ((folder / NAME).unlink(), (folder / NAME).symlink_to(notebook(tiny, SECTION))), NONE),
    "the notebook is a link to another student's": (
        lambda folder, tiny: ((folder / NAME).unlink(), (folder / NAME).symlink_to(tiny / "submitted" / "ada" / SECTION / NAME)),
        NONE,
    ),
    "the notebook is a pipe": (lambda folder, tiny: ((folder / NAME).unlink(), os.mkfifo(folder / NAME)), NONE),
    "there are more notebooks": (lambda folder, tiny: [(folder / f"extra{number}.ipynb").write_text("{") for number in range(3)], RIGHT),
    "there are other files": (
        lambda folder, tiny: ((folder / "data").mkdir(), (folder / "data" / "a b.csv").write_text("1"), (folder / "x.py").write_text("1")),
        RIGHT,
    ),
    "a file is a link to a secret": (lambda folder, tiny: (folder / "notes.txt").symlink_to(tiny / "secret.txt"), RIGHT),
    "a folder is a link to the course": (lambda folder, tiny: (folder / "notes").symlink_to(tiny), RIGHT),
    "a file is a link to nothing": (lambda folder, tiny: (folder / "notes.txt").symlink_to(tiny / "gone.txt"), RIGHT),
    "a file is a link to itself": (lambda folder, tiny: (folder / "notes.txt").symlink_to("notes.txt"), RIGHT),
    "a file is a pipe": (lambda folder, tiny: os.mkfifo(folder / "pipe"), RIGHT),
    "a file has a name that is no text": (lambda folder, tiny: os.close(os.open(os.fsencode(folder) + b"/\xff\xfe.txt", os.O_CREAT)), RIGHT),
    "the time stamp is garbage": (lambda folder, tiny: (folder / "timestamp.txt").write_bytes(b"\xff\x00yesterday"), RIGHT),
    "the time stamp is far away": (lambda folder, tiny: (folder / "timestamp.txt").write_text("9999-12-31 23:59:59.999999 -23:59"), RIGHT),
    "the time stamp is a folder": (lambda folder, tiny: (folder / "timestamp.txt").mkdir(), RIGHT),
}
STUDENTS = {
    "a blank": "eve smith",
    "quotes": "eve' OR '1'='1",
    "markup": "<script>alert(1)<",
    "a line break": "eve\nadam",
    "a dot in front": ".eve",
    "dots": "...",
    "letters of the world": "Zoë-李-🙂",
    "200 letters": "e" * 200,
    "bytes that are no text": os.fsdecode(b"eve\xff"),
    "a percent sign and braces": "%s{0}$HOME",
    "an option": "--force",
}


def test_strange_folders(tiny, lay):
    lay("ada")
    names = {words.replace(" ", "-"): words for words in FOLDERS}
    for name, words in names.items():
        FOLDERS[words][0](lay(name), tiny)
    found = grades(tiny)
    wrong = {words: found.get(name) for name, words in names.items() if found.get(name) != FOLDERS[words][1]}
    assert not wrong, "\n".join(f"{words}: {seen}, expected {FOLDERS[words][1]}" for words, seen in wrong.items())
    assert found["ada"] == RIGHT


def test_strange_students(tiny, lay):
    lay("ada")
    for name in STUDENTS.values():
        lay(name)
    found = grades(tiny)
    wrong = {words: found[name] for words, name in STUDENTS.items() if name in found and found[name] != RIGHT}  # graded, or left aside
    assert not wrong
    assert found["ada"] == RIGHT


@pytest.mark.parametrize("name", ["../ada", "ada/../eve", "a\0b", "", ".", "..", "*"], ids=["a path", "a longer path", "nul", "nothing", "dot", "dots", "star"])
def test_a_name_that_is_asked_for_is_no_path(tiny, lay, snapshot, name):
    lay("ada")
    before = snapshot(tiny)
    with pytest.raises(CourseError):
        grade_section(tiny, SECTION, only=name)
    assert snapshot(tiny) == before


def test_a_folder_that_is_a_link_gets_no_points_of_others(tiny, lay):
    lay("ada")
    (tiny / "submitted" / "eve").mkdir()
    (tiny / "submitted" / "eve" / SECTION).symlink_to(tiny / "submitted" / "ada" / SECTION)
    found = grades(tiny)
    assert found.pop("ada") == RIGHT
    assert found in ({}, {"eve": NONE})


def test_half_a_character_in_an_output_stops_nobody(tiny, lay):
    lay("ada")
    release = nbformat.read(notebook(tiny, SECTION, "release"), as_version=4)
    lay(
        "eve", json.dumps(fill(release, {"share": "print('\\ud800')\n\n\n" + SHARE, "middle": "def middle(values):\n    raise KeyError('\\ud800')\n"})).encode()
    )
    assert grades(tiny) == {"ada": RIGHT, "eve": (Outcome.GRADED, 3)}
