"""A newer release under a learner's work: their cells are carried over by grade id, and what they had is kept beside it."""

from __future__ import annotations

import copy
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course.paths import CourseError, notebook, sections, write_whole
from course.study import progress

RELEASES = "releases"


@dataclass
class Update:
    """What was done to one section: exercises whose cells were carried, own cells, the course's cells put back, what could not be carried, the backup."""

    section: str
    backup: Path | None = None
    carried: list[str] = field(default_factory=list)
    own: int = 0
    put_back: int = 0
    left: list[str] = field(default_factory=list)


def hand_out(root: Path, section: str) -> bool:
    """Copy a release into the workspace where there is none yet, and remember it as what the learner started from."""
    path = _copy(root, section)
    if path.exists() or path.is_symlink():
        return False
    _release(root, section)
    _remember(root, section)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, notebook(root, section, "release").read_bytes().decode())
    return True


def update(root: Path, section: str) -> Update:
    """Put the present release in the place of the learner's copy, with their solutions, texts and own cells in it.

    The old file stays as a backup beside it. Nothing is written when the copy already has the release's cells.
    """
    release = _release(root, section)
    mine = _read(root, section)
    base = _base(root, section)
    _identify(mine, [base, release] if base else [release])
    done = Update(section)
    started = {_key(cell): cell.source for cell in base.cells} if base else {}
    answers: dict[str, str] = {}
    for key, cell in _solutions(mine):
        if not cell.source.strip() or cell.source == started.get(key):
            continue
        if answers.get(key, cell.source) != cell.source:
            done.left.append(f"an earlier cell of {key}")
        answers[key] = cell.source  # of several the last counts, as in grading
    places = dict(_solutions(release))
    untouched = all(cell.source == places[key].source for key, cell in _solutions(mine) if key in places and key not in answers)
    if untouched and _frame(mine, release) == _frame(release, release):
        _remember(root, section)
        return Update(section)
    before = {_key(cell): cell for cell in mine.cells}
    for cell in release.cells:
        key, there = _key(cell), before.get(_key(cell))
        done.put_back += key in started and (there is None or (not _is_solution(cell) and there.source != started[key]))
    for key, source in answers.items():
        if key not in places:
            done.left.append(f"{key} (no longer in the course)")
        elif places[key].source != source:
            places[key].source = source
            done.carried.append(key)
    for cell in mine.cells:
        if not _is_solution(cell) and _key(cell) in started and cell.source != started[_key(cell)]:
            done.left.append(f"your change of a cell of the course: {_first_line(cell)}")
    _keep_outputs(before, release)
    done.own = _own_cells(mine, release, set(started) if base else None, done.left)
    done.backup = _replace(root, section, release)
    _remember(root, section)
    return done


def reset(root: Path, section: str, exercise: str | None = None) -> Path | None:
    """Put the release, or one exercise's stub, back in the learner's copy; returns the backup of what was there, None where all is as released."""
    release = _release(root, section)
    if exercise is None:
        own_copy(root, section)
        backup = None if _as_released(root, section, release) else _replace(root, section, release)
        _remember(root, section)
        return backup
    stubs = dict(_solutions(release))
    if exercise not in stubs:
        raise CourseError(f"no exercise {exercise!r} in {section}; there are {', '.join(stubs)}")
    mine = _read(root, section)
    places = [place for place, cell in enumerate(mine.cells) if _is_solution(cell) and _key(cell) == exercise]
    if not places:
        raise CourseError(f"work/{section}/{section}.ipynb has no cell of {exercise}: run `course update {section}` to get it back")
    before = list(mine.cells)
    for place in places:
        mine.cells[place] = fresh = copy.deepcopy(stubs[exercise])
        del fresh["id"]
        if "id" in before[place]:
            fresh.id = before[place].id
    return None if mine.cells == before else _replace(root, section, mine)


def updatable(root: Path) -> list[str]:
    """The sections of which the learner has a copy."""
    return [name for name in sections(root, "release") if _copy(root, name).is_file()]


def own_copy(root: Path, section: str) -> Path:
    """The learner's copy of a section; a CourseError says how to get one where there is none."""
    path = _copy(root, section)
    if not path.is_file():
        name = f"work/{section}/{section}.ipynb"
        if path.is_symlink():
            raise CourseError(f"{name} is a link to {path.readlink()}, which is no file: bring that back, or remove the link and run `make lab`")
        raise CourseError(f"no notebook {name}: run `make lab` once to get your copy")
    return path


def _copy(root: Path, section: str) -> Path:
    return root / "work" / section / f"{section}.ipynb"


def _read(root: Path, section: str) -> NotebookNode:
    path = own_copy(root, section)
    try:
        return _parsed(path)
    except OSError as error:
        raise CourseError(f"cannot read work/{section}/{section}.ipynb ({error.strerror}): make it readable") from None
    except Exception as error:  # nbformat raises many kinds for a damaged file
        advice = f"`course reset {section}` keeps it as a backup and starts afresh"
        raise CourseError(f"work/{section}/{section}.ipynb is damaged ({type(error).__name__}); {advice}") from None


def _release(root: Path, section: str) -> NotebookNode:
    path = notebook(root, section, "release")
    try:
        return _parsed(path)
    except Exception as error:
        advice = f"run `course build {section}`, or get the course anew"
        raise CourseError(f"release/{section}/{section}.ipynb cannot be read ({type(error).__name__}): {advice}") from None


def _parsed(path: Path) -> NotebookNode:
    """A notebook of which each cell has a text and can be told from the others, and which can be written again; raises many kinds of errors otherwise."""
    book = nbformat.reads(path.read_bytes().decode("utf-8-sig"), as_version=4)
    for cell in book.cells:
        _ = hash(_key(cell)), cell.source.strip()
    nbformat.writes(book)
    return book


def _as_released(root: Path, section: str, release: NotebookNode) -> bool:
    try:
        return _read(root, section).cells == release.cells
    except CourseError:
        return False


def _remembered(root: Path, section: str) -> Path:
    return root / "work" / progress.FOLDER / RELEASES / f"{section}.ipynb"


def _remember(root: Path, section: str) -> None:
    """Keep the present release as what the learner started from; nothing is written when it is kept already."""
    path, text = _remembered(root, section), notebook(root, section, "release").read_bytes()
    try:
        if path.is_file() and path.read_bytes() == text:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.decode())
    except OSError as error:
        place = f"work/{progress.FOLDER}/{RELEASES}"
        raise CourseError(f"cannot write in {place} ({error.strerror}): {progress.advice(error, 'the folder')}, then try again") from None


def _base(root: Path, section: str) -> NotebookNode | None:
    try:
        return _parsed(_remembered(root, section))
    except Exception:  # not there, or damaged: then only ids tell what is the learner's
        return None


def _identify(mine: NotebookNode, courses: list[NotebookNode]) -> None:
    """In a file that has lost its cell ids (Colab) the course's cells are known by their texts; the learner's own get an id."""
    there = {_key(cell) for cell in mine.cells}
    course = {_key(cell) for book in courses for cell in book.cells}
    lost = {cell.source: _key(cell) for book in courses for cell in book.cells if _key(cell) not in there}
    for cell in mine.cells:
        if _key(cell) not in course and cell.source in lost:
            cell.id = lost.pop(cell.source)
        elif not _key(cell):
            cell.id = uuid.uuid4().hex[:8]


def _key(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id", "")


def _first_line(cell: NotebookNode) -> str:
    return repr((cell.source.strip().splitlines() or [""])[0][:60])


def _is_solution(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _solutions(book: NotebookNode) -> Iterator[tuple[str, NotebookNode]]:
    return ((_key(cell), cell) for cell in book.cells if _is_solution(cell))


def _frame(book: NotebookNode, release: NotebookNode) -> list[tuple[str, str]]:
    """The cells that are the course's, in order: ids, and texts except those of the learner."""
    known = {_key(cell) for cell in release.cells}
    return [(_key(cell), "" if _is_solution(cell) else cell.source) for cell in book.cells if _key(cell) in known or cell.metadata.get("nbgrader")]


def _keep_outputs(before: dict[str, NotebookNode], release: NotebookNode) -> None:
    """Outputs belong to a text: they stay where the new notebook has the text that made them."""
    for cell in release.cells:
        old = before.get(_key(cell))
        if old and cell.cell_type == old.cell_type == "code" and cell.source == old.source:
            cell.outputs, cell.execution_count = old.get("outputs", []), old.get("execution_count")


def _own_cells(mine: NotebookNode, release: NotebookNode, known: set[str] | None, left: list[str]) -> int:
    """Insert the learner's own cells behind the cell that they stood behind; where that is gone or reworded, before the next one that is not.

    Without the release that they started from, own cells are code cells that no cell of the new release has the id of.
    """
    where = {_key(cell): cell for cell in release.cells}
    texts = {cell.source for cell in release.cells}
    place, count = 0, 0  # where the next own cell goes
    for at, cell in enumerate(mine.cells):
        key = _key(cell)
        if key in where:
            place = _index(release.cells, where[key]) + 1
            continue
        if key in (known or ()) or cell.metadata.get("nbgrader"):
            following = next((where[_key(other)] for other in mine.cells[at:] if _key(other) in where), None)
            place = _index(release.cells, following) if following else len(release.cells)
            continue
        if not cell.source.strip() or cell.source in texts:
            continue
        if known is None and cell.cell_type == "markdown":
            left.append(f"a text, yours or the older release's: {_first_line(cell)}")
            continue
        release.cells.insert(place, cell)
        place, count = place + 1, count + 1
    return count


def _index(cells: list[NotebookNode], cell: NotebookNode) -> int:
    return next(place for place, other in enumerate(cells) if other is cell)


def _replace(root: Path, section: str, book: NotebookNode) -> Path:
    """Write a notebook in the place of the learner's (of a link, in that of the file it leads to); returns where the old one went."""
    path = own_copy(root, section)
    target, place = path.resolve(), f"work/{section}"
    if path.is_symlink():
        place += f" or {target.parent}, where its notebook lies"
    text = nbformat.writes(book).encode("utf-8", "replace").decode() + "\n"  # half characters cannot be written again
    backup = None
    try:
        backup = _new_backup(path)
        shutil.copy2(path, backup)
        write_whole(target, text)
    except OSError as error:
        if backup:
            backup.unlink(missing_ok=True)
        advice = progress.advice(error, "the folder")
        raise CourseError(f"cannot write in {place} ({error.strerror}): {advice}; your notebook is as it was") from None
    return backup


def _new_backup(path: Path) -> Path:
    """An empty file that was not there before, beside a notebook."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    number, backup = 1, path.with_name(f"{path.stem}.backup-{stamp}.ipynb")
    while True:
        try:
            backup.touch(exist_ok=False)
            return backup
        except FileExistsError:
            number += 1
            backup = path.with_name(f"{path.stem}.backup-{stamp}-{number}.ipynb")
