"""The lock, environment.yml and pyproject.toml say the same, and nothing in git names a registry or holds what a run made."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.environment import environment, pins

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text()


def test_environment_yml_is_made_from_the_lock():
    assert (ROOT / "environment.yml").read_text() == environment(LOCK), "run `make lock`, or python -m tests.environment > environment.yml"


def test_environment_yml_pins_what_the_lock_pins():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"][-1]["pip"]
    assert listed == [*pins(LOCK), "-e ."]
    assert len(pins(LOCK)) == LOCK.count("==") - LOCK.count("python_full_version ==") - LOCK.count(" == '")


def test_lock_satisfies_pyproject():
    locked = {canonicalize_name(pin.split("==")[0]): pin.split("==")[1].split(" ")[0] for pin in pins(LOCK)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for line in project["dependencies"] + project["optional-dependencies"]["dev"]:
        wanted = Requirement(line)
        version = locked.get(canonicalize_name(wanted.name))
        assert version is not None, f"{wanted.name} is not in requirements.lock: run `make lock`"
        assert wanted.specifier.contains(version), f"requirements.lock pins {wanted.name} {version}, pyproject.toml wants {wanted.specifier}"


def test_every_pin_is_hashed_and_no_index_is_named():
    blocks = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.MULTILINE)
    assert all("--hash=sha256:" in block for block in blocks if "==" in block)
    assert "://" not in LOCK
    assert "index-url" not in LOCK


def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_notebooks_in_git_hold_no_outputs():
    for path in tracked():
        if path.suffix == ".ipynb":
            cells = nbformat.read(path, as_version=4).cells
            assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells), f"{path.name} holds outputs"


def test_nothing_that_a_run_makes_is_in_git():
    made = re.compile(r"(^|/)(work|submitted|collected|feedback|demo|\.venv)/|gradebook\.db|autograded/.*ipynb|\.ipynb_checkpoints|uv\.lock")
    assert not [path for path in tracked() if made.search(str(path.relative_to(ROOT)))]


def test_the_dev_container_installs_by_a_target_of_the_makefile():
    settings = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    command, target = settings["postCreateCommand"].split()
    assert command == "make" and re.search(rf"^STAMP := .*{re.escape(Path(target).name)}$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    version = re.search(r"python:(\d+\.\d+)", settings["image"])[1]
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert version in wanted.replace(">=", "") or Requirement(f"python{wanted}").specifier.contains(version)


def test_binder_starts_from_environment_yml():
    named = [path.name for path in ROOT.iterdir() if path.name in ("binder", ".binder", "requirements.txt", "Pipfile", "setup.py")]
    assert named == [], f"{named} would take the place of environment.yml on Binder"
    assert yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"][0].startswith("python=3.")
