"""`course grade` as a whole: resuming, killing, clusters, other databases."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from course.checks.model import Outcome, SubmissionResult
from course.grading import batch
from course.grading.batch import Which, grade_section
from course.grading.demo import fill
from course.grading.engine import grade
from course.grading.sandbox import Mode
from course.paths import CourseError, notebook

SECTION = "01-tiny"
RIGHT = {
    "share": "def share(part, whole):\n    if whole == 0:\n        raise ValueError\n    return part / whole\n",
    "middle": "def middle(values):\n    return sorted(values)[len(values) // 2]\n",
}
KILLS = int(os.environ.get("COURSE_KILLS", "6"))


def lay(root, student, code):
    target = root / "submitted" / student / SECTION
    target.mkdir(parents=True, exist_ok=True)
    release = nbformat.read(notebook(root, SECTION, "release"), as_version=4)
    (target / f"{SECTION}.ipynb").write_text(json.dumps(fill(release, code)))


def small_class(root):
    lay(root, "ada", RIGHT)
    lay(root, "bo", {"share": RIGHT["share"]})
    lay(root, "cy", {})
    (root / "submitted" / "dee" / SECTION).mkdir(parents=True)
    target = root / "submitted" / "eli" / SECTION
    target.mkdir(parents=True)
    (target / f"{SECTION}.ipynb").write_text("{")
    return ["ada", "bo", "cy", "dee", "eli"]


def autograded(root):
    return {path.parts[-3]: path for path in root.glob(f"autograded/*/{SECTION}/{SECTION}.ipynb")}


def scores(url):
    with Gradebook(url) as gradebook:
        return {
            submission.student_id: {grade.name: grade.auto_score for grade in submission.notebooks[0].grades}
            for submission in gradebook.assignment_submissions(SECTION)
        }


def url(root):
    return f"sqlite:///{root / 'gradebook.db'}"


def graded_again(root, **options):
    """Ids of the students whose graded notebook a run has written."""
    before = {student: path.stat().st_mtime_ns for student, path in autograded(root).items()}
    grade_section(root, SECTION, jobs=2, **options)
    return sorted(student for student, path in autograded(root).items() if path.stat().st_mtime_ns != before.get(student))


def test_only_what_changed_is_graded_again(tiny):
    ids = small_class(tiny)
    first = grade_section(tiny, SECTION, jobs=2)
    assert [result.student for result in first] == ids
    assert graded_again(tiny) == []
    assert [(result.student, result.score, result.outcome) for result in grade_section(tiny, SECTION)] == [
        (result.student, result.score, result.outcome) for result in first
    ]
    lay(tiny, "bo", RIGHT)
    lay(tiny, "flo", RIGHT)
    assert graded_again(tiny) == ["bo", "flo"]
    with (tiny / "nbgrader_config.py").open("a") as config:
        config.write("\nc.Grade.cell_seconds = 7\n")
    assert graded_again(tiny, which=Which.CHANGED) == []
    assert graded_again(tiny) == [*ids, "flo"]
    assert graded_again(tiny, only="ada", which=Which.ALL) == ["ada"]


def test_a_gradebook_that_was_lost_is_filled_again_without_grading(tiny):
    small_class(tiny)
    grade_section(tiny, SECTION, jobs=2)
    held = scores(url(tiny))
    (tiny / "gradebook.db").unlink()
    assert graded_again(tiny) == []
    assert scores(url(tiny)) == held


def test_a_run_killed_at_any_moment_is_taken_up(tiny):
    """kill -9 at many random moments: nothing lost, nothing graded twice, no submission half in the gradebook."""
    ids = small_class(tiny)
    runner = subprocess.Popen([sys.executable, "-c", RUNNER, str(tiny)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    draw = random.Random(4)
    finished: dict[str, int] = {}
    ended = rounds = 0
    for _ in range(KILLS):
        runner.stdin.write(f"{draw.uniform(0, 5):.3f}\n")
        ended += runner.stdout.readline() == "ended\n"
        for student, path in autograded(tiny).items():
            SubmissionResult.from_notebook(nbformat.read(path, as_version=4))
            assert finished.setdefault(student, path.stat().st_mtime_ns) == path.stat().st_mtime_ns, f"{student} was graded twice"
        if (tiny / "gradebook.db").exists():
            for student, found in scores(url(tiny)).items():
                assert None not in found.values(), f"{student} is half in the gradebook"
        if set(finished) == set(ids):
            rounds += 1
            shutil.rmtree(tiny / "autograded")
            (tiny / "gradebook.db").unlink(missing_ok=True)
            finished = {}
    runner.stdin.close()
    runner.wait()
    runner.stdout.close()
    results = grade_section(tiny, SECTION, jobs=2)
    assert [result.student for result in results] == ids
    assert set(scores(url(tiny))) == set(ids)
    assert [result.outcome for result in results] == [Outcome.GRADED, Outcome.GRADED, Outcome.NOT_ATTEMPTED, Outcome.MISSING, Outcome.MALFORMED]
    print(f"{KILLS} runs, {ended} came to their end, the class was graded {rounds + 1} times over")
    assert ended < KILLS, "no run was killed"


RUNNER = """
import os, signal, sys, time
from pathlib import Path
from course.grading import forkserver
from course.grading.batch import grade_section

address = forkserver.address()
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        os.setsid()
        grade_section(Path(sys.argv[1]), "01-tiny", jobs=2)
        os._exit(0)
    end = time.monotonic() + float(line)
    while time.monotonic() < end and os.waitpid(pid, os.WNOHANG) == (0, 0):
        time.sleep(0.002)
    try:
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        print("killed", flush=True)
    except (ProcessLookupError, ChildProcessError):
        print("ended", flush=True)
"""


def test_a_worker_that_dies_costs_no_submission(tiny, monkeypatch):
    small_class(tiny)
    marker = tiny / "died"
    monkeypatch.setattr(batch, "grade", DiesOnce(marker))
    results = grade_section(tiny, SECTION, jobs=2)
    assert marker.exists()
    assert {result.outcome for result in results} == {Outcome.GRADED, Outcome.NOT_ATTEMPTED, Outcome.MISSING, Outcome.MALFORMED}


@dataclass
class DiesOnce:
    marker: Path

    def __call__(self, source, submitted, student, limits, mode):
        if student == "bo" and not self.marker.exists():
            self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return grade(source, submitted, student, limits, mode)


def test_what_no_worker_can_grade_is_in_the_table_and_keeps_its_grade(tiny, monkeypatch):
    small_class(tiny)
    grade_section(tiny, SECTION, jobs=2)
    held = scores(url(tiny))

    class Broken:
        count = 1

        def submit(self, function, source, submitted, student, *rest):
            future = Future()
            if student == "ada":
                future.set_exception(OSError("no space left"))
            else:
                future.set_result(function(source, submitted, student, *rest))
            return future

    monkeypatch.setattr(batch, "processes", lambda jobs: _given(Broken()))
    results = {result.student: result for result in grade_section(tiny, SECTION, which=Which.ALL)}
    assert results["ada"].outcome is Outcome.FAILED
    assert "no space left" in results["ada"].message
    assert results["bo"].outcome is Outcome.GRADED
    assert scores(url(tiny)) == held


class _given:
    def __init__(self, value):
        self.value = value

    def __enter__(self):
        return self.value

    def __exit__(self, *_):
        return None


def test_a_file_that_cannot_be_read_or_written_costs_nobody_else(tiny, monkeypatch):
    ids = small_class(tiny)
    held = {path: path.read_bytes() for path in tiny.glob(f"submitted/*/{SECTION}/*.ipynb")}
    in_the_way = tiny / "autograded" / "bo" / f".{SECTION}.new"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("")
    read = batch._submitted

    def broken(root, student, section):
        if student == "ada":
            raise PermissionError(13, "Permission denied", "submitted/ada")
        return read(root, student, section)

    monkeypatch.setattr(batch, "_submitted", broken)
    results = grade_section(tiny, SECTION, jobs=2)
    assert [result.student for result in results] == ids
    assert [result.outcome for result in results] == [Outcome.FAILED, Outcome.FAILED, Outcome.NOT_ATTEMPTED, Outcome.MISSING, Outcome.MALFORMED]
    assert results[0].message == "not graded, grade it again: PermissionError: [Errno 13] Permission denied: 'submitted/ada'"
    assert str(in_the_way) in results[1].message and results[1].message.startswith("not graded, grade it again: FileExistsError")
    assert set(scores(url(tiny))) == {"cy", "dee", "eli"}
    in_the_way.unlink()
    monkeypatch.setattr(batch, "_submitted", read)
    assert [result.outcome for result in grade_section(tiny, SECTION, jobs=2)][:2] == [Outcome.GRADED] * 2
    assert {path: path.read_bytes() for path in held} == held


@pytest.mark.parametrize("name", ["", "autograded"])
def test_a_folder_that_cannot_be_written_is_named_in_full(tiny, monkeypatch, name):
    small_class(tiny)
    (tiny / "autograded").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: path != tiny / name)
    with pytest.raises(CourseError, match=rf"^cannot write {tiny / name}: make it writable, nothing was graded"):
        grade_section(tiny, SECTION)


def test_a_second_run_at_the_same_time_is_refused(tiny):
    small_class(tiny)
    with batch._alone(tiny), pytest.raises(CourseError, match="another `course grade`"):
        grade_section(tiny, SECTION)


def test_require_refuses_where_a_protection_is_missing(tiny, monkeypatch):
    small_class(tiny)
    monkeypatch.setattr("course.grading.sandbox.available", lambda: {"files": "this kernel has no Landlock"})
    with pytest.raises(CourseError, match="no Landlock"):
        grade_section(tiny, SECTION, mode=Mode.REQUIRE)
    assert not autograded(tiny)


def test_a_file_that_is_a_link_is_not_followed(tiny, tmp_path):
    small_class(tiny)
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (tiny / "submitted" / "ada" / SECTION / "data.txt").symlink_to(secret)
    grade_section(tiny, SECTION, only="ada")
    assert not (tiny / "autograded" / "ada" / SECTION / "data.txt").exists()


@pytest.fixture
def cluster(tmp_path):
    """A Dask scheduler and two worker processes on this machine, each in a folder of its own."""
    tool = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    file = tmp_path / "scheduler.json"
    processes = [subprocess.Popen([*tool, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)], stderr=subprocess.DEVNULL)]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        command = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file), "--no-nanny", "--nthreads", "1", "--no-dashboard"]
        processes.append(subprocess.Popen([*command, "--local-directory", str(tmp_path / name)], cwd=tmp_path / name, stderr=subprocess.DEVNULL))
    for _ in range(300):
        if file.exists() and file.read_text():
            break
        time.sleep(0.1)
    address = json.loads(file.read_text())["address"]
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    yield address, processes
    for process in reversed(processes):
        process.kill()
        process.wait()


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_grades_the_same_though_a_worker_dies(tiny, cluster):
    address, processes = cluster
    ids = small_class(tiny)
    for number in range(6):
        lay(tiny, f"more{number}", RIGHT)
        ids.append(f"more{number}")
    seen = []

    def done(result):
        seen.append(result.student)
        if len(seen) == 3:
            processes[1].kill()

    results = grade_section(tiny, SECTION, scheduler=address, done=done)
    assert sorted(seen) == sorted(ids)
    by_cluster = [(result.student, result.outcome, result.score) for result in results]
    assert by_cluster == [(result.student, result.outcome, result.score) for result in grade_section(tiny, SECTION, which=Which.ALL)]


def test_a_scheduler_that_is_not_there_is_told(tiny):
    small_class(tiny)
    with pytest.raises(CourseError, match="no Dask scheduler answers"):
        grade_section(tiny, SECTION, scheduler="tcp://127.0.0.1:9")


def test_the_gradebook_may_be_on_postgresql(tiny, postgres):
    small_class(tiny)
    with (tiny / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.CourseDirectory.db_url = {postgres!r}\n")
    results = grade_section(tiny, SECTION, jobs=2)
    found = scores(postgres)
    assert not (tiny / "gradebook.db").exists()
    for result in results:
        assert found[result.student] == {cell.grade_id: cell.points for cell in result.cells}
    assert graded_again(tiny) == []
