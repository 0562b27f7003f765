"""Where things are: the course's root, and in it the source, release and work folders."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from pathlib import Path


class CourseError(Exception):
    """Something that the user can mend; the text says what is wrong and what to do. The command line prints it and exits with 2."""


def find_root() -> Path:
    """The folder that holds `nbgrader_config.py`: named by COURSE_ROOT, else above the current folder, else where the package was installed from."""
    named = os.environ.get("COURSE_ROOT")
    here = Path.cwd().resolve()
    candidates = [Path(named).resolve()] if named else [here, *here.parents, Path(__file__).resolve().parents[1]]
    for folder in candidates:
        if (folder / "nbgrader_config.py").is_file():
            return folder
    raise CourseError(f"no course found in {candidates[0]} (a folder with nbgrader_config.py): change into the course's folder or set COURSE_ROOT")


def sections(root: Path, kind: str = "source") -> list[str]:
    """Names of the sections that have a notebook below `kind` ("source" or "release"), in order."""
    return sorted(path.parent.name for path in (root / kind).glob("[0-9][0-9]-*/*.ipynb") if path.stem == path.parent.name)


def notebook(root: Path, section: str, kind: str = "source") -> Path:
    """Path of a section's notebook below `kind`; a CourseError names the sections there are when this is none of them."""
    path = root / kind / section / f"{section}.ipynb"
    if not path.is_file():
        known = ", ".join(sections(root, kind)) or f"none: run `course build` to fill {kind}/"
        raise CourseError(f"no section {section!r} in {kind}/; there is {known}")
    return path


def search_path() -> str:
    """PATH with the tools of this Python's environment in front, so that `course` and `alembic` are found when it is not activated."""
    tools, path = str(Path(sys.executable).parent), os.environ.get("PATH", "")
    return path if tools in path.split(os.pathsep) else os.pathsep.join([tools, path])


def write_whole(path: Path, text: str) -> None:
    """Put a text in the place of a file: whole, or not at all; the file keeps its mode. Raises OSError where the folder cannot be written."""
    fresh = path.with_name(f".{path.stem}-{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        if path.exists():
            shutil.copymode(path, fresh)
        os.replace(fresh, path)
    except BaseException:
        os.unlink(fresh)
        raise
