"""From a submitted file to a notebook that can be run: damage is mended from the source, and every mending is said."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode

from course.checks.model import Outcome, role_of


@dataclass
class Repaired:
    """`notebook` can always be run, `notes` say what was mended. With an `unusable` outcome and its `reason` it is the untouched release."""

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)
    unusable: Outcome | None = None
    reason: str = ""


def blank(source: NotebookNode) -> NotebookNode:
    """What the release is to a grader: stubs for solutions, hidden tests in place. A notebook that is blank already is returned as it is."""
    if source.metadata.course.get("blank"):
        return nbformat.from_dict(source)
    from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells  # half a second, which workers need not spend

    from course.authoring.release import EmptyTasks, TakeAuthorCells

    notebook = nbformat.from_dict(source)
    for step in (TakeAuthorCells(), LockCells(), ClearSolutions(), EmptyTasks(), ComputeChecksums()):
        notebook, _ = step.preprocess(notebook, {})
    notebook.metadata.course["blank"] = True
    return notebook


def repair(submitted: bytes | None, source: NotebookNode) -> Repaired:
    """Put a learner's solution cells and own cells on the ground of the source.

    Solution cells are known by their grade id. Cells that the course owns come from the source; those that are missing are put back, doubled
    ones are dropped (of a doubled solution the last one counts, as it does in a kernel), changed types and orders are mended. None is a file that is not there.
    """
    base = blank(source)
    del base.metadata.course["blank"]
    section = base.metadata.course.section
    if submitted is None:
        return Repaired(base, [], Outcome.MISSING, f"{section}.ipynb is not in the submission")
    cells, notes, malformed = _cells(submitted, section, {_grade_id(cell) for cell in base.cells} - {None})
    if malformed:
        return Repaired(base, [], Outcome.MALFORMED, malformed)

    own = {_grade_id(cell): cell for cell in base.cells if _grade_id(cell)}
    lessons = {cell.source for cell in base.cells if cell.cell_type == "code" and not role_of(cell)}
    order = list(own)
    last = {name: index for index, name in enumerate(map(_grade_id, cells)) if name in own}
    kept: list[NotebookNode] = []
    for index, cell in enumerate(cells):
        name = _grade_id(cell)
        if name not in own:
            kept.append(_learners(cell))
            if cell.cell_type == "code" and cell.source in lessons:
                cell.metadata["course"] = {"role": "lesson"}
            continue
        solution = own[name].metadata.nbgrader.solution
        if index != last[name]:
            notes.append(f"cell {name} was there more than once; " + ("the last one counts" if solution else "one is kept"))
            if solution:
                kept.append(_learners(cell))
            continue
        if solution and cell.cell_type != own[name].cell_type:
            notes.append(f"cell {name} had been turned into {cell.cell_type}; it is {own[name].cell_type} again")
        mended = nbformat.from_dict(own[name])
        if solution:
            mended.source = cell.source
        kept.append(mended)

    places = [order.index(name) for name in map(_grade_id, kept) if name]
    if places != sorted(places):
        notes.append("cells had been moved; the order of the release is back")
        kept = _in_order(kept, order)
    for position, name in enumerate(order):
        if name not in last:
            notes.append(f"cell {name} was missing; it is back" + (", unsolved" if own[name].metadata.nbgrader.solution else ""))
            before = set(order[:position])
            after = next((i for i in range(len(kept) - 1, -1, -1) if _grade_id(kept[i]) in before), -1)
            kept.insert(after + 1, nbformat.from_dict(own[name]))
    base.cells = _unique_ids(kept)
    return Repaired(base, list(dict.fromkeys(notes)))


def _cells(submitted: bytes, section: str, known: set[str]) -> tuple[list[NotebookNode], list[str], str]:
    """The cells of a submitted file as valid cells, what was mended in them, and why the file can't be used (or '')."""
    if not submitted.strip():
        return [], [], "the file is empty"
    try:
        text = submitted.decode("utf-8-sig", errors="replace")
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        return [], [], f"the file is not a notebook: its JSON is broken ({str(error)[:120]})"
    if not isinstance(data, dict):
        return [], [], "the file is not a notebook: its JSON holds no cells"
    if "worksheets" in data or data.get("nbformat") in (1, 2, 3):
        try:
            data = nbformat.reads(text, as_version=4)
        except Exception as error:
            return [], [], f"the notebook has an old format that could not be converted ({type(error).__name__}: {str(error)[:100]})"
        notes = ["the notebook had an old format; it was converted"]
    else:
        notes = []
    raw = data.get("cells")
    if not isinstance(raw, list):
        return [], [], "the file is not a notebook: it has no list of cells"
    cells = [cell for cell in map(_valid, raw) if cell is not None]
    if len(cells) < len(raw):
        notes.append(f"{len(raw) - len(cells)} broken cells were dropped")
    named = (data.get("metadata") or {}).get("course") if isinstance(data.get("metadata"), dict) else None
    other = named.get("section") if isinstance(named, dict) else None
    if other not in (None, section):
        return [], [], f"this is a notebook of {other}, not of {section}"
    if not any(_grade_id(cell) in known for cell in cells):
        return [], [], f"no cell of {section} is in this notebook"
    return cells, notes, ""


def _valid(raw: Any) -> NotebookNode | None:
    if not isinstance(raw, dict):
        return None
    source = raw.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    metadata = raw.get("metadata") if isinstance(raw.get("metadata"), dict) else {}
    marks = {key: metadata[key] for key in ("nbgrader", "course") if isinstance(metadata.get(key), dict)}
    identity = raw.get("id")
    if not (isinstance(identity, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", identity)):
        identity = uuid.uuid4().hex[:8]
    kind = "code" if raw.get("cell_type") == "code" else "markdown"
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    source = source.encode("utf-8", "replace").decode()  # half characters cannot be written again
    return nbformat.from_dict({"id": identity, "cell_type": kind, "metadata": marks, "source": source, **code})


def _grade_id(cell: NotebookNode) -> str | None:
    settings = cell.metadata.get("nbgrader")
    name = settings.get("grade_id") if isinstance(settings, dict) else None
    return name if isinstance(name, str) else None


def _learners(cell: NotebookNode) -> NotebookNode:
    """A cell of the learner's own: nothing in its metadata can make it count as one of the course's."""
    cell.metadata.pop("nbgrader", None)
    if role_of(cell).get("role") != "check":
        cell.metadata.pop("course", None)
    return cell


def _in_order(cells: list[NotebookNode], order: list[str]) -> list[NotebookNode]:
    """The course's cells in the order of the source; a learner's own cell stays behind the course's cell that it followed."""
    groups: list[tuple[int, list[NotebookNode]]] = [(-1, [])]
    for cell in cells:
        name = _grade_id(cell)
        if name:
            groups.append((order.index(name), [cell]))
        else:
            groups[-1][1].append(cell)
    return [cell for _, group in sorted(groups, key=lambda pair: pair[0]) for cell in group]


def _unique_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    seen: set[str] = set()
    for number, cell in enumerate(cells):
        if cell.id in seen:
            cell.id = f"{cell.id[:50]}-{number}"
        seen.add(cell.id)
    return cells
