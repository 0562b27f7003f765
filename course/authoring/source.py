"""The one place where a notebook is written: `source/NN-name/NN-name.py`, py:percent with a few cell markers.

`read` checks the text and returns its cells, `to_notebook` makes the notebook for nbgrader, `to_text` goes back. docs/authors.md has the markers.
"""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.checks.model import role_of
from course.paths import CourseError
from course.words import amount

ROLES = ("statement", "solution", "test", "hint", "explain", "locked", "task")
OF_EXERCISES = ("statement", "solution", "hint", "test", "explain")
KEYS = {
    "statement": {"statement", "level"},
    "solution": {"solution"},
    "test": {"test", "name", "points"},
    "hint": {"hint"},
    "explain": {"explain"},
    "locked": {"locked"},
    "task": {"task", "points"},
    "lesson": {"collapsed"},
}
MARKDOWN = {"statement", "hint", "explain"}
LEVELS = ("core", "stretch")
KERNEL = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}


@dataclass(frozen=True)
class Cell:
    """A cell of a source text: `role` is one of ROLES or "lesson", `keys` are the markers on its line."""

    line: int
    kind: str
    source: str
    role: str
    keys: dict[str, Any]
    blank_lines: int | None = None

    @property
    def name(self) -> str:
        """The id of the exercise, or the name of a locked cell."""
        return self.keys.get(self.role, "")


@dataclass
class Problems:
    """What is wrong with a source text, collected so that an author sees all of it at once."""

    path: Path
    found: list[str] = field(default_factory=list)

    def add(self, line: int, problem: str, remedy: str) -> None:
        self.found.append(f"{self.path.name}:{line}: {problem}; {remedy}")

    def stop(self) -> None:
        if self.found:
            raise CourseError("\n".join(self.found))


def read(path: Path, bank: Path | None = None) -> list[Cell]:
    """Read and check a source text. `bank` is the folder with the answer bank of the section (None leaves the bank unchecked).

    Raises CourseError with a line for each problem: file, line, what is wrong and what to do.
    """
    text = path.read_text(encoding="utf-8")
    cells = _cells(path, text)
    problems = Problems(path)
    known = {"lesson", *ROLES}
    for cell in cells:
        if cell.role not in known:
            problems.add(cell.line, f"unknown marker {cell.role!r}", f"the markers are {', '.join(ROLES)} and collapsed")
        else:
            _check_cell(cell, problems)
    _check_exercises([cell for cell in cells if cell.role in ROLES], problems, bank)
    if not cells or cells[0].kind != "markdown" or not cells[0].source.startswith("# "):
        problems.add(1, "the notebook has no title", "open it with a markdown cell that starts with '# '")
    problems.stop()
    return cells


def to_notebook(cells: list[Cell], section: str) -> NotebookNode:
    """The source notebook of a section: nbgrader's metadata on each marked cell, a `%check` cell behind each solution, ids that never change by themselves."""
    points = {cell.name: 0.0 for cell in cells if cell.role == "statement"}
    for cell in cells:
        if cell.role == "test":
            points[cell.name] += cell.keys["points"]
    made: list[NotebookNode] = []
    ids: dict[str, int] = {}

    def add(kind: str, source: str, metadata: dict[str, Any], base: str) -> None:
        ids[base] = ids.get(base, 0) + 1
        cell = (new_code_cell if kind == "code" else new_markdown_cell)(source, metadata=metadata)
        cell.id = base if ids[base] == 1 else f"{base}-{ids[base]}"
        made.append(cell)

    for cell in cells:
        source, base = cell.source, grade_id(cell) or f"{cell.role}-{hashlib.sha1((cell.name + cell.source).encode()).hexdigest()[:10]}"
        if cell.role == "statement":
            source = _badge(source, cell.name, cell.keys["level"], points[cell.name])
        add(cell.kind, source, _metadata(cell), base)
        if cell.role == "solution":
            add("code", f"%check {cell.name}", {"course": {"role": "check"}}, f"check-{cell.name}")
    return new_notebook(cells=made, metadata={**KERNEL, "course": {"section": section}})


def to_text(notebook: NotebookNode) -> str:
    """The py:percent text of a source notebook: the way back for edits made in JupyterLab."""
    cells = []
    for cell in notebook.cells:
        mark = role_of(cell)
        role = mark.get("role", "lesson")
        if role == "check":
            continue
        keys: dict[str, Any] = {}
        if role == "locked":
            keys["locked"] = cell.metadata.nbgrader.grade_id
        elif role == "task":
            keys.update({"task": cell.metadata.nbgrader.grade_id, "points": _points(cell.metadata.nbgrader.points)})
        elif role == "lesson":
            keys.update({"collapsed": True} if cell.metadata.get("jupyter", {}).get("source_hidden") else {})
        else:
            keys[role] = mark["exercise"]
            keys.update({"level": mark["level"]} if role == "statement" else {})
            keys.update({"name": mark["name"], "points": _points(cell.metadata.nbgrader.points)} if role == "test" else {})
        if "blank_lines" in mark:
            keys["lines_to_next_cell"] = mark["blank_lines"]
        source = _unbadge(cell.source) if role == "statement" else cell.source
        cells.append((new_code_cell if cell.cell_type == "code" else new_markdown_cell)(source, metadata=keys))
    text = jupytext.writes(
        new_notebook(cells=cells, metadata={"jupytext": {"notebook_metadata_filter": "-all", "cell_metadata_filter": "all"}}),
        fmt={"extension": ".py", "format_name": "percent"},
    )
    return re.sub(r"\A# ---\n.*?# ---\n\n", "", text, flags=re.DOTALL)


def dumps(notebook: NotebookNode) -> str:
    """A notebook as bytes of the repository: sorted keys, one newline at the end."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def grade_id(cell: Cell) -> str | None:
    """nbgrader's id of a cell, always made of words of the source; None for cells that nbgrader doesn't know."""
    match cell.role:
        case "statement":
            return f"{cell.name}-statement"
        case "solution" | "locked" | "task":
            return cell.name
        case "test":
            return f"{cell.name}-{cell.keys['name']}"
    return None


def function_names(source: str) -> list[str]:
    """Names of the functions that a cell defines at its top level."""
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]


def _cells(path: Path, text: str) -> list[Cell]:
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith("# %%")]
    notebook = jupytext.reads(text, fmt="py:percent")
    if len(lines) != len(notebook.cells):
        raise CourseError(f"{path.name}:1: text stands before the first cell, or '# %%' stands inside a string; open each cell with its own '# %%' line")
    cells = []
    for line, raw in zip(lines, notebook.cells, strict=True):
        keys = dict(raw.metadata)
        blank_lines = keys.pop("lines_to_next_cell", None)
        role = next((key for key in ROLES if key in keys), None)
        if role is None:
            strange = sorted(set(keys) - KEYS["lesson"])
            role = strange[0] if strange else "lesson"
        cells.append(Cell(line, raw.cell_type, raw.source, role, keys, blank_lines))
    return cells


def _check_cell(cell: Cell, problems: Problems) -> None:
    extra = sorted(set(cell.keys) - KEYS[cell.role])
    if extra:
        problems.add(cell.line, f"unknown marker {extra[0]!r} on a {cell.role} cell", f"it takes {', '.join(sorted(KEYS[cell.role]))}")
    if cell.role != "lesson" and not re.fullmatch(r"[a-z][a-z0-9_]*", str(cell.name)):
        problems.add(cell.line, f"{cell.role}={cell.name!r} is no id", "use lower-case words joined by underscores")
    wanted = "markdown" if cell.role in MARKDOWN else "code"
    if cell.role not in ("lesson", "task") and cell.kind != wanted:
        problems.add(
            cell.line, f"a {cell.role} cell is {wanted}", "write '# %% [markdown] ...'" if wanted == "markdown" else "write '# %% ...' without [markdown]"
        )
        return
    if cell.role == "statement":
        if cell.keys.get("level") not in LEVELS:
            problems.add(cell.line, f"the statement of {cell.name} has no level", 'add level="core" or level="stretch"')
        if not cell.source.startswith("#"):
            problems.add(cell.line, f"the statement of {cell.name} has no heading", "open it with '### `id`: short title'")
    if cell.role == "test" and not re.fullmatch(r"[a-z][a-z0-9_-]*", str(cell.keys.get("name", ""))):
        problems.add(cell.line, f"a test of {cell.name} has no name", 'add name="value" or another word')
    if cell.role in ("test", "task") and not (isinstance(cell.keys.get("points"), (int, float)) and cell.keys["points"] > 0):
        problems.add(cell.line, f"a {cell.role} of {cell.name} has no points", "add points=1 or more")
    _check_region(cell, "SOLUTION", cell.role == "solution", cell.role == "solution", problems)
    _check_region(cell, "HIDDEN TESTS", cell.role == "test", False, problems)
    if cell.kind == "code":
        _check_code(cell, problems)


def _check_region(cell: Cell, word: str, allowed: bool, wanted: bool, problems: Problems) -> None:
    opened = 0
    seen = False
    for offset, line in enumerate(cell.source.splitlines(), 1):
        place = cell.line + offset
        if f"BEGIN {word}" in line:
            seen, opened = True, opened + 1
            if not allowed:
                problems.add(place, f"BEGIN {word} in a {cell.role} cell", f"it belongs in a {'solution' if word == 'SOLUTION' else 'test'} cell")
            if opened > 1:
                problems.add(place, f"BEGIN {word} inside an open one", f"close the first by '### END {word}'")
        elif f"END {word}" in line:
            opened -= 1
            if opened < 0:
                problems.add(place, f"END {word} without a begin", f"add '### BEGIN {word}'")
                opened = 0
    if opened > 0:
        problems.add(cell.line, f"BEGIN {word} is left open", f"add '### END {word}'")
    if wanted and not seen:
        problems.add(cell.line, f"the solution of {cell.name} has no solution region", f"put '### BEGIN {word}' and '### END {word}' around it")


def _check_code(cell: Cell, problems: Problems) -> None:
    code = re.sub(r"^([ \t]*)[%!]", r"\1#", cell.source, flags=re.MULTILINE)
    try:
        tree = ast.parse(code)
    except SyntaxError as error:
        problems.add(cell.line + (error.lineno or 0), f"syntax error: {error.msg}", "mend the Python of this cell")
        return
    if cell.role == "solution" and function_names(code) != [cell.name]:
        problems.add(cell.line, f"the solution of {cell.name} defines {', '.join(function_names(code)) or 'no function'}", f"define one function, {cell.name}")
    if cell.role == "test":
        if not ast.get_docstring(tree):
            problems.add(cell.line, f"a test of {cell.name} has no docstring", "open the cell with a line that says what it checks")
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert) and node.msg is None:
                problems.add(cell.line + node.lineno, "assertion without message", "say what came and what was expected, or use course.checks")


def _check_exercises(cells: list[Cell], problems: Problems, bank: Path | None) -> None:
    seen: dict[str, Cell] = {}
    for cell in cells:
        key = grade_id(cell) if cell.role != "test" or isinstance(cell.keys.get("name"), str) else None
        if key is None:
            continue
        if key in seen:
            problems.add(cell.line, f"{cell.role} {key!r} stands already at line {seen[key].line}", "give one of the two another id")
        seen.setdefault(key, cell)
    names = list(dict.fromkeys(cell.name for cell in cells if cell.role in OF_EXERCISES))
    for name in names:
        own = [cell for cell in cells if cell.role in OF_EXERCISES and cell.name == name]
        roles = [cell.role for cell in own]
        for role in OF_EXERCISES:
            if role not in roles:
                problems.add(own[0].line, f"exercise {name} has no {role} cell", f'add one with {role}="{name}"')
        order = [OF_EXERCISES.index(role) for role in roles]
        if order != sorted(order):
            problems.add(own[0].line, f"the cells of {name} are out of order", "write statement, solution, hints, tests, explain")
        if bank is not None and not (bank / f"{name}.py").is_file():
            problems.add(own[0].line, f"exercise {name} has no entry in the answer bank", f"write tests/answers/{bank.name}/{name}.py")


def _metadata(cell: Cell) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if cell.role == "lesson":
        if cell.keys.get("collapsed"):
            metadata["jupyter"] = {"source_hidden": True}
        mark: dict[str, Any] = {}
    elif cell.role in ("locked", "task"):
        mark = {"role": cell.role}
    else:
        mark = {"role": cell.role, "exercise": cell.name, **{key: cell.keys[key] for key in ("level", "name") if key in cell.keys}}
    if cell.blank_lines is not None:
        mark["blank_lines"] = cell.blank_lines
    if mark:
        metadata["course"] = mark
    name = grade_id(cell)
    if name is not None:
        graded = cell.role in ("test", "task")
        nbgrader = {
            "cell_type": cell.kind,
            "grade": graded,
            "grade_id": name,
            "locked": cell.role not in ("solution", "task"),
            "schema_version": 3,
            "solution": cell.role in ("solution", "task"),
            "task": False,
        }
        metadata["nbgrader"] = nbgrader | ({"points": cell.keys["points"]} if graded else {})
    if cell.role in ("test", "task"):
        metadata["tags"] = ["raises-exception"]
    if cell.role == "test":
        metadata["jupyter"] = {"source_hidden": True}
    return metadata


def _points(points: float) -> float | int:
    return int(points) if points == int(points) else points


def _badge(statement: str, exercise: str, level: str, points: float) -> str:
    title, _, rest = statement.partition("\n")
    return f"{title}\n\n*{level} · {amount(_points(points), 'point')} · `%check {exercise}` · `%hint {exercise}`*\n{rest}"


def _unbadge(statement: str) -> str:
    return re.sub(r"\n\n\*(?:core|stretch) · [^\n]*\*\n", "\n", statement, count=1)
