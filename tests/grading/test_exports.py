"""Grades on their way to Canvas and Moodle: a gradebook with manual scores, late penalties and gaps."""

import csv
import logging
import warnings
from datetime import timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.exportapp import ExportApp
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from course.grading.exports import CanvasExporter, MoodleExporter
from course.paths import CourseError

CANVAS = [
    ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Notes", "Tiny (77)", "02-more (78)", "Current Score", "Final Score"],
    ["", "", "", "", "", "", "Manual Posting", "", "", ""],
    ["    Points Possible", "", "", "", "", "", "100.00", "10.00", "(read only)", "(read only)"],
    ["Khan, Cy", "103", "u103", "cy", "A", "a note, kept", "1.00", "2.00", "11", "12"],
    ["Lovelace, Ada", "101", "u101", "ada.l", "A", "", "", "EX", "", ""],
    ["Núñez, Bo", "102", "u102", "bo", "B", "", "N/A", "7.00", "", ""],
    ["Other, Zoe", "109", "u109", "zoe", "B", "", "3.00", "", "", ""],
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two sections of 4.5 and 10 points. ada: 3 by test and 1 by hand, late by two points; bo: 4.5, no second section; cy: nothing; di: no LMS id."""
    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader builds a submission before it adds it to the session
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "none")
        with Gradebook(f"sqlite:///{path}") as gradebook:
            for section, points in (("01-tiny", (3, 1.5)), ("02-more", (10,))):
                gradebook.add_assignment(section, duedate="2026-01-01 12:00:00")
                gradebook.add_notebook(section, section)
                for number, most in enumerate(points):
                    gradebook.add_grade_cell(f"cell{number}", section, section, max_score=most, cell_type="code")
                gradebook.add_solution_cell("answer", section, section)
            people = (("ada", "Ada", "Lovelace", "101"), ("bo", "Bo", "Núñez", "102"), ("cy", "Cy", "Khan", "103"), ("di", "=Di", None, None))
            for student, first, last, lms in people:
                gradebook.add_student(student, first_name=first, last_name=last, email=f"{student}@example.org", lms_user_id=lms)
            for student, section, scores in (("ada", "01-tiny", (3, None)), ("ada", "02-more", (6.666,)), ("bo", "01-tiny", (3, 1.5)), ("di", "02-more", (0,))):
                gradebook.update_or_create_submission(section, student)
                notebook = gradebook.find_submission_notebook(section, section, student)
                for grade in notebook.grades:
                    grade.auto_score = scores[int(grade.name[-1])]
                    grade.needs_manual_grade = grade.auto_score is None
                gradebook.db.commit()
            late = gradebook.find_submission_notebook("01-tiny", "01-tiny", "ada")
            for grade in late.grades:
                if grade.name == "cell1":
                    grade.manual_score, grade.needs_manual_grade = 1, False
            late.comments[0].manual_comment = "=well done\nsee me"
            late.assignment.timestamp = late.assignment.assignment.duedate + timedelta(days=2)
            late.late_submission_penalty = 2
            gradebook.find_submission_notebook("02-more", "02-more", "di").grades[0].needs_manual_grade = True
            gradebook.db.commit()
    return path


@pytest.fixture
def export(made, tmp_path, monkeypatch):
    """A function that exports and gives the rows of the file."""
    monkeypatch.chdir(tmp_path)

    def run(exporter, delimiter=",", **settings):
        with Gradebook(f"sqlite:///{made}") as gradebook:
            made_of = exporter(config=Config({exporter.__name__: settings}))
            made_of.log = logging.getLogger("exports")
            made_of.export(gradebook)
        name = settings.get("to", "canvas.csv" if exporter is CanvasExporter else "moodle.csv")
        with open(name, encoding="utf-8", newline="") as file:
            return list(csv.reader(file, delimiter=delimiter))

    return run


@pytest.fixture
def downloaded(tmp_path):
    def write(rows, delimiter=",", name="download.csv"):
        path = tmp_path / name
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(rows)
        return str(path)

    return write


def header_as_canvas_reads_it(row):
    """What lib/gradebook_importer.rb asks of a header row."""
    return len(row) > 3 and "Student" in row[0] and "ID" in row[1] and row[2] == "SIS User ID" and row[3] == "SIS Login ID" and "Section" in row[4]


def test_a_fresh_gradebook_for_canvas(export):
    rows = export(CanvasExporter, assignments={"01-tiny": "77", "02-more": "More (78)"})
    assert header_as_canvas_reads_it(rows[0])
    assert rows[0][5:] == ["01-tiny (77)", "More (78)"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "4.5", "10"]
    assert {row[3]: row for row in rows[2:]} == {
        "ada": ["Lovelace, Ada", "101", "", "ada", "", "2", "6.67"],  # 3 + 1 by hand - 2 for being late
        "bo": ["Núñez, Bo", "102", "", "bo", "", "4.5", ""],
        "cy": ["Khan, Cy", "103", "", "cy", "", "", ""],
        "di": ['="=Di"', "", "", "di", "", "", "0"],
    }


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\tx", "\rx", "  =1", "\n @x", " \tx"])
def test_no_spreadsheet_takes_a_name_for_a_formula(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "none")
    with Gradebook("sqlite://") as gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        gradebook.add_assignment("01-tiny")
        gradebook.add_notebook("01-tiny", "01-tiny")
        gradebook.add_student("-key", first_name=text, last_name=text, email="+key@example.org")
        gradebook.add_student("=key", first_name="A-b", last_name="Núñez =")
        for student in ("-key", "=key"):
            gradebook.add_submission("01-tiny", student)
        for exporter, to in ((CanvasExporter, "canvas.csv"), (MoodleExporter, "moodle.csv")):
            made_of = exporter()
            made_of.write(gradebook)
            with open(to, encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file))
            if exporter is CanvasExporter:
                assert {row[3]: row[0] for row in rows[2:]} == {"-key": f'="{text}, {text}"', "=key": "Núñez =, A-b"}
            else:
                assert {row[2]: row[:2] + row[3:4] for row in rows[1:]} == {
                    "-key": [f" {text}", f" {text}", "+key@example.org"],
                    "=key": ["A-b", "Núñez =", ""],
                }


def test_missing_may_be_zero(export):
    rows = {row[3]: row[5:] for row in export(CanvasExporter, missing="zero")[2:]}
    assert rows["cy"] == ["0", "0"] and rows["bo"] == ["4.5", "0"]


def test_a_downloaded_gradebook_is_filled_and_nothing_else_in_it_changes(export, downloaded, caplog):
    path = downloaded(CANVAS)
    before = Path(path).read_bytes()
    rows = export(CanvasExporter, gradebook=path, assignments={"01-tiny": "77"})
    wanted = [list(row) for row in CANVAS]
    wanted[4][6] = "2"  # ada; her second section is excused and stays so
    assert rows == wanted  # bo: N/A stays, and 7.00, since nothing was handed in here; cy: handed nothing in; zoe is not in this course
    assert Path(path).read_bytes() == before
    told = caplog.text
    assert "not in the gradebook of Canvas, left out: di" in told and "Canvas has 100.00 points possible, this course 4.5" in told
    assert "02-more: exported as it stands where a manual grade is still missing: 1 of" in told


def test_zero_fills_only_what_canvas_has_empty(export, downloaded):
    rows = export(CanvasExporter, gradebook=downloaded(CANVAS), assignments={"01-tiny": "Tiny"}, missing="zero")
    found = {row[0]: row[6:8] for row in rows[3:]}
    assert found["Khan, Cy"] == ["1.00", "2.00"] and found["Núñez, Bo"] == ["N/A", "7.00"]


def test_semicolons_names_in_two_columns_and_logins(export, downloaded):
    rows = [["LastName", "FirstName", "ID", "SIS Login ID", "Section", "01-tiny (77)"], ["    Points Possible", "", "", "", "", "4.5"]]
    rows += [["Lovelace", "Ada", "9", "ADA@example.org", "A", ""], ["Núñez", "Bo", "102", "x", "A", ""]]
    found = export(CanvasExporter, delimiter=";", gradebook=downloaded(rows, ";"), assignment=["01-tiny"])
    assert [row[5] for row in found] == ["01-tiny (77)", "4.5", "2", "4.5"]


def test_a_section_that_canvas_does_not_know_gets_a_column(export, downloaded, caplog):
    rows = export(CanvasExporter, gradebook=downloaded(CANVAS))
    assert [row[:10] for row in rows[:3]] == CANVAS[:3]
    assert [row[10] for row in rows] == ["01-tiny", "", "4.5", "", "2", "4.5", ""]
    assert "Canvas asks whether to make it" in caplog.text


def test_what_cannot_be_done_is_said(export, downloaded, tmp_path):
    path = downloaded(CANVAS)
    for settings, text in (
        ({"gradebook": path, "to": path}, "write to another file"),
        ({"gradebook": path, "assignments": {"01-tiny": "999"}}, "no assignment '999'"),
        ({"gradebook": str(tmp_path / "nowhere.csv")}, "cannot read the gradebook"),
        ({"gradebook": downloaded([["a", "b"]], name="other.csv")}, "no gradebook of Canvas"),
        ({"gradebook": downloaded([*CANVAS, ["x" * 200_000]], name="large.csv")}, r"large.csv is no CSV file that can be read \(field larger"),
        ({"to": "."}, r"--to names a folder \(\.\): name the file"),
        ({"to": str(tmp_path)}, "--to names a folder"),
        ({"assignment": ["09-nothing"]}, "no section '09-nothing'; there is 01-tiny, 02-more"),
        ({"student": ["zed"]}, "no student 'zed'"),
    ):
        with pytest.raises(CourseError, match=text):
            export(CanvasExporter, **settings)
    assert not (tmp_path / "canvas.csv").exists()


def test_grades_for_moodle(export):
    rows = export(MoodleExporter)
    assert rows[0] == ["First name", "Last name", "ID number", "Email address", "01-tiny", "02-more"]
    assert rows[1:] == [
        [" =Di", "", "di", "di@example.org", "", "0"],
        ["Ada", "Lovelace", "ada", "ada@example.org", "2", "6.67"],
        ["Bo", "Núñez", "bo", "bo@example.org", "4.5", ""],
    ]  # cy handed nothing in: no row, so that Moodle keeps what it has


def test_moodle_with_feedback_titles_and_per_cent(export):
    rows = export(MoodleExporter, feedback=True, percent=True, missing="zero", columns={"01-tiny": "Assignment: Tiny (Real)"}, assignment=["01-tiny"])
    assert rows[0][4:] == ["Assignment: Tiny (Real)", "Assignment: Tiny (Real) (feedback)"]
    found = {row[2]: row[4:] for row in rows[1:]}
    assert found == {"ada": ["44.44", " =well done\nsee me"], "bo": ["100", ""], "cy": ["0", ""], "di": ["0", ""]}


def test_one_student(export):
    assert [row[2] for row in export(MoodleExporter, student=["bo"])[1:]] == ["bo"]


def test_nbgraders_own_command(made, tmp_path, monkeypatch, caplog):
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\nc.CourseDirectory.db_url = 'sqlite:///{made}'\nc.CanvasExporter.missing = 'zero'\n")
    monkeypatch.chdir(tmp_path)

    def run(*words):
        app = ExportApp(log=logging.getLogger("nbgrader"))
        app.initialize(list(words))
        app.start()

    run("--exporter=course.grading.exports.CanvasExporter", "--to=out.csv")
    rows = list(csv.reader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert header_as_canvas_reads_it(rows[0]) and {row[3]: row[5] for row in rows[2:]} == {"ada": "2", "bo": "4.5", "cy": "0", "di": "0"}
    run("--exporter=course.grading.exports.MoodleExporter", "--to=m.csv", "--MoodleExporter.feedback=True", "--assignment", "01-tiny")
    assert (tmp_path / "m.csv").read_text().splitlines()[0].endswith("01-tiny,01-tiny (feedback)")
    with pytest.raises(SystemExit) as left:
        run("--exporter=course.grading.exports.MoodleExporter", "--to=nowhere/out.csv")
    assert left.value.code == 1 and "nowhere" in caplog.text
