from dataclasses import replace
from xml.etree import ElementTree

import pytest

from course.checks.model import Section
from course.paths import notebook
from course.study import progress
from course.study.home import HOME, PICTURE, upcoming, write_home
from course.study.progress import Record, Standing


@pytest.fixture
def work(tiny):
    (tiny / "work").mkdir()
    return tiny / "work"


def page(work):
    write_home(work)
    return (work / HOME).read_text(encoding="utf-8")


def keep(work, exercise, when, **values):
    record = Record(**values)
    progress.save(work, "01-tiny", exercise, record)
    path = work / ".course" / "progress" / "01-tiny" / f"{exercise}.json"
    path.write_text(path.read_text().replace(record.updated, when))


def test_a_new_page_lists_the_sections_with_links(work):
    text = page(work)
    assert "| 01 | [Tiny](01-tiny/01-tiny.ipynb) |  | 0 of 2 | 0 of 4.5 |" in text
    assert "Continue" not in text and "Weakest" not in text and "**Start:** [Tiny](01-tiny/01-tiny.ipynb)\n" in text


def test_progress_is_counted(work):
    keep(work, "share", "2026-01-01", attempts=2, best=3.0)
    keep(work, "middle", "2026-01-01", attempts=1, best=0.5)
    assert "| 1 of 2 | 3.5 of 4.5 |" in page(work)


def test_a_solved_section_has_a_full_bar_and_nothing_to_continue(work):
    keep(work, "share", "2026-01-01", attempts=1, best=3.0)
    keep(work, "middle", "2026-01-02", attempts=1, best=1.5)
    text = page(work)
    assert "| 2 of 2 | 4.5 of 4.5 |" in text and "Continue" not in text


@pytest.mark.parametrize(
    ("share", "middle", "shown"),
    [
        ({"attempts": 1, "best": 1.0}, {"hints": 1}, "share"),  # a hint alone is no beginning
        ({"attempts": 1, "best": 1.0}, {"attempts": 1}, "middle"),
        ({"attempts": 1, "best": 3.0}, {}, "middle"),
        ({}, {"attempts": 1, "best": 1.5}, "share"),
    ],
)
def test_what_was_tried_last_is_to_continue_and_then_what_comes_next(share, middle, shown, work):
    keep(work, "share", "2026-01-01", **share)
    keep(work, "middle", "2026-01-02", **middle)
    assert f"**Continue:** [{shown} in Tiny](01-tiny/01-tiny.ipynb#cell-id={shown}-statement)\n" in page(work)


def test_core_exercises_come_first_and_the_next_section_after_them(tiny):
    first = Section.read(notebook(tiny, "01-tiny"))
    standings = [(replace(first, name=name, title=name), Standing({key: Record() for key in first.exercises}, 0.0, 0)) for name in ("01-a", "02-b")]
    assert upcoming(standings) == (standings[0][0], "share")
    standings[1][1].records["share"] = Record(attempts=1, best=3.0)
    assert upcoming(standings) == (standings[0][0], "share")
    standings[0][1].records["share"] = Record(attempts=1, best=3.0)
    assert upcoming(standings) == (standings[1][0], "middle")


def test_a_page_that_is_right_is_not_written_again(work):
    page(work)
    before = (work / HOME).stat().st_mtime_ns
    write_home(work)
    assert (work / HOME).stat().st_mtime_ns == before


@pytest.mark.parametrize("content", [b"", b"old", b"\xff\xfe"])
def test_another_page_is_replaced(content, work):
    expected = page(work)
    (work / HOME).write_bytes(content)
    assert page(work) == expected


def test_a_folder_that_is_not_there_is_an_os_error(tiny):
    with pytest.raises(OSError):
        write_home(tiny / "nowhere")


def test_the_weakest_are_those_tried_most_without_success(work):
    keep(work, "share", "2026-01-01", attempts=2, best=1.0)
    assert "**Weakest so far:**\n\n- [share in Tiny](01-tiny/01-tiny.ipynb#cell-id=share-statement)\n" in page(work)
    keep(work, "middle", "2026-01-01", attempts=5, best=0.5)
    assert "- [middle in Tiny](01-tiny/01-tiny.ipynb#cell-id=middle-statement)\n\n- [share in Tiny]" in page(work)
    keep(work, "middle", "2026-01-01", attempts=6, best=1.5)
    assert "middle" not in page(work)


def test_the_time_of_a_section_is_what_its_title_cell_says(tiny, work):
    release = tiny / "source/01-tiny/01-tiny.ipynb"
    text = release.read_text().replace("just large enough", "reading takes about 40 minutes, the *core* exercises about 90; just large enough")
    release.write_text(text)
    assert "| 2 h 10 min |" in page(work)


def test_the_picture_shows_the_share_of_each_section_and_says_it_in_words(work):
    keep(work, "share", "2026-01-01", attempts=2, best=2.25)
    text = page(work)
    svg = ElementTree.parse(work / PICTURE).getroot()
    assert svg.get("aria-label") == "Your progress: 2.25 of 4.5 points, 0 of 2 exercises solved"
    ground, done = [float(bar.get("width")) for bar in svg.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert done == pytest.approx(ground / 2)
    assert f"![Your progress: 2.25 of 4.5 points, 0 of 2 exercises solved]({PICTURE})" in text
