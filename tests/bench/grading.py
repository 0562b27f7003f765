"""Grading a class: stock nbgrader, this engine, and the floor (the same cells in a process that has everything imported), in turn in one run."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from rich.console import Console
from rich.table import Table

from course.authoring.build import build
from course.authoring.verify import read_section
from course.checks.model import role_of
from course.grading.demo import fill
from course.paths import notebook

ROOT = Path(__file__).resolve().parents[2]
STACK = ROOT / "tests" / "fixtures" / "stack"
SECTION = "01-stack"
CLASS = 40
STOCK = 6  # submissions on which stock nbgrader is timed: it grades one after the other, each in the same time
LARGE = 1000
POLL = 0.5


def class_of(folder, count, name=SECTION):
    """A course with `count` submissions: right, wrong, untouched and broken ones in turn."""
    shutil.copytree(STACK, folder)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    build(folder, name)
    release = nbformat.read(notebook(folder, name, "release"), as_version=4)
    reference = {key: exercise.solution for key, exercise in read_section(folder, name).exercises.items()}
    wrong = {**reference, "z_score": reference["z_score"].replace("ddof=1", "ddof=0")}
    kinds = [reference, wrong, {**reference, "share_staying": "def share_staying(frame, edges):\n    return 1 / 0\n"}, {}]
    for number in range(count):
        target = folder / "submitted" / f"student{number:04}" / name
        target.mkdir(parents=True)
        (target / f"{name}.ipynb").write_text(json.dumps(fill(release, kinds[number % len(kinds)])))
    return folder


def measured(command, folder):
    """Seconds of a command, and the largest resident memory of itself, and of a process that it started, in MB, without the pages that they share."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "COURSE_ROOT": str(folder)})
    own, others = 0.0, 0.0
    while process.poll() is None:
        own = max(own, private(process.pid))
        others = max([others, *(private(pid) for pid in offspring(process.pid))])
        time.sleep(POLL)
    took = time.perf_counter() - start
    assert process.returncode == 0, process.stdout.read().decode()[-3000:]
    return took, own, others


def private(pid):
    """Memory of a process that is its own, in MB."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))) / 1024
    return 0.0


def offspring(pid):
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *offspring(int(child))]
    return found


def stock(folder):
    """Seconds of one submission under nbgrader's own autograde with its own settings."""
    class_of(folder, STOCK)
    (folder / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "stock"\nc.CourseDirectory.ignore = ["*.py"]\n')
    tools = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    nbgrader = [sys.executable, "-m", "nbgrader"]
    subprocess.run([*nbgrader, "generate_assignment", SECTION, "--force"], cwd=folder, check=True, capture_output=True, env=tools)
    start = time.perf_counter()
    subprocess.run([*nbgrader, "autograde", SECTION], cwd=folder, check=False, capture_output=True, env=tools)
    took = time.perf_counter() - start
    graded = list(folder.glob(f"autograded/*/{SECTION}/{SECTION}.ipynb"))
    assert len(graded) == STOCK, f"nbgrader graded {len(graded)} of {STOCK}"
    return took / STOCK


def floor(folder):
    """Seconds of one submission when its cells are executed in bare processes, one for each core, that have imported everything; drawing included."""
    paths = sorted(folder.glob(f"submitted/*/{SECTION}/{SECTION}.ipynb"))
    source = notebook(folder, SECTION)
    tests = {cell.metadata.nbgrader.grade_id: cell.source for cell in nbformat.read(source, as_version=4).cells if role_of(cell).get("role") == "test"}
    warm = paths[0]
    cores = os.cpu_count() or 1
    ready, go = os.pipe(), os.pipe()
    children = []
    for core in range(cores):
        pid = os.fork()
        if pid == 0:
            run_bare(warm, tests)
            os.write(ready[1], b".")
            os.read(go[0], 1)
            for path in paths[core::cores]:
                run_bare(path, tests)
            os._exit(0)
        children.append(pid)
    for _ in children:
        os.read(ready[0], 1)
    start = time.perf_counter()
    os.write(go[1], b"." * cores)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    return (time.perf_counter() - start) / len(paths)


def run_bare(path, tests):
    """Execute the code cells of a notebook in this process, the test cells with their hidden part; errors pass."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = {"__name__": "__main__"}
    plt.show = lambda: [figure.savefig(io.BytesIO(), format="png") for figure in map(plt.figure, plt.get_fignums())] and plt.close("all")
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and not cell.source.lstrip().startswith(("%", "# %")):
                with contextlib.suppress(Exception):
                    exec(tests.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source), names)


def main(large=False):
    """Print the table; returns the two ratios."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        scratch = Path(scratch)
        course = [sys.executable, "-m", "course", "grade", SECTION]
        by_stock = stock(scratch / "stock")
        took, own, others = measured(course, class_of(scratch / "class", CLASS))
        by_engine = took / CLASS
        rows.append((f"course grade, class of {CLASS}", took, by_engine, own, others))
        by_floor = floor(scratch / "class")
        rows.insert(0, (f"stock nbgrader autograde, {STOCK} submissions", by_stock * STOCK, by_stock, None, None))
        rows.append((f"floor: bare processes, class of {CLASS}", by_floor * CLASS, by_floor, None, None))
        if large:
            took, own, others = measured(course, class_of(scratch / "large", LARGE))
            rows.append((f"course grade, class of {LARGE:,}", took, took / LARGE, own, others))
    table = Table("what", "seconds", "seconds for one", "coordinator MB", "largest worker MB")
    for name, took, each, own, others in rows:
        table.add_row(name, f"{took:.1f}", f"{each:.3f}", *("" if value is None else f"{value:.0f}" for value in (own, others)))
    Console(width=140).print(table)
    return by_stock / by_engine, by_engine / by_floor
