"""`course collect`: submissions downloaded from Moodle or Canvas are laid into submitted/, each under the learner's own id.

The names are those that the systems give:

- Moodle: `Firstname Lastname_123456_assignsubmission_file_/file.ipynb`, or without folders `Firstname Lastname_123456_assignsubmission_file_file.ipynb`
  (mod/assign/classes/downloader.php). The number is that of a person *in one assignment*, not a user's id: people are told apart by name,
  and by the number where a roster has it.
- Canvas: `lastnamefirstname_12345_67890_file.ipynb`, `lastnamefirstname_LATE_12345_67890_file.ipynb`: user id, then the id of the file, which
  grows with each upload (lib/content_zipper.rb). Canvas adds `-1`, `-2`, ... to the file name of a later attempt.

nbgrader's `zip_collect` was looked at and is not built on: its FileNameCollectorPlugin sees one file name and returns one student id, so
choosing between attempts, matching against a roster, keeping what is there already and a dry run have no place in it; ZipCollectApp stops at
the second file of a student without a time in its name, clears a student's whole folder with --force, and unpacks archives to disk unchecked.

Nothing is unpacked here: only notebooks are read, each up to a limit, and every target is `submitted/STUDENT/NN-name/NN-name.ipynb`.
A replaced file goes to `collected/NN-name/`, where a record says which download each file came from.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import lzma
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from textwrap import shorten

from nbgrader.api import Gradebook, InvalidEntry, Student
from sqlalchemy.exc import DatabaseError

from course.authoring.release import nbgrader_api
from course.paths import CourseError, notebook, write_whole

MB = 1024 * 1024
LARGEST = 50 * MB  # bytes of one notebook
LARGEST_ALL = 4096 * MB  # bytes of all notebooks of a download
MOST = 20_000  # files in a download

_MOODLE = re.compile(r"^(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?$")
_MOODLES = re.compile(r"_\d+(?=_assignsubmission_)")
_CANVAS = re.compile(r"^(?P<name>.+?)_(?P<late>LATE_)?(?P<user>\d+)_(?P<upload>\d+)_(?P<file>.+)$")
_ANONYMOUS = re.compile(r"^(?P<late>LATE_)?(?P<user>anon_\w+?)_(?P<upload>\d+)_(?P<file>.+)$")
_ID = re.compile(r"[^/\\*?\[\]\x00-\x1f]{1,128}")  # nbgrader takes an id for a pattern of names
_ATTEMPT = re.compile(r"(?:-(\d+)| \((\d+)\))$")
_DROPPED = re.compile(r"[\x00-\x1f\x7f-\x9f&<>\"`|':\\/‘’ʼ´′]")  # from names by Moodle (clean_param, PARAM_FILE), and what is typed for an apostrophe
_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_GROUPS = 20  # hyphens of a name behind which another name is looked for


class Fate(StrEnum):
    """What becomes of a submission."""

    NEW = "new"
    REPLACED = "replaces an older one"
    SAME = "there already"
    KEPT = "the one in submitted/ is newer"
    EQUAL = "the one in submitted/ differs and is of the same time"
    UNCLEAR = "the one in submitted/ did not come from this system"
    NAMESAKE = "perhaps another person of this name, by the number: a roster with the column Identifier tells"


@dataclass(frozen=True)
class Person:
    """A learner: `id` in this course, and what the systems know of them."""

    id: str
    first: str = ""
    last: str = ""
    email: str = ""
    lms: str = ""  # Canvas user id
    number: str = ""  # Moodle's "Participant 123456" in one assignment


@dataclass(frozen=True)
class File:
    """One notebook of a download: where it is, whose it is as the file says, and what tells which of several is the newest."""

    path: str
    system: str  # moodle or canvas
    who: str  # the name in the path
    number: str  # the id in the path
    name: str  # the file's own name
    late: bool
    order: tuple[int, ...]
    read: Callable[[], bytes] = field(repr=False, compare=False)

    def rank(self, section: str) -> tuple:
        """The highest of a learner's files is taken: one with the section's name before others, then the newest."""
        stem = self.name.removesuffix(".ipynb")
        attempt = _ATTEMPT.search(stem)
        plain = stem if stem == section else _ATTEMPT.sub("", stem)
        return (plain == section, self.order, int(attempt[1] or attempt[2]) if attempt and plain == section and stem != section else 0, self.path)


@dataclass(frozen=True)
class Laid:
    """A submission and what became of it, or would in a dry run. `known`: found in the roster or the gradebook."""

    student: str
    path: str
    fate: Fate
    late: bool
    known: bool
    backup: Path | None = None


@dataclass
class Collected:
    """What `collect` did. `unmatched` says of files that were left out why nobody can be told to have handed them in, `ignored` are no notebooks,
    `passed_over` older or other files of a learner, `missing` learners of the roster or gradebook who handed nothing in; `enrolled` learners whose
    names and ids entered the gradebook."""

    laid: list[Laid] = field(default_factory=list)
    unmatched: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    enrolled: list[str] = field(default_factory=list)


def collect(root: Path, section: str, download: Path, roster: Path | None = None, dry_run: bool = False, replace: bool = False) -> Collected:
    """Lay the notebooks of a download (a folder or a zip) into submitted/ for one section.

    `roster` is a CSV file: Moodle's participants or grading worksheet, a Canvas gradebook, or `id,first_name,last_name,email` as nbgrader
    imports it. With a roster, files of others stay out and the learners enter the gradebook; without one, people are looked up in the
    gradebook, and who is not there gets the id of the file's name. `replace`: take the download also where it is older, or
    where it cannot be told which is newer. Writes nothing in a `dry_run`. Raises CourseError for a download or roster that cannot be read or is
    unsafe, and for a gradebook that is in use; then nothing was laid.
    """
    notebook(root, section)
    done = Collected()
    people = read_roster(roster) if roster else []
    held = held_students(root)
    people = [_as_held(person, held) for person in people] if roster else held
    if roster:
        _distinct_ids(people)
    with _opened(download) as (files, done.ignored):
        if not files:
            shown = f"; it holds {done.ignored[0]!r}, for example" if done.ignored else ""
            raise CourseError(f"{download} holds no notebook named as Moodle or Canvas names submissions{shown}")
        if roster:
            _check_numbers(roster, people, files)
        chosen: dict[str, list[tuple[File, Person | None]]] = {}
        meant = {file.path: _find(file, file.who, people) for file in files}
        taken = {found[0].id for found in meant.values() if len(found) == 1}
        named: set[str] = set()
        for file in files:
            found = meant[file.path] or _find_in_group(file, [person for person in people if person.id not in taken])
            named |= {person.id for person in found}
            person = found[0] if len(found) == 1 else None
            student = person.id if person else None if roster or found else _id_of(file, files)
            if student is None:
                done.unmatched[file.path] = _why_nobody(file, found, files, people if roster else None)
            else:
                chosen.setdefault(student, []).append((file, person))
        for student, own in list(chosen.items()):
            if len({file.number for file, _ in own}) > 1:
                done.unmatched |= {file.path: f"several hand in as {student}: {_give_roster(file)}" for file, _ in chosen.pop(student)}
        record = _read_record(root, section)
        for student, own in chosen.items():
            own.sort(key=lambda pair: pair[0].rank(section))
            _check_place(root, section, student)
            own[-1][0].read()  # what cannot be read stops here, before anything is written
        if roster:
            done.enrolled = _enrol(root, people, dry_run)
        for student, own in sorted(chosen.items()):
            file, person = own[-1]
            done.passed_over += [other.path for other, _ in own[:-1]]
            done.laid.append(_lay(root, section, student, file, person, record, dry_run, replace))
    if people:
        done.missing = sorted({person.id for person in people} - named - {path.parent.name for path in (root / "submitted").glob(f"*/{section}")})
    return done


def read_roster(path: Path) -> list[Person]:
    """The people of a roster file, in its order. Raises CourseError when it cannot be read, or has no column that tells people apart."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CourseError(f"cannot read the roster {path} ({error.strerror})") from None
    if data.startswith(_EXCEL):
        raise CourseError(f"the roster {path} is an Excel file: save it as CSV, and give that")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252", "replace")
    if told := re.match(r"\"?sep=([,;\t])\"?\s*\n", text, re.IGNORECASE):  # a line for Excel
        text = text[told.end() :]
    first = text.partition("\n")[0]
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=told[1] if told else max(",;\t", key=first.count)))
    except csv.Error as error:
        raise CourseError(f"the roster {path} is no CSV file ({error})") from None
    names = [name.strip().lower() for name in rows[0]] if rows else []
    canvas = "section" in names and "id" in names and ("student" in names or "lastname" in names)
    found = []
    for row in rows[1:]:
        cells = {name: value.strip() for name, value in zip(names, row, strict=False)}

        def take(*keys: str, cells: dict[str, str] = cells) -> str:
            return next((cells[key] for key in keys if cells.get(key)), "")

        person = _canvas_person(take) if canvas else _moodle_person(take)
        if person is not None:
            found.append(person)
    if not found:
        columns = shorten(", ".join(name.strip() for name in rows[0]), 200, placeholder=" ...") if rows else ""
        raise CourseError(
            f"the roster {path} names nobody; its columns are: {columns or 'none'}. Wanted are, in English, the columns of a Canvas gradebook "
            "(Student, ID, ..., Section), of Moodle's participants (First name, Last name, Email address), or id,first_name,last_name,email"
        )
    return found


def _canvas_person(take: Callable[..., str]) -> Person | None:
    lms, full = take("id"), take("student")
    if not lms.isdigit() or full == "Student, Test":  # the rows "Points Possible" and "Manual Posting", and Canvas's own test student
        return None
    last, _, first = full.partition(", ") if ", " in full else ("", "", full)
    login = take("sis login id")
    return Person(login or take("sis user id") or lms, take("firstname") or first, take("lastname") or last, login if "@" in login else "", lms)


def _moodle_person(take: Callable[..., str]) -> Person | None:
    full = take("full name", "fullname", "name")
    first, last = take("first name", "firstname", "first_name"), take("last name", "lastname", "last_name", "surname")
    email = take("email address", "email")
    digits = re.search(r"\d+", take("identifier"))
    number = digits[0] if digits else ""
    own = take("id", "username", "id number", "idnumber") or email
    if not own or not (first or last or full or number):
        return None
    return Person(own, first or full, last, email, take("lms_user_id"), number)


def held_students(root: Path) -> list[Person]:
    """The students of the gradebook; none when there is no gradebook yet, which is not made by looking."""
    url = nbgrader_api(root).coursedir.db_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        return []
    with _gradebook(root) as gradebook:
        return [Person(s.id, s.first_name or "", s.last_name or "", s.email or "", s.lms_user_id or "") for s in gradebook.students]


@contextlib.contextmanager
def _gradebook(root: Path) -> Iterator[Gradebook]:
    directory = nbgrader_api(root).coursedir
    try:
        with Gradebook(directory.db_url, directory.course_id) as gradebook:
            yield gradebook
    except (DatabaseError, InvalidEntry) as error:
        advice = "nothing was collected; wait for the program that has it open, or mend that, and collect again"
        raise CourseError(f"the gradebook cannot be used ({str(error).partition(chr(10))[0]}): {advice}") from None


def _as_held(person: Person, held: list[Person]) -> Person:
    """A person of the roster under the id that the gradebook knows already, if it does."""
    for same in (
        lambda other: other.id == person.id,
        lambda other: person.lms and other.lms == person.lms,
        lambda other: person.email and other.email.lower() == person.email.lower(),
        lambda other: person.email and other.id.lower() == person.email.lower(),
    ):
        found = [other for other in held if same(other)]
        if len(found) == 1:
            return Person(found[0].id, person.first, person.last, person.email, person.lms, person.number)
    return person


def _distinct_ids(people: list[Person]) -> None:
    seen: dict[str, Person] = {}
    for person in people:
        _check_id(person.id)
        other = seen.setdefault(person.id, person)
        if other is not person:
            raise CourseError(f"the roster has the id {person.id!r} twice ({_full(other)}; {_full(person)}): each learner needs an own one")


def _full(person: Person) -> str:
    return f"{person.first} {person.last}".strip() or person.id


def _check_numbers(roster: Path, people: list[Person], files: list[File]) -> None:
    """Moodle's numbers are those of one assignment: the worksheet of another one would match nobody."""
    known = {person.number for person in people} - {""}
    numbers = {file.number for file in files if file.system == "moodle"} - {""}
    if known and numbers and not known & numbers:
        raise CourseError(f"the numbers of the worksheet {roster} fit no file of the download: is it the worksheet of this assignment?")


def _check_id(student: str) -> None:
    """A student's id becomes the name of a folder, and nothing else."""
    if not _is_id(student):
        raise CourseError(f"the id {student!r} cannot be used: it names a folder, without / \\ * ? [ ] in it; give another one in the roster")


def _is_id(student: str) -> bool:
    return bool(_ID.fullmatch(student)) and len(os.fsencode(student)) <= 255 and student == student.strip() and not student.startswith(".")


def _plain(text: str) -> str:
    """A name without accents, case, apostrophes and what Moodle takes out."""
    return "".join(c for c in unicodedata.normalize("NFKD", _DROPPED.sub("", text)) if not unicodedata.combining(c)).casefold()


def _letters(*names: str) -> str:
    """Names without accents, case, apostrophes and order, to be compared."""
    return " ".join(sorted(re.findall(r"[^\W_]+", _plain(" ".join(names)))))


def _run_together(*names: str) -> str:
    """Names as Canvas writes them into a file's name, accents left out."""
    return re.sub(r"[\W_]", "", _plain("".join(names)))


def _find(file: File, who: str, people: list[Person]) -> list[Person]:
    """Whose file it is, by its number or else the name `who`: nobody, one person, or several who could be meant."""
    return [person for person in people if _by_number(file, person)] or [person for person in people if _by_name(file.system, who, person)]


def _find_in_group(file: File, people: list[Person]) -> list[Person]:
    """Whose file it is where Moodle's learners work in groups: the name stands behind the group's and a hyphen."""
    if file.system == "moodle":
        for hyphen in [*re.finditer("-", file.who)][:_GROUPS]:
            if found := _find(file, file.who[hyphen.end() :], people):
                return found
    return []


def _why_nobody(file: File, found: list[Person], files: list[File], people: list[Person] | None) -> str:
    """Why a file is laid for nobody: `found` could have handed it in, `files` are in the download, `people` on the roster, None without one."""
    if not file.who:
        return "its name tells of two submissions: rename it"
    if found:
        return f"could be of {' or '.join(sorted(person.id for person in found))}: {_give_roster(file)}"
    if people is None:
        return f"{'several have this name' if len(_numbers_of_name(file, files)) > 1 else 'the name cannot be an id'}: {_give_roster(file)}"
    numbered = any(person.number if file.system == "moodle" else person.lms for person in people)
    return f"nobody on the roster has this {'number' if numbered else 'name'}"


def _give_roster(file: File) -> str:
    return "give Moodle's grading worksheet with --roster" if file.system == "moodle" else "give the exported Canvas gradebook with --roster"


def _by_number(file: File, person: Person) -> bool:
    return (person.number if file.system == "moodle" else person.lms or person.id) == file.number != ""


def _by_name(system: str, who: str, person: Person) -> bool:
    if system == "moodle":
        return not person.number and _letters(person.first, person.last) == _letters(who) != ""
    return not person.lms and _run_together(person.last, person.first) == _run_together(who) != ""


def _id_of(file: File, files: list[File]) -> str | None:
    """The id that a file's name gives: Canvas's user id; of Moodle, whose number is another one in each assignment, the name.

    None where two people of Moodle have the same name, and where a name cannot be an id.
    """
    if file.system == "canvas":
        return file.number
    name = re.sub(r"\s+", "-", unicodedata.normalize("NFC", file.who).strip().casefold()).strip(".-")
    return name if len(_numbers_of_name(file, files)) == 1 and _is_id(name) else None


def _numbers_of_name(file: File, files: list[File]) -> set[str]:
    return {other.number for other in files if other.system == "moodle" and _letters(other.who) == _letters(file.who)}


# Reading a download --------------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(download: Path) -> Iterator[tuple[list[File], list[str]]]:
    """The notebooks of a download, readable inside the block, and the paths of what is none."""
    if download.is_dir():
        yield _sorted_out(_in_folder(download))
        return
    if not download.is_file():
        raise CourseError(f"{download} is neither a folder nor a file: name the folder or zip that you downloaded")
    try:
        archive = zipfile.ZipFile(download)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, OSError) as error:
        raise CourseError(f"{download} is no zip that can be read ({error}): download it again, or name the unpacked folder") from None
    with archive:
        yield _sorted_out(_in_zip(archive, download))


def _in_folder(folder: Path) -> Iterator[tuple[str, datetime, Callable[[], bytes]]]:
    count = total = 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or any(parent.is_symlink() for parent in path.parents if parent.is_relative_to(folder) and parent != folder):
            continue
        count += 1
        about = path.stat()
        total += about.st_size if path.suffix.lower() == ".ipynb" else 0
        _check_size(folder, count, total)

        def read(path: Path = path) -> bytes:
            with path.open("rb") as file:
                return _bounded(file, str(path))

        yield path.relative_to(folder).as_posix(), datetime.fromtimestamp(about.st_mtime), read


def _in_zip(archive: zipfile.ZipFile, download: Path) -> Iterator[tuple[str, datetime, Callable[[], bytes]]]:
    members = archive.infolist()
    total = 0
    for count, member in enumerate(members, 1):
        name = member.filename.replace("\\", "/")
        if not name:
            continue
        if name.startswith("/") or re.match(r"^[A-Za-z]:", name) or ".." in PurePosixPath(name).parts:
            raise CourseError(
                f"{download.name} holds the path {member.filename!r}, which leads out of its folder: no system makes such a zip, nothing was collected"
            )
        total += member.file_size if name.lower().endswith(".ipynb") else 0
        _check_size(download, count, total)
        if member.is_dir() or stat.S_ISLNK(member.external_attr >> 16):
            continue

        def read(member: zipfile.ZipInfo = member) -> bytes:
            try:
                with archive.open(member) as file:
                    return _bounded(file, member.filename)
            except (RuntimeError, UnicodeDecodeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
                raise CourseError(f"{download.name}: {member.filename!r} cannot be read ({error}): download it again, or name the unpacked folder") from None

        try:
            when = datetime(*member.date_time)
        except ValueError:  # a zip without dates
            when = datetime(1980, 1, 1)
        yield name, when, read


def _check_size(download: Path, count: int, total: int) -> None:
    if count > MOST:
        raise CourseError(f"{download.name} holds more than {MOST:,} files: that is no download of submissions, nothing was collected")
    if total > LARGEST_ALL:
        raise CourseError(f"the notebooks in {download.name} are larger than {LARGEST_ALL // MB:,} MB together: nothing was collected")


def _bounded(file: io.BufferedIOBase, name: str) -> bytes:
    """What a file holds, at most LARGEST bytes, whatever a zip says of its size."""
    data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise CourseError(f"{name!r} is larger than {LARGEST // MB} MB: no notebook is, take it out of the download and collect again")
    return data


def _sorted_out(found: Iterable[tuple[str, datetime, Callable[[], bytes]]]) -> tuple[list[File], list[str]]:
    files, ignored = [], []
    for path, when, read in found:
        parts = PurePosixPath(path).parts
        if not parts:
            continue
        if "__MACOSX" in parts or ".ipynb_checkpoints" in parts or parts[-1].startswith("."):
            continue
        file = _file(path, parts, when, read)
        if file is None or not file.name.lower().endswith(".ipynb"):
            ignored.append(path)
        else:
            files.append(file)
    return files, ignored


def _file(path: str, parts: tuple[str, ...], when: datetime, read: Callable[[], bytes]) -> File | None:
    """What the path of a file tells; None for one that no system named so."""
    for place, part in enumerate(parts):
        if match := _MOODLE.match(part):
            name = parts[-1] if place < len(parts) - 1 else match["file"] or ""
            age = int((when - datetime(1970, 1, 1)).total_seconds())
            who, number = match["name"], match["number"]
            if len(_MOODLES.findall(part)) > 1:  # learners name their files, some also themselves: of two people in one name, none is believed
                who = number = ""
            return File(path, "moodle", who, number, name, False, (age,), read)
    if match := _ANONYMOUS.match(parts[-1]) or _CANVAS.match(parts[-1]):
        who = match.groupdict().get("name") or match["user"]
        return File(path, "canvas", who, match["user"], match["file"], bool(match["late"]), (int(match["upload"]),), read)
    return None


# Laying into submitted/ ----------------------------------------------------------------------------------------------------------------


def _lay(root: Path, section: str, student: str, file: File, person: Person | None, record: dict[str, dict], dry_run: bool, replace: bool) -> Laid:
    """Lay one file into submitted/, unless what is there is the same or newer. The file that it replaces is moved away before."""
    folder = root / "submitted" / student / section
    target = folder / f"{section}.ipynb"
    data = file.read()
    digest = hashlib.sha256(data).hexdigest()
    backup = None
    last = record.get(student, {})
    same_system = last.get("system") == file.system
    if same_system and last.get("number", file.number) != file.number and not (person and _by_number(file, person)):
        fate = Fate.NAMESAKE
    elif not target.exists():
        fate = Fate.NEW
    else:
        there = hashlib.sha256(target.read_bytes()).hexdigest()
        if there == digest:
            fate = Fate.SAME
        elif last.get("digest") == there and same_system:
            order = tuple(last["order"])
            fate = Fate.REPLACED if order < file.order else Fate.EQUAL if order == file.order else Fate.KEPT
        else:
            fate = Fate.UNCLEAR
        if fate in (Fate.KEPT, Fate.EQUAL, Fate.UNCLEAR) and replace:
            fate = Fate.REPLACED
    if fate is Fate.REPLACED:
        backup = _backup_place(root, section, student)
    if not dry_run and fate in (Fate.NEW, Fate.REPLACED):
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{section}.ipynb.new"
        fresh.write_bytes(data)
        if backup:
            backup.mkdir(parents=True)
            _copy(target, backup / target.name)
            if (folder / "timestamp.txt").is_file():  # it is the time of the old file
                os.replace(folder / "timestamp.txt", backup / "timestamp.txt")
        os.replace(fresh, target)
    if not dry_run and fate in (Fate.NEW, Fate.REPLACED, Fate.SAME):
        record[student] = {"system": file.system, "number": file.number, "order": list(file.order), "path": file.path, "digest": digest, "late": file.late}
        _write_record(root, section, record)
    return Laid(student, file.path, fate, file.late, person is not None, backup)


def _check_place(root: Path, section: str, student: str) -> None:
    """A submission goes into its own folder below submitted/ and nowhere else."""
    _check_id(student)
    folder = root / "submitted" / student / section
    if folder.resolve() != (root / "submitted").resolve() / student / section or (folder / f"{section}.ipynb").is_symlink():
        raise CourseError(f"submitted/{student}/{section} is a link to elsewhere: remove it and collect again")
    for path in (folder.parent, folder):
        if path.exists() and not path.is_dir():
            raise CourseError(f"{path.relative_to(root)} is a file where a folder belongs: move it away and collect again")
    if (folder / f"{section}.ipynb").is_dir():
        raise CourseError(f"submitted/{student}/{section}/{section}.ipynb is a folder where a notebook belongs: move it away and collect again")


def _copy(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())
    about = source.stat()
    os.utime(target, ns=(about.st_atime_ns, about.st_mtime_ns))


def _backup_place(root: Path, section: str, student: str) -> Path:
    """A folder that is not there yet, named by the time."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H.%M.%S")
    folder = root / "collected" / section / "replaced" / student
    place, number = folder / now, 1
    while place.exists():
        number += 1
        place = folder / f"{now} {number}"
    return place


def _record_path(root: Path, section: str) -> Path:
    return root / "collected" / section / "record.json"


def _read_record(root: Path, section: str) -> dict[str, dict]:
    """Which download each submission came from, by student; a record that cannot be read is none, and then nothing is replaced unasked."""
    try:
        found = json.loads(_record_path(root, section).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {student: entry for student, entry in found.items() if _is_entry(entry)} if isinstance(found, dict) else {}


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("system", "digest")):
        return False
    order = entry.get("order")
    return isinstance(order, list) and all(isinstance(part, int) for part in order) and isinstance(entry.get("number", ""), str)


def _write_record(root: Path, section: str, record: dict[str, dict]) -> None:
    path = _record_path(root, section)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(record, indent=1, sort_keys=True))


def _enrol(root: Path, people: list[Person], dry_run: bool) -> list[str]:
    """Bring the roster into the gradebook: new students, and empty fields of those who are there. What is filled stays. Returns who changed."""
    changed = []
    held = {person.id: person for person in held_students(root)}
    wanted: dict[str, dict[str, str]] = {}
    for person in people:
        other = held.get(person.id, Person(person.id))
        fields = {"email": (person.email, other.email), "lms_user_id": (person.lms, other.lms)}
        wanted[person.id] = {key: value for key, (value, there) in fields.items() if value and not there} | _new_names(person, other)
        if wanted[person.id] or person.id not in held:
            changed.append(person.id)
    if changed and not dry_run:
        with _gradebook(root) as gradebook:
            rows = {row.id: row for row in gradebook.db.query(Student).filter(Student.id.in_(changed))}
            for student in changed:
                row = rows.get(student)
                if row is None:
                    row = Student(id=student)
                    gradebook.db.add(row)
                for key, value in wanted[student].items():
                    setattr(row, key, value)
            try:
                gradebook.db.commit()
            except BaseException:
                gradebook.db.rollback()
                raise
    return sorted(changed)


def _new_names(person: Person, held: Person) -> dict[str, str]:
    """The names that a roster sets in the gradebook: all or none, and both where one field holds the full name, as of a worksheet, or a part of it."""
    if not held.first and not held.last:
        return {key: value for key, value in (("first_name", person.first), ("last_name", person.last)) if value}
    words, there = set(_letters(person.first, person.last).split()), set(_letters(held.first, held.last).split())
    one_field = not held.first or not held.last or _letters(held.first) == _letters(person.first, person.last)
    split = person.first and person.last and one_field and there and there <= words
    return {"first_name": person.first, "last_name": person.last} if split else {}
