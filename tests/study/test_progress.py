import json
import os
from types import SimpleNamespace

import pytest

from course.checks.model import CellResult, Outcome, Section
from course.study import progress
from course.study.progress import Record, attempt, load, save, standing, workspace


def cells(*points):
    return [CellResult(f"x-{i}", "x", p, 2.0, Outcome.PASSED if p else Outcome.WRONG) for i, p in enumerate(points)]


def untouched(count=2):
    return [CellResult(f"x-{i}", "x", 0.0, 2.0, Outcome.NOT_ATTEMPTED) for i in range(count)]


def file_of(work, exercise="x"):
    return work / ".course" / "progress" / "01-tiny" / f"{exercise}.json"


def test_nothing_kept_is_an_empty_record(tmp_path):
    assert load(tmp_path, "01-tiny", "x") == Record()
    assert list(tmp_path.iterdir()) == []


def test_what_is_saved_is_loaded(tmp_path):
    record = Record(attempts=3, best=2.5, last=1.0, points=4.0, hints=2, solution=True)
    save(tmp_path, "01-tiny", "x", record)
    assert load(tmp_path, "01-tiny", "x") == record and record.updated
    assert load(tmp_path, "01-tiny", "y") == load(tmp_path, "02-tiny", "x") == Record()


def test_exercises_are_kept_apart(tmp_path):
    save(tmp_path, "01-tiny", "x", Record(attempts=1))
    before = file_of(tmp_path).read_bytes()
    save(tmp_path, "01-tiny", "y", Record(attempts=2))
    assert file_of(tmp_path).read_bytes() == before
    assert sorted(path.name for path in file_of(tmp_path).parent.iterdir()) == ["x.json", "y.json"]


def test_an_attempt_keeps_the_best_and_the_last(tmp_path):
    for points in ([2, 0], [2, 2], [0, 0]):
        record = attempt(tmp_path, "01-tiny", "x", iter(cells(*points)), 4.0)
    assert record == load(tmp_path, "01-tiny", "x")
    assert (record.attempts, record.best, record.last, record.points) == (3, 4, 0, 4)


def test_an_untouched_stub_is_no_attempt(tmp_path):
    assert attempt(tmp_path, "01-tiny", "x", untouched(), 4.0).attempts == 0
    assert not file_of(tmp_path).exists()
    assert attempt(tmp_path, "01-tiny", "x", [*untouched(1), *cells(0)], 4.0).attempts == 1


def test_an_attempt_leaves_hints_and_solution_alone(tmp_path):
    save(tmp_path, "01-tiny", "x", Record(hints=2, solution=True))
    attempt(tmp_path, "01-tiny", "x", cells(2), 2.0)
    record = load(tmp_path, "01-tiny", "x")
    assert (record.hints, record.solution, record.attempts) == (2, True, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b"3",
        b'"attempts"',
        b'["attempts"]',
        b'{"attempts": "many"}',
        b'{"attempts": null}',
        b'{"attempts": [1]}',
        b'{"attempts": Infinity}',
        b'{"hints": NaN}',
        b'{"attempts": -1}',
        b'{"hints": -1}',
        *(b'{"attempts": 1, "%s": %s}' % (name, value) for name in (b"best", b"last", b"points") for value in (b"NaN", b'"nan"', b"Infinity", b"-5")),
        b"[" * 100_000,
    ],
    ids=lambda content: repr(content[:30]),
)
def test_a_damaged_file_counts_as_none_and_is_replaced(content, tmp_path):
    file_of(tmp_path).parent.mkdir(parents=True)
    file_of(tmp_path).write_bytes(content)
    assert load(tmp_path, "01-tiny", "x") == Record()
    attempt(tmp_path, "01-tiny", "x", cells(2), 2.0)
    assert json.loads(file_of(tmp_path).read_bytes())["attempts"] == 1


@pytest.mark.parametrize(("best", "solved", "reached"), [(5.0, 1, 3.0), (3.0, 1, 3.0), (2.5, 0, 2.5)])
def test_points_above_those_of_the_release_count_as_all_of_them(best, solved, reached, tmp_path):
    save(tmp_path, "01-tiny", "x", Record(attempts=1, best=best, points=5.0))
    found = standing(tmp_path, Section("01-tiny", "Tiny", {"x": SimpleNamespace(points=3.0)}, ()))
    assert (found.solved, found.reached, found.records["x"].best) == (solved, reached, reached)
    assert load(tmp_path, "01-tiny", "x").best == best


def test_a_file_of_another_version_is_read_as_far_as_it_goes(tmp_path):
    file_of(tmp_path).parent.mkdir(parents=True)
    file_of(tmp_path).write_text('{"attempts": 4, "best": 3, "colour": "red"}')
    assert load(tmp_path, "01-tiny", "x") == Record(attempts=4, best=3.0)


def test_a_folder_in_place_of_the_file_counts_as_none(tmp_path):
    file_of(tmp_path).mkdir(parents=True)
    assert load(tmp_path, "01-tiny", "x") == Record()


def test_a_save_that_fails_leaves_the_old_record_and_no_litter(tmp_path, monkeypatch):
    save(tmp_path, "01-tiny", "x", Record(attempts=1))

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError):
        save(tmp_path, "01-tiny", "x", Record(attempts=2))
    assert load(tmp_path, "01-tiny", "x").attempts == 1
    assert [path.name for path in file_of(tmp_path).parent.iterdir()] == ["x.json"]


def test_the_workspace_is_named_or_found_upwards(tmp_path, monkeypatch):
    deep = tmp_path / "work" / "01-tiny"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    above = [folder for folder in tmp_path.parents if (folder / progress.FOLDER).is_dir()]  # a learner's own, on this machine
    assert workspace() == (above[0] if above else deep)
    (tmp_path / "work" / progress.FOLDER).mkdir()
    assert workspace() == tmp_path / "work"
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "other"))
    assert workspace() == tmp_path / "other"
