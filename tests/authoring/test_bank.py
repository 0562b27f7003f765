import textwrap

import pytest

from course.authoring import bank
from course.authoring.bank import read, right, wrong
from course.checks.run import define
from course.paths import CourseError

FORM = '''\
"""Answers to `twice`: right and wrong."""

import functools
import math as m
from course.authoring.bank import right, wrong

STEP = 2


@functools.lru_cache
def step():
    """A small function of all answers."""
    return STEP


@right("multiplied")
def twice(x):
    # a comment that stays
    return step() * x


@wrong("this is the square")
def twice(x):
    return m.pow(x, 2)


@right(
    "added, over two lines"
)
def twice(x):

    return x + x
'''


def write(folder, text, name="twice"):
    path = folder / f"{name}.py"
    path.write_text(textwrap.dedent(text))
    return path


def test_answers_are_read_in_order_with_their_marks(tmp_path):
    answers = read(write(tmp_path, FORM))
    assert [(answer.exercise, answer.right, answer.label) for answer in answers] == [
        ("twice", True, "multiplied"),
        ("twice", False, "this is the square"),
        ("twice", True, "added, over two lines"),
    ]


def test_each_answer_is_a_solution_cell_with_all_that_is_shared(tmp_path):
    answers = read(write(tmp_path, FORM))
    assert [define(answer.code, "twice", {})(3) for answer in answers] == [6, 9, 6]
    for answer in answers:
        assert answer.code.count("def twice") == 1 and answer.code.endswith("\n")
        assert "course.authoring" not in answer.code and "Answers to" not in answer.code and "@right" not in answer.code
        assert "import functools\n" in answer.code and "@functools.lru_cache\ndef step" in answer.code
    assert "# a comment that stays" in answers[0].code


def test_an_answer_needs_nothing_shared(tmp_path):
    (answer,) = read(write(tmp_path, "@right('alone')\ndef twice(x):\n    return 2 * x\n"))
    assert answer.code == "def twice(x):\n    return 2 * x\n"


def test_an_empty_file_holds_no_answers(tmp_path):
    assert read(write(tmp_path, '"""Nothing yet."""\n')) == []


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("x = 1\ndef twice(x:\n", 2, "syntax error in the answer bank"),
        ("@right('a')\ndef twice(x): return 2 * x\n\n@wrong('b')\ndef thrice(x): return 3 * x\n", 5, "the answer defines thrice; it must define twice"),
        ("def twice(x): return 2 * x\n", 1, "an answer has no mark; put @right"),
        ("@right\ndef twice(x): return 2 * x\n", 2, "an answer has no mark; put @right"),
        ("@right()\ndef twice(x): return 2 * x\n", 2, "@right has no text"),
        ("@wrong('')\ndef twice(x): return 2 * x\n", 2, "@wrong has no text"),
        ("@wrong(f'{1}')\ndef twice(x): return 2 * x\n", 2, "@wrong has no text"),
        ("@wrong(3)\ndef twice(x): return 2 * x\n", 2, "@wrong has no text"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_line(text, line, problem, tmp_path):
    with pytest.raises(CourseError) as caught:
        read(write(tmp_path, text))
    assert str(caught.value).startswith(f"twice.py:{line}: {problem}")


def test_marks_leave_a_function_as_it_is():
    assert right("a")(len) is len and wrong("b")(len) is len


def test_the_bank_of_a_section_stands_with_the_tests(tmp_path):
    assert bank.folder(tmp_path, "01-x") == tmp_path / "tests" / "answers" / "01-x"
