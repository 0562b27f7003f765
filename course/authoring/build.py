"""`course build`: text -> source notebook -> release, byte for byte the same each time."""

from __future__ import annotations

from pathlib import Path

import nbformat

from course.authoring import bank
from course.authoring.release import generate
from course.authoring.source import dumps, read, to_notebook, to_text
from course.checks.compare import said
from course.paths import CourseError


def texts(root: Path) -> list[str]:
    """Names of the sections that have a source text."""
    return sorted(path.stem for path in (root / "source").glob("[0-9][0-9]-*/*.py") if path.stem == path.parent.name)


def text_path(root: Path, section: str) -> Path:
    path = root / "source" / section / f"{section}.py"
    if not path.is_file():
        raise CourseError(f"no source text {path.relative_to(root)}; there is {', '.join(texts(root)) or 'none'}")
    return path


def outputs(root: Path, section: str) -> dict[Path, str]:
    """The generated files of a section and what they must hold. A CourseError lists what is wrong with the source text."""
    source = dumps(to_notebook(read(text_path(root, section), bank.folder(root, section)), section))
    return {
        root / "source" / section / f"{section}.ipynb": source,
        root / "release" / section / f"{section}.ipynb": generate(root, source, section),
    }


def build(root: Path, section: str) -> list[Path]:
    """Write the generated files of a section; returns those that changed."""
    changed = stale(root, section)
    for path, text in changed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CourseError(f"cannot write {path.relative_to(root)} ({error.strerror}): make the folder writable") from None
    return list(changed)


def stale(root: Path, section: str) -> dict[Path, str]:
    """The generated files that differ from what the source text gives, with the text they should have."""
    return {path: text for path, text in outputs(root, section).items() if not path.is_file() or path.read_text(encoding="utf-8") != text}


def back(root: Path, section: str) -> bool:
    """Carry edits made in JupyterLab in the source notebook to the text; returns whether the text changed. The edited text is checked first."""
    path = text_path(root, section)
    notebook = path.with_suffix(".ipynb")
    if not notebook.is_file():
        raise CourseError(f"no {notebook.relative_to(root)}; run `course build {section}` first")
    try:
        text = to_text(nbformat.read(notebook, as_version=4))
    except Exception as error:
        raise CourseError(f"{notebook.relative_to(root)} is damaged ({said(error)}): run `course build {section}` to make it anew") from None
    if text == path.read_text(encoding="utf-8"):
        return False
    candidate = path.with_suffix(".py.new")
    candidate.write_text(text, encoding="utf-8")
    try:
        read(candidate, bank.folder(root, section))
    except BaseException:
        candidate.unlink()
        raise
    candidate.replace(path)
    return True
