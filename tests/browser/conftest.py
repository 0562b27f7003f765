"""Servers as a learner and an instructor start them."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course.paths import sections

ROOT = Path(__file__).parents[2]


@pytest.fixture
def course(tmp_path):
    """A course with the built notebooks of all sections, as a clone has them."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    for section in sections(ROOT):
        for kind in ("source", "release"):
            target = tmp_path / kind / section
            target.mkdir(parents=True)
            shutil.copy(ROOT / kind / section / f"{section}.ipynb", target)
    return tmp_path


@pytest.fixture
def serve(tmp_path):
    """Start a Jupyter server and return the address with its token; stopped with all its kernels at the end."""
    started = []

    def start(command, folder, **environment):
        log = (tmp_path / f"server-{len(started)}.log").open("w+")
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path / "jupyter"), **environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        started.append((process, log))
        for _ in range(240):
            log.flush()
            found = re.search(r"http://127\.0\.0\.1:\d+/\S+token=\w+", Path(log.name).read_text())
            if found:
                return found[0]
            if process.poll() is not None:
                break
            time.sleep(0.25)
        raise AssertionError(f"the server did not start:\n{Path(log.name).read_text()[-3000:]}")

    yield start
    for process, log in started:
        os.killpg(process.pid, signal.SIGINT)
        try:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGKILL)
        log.close()


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def course_command():
    return [sys.executable, "-m", "course"]
