"""From source notebook to release, through nbgrader's own generate_assignment."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path
from nbformat import NotebookNode
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config, PyFileConfigLoader

from course.checks.model import role_of
from course.paths import CourseError


class TakeAuthorCells(NbGraderPreprocessor):
    """First step of generate_assignment: hints travel in the metadata of the solution cell, explanations stay behind."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        hints: dict[str, list[str]] = {}
        for cell in nb.cells:
            if role_of(cell).get("role") == "hint":
                hints.setdefault(cell.metadata.course.exercise, []).append(cell.source)
        nb.cells = [cell for cell in nb.cells if role_of(cell).get("role") not in ("hint", "explain")]
        for cell in nb.cells:
            mark = role_of(cell)
            if mark.get("role") == "solution":
                mark["hints"] = hints.get(mark["exercise"], [])
            if mark.pop("blank_lines", None) is not None and not mark:
                del cell.metadata["course"]
        return nb, resources


class EmptyTasks(NbGraderPreprocessor):
    """A written task in code begins as a comment: a stub that raises would stop *Run All* and tell a learner nothing."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        for cell in nb.cells:
            if cell.cell_type == "code" and role_of(cell).get("role") == "task":
                cell.source = "# YOUR CODE HERE"
        return nb, resources


def generate(root: Path, source: str, section: str) -> str:
    """The release notebook that nbgrader makes of the text of a source notebook, as text; runs in a scratch course with a gradebook of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        course = Path(scratch)
        shutil.copy(root / "nbgrader_config.py", course)
        folder = course / "source" / section
        folder.mkdir(parents=True)
        (folder / f"{section}.ipynb").write_text(source, encoding="utf-8")
        register(course, section)
        return (course / "release" / section / f"{section}.ipynb").read_text(encoding="utf-8")


def register(root: Path, section: str) -> None:
    """Run nbgrader's generate_assignment in the course at `root`: writes release/ and puts the section into the gradebook."""
    result = nbgrader_api(root).generate_assignment(section, force=True)
    if not result["success"]:
        raise CourseError(f"nbgrader could not generate {section}:\n{result.get('log') or result.get('error')}")


def nbgrader_api(root: Path) -> NbGraderAPI:
    """nbgrader's own interface to the course at `root`, with the settings of its nbgrader_config.py and the site's exchange."""
    config = _site_exchange()
    config.merge(PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config())
    config.CourseDirectory.root = str(root)
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def _site_exchange() -> Config:
    """What the nbgrader_config.py files of Jupyter's folders say of the exchange, the first folder last; all else is the course's to say."""
    config = Config()
    for folder in reversed(jupyter_config_path()):
        if (Path(folder) / "nbgrader_config.py").is_file():
            found = PyFileConfigLoader("nbgrader_config.py", path=folder).load_config()
            config.merge({name: value for name, value in found.items() if name.startswith("Exchange")})
    return config
