"""One verdict wherever a test cell runs: in the engine, in the learner's notebook (`%check`), and in stock nbgrader's single kernel.

The k-th answers of all exercises of a section are handed in together, in notebooks that hold nothing but locked, solution and test cells; the 0th
answer is the reference solution. Exercises that have no k-th answer are left out. All processes hash text alike: some wrong answers call `hash`.
The tiny course is compared whole; of each section a few answers of every exercise are, and all of them with COURSE_PARITY=all (a quarter of an hour).
"""

import ast
import copy
import functools
import json
import os
import pickle
import re
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from course.authoring import bank
from course.checks.model import Outcome, Section, role_of
from course.grading import forkserver
from course.grading.demo import fill
from course.grading.engine import Limits, grade
from course.paths import notebook, sections

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "fixtures" / "tiny"
ALL = os.environ.get("COURSE_PARITY") == "all"
SOME = (4,)  # mostly a wrong answer of each exercise; references run in test_sections
PLENTY = Limits(cell_seconds=120, total_seconds=600)


CHECKER = """
import functools, json, os, sys
from course.checks.model import Test
from course.checks.run import define, namespace, run_test

answers, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr
known = functools.cache(namespace)
for line in sys.stdin:
    locked, work = json.loads(line)
    names, results = known(tuple(map(tuple, locked))), []
    for tests, key, code in work:
        function = define(code, key, names)
        results += [run_test(Test(*fields), function, names) for fields in tests]
    print(json.dumps([[each.grade_id, each.outcome, each.message, each.points] for each in results]), file=answers, flush=True)
"""


@pytest.fixture(scope="module", autouse=True)
def same_hashes():
    """A fork server and kernels whose `hash` gives what `check`'s gives; one thread for linear algebra, as in the engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONHASHSEED", "0")
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            patch.setenv(name, "1")
        if forkserver.supported():
            server = forkserver.Server()
            patch.setattr(forkserver, "_address", server.address)
            patch.setattr(forkserver, "_server", None)
        yield
    if forkserver.supported():
        server.close()


@pytest.fixture(scope="module")
def check(same_hashes, tmp_path_factory, testrun_uid):
    """What `%check` says of the answers to a section's exercises, from an ordinary process: grade id -> (outcome, message, points).

    Both kinds of test need it, in whatever process they run, so it is kept in a file.
    """
    kept = tmp_path_factory.getbasetemp().parent / f"parity-{testrun_uid}"
    kept.mkdir(exist_ok=True)

    def run(section, code):
        work = [([astuple(test) for test in section.exercises[key].tests], key, text) for key, text in code.items()]
        print(json.dumps([section.locked, work]), file=process.stdin, flush=True)
        return {name: (Outcome(outcome), message, points) for name, outcome, message, points in json.loads(process.stdout.readline())}

    def first(section, k, code):
        path = kept / f"{section.name}-{k}"
        if not path.is_file():
            new = path.with_suffix(f".{process.pid}")
            new.write_bytes(pickle.dumps(run(section, code)))
            new.replace(path)
        return pickle.loads(path.read_bytes())

    with subprocess.Popen([sys.executable, "-c", CHECKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        run.first = first
        yield run
        process.stdin.close()


def rounds():
    """A test for each section and k, in an order that does not change."""
    for name, root in [("01-tiny", TINY), *((section, ROOT) for section in sections(ROOT))]:
        paths = sorted(bank.folder(root, name).glob("*.py"))
        most = 1 + max((len(bank.read(path)) for path in paths), default=0)
        for k in range(most) if ALL or root is TINY else [k for k in SOME if k < most]:
            yield pytest.param(name, k, id=f"{name}-{k}")


@pytest.fixture
def root(section, built):
    return built if section == "01-tiny" else ROOT


@functools.cache
def source_of(root, section):
    return nbformat.read(notebook(root, section), as_version=4)


@functools.cache
def section_of(root, section):
    return Section.from_notebook(source_of(root, section), section)


def answers(root, section, k):
    """The text of the k-th answer of each exercise that has so many."""
    found = {}
    for key, exercise in section_of(root, section).exercises.items():
        path = bank.folder(root, section) / f"{key}.py"
        codes = [exercise.solution, *(answer.code for answer in (bank.read(path) if path.is_file() else []))]
        if k < len(codes):
            found[key] = codes[k]
    return found


def reduced(whole, exercises):
    """The notebook with its locked cells, and solution and test cells of these exercises."""
    small = copy.deepcopy(whole)
    marks = [role_of(cell) for cell in small.cells]
    kept = [mark.get("role") == "locked" or (mark.get("role") in ("solution", "statement", "test") and mark["exercise"] in exercises) for mark in marks]
    small.cells = [cell for cell, keep in zip(small.cells, kept, strict=True) if keep]
    return small


def hidden_names(section, code):
    """Exercises whose answer has a helper of a name that some test cell gives to a variable.

    In stock nbgrader's one namespace the variable takes the helper's place; here and in `%check` tests have a namespace of their own.
    """
    assigned = {name for exercise in section.exercises.values() for test in exercise.tests for name in assigned_names(test.source)}
    return {key for key, text in code.items() if (assigned_names(text) - {key}) & assigned}


def assigned_names(text):
    tree = ast.parse(text)
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            found |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    return found


def without_numbers(said):
    outcome, message, points = said or (None, "", None)
    return outcome, re.split(r"\d", message)[0][:20], points


def report(record_property, expected, note=""):
    print(f"{len(expected)} test cells compared{note}")
    record_property("compared", len(expected))


@pytest.mark.parametrize(("section", "k"), list(rounds()))
def test_engine_says_what_check_says(check, root, section, k, record_property):
    """Outcome, message and points of each test cell. Where only the numbers of a message differ (a wrong answer without a seed, a wrong query
    without an order), its beginning must agree."""
    code = answers(root, section, k)
    release = nbformat.read(notebook(root, section, "release"), as_version=4)
    submitted = json.dumps(fill(reduced(release, code), code)).encode()
    done = grade(reduced(source_of(root, section), code), submitted, "ada", PLENTY).result
    assert (done.outcome, done.notes, done.message) == (Outcome.GRADED, [], "")
    found = {cell.grade_id: (cell.outcome, cell.message, cell.points) for cell in done.cells}
    expected = check.first(section_of(root, section), k, code)
    chance = [name for name, said in expected.items() if found.get(name) != said and without_numbers(found.get(name)) == without_numbers(said)]
    report(record_property, expected, f", {len(chance)} of them without their numbers" if chance else "")
    found |= {name: expected[name] for name in chance}
    assert {name: (value, found.get(name)) for name, value in expected.items() if found.get(name) != value} == {}
    assert set(found) == set(expected)


@pytest.mark.parametrize(("section", "k"), list(rounds()))
def test_stock_nbgrader_gives_the_same_points(check, root, section, k, record_property):
    """Only errors are compared: by nbgrader's own rule a warning on standard error would cost points, too, and here it costs none."""
    code = answers(root, section, k)
    for key in hidden_names(section_of(root, section), code):
        del code[key]
    whole = reduced(source_of(root, section), code)
    cells = [(role_of(cell), cell) for cell in whole.cells if cell.cell_type == "code"]
    stock = new_notebook(cells=[new_code_cell(code[mark["exercise"]] if mark["role"] == "solution" else cell.source) for mark, cell in cells])
    NotebookClient(stock, timeout=120, kernel_name="python3", allow_errors=True).execute()
    found = {}
    for (mark, cell), ran in zip(cells, stock.cells, strict=True):
        failed = [output for output in ran.outputs if output.output_type == "error"]
        if mark["role"] == "test":
            found[cell.metadata.nbgrader.grade_id] = 0.0 if failed else float(cell.metadata.nbgrader.points)
        else:
            assert failed == []
    said = check.first(section_of(root, section), k, answers(root, section, k))
    expected = {name: points for name, (_, _, points) in said.items() if name in found}
    report(record_property, expected)
    assert {name: (points, found[name]) for name, points in expected.items() if found[name] != points} == {}
    assert set(found) == set(expected)
