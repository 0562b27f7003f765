"""The round that docs/instructors.md shows line by line works as it stands there."""

import csv
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from course.paths import search_path

ROOT = Path(__file__).resolve().parents[1]
SECTION = "01-statistics"


def lines():
    """The commands of the walk, in order."""
    text = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
    walk = re.search(r"^## A whole round, line by line\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", walk, re.MULTILINE | re.DOTALL))


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_round_of_the_instructors_page_works_line_by_line(tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    for kind in ("source", "release"):
        shutil.copytree(ROOT / kind / SECTION, tmp_path / kind / SECTION)
    released = (tmp_path / "release" / SECTION / f"{SECTION}.ipynb").read_bytes()
    environment = {**os.environ, "PATH": search_path()}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", lines()], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "ada" in done.stdout and "not attempted" in done.stdout and "handed in nothing: " in done.stdout
    assert (tmp_path / "release" / SECTION / f"{SECTION}.ipynb").read_bytes() == released
    assert (tmp_path / "feedback" / "ada" / SECTION / f"{SECTION}.html").is_file()
    assert "count_model" in (tmp_path / "class.html").read_text(encoding="utf-8")
    rows = {(row["student_id"], row["assignment"]): row for row in csv.DictReader((tmp_path / "grades.csv").open())}
    assert float(rows["ada", SECTION]["score"]) == 0 and ("bo", SECTION) in rows
    assert "Points Possible" in (tmp_path / "canvas.csv").read_text(encoding="utf-8")
    assert "ada@example.org" in (tmp_path / "moodle.csv").read_text(encoding="utf-8")
