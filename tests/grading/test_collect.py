"""Downloads of Moodle and Canvas, good and hostile, on their way into submitted/."""

import hashlib
import json
import os
import sqlite3
import stat
import unicodedata
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import create_engine

from course.grading import collect as collecting
from course.grading.collect import Fate, collect, read_roster
from course.paths import CourseError

SECTION = "01-tiny"
CANVAS = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Tiny (77),Final Score
,,,,,Manual Posting,
    Points Possible,,,,,4.5,(read only)
"Lovelace, Ada",101,u101,ada,A,,
"Núñez, Bo",102,u102,bo@example.org,A,,
"Khan, Cy",103,u103,cy,A,,
"Student, Test",104,,f00,A,,
"""
MOODLE = "First name,Last name,ID number,Email address\nAda,Lovelace,ada,ada@example.org\nBo,Núñez,bo,bo@example.org\nCy,Khan,cy,cy@example.org\n"


@pytest.fixture(autouse=True)
def no_migrations(monkeypatch):
    """nbgrader starts alembic to write its version into a new gradebook, which takes a second each time."""
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "none")


@pytest.fixture
def roster(tmp_path):
    def write(text):
        path = tmp_path / "roster.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def zipped(path, members):
    """A zip of (name, text) or (name, text, year): the later the year, the newer the file."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text, *year in members:
            archive.writestr(zipfile.ZipInfo(name, (year[0] if year else 2026, 1, 1, 12, 0, 0)), text)
    return path


def laid(root):
    return {path.parts[-3]: path.read_text() for path in sorted((root / "submitted").glob(f"*/{SECTION}/{SECTION}.ipynb"))}


def fates(done):
    return {one.student: one.fate for one in done.laid}


def moodle_zip(path, **texts):
    names = {"ada": "Ada Lovelace_900123", "bo": "Bo Núñez_900124", "cy": "Cy Khan_900125"}
    return zipped(path, [(f"{names[key]}_assignsubmission_file_/{SECTION}.ipynb", text) for key, text in texts.items()])


def test_moodle_in_folders_by_name(tiny, tmp_path, roster):
    download = zipped(
        tmp_path / "moodle.zip",
        [
            (f"Ada Lovelace_900123_assignsubmission_file_/{SECTION}.ipynb", "ada's"),
            (f"Núñez Bo_900124_assignsubmission_file/sub/{SECTION}.ipynb", "bo's"),  # newer Moodle, surname first, a subfolder
            ("Núñez Bo_900124_assignsubmission_onlinetext/onlinetext.html", "words"),
            (f"Zoe Stranger_900126_assignsubmission_file_/{SECTION}.ipynb", "zoe's"),
        ],
    )
    done = collect(tiny, SECTION, download, roster(MOODLE))
    assert laid(tiny) == {"ada": "ada's", "bo": "bo's"}
    assert done.unmatched == {f"Zoe Stranger_900126_assignsubmission_file_/{SECTION}.ipynb": "nobody on the roster has this name"}
    assert done.ignored == ["Núñez Bo_900124_assignsubmission_onlinetext/onlinetext.html"]
    assert done.missing == ["cy"]
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        assert {(one.id, one.last_name, one.email) for one in gradebook.students} == {
            ("ada", "Lovelace", "ada@example.org"),
            ("bo", "Núñez", "bo@example.org"),
            ("cy", "Khan", "cy@example.org"),
        }


def test_moodle_without_folders_and_unpacked(tiny, tmp_path, roster):
    folder = tmp_path / "download"
    folder.mkdir()
    (folder / f"Ada Lovelace_900123_assignsubmission_file_{SECTION}.ipynb").write_text("ada's")
    (folder / "Cy Khan_900125_assignsubmission_file_my work.ipynb").write_text("cy's")
    (folder / ".DS_Store").write_text("")
    done = collect(tiny, SECTION, folder, roster(MOODLE))
    assert laid(tiny) == {"ada": "ada's", "cy": "cy's"} and not done.ignored


def test_moodles_grading_worksheet_tells_namesakes_apart(tiny, tmp_path, roster):
    sheet = "Identifier,Full name,ID number,Email address,Status,Grade\nParticipant 1,Jo Kim,jo1,jo1@x.org,,\nParticipant 2,Jo Kim,jo2,jo2@x.org,,\n"
    members = [(f"Jo Kim_{n}_assignsubmission_file_/{SECTION}.ipynb", f"text {n}") for n in (1, 2)]
    collect(tiny, SECTION, zipped(tmp_path / "m.zip", members), roster(sheet))
    assert laid(tiny) == {"jo1": "text 1", "jo2": "text 2"}


def test_namesakes_who_cannot_be_told_apart_are_not_guessed(tiny, tmp_path, roster):
    members = [(f"Jo Kim_{n}_assignsubmission_file_/{SECTION}.ipynb", f"text {n}") for n in (1, 2)]
    download = zipped(tmp_path / "m.zip", members)
    both = "First name,Last name,Username\nJo,Kim,jo1\nJo,Kim,jo2\n"
    advice = "give Moodle's grading worksheet with --roster"
    assert [*collect(tiny, SECTION, download).unmatched.values()] == [f"several have this name: {advice}"] * 2
    endless = zipped(tmp_path / "e.zip", [(f"{'Jo' * 200}_1_assignsubmission_file_/{SECTION}.ipynb", "x")])
    assert [*collect(tiny, SECTION, endless).unmatched.values()] == [f"the name cannot be an id: {advice}"]
    for people in (roster(both), None):  # the second time, both are in the gradebook
        done = collect(tiny, SECTION, download, people)
        assert [*done.unmatched.values()] == [f"could be of jo1 or jo2: {advice}"] * 2 and done.missing == []
    assert laid(tiny) == {}


def test_two_people_of_one_name_are_not_one_learner(tiny, tmp_path, roster):
    members = [(f"Ada Lovelace_{n}_assignsubmission_file_/{SECTION}.ipynb", f"text {n}") for n in (1, 2)]
    members.append((f"Bo Núñez_3_assignsubmission_file_/{SECTION}.ipynb", "bo's"))
    done = collect(tiny, SECTION, zipped(tmp_path / "m.zip", members), roster(MOODLE))
    assert laid(tiny) == {"bo": "bo's"} and done.missing == ["cy"]
    assert done.unmatched == dict.fromkeys([name for name, _ in members[:2]], "several hand in as ada: give Moodle's grading worksheet with --roster")


@pytest.mark.parametrize("people", [MOODLE, None])
def test_another_number_in_a_later_download_is_perhaps_a_namesakes(tiny, tmp_path, roster, people):
    def one(number, text, year, sheet=people):
        name = f"Ada Lovelace_{number}_assignsubmission_file_/{SECTION}.ipynb"
        return fates(collect(tiny, SECTION, zipped(tmp_path / "m.zip", [(name, text, year)]), sheet and roster(sheet), replace=True))

    (student,) = one(1, "ada's", 2025)
    assert one(2, "a namesake's", 2026) == {student: Fate.NAMESAKE}
    assert laid(tiny) == {student: "ada's"}
    (tiny / "submitted" / student / SECTION / f"{SECTION}.ipynb").unlink()
    assert one(2, "a namesake's", 2026) == {student: Fate.NAMESAKE}
    sheet = f"Identifier,Full name,Username\nParticipant 2,Ada Lovelace,{student}\n"
    assert one(2, "ada's of a new assignment", 2026, sheet) == {student: Fate.NEW}


NAMED = f"Ada Lovelace_1001_assignsubmission_file_Bo Ek_1002_assignsubmission_file_{SECTION}.ipynb"


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        (NAMED, None),  # a file's name that looks like a submission of Bo's, or a person's name that does: nobody can tell
        (NAMED.replace("1002", "1001"), None),
        (NAMED.replace("Bo", "sub/Bo"), "ada"),
        (f"{NAMED.removesuffix(f'{SECTION}.ipynb')}/x.ipynb", None),
        (f"Ada Lovelace_1001_assignsubmission_file_/Bo Ek_1002_assignsubmission_file_{SECTION}.ipynb", "ada"),
        (f"\U0001f600_1001_assignsubmission_file_/{SECTION}.ipynb", "\U0001f600"),
    ],
)
@pytest.mark.parametrize("numbers", [True, False])
def test_nobody_hands_in_as_somebody_else(tiny, tmp_path, roster, name, owner, numbers):
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        for student, *names in (("ada", "Ada", "Lovelace"), ("bo", "Bo", "Ek"), ("nameless", None, None)):
            gradebook.add_student(student, first_name=names[0], last_name=names[1])
    sheet = "Identifier,Full name,Username\nParticipant 1001,Ada Lovelace,ada\nParticipant 1002,Bo Ek,bo\n"
    download = zipped(tmp_path / "m.zip", [(name, "whose", 2027), (f"Bo Ek_1002_assignsubmission_file_/{SECTION}.ipynb", "bo's")])
    owner = "ada" if numbers and owner else owner
    done = collect(tiny, SECTION, download, roster(sheet) if numbers else None)
    assert laid(tiny) == {"bo": "bo's"} | ({owner: "whose"} if owner else {})
    assert done.unmatched == ({} if owner else {name: "its name tells of two submissions: rename it"})


def test_one_name_in_two_forms_of_unicode_is_one_learner(tiny, tmp_path):
    for form, year in (("NFC", 2025), ("NFD", 2026)):
        name = unicodedata.normalize(form, "Zoë Ek")
        done = collect(tiny, SECTION, zipped(tmp_path / "m.zip", [(f"{name}_7_assignsubmission_file_/{SECTION}.ipynb", form, year)]))
    assert fates(done) == {"zoë-ek": Fate.REPLACED} and laid(tiny) == {"zoë-ek": "NFD"}


def test_canvas_by_id_with_late_marks_and_attempts(tiny, tmp_path, roster):
    download = zipped(
        tmp_path / "canvas.zip",
        [
            (f"lovelaceada_101_5000_{SECTION}.ipynb", "first"),
            (f"lovelaceada_101_5007_{SECTION}-1.ipynb", "second"),
            ("lovelaceada_101_5009_scratch.ipynb", "another notebook"),
            (f"núñezbo_LATE_102_5003_{SECTION}.ipynb", "late"),
            ("khancy_103_5004_answer.pdf", "pdf"),
        ],
    )
    done = collect(tiny, SECTION, download, roster(CANVAS))
    assert laid(tiny) == {"ada": "second", "bo@example.org": "late"}
    assert {one.student for one in done.laid if one.late} == {"bo@example.org"}
    assert set(done.passed_over) == {f"lovelaceada_101_5000_{SECTION}.ipynb", "lovelaceada_101_5009_scratch.ipynb"}
    assert done.ignored == ["khancy_103_5004_answer.pdf"] and done.missing == ["cy"]
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        assert {one.id: one.lms_user_id for one in gradebook.students} == {"ada": "101", "bo@example.org": "102", "cy": "103"}


def test_the_gradebook_is_asked_without_a_roster_and_else_the_name(tiny, tmp_path):
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        gradebook.add_student("ada-l", first_name="Ada", last_name="Lovelace", lms_user_id="101")
    canvas = zipped(tmp_path / "c.zip", [(f"lovelaceada_101_1_{SECTION}.ipynb", "a"), (f"strangerzoe_109_2_{SECTION}.ipynb", "z")])
    done = collect(tiny, SECTION, canvas)
    assert laid(tiny) == {"ada-l": "a", "109": "z"}
    assert {one.student: one.known for one in done.laid} == {"ada-l": True, "109": False}
    collect(tiny, SECTION, zipped(tmp_path / "m.zip", [(f"Zoe Van Stranger_7_assignsubmission_file_/{SECTION}.ipynb", "zz")]))
    assert laid(tiny)["zoe-van-stranger"] == "zz"


def test_a_roster_keeps_the_ids_and_the_names_that_the_gradebook_has(tiny, tmp_path, roster):
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        gradebook.add_student("al", first_name="Countess", email="ADA@example.org")
    done = collect(tiny, SECTION, moodle_zip(tmp_path / "m.zip", ada="a"), roster(MOODLE))
    assert laid(tiny) == {"al": "a"} and "al" not in done.enrolled
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        student = gradebook.find_student("al")
        assert (student.first_name, student.last_name, student.email) == ("Countess", None, "ADA@example.org")


@pytest.mark.parametrize(
    ("first", "last", "then"),
    [
        ("Bo Nunez", None, ("Bo", "Núñez")),  # of a worksheet, which has the full name only
        ("NÚÑEZ, Bo", "", ("Bo", "Núñez")),
        ("Bo Núñez", "Núñez", ("Bo", "Núñez")),
        ("Bo", None, ("Bo", "Núñez")),
        (None, None, ("Bo", "Núñez")),
        ("Bo Ek", None, ("Bo Ek", None)),  # another name is never half of this one
        ("\U0001f600", None, ("\U0001f600", None)),
        ("Roberto", "Núñez", ("Roberto", "Núñez")),
    ],
)
def test_first_and_last_name_are_one_field_of_the_gradebook(tiny, tmp_path, roster, first, last, then):
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        gradebook.add_student("bo", first_name=first, last_name=last, email="bo@example.org")
    worksheet = "Identifier,Full name,ID number\nParticipant 900124,Bo Núñez,bo\n"
    for people in (MOODLE, worksheet, MOODLE):
        done = collect(tiny, SECTION, moodle_zip(tmp_path / "m.zip", bo="b"), roster(people))
    assert done.enrolled == []
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        student = gradebook.find_student("bo")
        assert (student.first_name, student.last_name) == then


def test_a_worksheet_first_and_the_participants_later_double_no_name(tiny, tmp_path, roster):
    worksheet = "Identifier,Full name,ID number\nParticipant 900124,Bo Núñez,bo\n"
    for people, enrolled in ((worksheet, ["bo"]), (MOODLE, ["ada", "bo", "cy"])):
        assert collect(tiny, SECTION, moodle_zip(tmp_path / "m.zip", bo="b"), roster(people)).enrolled == enrolled
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        assert (gradebook.find_student("bo").first_name, gradebook.find_student("bo").last_name) == ("Bo", "Núñez")


@pytest.mark.parametrize("first, last", [("Seán", "O'Brien"), ("Seán", "O’Brien"), ("Se:án", "O´Brien"), ("Seán", "OʼBrien"), ("S|ean", "O/Brien")])
def test_apostrophes_and_what_moodle_takes_out_hide_nobody(tiny, tmp_path, roster, first, last):
    people = roster(f"First name,Last name,Username\n{first},{last},sean\nBrien,O Sean,other\n")
    for name in ("Seán OBrien_7_assignsubmission_file_/", "Seán O’Brien_7_assignsubmission_file_/", "obriensean_7_5000_", "o'brienseán_7_5000_"):
        for given in (people, None):  # without a roster the gradebook has the name
            done = collect(tiny, SECTION, zipped(tmp_path / "m.zip", [(f"{name}{SECTION}.ipynb", "s")]), given)
            assert [(one.student, one.known) for one in done.laid] == [("sean", True)]


def test_the_worksheet_of_another_assignment_is_told(tiny, tmp_path, roster, snapshot):
    sheet = "Identifier,Full name,Username\nParticipant {},Ada Lovelace,ada\nParticipant 5,Bo Núñez,bo\n"
    before = snapshot(tiny)
    with pytest.raises(CourseError, match=r"roster.csv fit no file of the download: is it the worksheet of this assignment\?"):
        collect(tiny, SECTION, moodle_zip(tmp_path / "m.zip", ada="a", bo="b"), roster(sheet.format(4)))
    assert snapshot(tiny) == before
    done = collect(tiny, SECTION, moodle_zip(tmp_path / "m.zip", ada="a", bo="b"), roster(sheet.format(900123)))
    assert laid(tiny) == {"ada": "a"} and [*done.unmatched.values()] == ["nobody on the roster has this number"]
    canvas = zipped(tmp_path / "c.zip", [(f"bonúñez_102_1_{SECTION}.ipynb", "of Canvas")])
    collect(tiny, SECTION, canvas, roster(sheet.format(4)))
    assert laid(tiny)["bo"] == "of Canvas"


def test_behind_the_name_of_a_group_is_the_learners(tiny, tmp_path, roster):
    people = roster(MOODLE + "Di,Khan,di,\nAnna-Lena,Ek,al,\n")
    groups = {"Group A-Ada Lovelace_1": "ada", "G-2-Anna-Lena Ek_2": "al", "Cy-Di Khan_3": "di", "Cy Khan_4": "cy", "X-Cy Khan_5": None, "A-B_6": None}
    download = zipped(tmp_path / "m.zip", [(f"{name}_assignsubmission_file_/{SECTION}.ipynb", name) for name in groups])
    done = collect(tiny, SECTION, download, people)
    assert laid(tiny) == {student: name for name, student in groups.items() if student}
    assert [path.partition("_")[0] for path in done.unmatched] == ["X-Cy Khan", "A-B"]
    endless = zipped(tmp_path / "e.zip", [(f"{'a-' * 20_000}_7_assignsubmission_file_/{SECTION}.ipynb", "x")])
    assert len(collect(tiny, SECTION, endless, people).unmatched) == 1


def test_a_newer_attempt_replaces_and_the_old_one_is_kept(tiny, tmp_path, roster):
    people = roster(CANVAS)
    collect(tiny, SECTION, zipped(tmp_path / "1.zip", [(f"lovelaceada_101_5000_{SECTION}.ipynb", "first")]), people)
    (tiny / "submitted" / "ada" / SECTION / "timestamp.txt").write_text("2026-01-01 12:00:00 UTC")
    newer = zipped(tmp_path / "2.zip", [(f"lovelaceada_101_5007_{SECTION}-1.ipynb", "second")])
    done = collect(tiny, SECTION, newer, people)
    assert fates(done) == {"ada": Fate.REPLACED} and laid(tiny) == {"ada": "second"}
    assert {path.name for path in done.laid[0].backup.iterdir()} == {f"{SECTION}.ipynb", "timestamp.txt"}
    assert (done.laid[0].backup / f"{SECTION}.ipynb").read_text() == "first"
    assert [path.name for path in (tiny / "submitted" / "ada" / SECTION).iterdir()] == [f"{SECTION}.ipynb"]
    assert fates(collect(tiny, SECTION, newer, people)) == {"ada": Fate.SAME}
    assert fates(collect(tiny, SECTION, tmp_path / "1.zip", people)) == {"ada": Fate.KEPT}
    assert laid(tiny) == {"ada": "second"}


def test_moodles_times_tell_which_is_newer(tiny, tmp_path, roster):
    name = f"Ada Lovelace_900123_assignsubmission_file_/{SECTION}.ipynb"
    for year, text, fate in ((2026, "new", Fate.NEW), (2025, "old", Fate.KEPT), (2027, "newest", Fate.REPLACED)):
        done = collect(tiny, SECTION, zipped(tmp_path / f"{year}.zip", [(name, text, year)]), roster(MOODLE))
        assert fates(done) == {"ada": fate}
    assert laid(tiny) == {"ada": "newest"}
    other = zipped(tmp_path / "other.zip", [(name, "of the same time", 2027)])
    for download, old in ((other, "newest"), (tmp_path / "2025.zip", "of the same time")):
        fate = Fate.EQUAL if download == other else Fate.KEPT
        assert fates(collect(tiny, SECTION, download, roster(MOODLE))) == {"ada": fate} and "newer" not in Fate.EQUAL
        done = collect(tiny, SECTION, download, roster(MOODLE), replace=True)
        assert fates(done) == {"ada": Fate.REPLACED} and (done.laid[0].backup / f"{SECTION}.ipynb").read_text() == old
    assert laid(tiny) == {"ada": "old"}


def test_what_came_another_way_is_replaced_only_when_asked(tiny, tmp_path, roster):
    target = tiny / "submitted" / "ada" / SECTION
    target.mkdir(parents=True)
    (target / f"{SECTION}.ipynb").write_text("by the exchange")
    download = moodle_zip(tmp_path / "m.zip", ada="download")
    assert fates(collect(tiny, SECTION, download, roster(MOODLE))) == {"ada": Fate.UNCLEAR}
    assert laid(tiny) == {"ada": "by the exchange"}
    done = collect(tiny, SECTION, download, roster(MOODLE), replace=True)
    assert laid(tiny) == {"ada": "download"} and (done.laid[0].backup / f"{SECTION}.ipynb").read_text() == "by the exchange"


def test_a_file_changed_by_hand_since_is_kept(tiny, tmp_path, roster):
    collect(tiny, SECTION, moodle_zip(tmp_path / "m.zip", ada="one"), roster(MOODLE))
    (tiny / "submitted" / "ada" / SECTION / f"{SECTION}.ipynb").write_text("mended by hand")
    assert fates(collect(tiny, SECTION, moodle_zip(tmp_path / "n.zip", ada="two"), roster(MOODLE))) == {"ada": Fate.UNCLEAR}
    assert laid(tiny) == {"ada": "mended by hand"}


def test_a_dry_run_writes_nothing(tiny, tmp_path, roster, snapshot):
    people, download = roster(MOODLE), moodle_zip(tmp_path / "m.zip", ada="a", cy="c")
    before = snapshot(tiny)
    done = collect(tiny, SECTION, download, people, dry_run=True)
    assert fates(done) == {"ada": Fate.NEW, "cy": Fate.NEW} and done.missing == ["bo"] and done.enrolled == ["ada", "bo", "cy"]
    assert snapshot(tiny) == before


@pytest.mark.parametrize("name", ["../../gradebook.db", f"/etc/{SECTION}.ipynb", f"C:\\x\\{SECTION}.ipynb", "a_1_assignsubmission_file_/..\\..\\x.ipynb"])
def test_paths_that_lead_out_are_refused(tiny, tmp_path, snapshot, name):
    download = moodle_zip(tmp_path / "m.zip", ada="a")
    with zipfile.ZipFile(download, "a") as archive:
        archive.writestr(name, "x")
    before = snapshot(tmp_path)
    with pytest.raises(CourseError, match="leads out of its folder"):
        collect(tiny, SECTION, download)
    assert snapshot(tmp_path) == before


def test_bombs_are_refused_before_anything_is_written(tiny, tmp_path, monkeypatch, snapshot):
    monkeypatch.setattr(collecting, "LARGEST", 1000)
    download = tmp_path / "bomb.zip"
    with zipfile.ZipFile(download, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"Ada A_1_assignsubmission_file_/{SECTION}.ipynb", "a")
        archive.writestr(f"Bo B_2_assignsubmission_file_/{SECTION}.ipynb", " " * 1_000_000)
    before = snapshot(tiny)
    with pytest.raises(CourseError, match=r"Bo B.* larger than"):
        collect(tiny, SECTION, download)
    monkeypatch.setattr(collecting, "LARGEST_ALL", 5000)
    with pytest.raises(CourseError, match=r"larger than .* together"):
        collect(tiny, SECTION, download)
    monkeypatch.setattr(collecting, "MOST", 1)
    with pytest.raises(CourseError, match="more than 1 files"):
        collect(tiny, SECTION, download)
    assert snapshot(tiny) == before


def test_a_size_that_lies_is_found_out(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "LARGEST", 1000)
    download = tmp_path / "bomb.zip"
    with zipfile.ZipFile(download, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"Ada A_1_assignsubmission_file_/{SECTION}.ipynb", " " * 1_000_000)
    data = download.read_bytes().replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    download.write_bytes(data)
    with pytest.raises(CourseError):
        collect(tiny, SECTION, download)
    assert laid(tiny) == {}


@pytest.mark.skipif(os.name == "nt", reason="links need rights")
def test_links_are_not_followed(tiny, tmp_path, snapshot):
    secret = tmp_path / "secret.ipynb"
    secret.write_text("secret")
    folder = tmp_path / "download" / "Ada A_1_assignsubmission_file_"
    folder.mkdir(parents=True)
    (folder / f"{SECTION}.ipynb").symlink_to(secret)
    (tmp_path / "download" / "Bo B_2_assignsubmission_file_").symlink_to(tmp_path)
    with pytest.raises(CourseError, match="holds no notebook"):
        collect(tiny, SECTION, tmp_path / "download")
    archive = tmp_path / "m.zip"
    with zipfile.ZipFile(archive, "w") as file:
        link = zipfile.ZipInfo(f"Ada A_1_assignsubmission_file_/{SECTION}.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, str(secret))
    with pytest.raises(CourseError, match="holds no notebook"):
        collect(tiny, SECTION, archive)
    (tiny / "submitted").mkdir(exist_ok=True)
    (tiny / "submitted" / "109").symlink_to(tmp_path / "download")
    before = snapshot(tmp_path / "download")
    with pytest.raises(CourseError, match="is a link to elsewhere"):
        collect(tiny, SECTION, zipped(tmp_path / "c.zip", [(f"a_109_1_{SECTION}.ipynb", "a")]))
    assert snapshot(tmp_path / "download") == before


@pytest.mark.parametrize("student", ["../ada", ".hidden", "a/b", "a\\b", " ", "a*", "a?", "a[1]", pytest.param("漢" * 100, id="too long")])
def test_an_id_that_is_no_folder_is_refused(tiny, tmp_path, roster, student, snapshot):
    people = roster(f'First name,Last name,Username\nAda,Lovelace,"{student}"\n')
    before = snapshot(tiny)
    with pytest.raises(CourseError):
        collect(tiny, SECTION, moodle_zip(tmp_path / "m.zip", ada="a"), people)
    assert snapshot(tiny) == before


def test_an_odd_id_that_the_gradebook_has_already_stops_nobody_else(tiny, tmp_path):
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        gradebook.add_student("cy[1]", first_name="Cy", last_name="Khan")
    collect(tiny, SECTION, moodle_zip(tmp_path / "m.zip", ada="a"))
    assert laid(tiny) == {"ada-lovelace": "a"}
    with pytest.raises(CourseError, match=r"the id 'cy\[1\]' cannot be used"):
        collect(tiny, SECTION, moodle_zip(tmp_path / "m.zip", cy="c"))


@pytest.mark.parametrize("course", ["", "ai-data-scientist"])
def test_a_locked_gradebook_is_told_and_another_run_completes(tiny, tmp_path, roster, monkeypatch, snapshot, course):
    monkeypatch.setattr("nbgrader.api.create_engine", lambda url, **options: create_engine(url, connect_args={"timeout": 0.05}, **options))
    people, download = roster(MOODLE), moodle_zip(tmp_path / "m.zip", ada="a")
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}", course) as gradebook:
        gradebook.add_student("zoe")
    before = snapshot(tiny)
    for begin in ("BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"):  # nobody can read it; nobody can write it
        other = sqlite3.connect(tiny / "gradebook.db", isolation_level=None)
        other.execute(begin)
        with pytest.raises(CourseError, match=r"database is locked.*nothing was collected.*collect again"):
            collect(tiny, SECTION, download, people)
        other.execute("ROLLBACK")
        other.close()
        assert snapshot(tiny) == before
    done = collect(tiny, SECTION, download, people)
    assert laid(tiny) == {"ada": "a"} and done.enrolled == ["ada", "bo", "cy"]


def test_what_lies_in_the_way_is_told_before_anything_is_written(tiny, tmp_path, roster, snapshot):
    people, download = roster(MOODLE), moodle_zip(tmp_path / "m.zip", ada="a", bo="b")
    own = tiny / "submitted" / "bo"
    for way, folder, text in (
        (own, False, "submitted/bo is a file where a folder belongs: move it away"),
        (own / SECTION, False, f"submitted/bo/{SECTION} is a file where"),
        (own / SECTION / f"{SECTION}.ipynb", True, "is a folder where a notebook belongs: move it away"),
    ):
        way.parent.mkdir(parents=True, exist_ok=True)
        way.mkdir() if folder else way.write_text("x")
        before = snapshot(tiny)
        with pytest.raises(CourseError, match=text):
            collect(tiny, SECTION, download, people)
        assert snapshot(tiny) == before
        way.rmdir() if folder else way.unlink()
    collect(tiny, SECTION, download, people)
    assert laid(tiny) == {"ada": "a", "bo": "b"}


ENTRY = {"system": "moodle", "order": [0], "digest": hashlib.sha256(b"one").hexdigest()}


@pytest.mark.parametrize(
    "record",
    [[], 5, {"ada": None}, {"ada": list(ENTRY)}]
    + [{"ada": ENTRY | other} for other in ({"order": 5}, {"order": ["x"]}, {"order": None}, {"system": 1}, {"digest": []}, {"number": 5})],
)
def test_a_damaged_record_counts_as_none(tiny, tmp_path, roster, record):
    collect(tiny, SECTION, moodle_zip(tmp_path / "m.zip", ada="one"), roster(MOODLE))
    path = tiny / "collected" / SECTION / "record.json"
    path.write_text(json.dumps(record))
    newer = moodle_zip(tmp_path / "n.zip", ada="two", bo="b")
    assert fates(collect(tiny, SECTION, newer, roster(MOODLE))) == {"ada": Fate.UNCLEAR, "bo": Fate.NEW}
    path.write_text(json.dumps({"ada": ENTRY}))  # as it was before numbers were kept
    assert fates(collect(tiny, SECTION, newer, roster(MOODLE)))["ada"] is Fate.REPLACED


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        (zipfile.ZIP_LZMA, lambda data: data[:-200].replace(b"\x5d\x00", b"\xff\xff", 1) + data[-200:]),
        (zipfile.ZIP_DEFLATED, lambda data: data.replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xff")),  # needs a zip of version 25.5
        (zipfile.ZIP_STORED, lambda data: data.replace("ä".encode(), b"\xff\xff")),  # a name that is no UTF-8, where it is listed and at the file
        (zipfile.ZIP_STORED, lambda data: data.replace("ä".encode(), b"\xff\xff", 1)),
    ],
)
def test_a_damaged_zip_is_told(tiny, tmp_path, kind, damage):
    path = tmp_path / "m.zip"
    with zipfile.ZipFile(path, "w", kind) as archive:
        archive.writestr(f"Bäda B_1_assignsubmission_file_/{SECTION}.ipynb", os.urandom(1000))
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert path.read_bytes() != whole
    with pytest.raises(CourseError, match="download it again, or name the unpacked folder"):
        collect(tiny, SECTION, path)
    assert laid(tiny) == {}


def test_entries_without_a_name_are_passed_by(tiny, tmp_path):
    member = (f"Ada A_1_assignsubmission_file_/{SECTION}.ipynb", "a")
    for name in ("", ".", "./"):
        done = collect(tiny, SECTION, zipped(tmp_path / "m.zip", [(name, ""), member]))
        assert laid(tiny) == {"ada-a": "a"} and done.ignored == []


def test_unusable_downloads_and_rosters_say_what_to_do(tiny, tmp_path, roster):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 no zip")
    (tmp_path / "empty").mkdir()
    good = moodle_zip(tmp_path / "m.zip", ada="a")
    other = zipped(tmp_path / "o.zip", [("homework.ipynb", "x")])
    for download, people, text in (
        (tmp_path / "nowhere", None, "neither a folder nor a file"),
        (tmp_path / "broken.zip", None, "download it again"),
        (tmp_path / "empty", None, "holds no notebook named"),
        (other, None, "it holds 'homework.ipynb'"),
        (good, tmp_path / "nowhere.csv", "cannot read the roster"),
    ):
        with pytest.raises(CourseError, match=text):
            collect(tiny, SECTION, download, people)
    with pytest.raises(CourseError, match="twice"):
        collect(tiny, SECTION, good, roster("First name,Last name,Username\nAda,L,x\nBo,B,x\n"))
    with pytest.raises(CourseError, match="there is 01-tiny"):
        collect(tiny, "02-nothing", good)
    data = bytearray(good.read_bytes())
    place = data.index(b".ipynb") + len(b".ipynb")
    data[place : place + 1] = b"b"  # the text changed, its checksum did not
    good.write_bytes(data)
    with pytest.raises(CourseError, match="cannot be read"):
        collect(tiny, SECTION, good)
    assert laid(tiny) == {}


def test_rosters_of_all_kinds(roster):
    assert [(p.id, p.first, p.last, p.lms) for p in read_roster(roster(CANVAS))] == [
        ("ada", "Ada", "Lovelace", "101"),
        ("bo@example.org", "Bo", "Núñez", "102"),
        ("cy", "Cy", "Khan", "103"),
    ]
    assert [p.id for p in read_roster(roster(MOODLE.replace(",", ";")))] == ["ada", "bo", "cy"]
    assert [(p.id, p.email) for p in read_roster(roster("id,first_name,last_name,email\nal,Ada,Lovelace,a@x.org\n"))] == [("al", "a@x.org")]
    semicolons = "LastName;FirstName;ID;SIS Login ID;Section\nLovelace;Ada;101;ada;A\n"
    assert [(p.first, p.last, p.lms) for p in read_roster(roster(semicolons))] == [("Ada", "Lovelace", "101")]
    latin = Path(roster("x"))
    latin.write_bytes("Surname,First name,Username\nNúñez,Bo,bo\n".encode("cp1252"))
    assert read_roster(latin)[0].last == "Núñez"


@pytest.mark.parametrize("mark", ["sep=;", '"sep=;"', "SEP=; ", "\ufeffsep=;"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_that_tells_excel_the_separator_is_no_header(roster, mark, end):
    assert [p.id for p in read_roster(roster(end.join([mark, "First name;Last name;Username", "A,d,a;Lovelace;ada"])))] == ["ada"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"PK\x03\x04rest", "roster.csv is an Excel file: save it as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "roster.csv is an Excel file: save it as CSV"),
        (b"Vorname;Nachname\nAda;Lovelace\n", "names nobody; its columns are: Vorname, Nachname. Wanted are, in English"),
        (b"", "its columns are: none. Wanted"),
        (b"\n", "its columns are: none. Wanted"),
        (b"spalte;" * 1000, r"its columns are: spalte, [spalte, ]{150,200} \.\.\.\. Wanted"),
    ],
)
def test_a_roster_that_cannot_be_used_says_what_it_is(tmp_path, data, text):
    (tmp_path / "roster.csv").write_bytes(data)
    with pytest.raises(CourseError, match=text):
        read_roster(tmp_path / "roster.csv")


def test_anonymous_canvas_files_go_by_their_code(tiny, tmp_path):
    collect(tiny, SECTION, zipped(tmp_path / "c.zip", [(f"anon_x7Kp2_501_{SECTION}.ipynb", "a"), (f"LATE_anon_q_502_{SECTION}.ipynb", "b")]))
    assert laid(tiny) == {"anon_x7Kp2": "a", "anon_q": "b"}
