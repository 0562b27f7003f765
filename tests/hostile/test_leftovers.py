"""A grader leaves nothing behind: no process, no file, no socket; and its processes end with it when it is killed."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from course.grading import forkserver
from course.grading.demo import fill
from course.paths import notebook

PROJECT = Path(__file__).resolve().parents[2]
SECTION = "01-tiny"
PROGRAM = """
import json, sys
from pathlib import Path
import nbformat
from course.grading.engine import grade
from course.grading.sandbox import Limits, MB
source, submissions, seconds = sys.argv[1:]
source = nbformat.read(source, as_version=4)
limits = Limits(cell_seconds=float(seconds), total_seconds=300, memory=300 * MB, scratch=20 * MB)
for text in json.loads(Path(submissions).read_text()):
    print("next", flush=True)
    print(grade(source, text.encode(), "ada", limits).result.outcome, flush=True)
"""
HOSTILE = {
    "endless": "while True:\n    pass\n",
    "exit": "import os\n\nos._exit(0)\n",
    "files": "import os\n\nos.makedirs('a/b/c')\nos.symlink('/', 'a/link')\nopen('a/b/big', 'wb').write(bytes(2 ** 20))\n"
    "\n\ndef share(part, whole):\n    return 1\n",
    "thread": "import threading\n\nthreading.Thread(target=threading.Event().wait).start()\n\n\ndef share(part, whole):\n    return 1\n",
}
STUBBORN = (
    "import ctypes\nimport signal\n\nctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\n"
    "for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:\n    try:\n        signal.signal(number, signal.SIG_IGN)\n"
    "    except (OSError, ValueError):\n        pass\nwhile True:\n    pass\n"
)


@pytest.fixture
def temp():
    """A short folder for temporary files that is the grader's alone."""
    with tempfile.TemporaryDirectory(prefix="h-", dir=forkserver.short_folder()) as folder:
        yield Path(folder)


def start(built, temp, texts, seconds):
    release = nbformat.read(notebook(built, SECTION, "release"), as_version=4)
    submissions = temp.with_suffix(".json")
    submissions.write_text(json.dumps([json.dumps(fill(release, {"share": text})) for text in texts]))
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(notebook(built, SECTION)), str(submissions), str(seconds)],
        env={**os.environ, "TMPDIR": str(temp)},
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes(temp):
    """Processes that work in a folder below this one: the fork server, and those that it forked."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.cwd().startswith(str(temp)):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def sockets(temp):
    return [line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines() if str(temp) in line]


def gone(look, seconds):
    end = time.monotonic() + seconds
    while look() and time.monotonic() < end:
        time.sleep(0.05)
    return look()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_is_left_after_hostile_submissions(built, temp):
    grader = start(built, temp, HOSTILE.values(), 1)
    said, errors = grader.communicate(timeout=120)
    assert grader.returncode == 0, errors
    assert said.split("\n") == ["next", "timed out", "next", "process died", "next", "graded", "next", "graded", ""]
    assert gone(lambda: processes(temp), 1) == []
    assert sockets(temp) == []
    assert list(temp.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("text", [HOSTILE["endless"], STUBBORN], ids=["an endless loop", "a loop that ignores signals and its parent's death"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "terminated"])
def test_all_processes_end_with_their_grader(built, temp, text, number):
    grader = start(built, temp, [text], 100)
    assert grader.stdout.readline() == "next\n"
    end = time.monotonic() + 60
    while len(processes(temp)) < 3 and time.monotonic() < end:  # the fork server, the examiner, the student process
        time.sleep(0.05)
    time.sleep(1)  # until the learner's code runs
    assert len(processes(temp)) >= 3, grader.stderr.read()
    grader.send_signal(number)
    grader.wait(3)
    left = gone(lambda: processes(temp), 3)
    for process in left:
        process.kill()
    assert left == []
    assert [name for name in sockets(temp) if "grade-" in name] == []
