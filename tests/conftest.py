"""What all tests share: a tiny course, built once and copied for each test that works in it."""

import shutil
from pathlib import Path

import pytest

from course.authoring.build import build

pytest_plugins = ["tests.chromium", "tests.postgres"]

PROJECT = Path(__file__).resolve().parents[1]
TINY = PROJECT / "tests" / "fixtures" / "tiny"
SECTION = "01-tiny"


@pytest.fixture(autouse=True)
def no_course_settings(monkeypatch):
    for name in ("COURSE_ROOT", "COURSE_WORK", "NBGRADER_EXECUTION", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The tiny course with its notebooks and its release; not to be written to."""
    root = tmp_path_factory.mktemp("built") / "tiny"
    shutil.copytree(TINY, root)
    shutil.copy(PROJECT / "nbgrader_config.py", root)
    build(root, SECTION)
    return root


@pytest.fixture
def tiny(built, tmp_path, monkeypatch):
    """A copy of the built course, which is the course of this test."""
    root = tmp_path / "tiny"
    shutil.copytree(built, root)
    monkeypatch.setenv("COURSE_ROOT", str(root))
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def snapshot():
    """A function that reads all files below a folder, to say that nothing changed."""

    def read(folder):
        return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

    return read
