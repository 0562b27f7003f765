"""The answer bank: for each exercise, right answers written differently and wrong answers that people give.

A file `tests/answers/NN-name/exercise.py` defines the exercise's function several times, each under `@right(how it is written)` or
`@wrong(text that the message must hold)`. Everything else in the file (imports, small functions) belongs to every answer.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from course.paths import CourseError

F = TypeVar("F", bound=Callable)


@dataclass(frozen=True)
class Answer:
    """One answer: `label` says how it is written (right) or what its message must say (wrong); `code` is the text of a solution cell."""

    exercise: str
    right: bool
    label: str
    code: str


def right(label: str) -> Callable[[F], F]:
    """Mark a right answer; `label` says how it is written."""
    return lambda function: function


def wrong(message: str) -> Callable[[F], F]:
    """Mark a wrong answer; `message` must occur in the message of a test that it fails."""
    return lambda function: function


def folder(root: Path, section: str) -> Path:
    """Where the bank of a section is."""
    return root / "tests" / "answers" / section


def read(path: Path) -> list[Answer]:
    """The answers of one file of the bank. Raises CourseError for a file that doesn't follow the form."""
    exercise = path.stem
    text = path.read_text(encoding="utf-8")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise CourseError(f"{path.name}:{error.lineno}: syntax error in the answer bank: {error.msg}") from None
    lines = text.splitlines()
    shared, answers = [], []
    for node in tree.body:
        mark = _mark(node)
        if mark is None:
            if isinstance(node, ast.FunctionDef) and node.name == exercise:
                raise CourseError(f"{path.name}:{node.lineno}: an answer has no mark; put @right('how it is written') or @wrong('what the message says') on it")
            is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not is_docstring and not (isinstance(node, ast.ImportFrom) and node.module == __name__):
                shared.append(_text(lines, node))
            continue
        if node.name != exercise:
            raise CourseError(f"{path.name}:{node.lineno}: the answer defines {node.name}; it must define {exercise}")
        kind, label = mark
        if not label:
            raise CourseError(f"{path.name}:{node.lineno}: @{kind} has no text; write @{kind}('...') with a plain string")
        answers.append((mark, "\n".join(lines[node.lineno - 1 : node.end_lineno])))
    head = "\n".join(shared)
    return [Answer(exercise, kind == "right", label, f"{head}\n\n\n{code}\n" if head else f"{code}\n") for (kind, label), code in answers]


def _text(lines: list[str], node: ast.stmt) -> str:
    """The lines of a statement, decorators included."""
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    return "\n".join(lines[first - 1 : node.end_lineno])


def _mark(node: ast.stmt) -> tuple[str, str] | None:
    """What the decorator of an answer says: right or wrong, and its text ('' where that is no string); None for anything else."""
    if not isinstance(node, ast.FunctionDef):
        return None
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id in ("right", "wrong"):
            label = decorator.args[0] if decorator.args else None
            return decorator.func.id, label.value if isinstance(label, ast.Constant) and isinstance(label.value, str) else ""
    return None
