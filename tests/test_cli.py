import json
import shutil
import socket
import subprocess
import sys

import nbformat
import pytest

from course import cli
from course.checks.model import CellResult, Outcome, SubmissionResult
from course.grading import watch
from course.paths import CourseError, notebook
from course.study.workspace import prepare


@pytest.fixture
def course(monkeypatch, capsys):
    """A function that runs the command and returns (exit code, stdout, stderr)."""
    for console in (cli.out, cli.err):
        monkeypatch.setattr(console, "width", 200)
    monkeypatch.setenv("MPLBACKEND", "Agg")

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["course", *args])
        with pytest.raises(SystemExit) as left:
            cli.main()
        shown = capsys.readouterr()
        return left.value.code, shown.out, shown.err

    return run


@pytest.fixture
def copy(tiny):
    """The learner's copy of the section."""
    return prepare(tiny) / "01-tiny" / "01-tiny.ipynb"


def refused(result, *parts):
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("course: ") and err.count("\n") == 1 and "Traceback" not in err
    for part in parts:
        assert part in err


@pytest.mark.parametrize("command", ["check", "build", "verify", "grade"])
def test_an_unknown_section_is_answered_with_those_there_are(command, course, tiny, snapshot):
    before = snapshot(tiny)
    refused(course(command, "09-nothing"), "09-nothing", "there is 01-tiny")
    assert snapshot(tiny) == before


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_an_unknown_exercise_is_answered_with_those_there_are(option, course, tiny, snapshot):
    before = snapshot(tiny)
    refused(course("verify", "01-tiny", "--exercise", "shares", *option), "no exercise 'shares' in 01-tiny; there is share, middle")
    refused(course("verify", "--exercise", "share", *option), "--exercise needs its section")
    assert snapshot(tiny) == before


def test_a_missing_notebook_is_told(course, tiny, snapshot):
    before = snapshot(tiny)
    refused(course("check", "01-tiny"), "no notebook work/01-tiny/01-tiny.ipynb", "make lab")
    assert snapshot(tiny) == before


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{ not json", "its JSON is broken"),
        ("", "the file is empty"),
        ('{"metadata": {"course": {"section": "02-[other]"}}, "cells": []}', "this is a notebook of 02-[other], not of 01-tiny"),
    ],
)
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_notebook_that_cannot_be_graded_is_told(content, why, option, course, tiny, copy, snapshot):
    copy.write_text(content)
    before = snapshot(tiny)
    refused(course("check", "01-tiny", *option), "work/01-tiny/01-tiny.ipynb can't be graded", why)
    assert snapshot(tiny) == before


@pytest.mark.parametrize("command", [["lab"], ["check", "01-tiny"], ["progress"], ["build"], ["verify"], ["grade"]])
def test_no_course_is_told(command, course, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    refused(course(*command), f"no course found in {tmp_path}", "set COURSE_ROOT")
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_told_and_no_workspace_is_made(course, tiny, snapshot):
    before = snapshot(tiny)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        refused(course("lab", "--port", str(port)), f"port {port} is in use")
    assert snapshot(tiny) == before and not (tiny / "work").exists()


def test_an_empty_course_says_what_to_do(course, tiny, snapshot):
    for folder in ("source", "release"):
        shutil.rmtree(tiny / folder)
    before = snapshot(tiny)
    refused(course("verify"), "source/ holds no section", "course build")
    refused(course("lab"), "release/ holds no section", "course build")
    refused(course("grade"), "nothing to grade")
    assert snapshot(tiny) == before


def test_lab_runs_jupyterlab_in_the_workspace(course, tiny, monkeypatch):
    calls = []

    def started(line, **options):
        calls.append((line, options))
        return subprocess.CompletedProcess(line, 3)

    monkeypatch.setattr(cli.subprocess, "run", started)
    assert course("lab", "--no-browser")[0] == 3
    ((line, options),) = calls
    assert f"--ServerApp.root_dir={tiny / 'work'}" in line and "--no-browser" in line
    assert options["cwd"] == tiny / "work" and options["env"]["COURSE_WORK"] == str(tiny / "work") and "MPLBACKEND" not in options["env"]


def test_an_error_in_the_text_is_told_line_by_line(course, tiny, snapshot):
    path = tiny / "source" / "01-tiny" / "01-tiny.py"
    path.write_text(path.read_text().replace('level="core"', 'level="easy"').replace("points=1\n", "points=0\n"))
    before = snapshot(tiny)
    code, out, err = course("build", "01-tiny")
    lines = err.splitlines()
    assert (code, out) == (2, "") and len(lines) == 2
    assert lines[0].startswith("course: 01-tiny.py:") and lines[1].startswith("01-tiny.py:")
    assert snapshot(tiny) == before


def test_build_check_tells_what_differs_and_writes_nothing(course, tiny, snapshot, monkeypatch):
    release = tiny / "release" / "01-tiny" / "01-tiny.ipynb"
    monkeypatch.setattr("course.authoring.build.generate", lambda *_: release_text)
    release_text = release.read_text()
    assert course("build", "--check") == (0, "01-tiny: up to date\n", "")
    release.write_text("edited by hand")
    before = snapshot(tiny)
    assert course("build", "--check") == (1, "differs: release/01-tiny/01-tiny.ipynb\n", "")
    assert snapshot(tiny) == before
    assert course("build") == (0, "wrote: release/01-tiny/01-tiny.ipynb\n", "")
    assert course("build", "01-tiny", "--check")[0] == 0


def test_build_back_of_a_broken_notebook_changes_nothing(course, tiny, snapshot):
    (tiny / "source" / "01-tiny" / "01-tiny.ipynb").write_text("{ not json")
    before = snapshot(tiny)
    refused(course("build", "01-tiny", "--back"), "source/01-tiny/01-tiny.ipynb is damaged")
    assert snapshot(tiny) == before


def test_build_back_of_an_edited_notebook_mends_the_text(course, tiny, monkeypatch):
    monkeypatch.setattr("course.authoring.build.generate", lambda *_: "release\n")
    notebook = tiny / "source" / "01-tiny" / "01-tiny.ipynb"
    notebook.write_text(notebook.read_text().replace("Sort first.", "Sort them first."))
    code, out, _ = course("build", "01-tiny", "--back")
    assert code == 0 and out.startswith("01-tiny: text changed\n")
    assert "# Sort them first." in (tiny / "source" / "01-tiny" / "01-tiny.py").read_text()


def test_check_shows_points_and_reasons_and_its_exit_code_is_full_marks(course, tiny, monkeypatch):
    cells = [
        CellResult("share-value", "share", 2.0, 2.0, Outcome.PASSED),
        CellResult("share-edges", "share", 0.0, 1.0, Outcome.WRONG, "a [whole] of zero: no"),
        CellResult("middle-value", "middle", 0.0, 1.5, Outcome.NOT_ATTEMPTED, "not attempted"),
    ]
    result = SubmissionResult("you", "01-tiny", Outcome.GRADED, 2.0, 4.5, cells, notes=["cell [x] was missing"])
    monkeypatch.setattr("course.study.workspace.check", lambda root, section: result)
    code, out, _ = course("check", "01-tiny")
    assert code == 1 and "01-tiny: graded, 2 of 4.5 points" in out
    assert "a [whole] of zero: no" in out and "2 of 3" in out and "cell [x] was missing" in out
    code, out, _ = course("check", "01-tiny", "--json")
    assert code == 1 and json.loads(out) == result.as_dict()
    result.score = 4.5
    assert course("check", "01-tiny", "--json")[0] == 0


def test_progress_is_a_table_of_sections(course, tiny):
    code, out, _ = course("progress")
    assert code == 0
    assert "Tiny" in out and "0 of 2" in out and "0 of 4.5" in out


@pytest.mark.parametrize("args", [["--nonsense"], ["nonsense"], ["check"], ["lab", "--port", "x"], ["grade", "--jobs", "0"]])
def test_a_wrong_argument_is_a_matter_of_usage(args, course, tiny):
    code, out, err = course(*args)
    assert (code, out) == (2, "") and "Usage: course" in err


def module(*args, root):
    return subprocess.run([sys.executable, "-m", "course", *args], cwd=root, capture_output=True, text=True, check=False)


def test_verify_prints_json_and_nothing_else_on_stdout(tiny):
    run = module("verify", "--json", root=tiny)
    assert run.returncode == 0, run.stderr
    proofs = json.loads(run.stdout)
    assert {proof["exercise"] for proof in proofs} == {"share", "middle", "01-tiny"}
    assert [proof["proof"] for proof in proofs].count("wrong") == 6 and all(proof["holds"] for proof in proofs)
    assert set(proofs[0]) == {"exercise", "proof", "label", "holds", "detail"}


def test_verify_tells_what_does_not_hold_by_its_exit_code_and_a_line(tiny):
    path = tiny / "tests" / "answers" / "01-tiny" / "middle.py"
    path.write_text(path.read_text().replace("this is the mean", "this is the mode"))
    run = module("verify", "01-tiny", "--exercise", "middle", root=tiny)
    assert run.returncode == 1 and "Traceback" not in run.stderr
    assert "does not hold middle: wrong, this is the mode: middle-value: the middle of three values: this is the mean" in " ".join(run.stdout.split())
    assert "7 of 8 proofs hold" in run.stdout


def test_as_a_module_an_error_is_one_line_and_exit_code_2(tiny):
    run = module("check", "09-nothing", root=tiny)
    refused((run.returncode, run.stdout, run.stderr), "no section '09-nothing' in source/; there is 01-tiny")


def test_update_and_reset_say_what_they_did_and_where_the_old_file_is(tiny, copy, course):
    assert course("update")[:2] == (0, "01-tiny: up to date\n")
    text = copy.read_text()
    copy.write_text(text.replace("A share is a part", "a share is a part"))
    code, out, _ = course("update", "01-tiny")
    assert code == 0 and "01-tiny: updated, 0 solutions and 0 cells of your own carried over; 1 cell of the course put back" in out
    assert "not carried: your change of a cell" in out and out.endswith("; if the notebook is open in JupyterLab, choose File > Reload Notebook from Disk\n")
    assert course("reset", "01-tiny", "share")[:2] == (0, "share: nothing to reset, it is as released\n")
    copy.write_text(copy.read_text().replace("def share(part", "def share(mine"))
    code, out, _ = course("reset", "01-tiny", "share")
    assert code == 0 and out.startswith("share: as released; what you had: work/01-tiny/01-tiny.backup-") and "Reload Notebook from Disk" in out
    refused(course("reset", "01-tiny", "nothing"), "there are share, middle")


def test_update_without_copies_says_how_to_get_them(tiny, course):
    refused(course("update"), "make lab")


@pytest.fixture
def graded(tiny):
    """Two graded submissions, written as `course grade` leaves them: one untouched, one with a named mistake."""
    base = nbformat.read(notebook(tiny, "01-tiny"), as_version=4)
    for student, outcome, message in (
        ("ada", "not attempted", ""),
        ("bo", "wrong", "the share of 1 in 4: this is a percentage. You returned 25; 0.25 was expected."),
    ):
        for cell in base.cells:
            if cell.metadata.get("course", {}).get("role") == "test":
                cell.metadata.course.update(outcome=outcome, message=message)
        base.metadata.course["result"] = {"student": student, "section": "01-tiny", "outcome": "graded", "score": 0, "max_score": 4.5}
        target = tiny / "autograded" / student / "01-tiny"
        target.mkdir(parents=True)
        nbformat.write(base, target / "01-tiny.ipynb")
    return tiny


def test_report_says_what_the_class_did_and_writes_its_pages(course, graded, tmp_path):
    page, pairs = tmp_path / "class.html", tmp_path / "alike.html"
    code, out, err = course("report", "01-tiny", "--output", str(page), "--similar", str(pairs))
    assert (code, err) == (0, "")
    unwrapped = " ".join(out.replace("│", " ").split())
    assert (
        "share, 50 % of the class: " in unwrapped
        and "this is a percentage" in unwrapped
        and "2 submissions" in out
        and "Discrimination needs at least 3" in out
        and "0 pairs alike" in out
    )
    assert "this is a percentage" in page.read_text() and "Similarity is no proof" in pairs.read_text()
    code, out, err = course("report", "01-tiny", "--json")
    assert (code, err, json.loads(out)["graded"]) == (0, "", 2) and "ada" not in out


def test_report_without_grades_says_what_to_do(course, tiny):
    refused(course("report", "01-tiny"), "run `course grade 01-tiny` first")
    refused(course("report", "09-nothing"), "there is 01-tiny")


ODD = "\x1b]0;owned\x07\x1b[2J :warning: [/] \\\\[/] [bold]\u202ex[1]\udcff\\"
SHOWN = r"\x1b]0;owned\x07\x1b[2J :warning: [/] \\[/] [bold]\x202ex[1]\xdcff" + "\\"


def test_what_learners_write_is_shown_and_does_nothing_to_a_terminal(course, tiny, monkeypatch):
    cells = [CellResult("t", "share", 0.0, 3.0, Outcome.WRONG, ODD)]
    results = [
        SubmissionResult(ODD, "01-tiny", Outcome.GRADED, 0.0, 3.0, cells),
        SubmissionResult("bo", "01-tiny", Outcome.MALFORMED, 0.0, 3.0, message=ODD),
    ]
    monkeypatch.setattr("course.grading.batch.grade_section", lambda *args: results)
    (tiny / "submitted" / "ada" / "01-tiny").mkdir(parents=True)
    code, out, err = course("grade", "01-tiny")
    assert (code, err.strip(), out.count(SHOWN)) == (0, "", 3) and "malformed" in out and not set(out) & set(ODD[:1] + "\x07\u202e")

    def run(self, seconds):
        self.say(f"ada: {ODD}")
        raise KeyboardInterrupt

    monkeypatch.setattr(watch.Watch, "run", run)
    code, out, err = course("grade", "--watch")
    assert (code, err) == (0, "") and f"ada: {SHOWN}\n" in out

    def broken(self, seconds):
        raise CourseError(ODD)

    monkeypatch.setattr(watch.Watch, "run", broken)
    assert course("grade", "--watch")[2] == f"course: {SHOWN}\n"


def test_collect_shows_the_names_of_files_and_learners_and_obeys_none(course, tiny, tmp_path):
    folder = tmp_path / "download"
    folder.mkdir()
    odd, shown = ODD.replace("/", ":"), SHOWN.replace("/", ":")
    for name in (f"lovelaceada_101_5000_{odd}.ipynb", f"lovelaceada_101_5001_{odd}.ipynb", f"{odd}.pdf"):
        (folder / name).write_text("{}")
    roster = tmp_path / "roster.csv"
    roster.write_text("id,first_name,last_name,email,lms_user_id\n:x:{[:]}101,Ada,Lovelace,,101\n".replace("[:]", "(:)"))
    code, out, err = course("collect", "01-tiny", str(folder))
    assert (code, err, out.count(shown)) == (0, "", 3) and "\x1b" not in out and "1 submission laid" in out
    code, out, err = course("collect", "01-tiny", str(folder), "--roster", str(roster))
    assert (code, err) == (0, "") and "new in the gradebook, or filled in: 1 (:x:{(:)}101)" in out


def test_collect_lays_a_download_and_a_dry_run_does_not(course, tiny, tmp_path, snapshot):
    folder = tmp_path / "download"
    folder.mkdir()
    (folder / "lovelaceada_LATE_101_5000_01-tiny.ipynb").write_text("{}")
    (folder / "lovelaceada_101_5001_notes.pdf").write_text("")
    before = snapshot(tiny)
    code, out, err = course("collect", "01-tiny", str(folder), "--dry-run")
    assert (code, err) == (0, "") and "1 submission would be laid" in out and snapshot(tiny) == before
    code, out, err = course("collect", "01-tiny", str(folder))
    assert (code, err) == (0, "") and "late" in out and "no notebook: lovelaceada_101_5001_notes.pdf" in out
    assert (tiny / "submitted" / "101" / "01-tiny" / "01-tiny.ipynb").read_text() == "{}"
    refused(course("collect", "01-tiny", str(tmp_path / "nowhere")), "neither a folder nor a file")


def test_a_part_of_a_name_is_enough(course, tiny):
    assert course("build", "tin", "--check")[1] == "01-tiny: up to date\n"
    (tiny / "source" / "02-tiny").mkdir()
    shutil.copy(notebook(tiny, "01-tiny"), tiny / "source" / "02-tiny" / "02-tiny.ipynb")
    refused(course("verify", "tin"), "no section 'tin' in source/; there is 01-tiny, 02-tiny")


def test_a_course_that_is_elsewhere_is_named(course, tiny, tmp_path, monkeypatch):
    away = tmp_path / "away"
    away.mkdir()
    monkeypatch.chdir(away)
    code, _, err = course("grade")
    assert code == 2 and err.startswith(f"the course in {tiny}\ncourse: nothing to grade")


def test_several_sections_are_told_apart_and_a_long_message_ends_at_a_word():
    def result(section, *outcomes, message=""):
        cells = [CellResult("t", name, 0.0, 1.0, outcome, "far " * 60) for name, outcome in zip("abc", outcomes, strict=False)]
        return SubmissionResult("ada", section, Outcome.GRADED, 0.0, 3.0, cells, message)

    table = cli.class_table([result("01-a", Outcome.WRONG), result("02-b", Outcome.PASSED, Outcome.NOT_ATTEMPTED, Outcome.NOT_ATTEMPTED)])
    assert [column.header for column in table.columns] == ["student", "section", "outcome", "score", "first message"]
    first, second = table.columns[-1].cells
    assert first.endswith("far far ...") and second == "not attempted: 2 exercises"


def test_interrupted_grading_says_that_nothing_is_lost(course, tiny, monkeypatch):
    def stopped(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("course.grading.batch.grade_section", stopped)
    (tiny / "submitted" / "ada" / "01-tiny").mkdir(parents=True)
    assert course("grade", "01-tiny") == (2, "", "\ncourse: stopped; what is graded stays graded, run it again for the rest\n")
