"""Collecting refuses what is no submission, and follows no links."""

import os
import pwd

import nbformat
import pytest

from course.authoring.release import nbgrader_api
from course.paths import notebook
from tests.conftest import SECTION

ME = pwd.getpwuid(os.geteuid()).pw_name
STAMP = "2026-01-02 03:04:05.000000 UTC"


@pytest.fixture
def inbound(tiny, tmp_path, monkeypatch):
    """The folder of the exchange that learners write into; the exchange is named by the site's settings, not by the course's."""
    exchange = tmp_path / "exchange"
    folder = exchange / "ai-data-scientist" / "inbound"
    folder.mkdir(parents=True)
    exchange.chmod(0o777)
    site = tmp_path / "site"
    site.mkdir()
    (site / "nbgrader_config.py").write_text(f"c = get_config()\nc.Exchange.root = {str(exchange)!r}\nc.CourseDirectory.course_id = 'other'\n")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(site))
    return folder


def submit(inbound, student, *more, name=None):
    folder = inbound / (name or f"{student}+{SECTION}+{STAMP}+abcdefghijkl")
    folder.mkdir()
    (folder / "timestamp.txt").write_text(STAMP)
    for file, text in more:
        (folder / file).write_text(text)
    return folder


def collect(root):
    done = nbgrader_api(root).collect(SECTION, update=True)
    assert done["success"], done
    return done["log"]


def laid(root):
    return sorted(str(path.relative_to(root / "submitted")) for path in (root / "submitted").rglob("*") if path.is_file())


def test_plain_files_are_collected(tiny, inbound):
    text = nbformat.writes(nbformat.read(notebook(tiny, SECTION, "release"), as_version=4))
    submit(inbound, ME, (f"{SECTION}.ipynb", text), ("notes.txt", "mine"), ("left.py", "ignored by the course"))
    collect(tiny)
    assert laid(tiny) == [f"{ME}/{SECTION}/{name}" for name in (f"{SECTION}.ipynb", "notes.txt", "timestamp.txt")]
    assert (tiny / "submitted" / ME / SECTION / f"{SECTION}.ipynb").read_text() == text


def test_links_and_folders_stay_behind(tiny, inbound):
    folder = submit(inbound, ME)
    (folder / f"{SECTION}.ipynb").symlink_to(notebook(tiny, SECTION))
    (folder / "all").symlink_to(tiny)
    (folder / "deep").mkdir()
    os.mkfifo(folder / "waits")
    log = collect(tiny)
    assert laid(tiny) == [f"{ME}/{SECTION}/timestamp.txt"]
    assert f"left behind {SECTION}.ipynb" in log


@pytest.mark.parametrize(
    ("name", "reason"),
    [(f"ada+{SECTION}+{STAMP}+abcdefghijkl", f"it belongs to {ME}"), (f"{ME}+{SECTION}+yesterday", "its name is not that of a submission")],
)
def test_what_is_no_submission_is_refused_and_stops_nobody(tiny, inbound, name, reason):
    submit(inbound, ME)
    submit(inbound, ME, name=name)
    assert f"refused {name}: {reason}" in collect(tiny)
    assert laid(tiny) == [f"{ME}/{SECTION}/timestamp.txt"]
    assert (inbound / f".refused {name}").is_dir()
    assert "refused" not in collect(tiny)


def test_a_link_in_place_of_a_folder_is_refused(tiny, inbound):
    (inbound / f"{ME}+{SECTION}+{STAMP}+abcdefghijkl").symlink_to(tiny / "source" / SECTION)
    assert "it is no folder" in collect(tiny)
    assert not (tiny / "submitted").exists()
