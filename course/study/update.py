"""A newer release under a learner's work: their cells are carried over by grade id, and what they had is kept beside it."""

from __future__ import annotations

import shutil
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
    """What was done to one section: exercises whose cells were carried, the learner's own cells, what could not be carried, the backup."""

    section: str
    backup: Path | None = None
    carried: list[str] = field(default_factory=list)
    own: int = 0
    left: list[str] = field(default_factory=list)


def hand_out(root: Path, section: str) -> bool:
    """Copy a release into the workspace where there is none yet, and remember it as what the learner started from."""
    copy = _copy(root, section)
    if copy.exists():
        return False
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(notebook(root, section, "release"), copy)
    _remember(root, section)
    return True


def update(root: Path, section: str) -> Update:
    """Put the present release in the place of the learner's copy, with their solutions, texts and own cells in it.

    The old file stays as a backup beside it. Nothing is written when the copy already has the release's cells.
    """
    release = nbformat.read(notebook(root, section, "release"), as_version=4)
    mine = _read(root, section)
    base = _base(root, section)
    done = Update(section)
    started = {_key(cell): cell.source for cell in base.cells} if base else {}
    answers: dict[str, str] = {}
    for key, cell in _solutions(mine):
        if cell.source.strip() and cell.source != started.get(key) and key not in answers:
            answers[key] = cell.source
        elif key in answers and cell.source != answers[key]:
            done.left.append(f"a second cell of {key}")
    places = dict(_solutions(release))
    untouched = all(cell.source == places[key].source for key, cell in _solutions(mine) if key in places and key not in answers)
    if untouched and _frame(mine, release) == _frame(release, release):
        _remember(root, section)
        return Update(section)
    for key, source in answers.items():
        if key not in places:
            done.left.append(f"{key} (no longer in the course)")
        elif places[key].source != source:
            places[key].source = source
            done.carried.append(key)
    for cell in mine.cells:
        if not _is_solution(cell) and _key(cell) in started and cell.source != started[_key(cell)]:
            done.left.append(f"your change of a cell of the course: {_first_line(cell)}")
    done.own = _own_cells(mine, release, set(started) if base else None, done.left)
    done.backup = _replace(root, section, release)
    _remember(root, section)
    return done


def reset(root: Path, section: str, exercise: str | None = None) -> Path:
    """Put the release, or one exercise's stub, back in the learner's copy; returns the backup of what was there."""
    release = nbformat.read(notebook(root, section, "release"), as_version=4)
    if exercise is None:
        backup = _replace(root, section, release)
        _remember(root, section)
        return backup
    stubs = {key: cell.source for key, cell in _solutions(release)}
    if exercise not in stubs:
        raise CourseError(f"no exercise {exercise!r} in {section}; there are {', '.join(stubs)}")
    mine = _read(root, section)
    cells = [cell for key, cell in _solutions(mine) if key == exercise]
    if not cells:
        raise CourseError(f"work/{section}/{section}.ipynb has no cell of {exercise}: run `course update {section}` to get it back")
    for cell in cells:
        cell.source = stubs[exercise]
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return _replace(root, section, mine)


def updatable(root: Path) -> list[str]:
    """The sections of which the learner has a copy."""
    return [name for name in sections(root, "release") if _copy(root, name).is_file()]


def _copy(root: Path, section: str) -> Path:
    return root / "work" / section / f"{section}.ipynb"


def _read(root: Path, section: str) -> NotebookNode:
    path = _copy(root, section)
    if not path.is_file():
        raise CourseError(f"no notebook work/{section}/{section}.ipynb: run `make lab` once to get your copy")
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises many kinds for a damaged file
        advice = f"`course reset {section}` keeps it as a backup and starts afresh"
        raise CourseError(f"work/{section}/{section}.ipynb cannot be read ({type(error).__name__}); {advice}") from None


def _remembered(root: Path, section: str) -> Path:
    return root / "work" / progress.FOLDER / RELEASES / f"{section}.ipynb"


def _remember(root: Path, section: str) -> None:
    path = _remembered(root, section)
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(notebook(root, section, "release"), path)


def _base(root: Path, section: str) -> NotebookNode | None:
    try:
        return nbformat.read(_remembered(root, section), as_version=4)
    except Exception:  # not there, or damaged: then only ids tell what is the learner's
        return None


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


def _own_cells(mine: NotebookNode, release: NotebookNode, known: set[str] | None, left: list[str]) -> int:
    """Insert the learner's own cells behind the cell that they stood behind.

    Without the release that they started from, own cells are code cells that no cell of the new release has the id of.
    """
    theirs = {_key(cell) for cell in release.cells} | (known or set())
    texts = {cell.source for cell in release.cells}
    anchor, count = "", 0
    for cell in mine.cells:
        key = _key(cell)
        if key in theirs or cell.metadata.get("nbgrader"):
            anchor = key if any(_key(other) == key for other in release.cells) else anchor
            continue
        if not cell.source.strip() or cell.source in texts:
            continue
        if known is None and cell.cell_type == "markdown":
            left.append(f"a text, yours or the older release's: {_first_line(cell)}")
            continue
        place = next((at + 1 for at, other in enumerate(release.cells) if _key(other) == anchor), 0)
        release.cells.insert(place, cell)
        anchor, count = key, count + 1
    return count


def _replace(root: Path, section: str, book: NotebookNode) -> Path:
    """Write a notebook in the place of the learner's; returns where the old one went."""
    path = _copy(root, section)
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    number, backup = 1, path.with_name(f"{section}.backup-{stamp}.ipynb")
    while backup.exists():
        number += 1
        backup = path.with_name(f"{section}.backup-{stamp}-{number}.ipynb")
    try:
        shutil.copy2(path, backup)
        write_whole(path, nbformat.writes(book) + "\n")
    except OSError as error:
        raise CourseError(f"cannot write in work/{section} ({error.strerror}): make the folder writable; your notebook is as it was") from None
    return backup
