import itertools
import re
import textwrap

import jupytext
import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.authoring.source import dumps, function_names, grade_id, read, to_notebook, to_text
from course.checks.model import role_of
from course.paths import CourseError

TEXT = textwrap.dedent('''\
    # %% [markdown]
    # # Title

    # %% locked="setup"
    import numpy as np

    # %%
    # %matplotlib inline
    np.arange(3)

    # %% [markdown] statement="alpha" level="core"
    # ### `alpha`: the first
    #
    # Write `alpha(x)`.

    # %% solution="alpha"
    def alpha(x):
        """The first."""
        ### BEGIN SOLUTION
        return x + 1
        ### END SOLUTION


    # %% [markdown] hint="alpha"
    # Add one.

    # %% test="alpha" name="value" points=2
    """One more."""
    assert alpha(1) == 2, f"{alpha(1)} came, 2 was expected"
    ### BEGIN HIDDEN TESTS
    assert alpha(5) == 6, "6 was expected"
    ### END HIDDEN TESTS

    # %% test="alpha" name="edges" points=1
    """Nothing at all."""
    assert alpha(0) == 1, "1 was expected"

    # %% [markdown] explain="alpha"
    # One more is one more.

    # %% [markdown]
    # The end.
    ''')

# what is put in place of what, text of the line that the message points to, the problem, the remedy
ERRORS = {
    "unknown marker": ('solution="alpha"', 'solutoin="alpha"', 'solutoin="alpha"', "unknown marker 'solutoin'", "the markers are statement, solution"),
    "unknown key": (
        'name="edges" points=1',
        'name="edges" points=1 weight=2',
        "weight=2",
        "unknown marker 'weight' on a test cell",
        "it takes name, points, test",
    ),
    "key of another role": ('hint="alpha"', 'hint="alpha" level="core"', 'hint="alpha"', "unknown marker 'level' on a hint cell", "it takes hint"),
    "bad id": ('locked="setup"', 'locked="Set up"', 'locked="Set up"', "locked='Set up' is no id", "lower-case words joined by underscores"),
    "code for markdown": ('# %% [markdown] hint="alpha"', '# %% hint="alpha"', 'hint="alpha"', "a hint cell is markdown", "write '# %% [markdown] ...'"),
    "markdown for code": ('# %% solution="alpha"', '# %% [markdown] solution="alpha"', 'solution="alpha"', "a solution cell is code", "without [markdown]"),
    "no level": (' level="core"', "", 'statement="alpha"', "the statement of alpha has no level", 'level="core" or level="stretch"'),
    "bad level": ('level="core"', 'level="easy"', 'level="easy"', "the statement of alpha has no level", 'level="core" or level="stretch"'),
    "no heading": ("# ### `alpha`: the first", "# alpha, the first", 'statement="alpha"', "the statement of alpha has no heading", "open it with '### `id`"),
    "test without name": (' name="edges"', "", 'test="alpha" points=1', "a test of alpha has no name", 'add name="value"'),
    "test name of two words": ('name="edges"', 'name="bad input"', 'name="bad input"', "a test of alpha has no name", 'add name="value"'),
    "test without points": (" points=1", "", 'name="edges"', "a test of alpha has no points", "add points=1"),
    "test with zero points": ("points=1", "points=0", 'name="edges"', "a test of alpha has no points", "add points=1"),
    "points in words": ("points=1", 'points="one"', 'name="edges"', "a test of alpha has no points", "add points=1"),
    "test without docstring": (
        '"""Nothing at all."""',
        "zero = 0",
        'name="edges"',
        "a test of alpha has no docstring",
        "open the cell with a line that says what it checks",
    ),
    "assertion without message": (', "1 was expected"', "", "assert alpha(0) == 1", "assertion without message", "say what came and what was expected"),
    "hidden assertion without message": (', "6 was expected"', "", "assert alpha(5) == 6", "assertion without message", "say what came"),
    "solution left open": ("    ### END SOLUTION\n", "", 'solution="alpha"', "BEGIN SOLUTION is left open", "add '### END SOLUTION'"),
    "solution nested": (
        "    return x + 1",
        "    ### BEGIN SOLUTION  # again\n    return x + 1",
        "# again",
        "BEGIN SOLUTION inside an open one",
        "close the first by '### END SOLUTION'",
    ),
    "solution not opened": ("    ### BEGIN SOLUTION\n", "", "### END SOLUTION", "END SOLUTION without a begin", "add '### BEGIN SOLUTION'"),
    "solution missing": (
        "    ### BEGIN SOLUTION\n    return x + 1\n    ### END SOLUTION",
        "    return x + 1",
        'solution="alpha"',
        "the solution of alpha has no solution region",
        "put '### BEGIN SOLUTION' and '### END SOLUTION' around it",
    ),
    "solution in a lesson": (
        "np.arange(3)",
        "### BEGIN SOLUTION\n### END SOLUTION",
        "### BEGIN SOLUTION",
        "BEGIN SOLUTION in a lesson cell",
        "it belongs in a solution cell",
    ),
    "hidden test left open": ("### END HIDDEN TESTS\n", "", 'name="value"', "BEGIN HIDDEN TESTS is left open", "add '### END HIDDEN TESTS'"),
    "hidden test not opened": ("### BEGIN HIDDEN TESTS\n", "", "### END HIDDEN", "END HIDDEN TESTS without a begin", "add '### BEGIN HIDDEN TESTS'"),
    "hidden test in a lesson": (
        "np.arange(3)",
        "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS",
        "### BEGIN HIDDEN",
        "BEGIN HIDDEN TESTS in a lesson cell",
        "it belongs in a test cell",
    ),
    "wrong function name": ("def alpha(x)", "def beta(x)", 'solution="alpha"', "the solution of alpha defines beta", "define one function, alpha"),
    "two functions": (
        "### END SOLUTION\n",
        "### END SOLUTION\n\n\ndef more():\n    pass\n",
        'solution="alpha"',
        "the solution of alpha defines alpha, more",
        "define one function, alpha",
    ),
    "no function": ("def alpha(x):", "class alpha:", 'solution="alpha"', "the solution of alpha defines no function", "define one function, alpha"),
    "syntax error": ("return x + 1", "return x +", "return x +", "syntax error: invalid syntax", "mend the Python of this cell"),
    "syntax error in a lesson": ("np.arange(3)", "np.arange(3", "np.arange(3", "syntax error: '(' was never closed", "mend the Python of this cell"),
    "magic in a solution": ("    return x + 1", "    %time x\n    y =", "    y =", "syntax error: invalid syntax", "mend the Python of this cell"),
    "no title": ("# # Title", "# Title", "# %% [markdown]", "the notebook has no title", "starts with '# '"),
    "two tests of one name": (
        'name="edges"',
        'name="value"',
        'name="value" points=1',
        "test 'alpha-value' stands already at line 27",
        "give one of the two another id",
    ),
    "locked cell named as an exercise": (
        'locked="setup"',
        'locked="alpha"',
        'solution="alpha"',
        "solution 'alpha' stands already at line 4",
        "give one of the two another id",
    ),
}


def write(folder, text, bank=("alpha",)):
    answers = folder / "bank"
    answers.mkdir()
    for name in bank:
        (answers / f"{name}.py").write_text("")
    path = folder / "07-x.py"
    path.write_text(text)
    return path, answers


def errors(folder, text, bank=("alpha",)):
    with pytest.raises(CourseError) as caught:
        read(*write(folder, text, bank))
    return str(caught.value).splitlines()


def line_of(text, part):
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def notebook_of(folder, text):
    path = folder / "07-x.py"
    path.write_text(text)
    return to_notebook(read(path), "07-x")


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_has_file_line_and_remedy(case, tmp_path):
    old, new, place, problem, remedy = ERRORS[case]
    assert TEXT.count(old) >= 1
    head, tail = TEXT.rsplit(old, 1) if old in (" points=1", "points=1") else TEXT.split(old, 1)
    text = head + new + tail
    found = errors(tmp_path, text)
    (line,) = [line for line in found if problem in line]
    assert line.startswith(f"07-x.py:{line_of(text, place)}: {problem}")
    assert remedy in line.partition("; ")[2]


@pytest.mark.parametrize("role", ["statement", "solution", "hint", "test", "explain"])
def test_an_exercise_without_one_of_its_cells(role, tmp_path):
    text = re.sub(rf'^# %%[^\n]*{role}="alpha".*?(?=^# %%)', "", TEXT, flags=re.DOTALL | re.MULTILINE)
    first = line_of(text, '="alpha"')
    assert errors(tmp_path, text) == [f'07-x.py:{first}: exercise alpha has no {role} cell; add one with {role}="alpha"']


def test_cells_out_of_order(tmp_path):
    hint = '# %% [markdown] hint="alpha"\n# Add one.\n\n'
    text = TEXT.replace(hint, "").replace("# %% [markdown] explain", hint + "# %% [markdown] explain")
    assert errors(tmp_path, text) == [
        f"07-x.py:{line_of(text, 'statement=')}: the cells of alpha are out of order; write statement, solution, hints, tests, explain"
    ]


def test_two_exercises_with_one_id(tmp_path):
    exercise = TEXT[TEXT.index("# %% [markdown] statement") : TEXT.index("# %% [markdown]\n# The end.")]
    text = TEXT + "\n" + exercise
    second = len(TEXT.splitlines()) + 2
    found = errors(tmp_path, text)
    assert f"07-x.py:{second}: statement 'alpha-statement' stands already at line 11; give one of the two another id" in found
    assert any("solution 'alpha' stands already at line 16" in line for line in found)


def test_an_exercise_without_an_entry_in_the_bank(tmp_path):
    assert errors(tmp_path, TEXT, bank=["beta"]) == ["07-x.py:11: exercise alpha has no entry in the answer bank; write tests/answers/bank/alpha.py"]
    assert read(tmp_path / "07-x.py")


def test_text_before_the_first_cell(tmp_path):
    found = errors(tmp_path, "import os\n\n" + TEXT)
    assert len(found) == 1 and found[0].startswith("07-x.py:1: text stands before the first cell") and "open each cell with its own" in found[0]


def test_an_empty_text_has_no_title(tmp_path):
    assert errors(tmp_path, "") == ["07-x.py:1: the notebook has no title; open it with a markdown cell that starts with '# '"]


def test_all_errors_are_told_at_once(tmp_path):
    text = TEXT
    for case in ("unknown key", "bad level", "test without docstring", "solution left open", "syntax error in a lesson", "no title"):
        text = text.replace(ERRORS[case][0], ERRORS[case][1], 1)
    found = errors(tmp_path, text, bank=[])
    assert len(found) == 7
    for problem in ("weight", "no level", "no docstring", "left open", "never closed", "no title", "answer bank"):
        assert sum(problem in line for line in found) == 1


def test_a_sound_text_is_read(tmp_path):
    cells = read(*write(tmp_path, TEXT))
    assert [cell.role for cell in cells] == ["lesson", "locked", "lesson", "statement", "solution", "hint", "test", "test", "explain", "lesson"]
    assert [cell.line for cell in cells] == [number for number, line in enumerate(TEXT.splitlines(), 1) if line.startswith("# %%")]
    assert [grade_id(cell) for cell in cells if grade_id(cell)] == ["setup", "alpha-statement", "alpha", "alpha-value", "alpha-edges"]
    assert cells[6].keys == {"test": "alpha", "name": "value", "points": 2}


def test_text_to_notebook_to_text_is_the_identity(tmp_path, tiny):
    assert to_text(notebook_of(tmp_path, TEXT)) == TEXT
    tiny_text = (tiny / "source/01-tiny/01-tiny.py").read_text()
    assert to_text(notebook_of(tmp_path, tiny_text)) == tiny_text


def test_the_round_trip_survives_the_file_format(tmp_path):
    text = nbformat.reads(dumps(notebook_of(tmp_path, TEXT)), as_version=4)
    assert to_text(text) == TEXT


prose = st.lists(st.from_regex(r"[A-Za-z0-9*_|$\\<>.,:;!?()\[\]{}'\"`=+/-][A-Za-z0-9 *|$.,]{0,20}[a-z.]", fullmatch=True), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(st.lists(prose, min_size=1, max_size=3), st.integers(0, 3))
def test_the_round_trip_keeps_any_prose(tmp_path_factory, cells, blank):
    folder = tmp_path_factory.getbasetemp()
    body = "".join("\n# %% [markdown]\n" + "".join(f"# {line}\n" + "#\n" * blank for line in lines) + "# end\n" for lines in cells)
    text = TEXT + body
    assert to_text(notebook_of(folder, text)) == text


@pytest.mark.parametrize("magic", ["%matplotlib inline", "%precision 3", "%load_ext course", "!ls", "%check alpha"])
def test_magics_survive(magic, tmp_path):
    text = TEXT.replace("%matplotlib inline", magic)
    notebook = notebook_of(tmp_path, text)
    assert notebook.cells[2].source.splitlines()[0] == magic
    assert to_text(notebook) == text


def test_the_notebook_is_valid_and_belongs_to_its_section(tmp_path):
    notebook = notebook_of(tmp_path, TEXT)
    nbformat.validate(notebook)
    assert notebook.metadata.course.section == "07-x"
    assert notebook.metadata.kernelspec.name == "python3"


def test_nbgrader_is_told_what_each_cell_is(tmp_path):
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook_of(tmp_path, TEXT).cells if "nbgrader" in cell.metadata}
    told = {name: (cell.metadata.nbgrader.locked, cell.metadata.nbgrader.solution, cell.metadata.nbgrader.get("points")) for name, cell in cells.items()}
    assert told == {
        "setup": (True, False, None),
        "alpha-statement": (True, False, None),
        "alpha": (False, True, None),
        "alpha-value": (True, False, 2),
        "alpha-edges": (True, False, 1),
    }
    assert [name for name, cell in cells.items() if "raises-exception" in cell.metadata.get("tags", [])] == ["alpha-value", "alpha-edges"]


def test_a_check_cell_stands_behind_each_solution(tiny):
    cells = nbformat.read(tiny / "source/01-tiny/01-tiny.ipynb", as_version=4).cells
    behind = [(before.id, after.source, after.id) for before, after in itertools.pairwise(cells) if before.metadata.get("course", {}).get("role") == "solution"]
    assert behind == [("share", "%check share", "check-share"), ("middle", "%check middle", "check-middle")]


@pytest.mark.parametrize(("level", "points", "badge"), [("core", "2", "core · 3 points"), ("stretch", "0.5", "stretch · 1.5 points")])
def test_the_badge_says_level_points_and_commands(level, points, badge, tmp_path):
    text = TEXT.replace('"core"', f'"{level}"').replace("points=2", f"points={points}")
    statement = next(cell for cell in notebook_of(tmp_path, text).cells if cell.id == "alpha-statement").source
    assert statement.splitlines()[:5] == ["### `alpha`: the first", "", f"*{badge} · `%check alpha` · `%hint alpha`*", "", "Write `alpha(x)`."]


def test_the_badge_of_one_point_is_singular(tmp_path):
    text = TEXT.replace("points=2", "points=0.5").replace("points=1", "points=0.5")
    assert "*core · 1 point · " in dumps(notebook_of(tmp_path, text))


def test_a_collapsed_cell_hides_its_source(tmp_path):
    notebook = notebook_of(tmp_path, TEXT.replace("# %%\n# %matplotlib", "# %% collapsed=true\n# %matplotlib"))
    folded = [cell.id for cell in notebook.cells if cell.metadata.get("jupyter", {}).get("source_hidden") and role_of(cell).get("role") != "test"]
    assert folded == [notebook.cells[2].id]


def test_cell_ids_are_unique_and_the_same_each_time(tmp_path):
    text = TEXT + "\n# %% [markdown]\n# The end.\n" * 2
    first, second = ([cell.id for cell in notebook_of(tmp_path, text).cells] for _ in range(2))
    assert first == second and len(set(first)) == len(first)
    assert {"setup", "alpha", "alpha-statement", "check-alpha", "alpha-value", "alpha-edges"} <= set(first)


def test_an_edit_changes_the_id_of_no_other_cell(tmp_path):
    before = [cell.id for cell in notebook_of(tmp_path, TEXT).cells]
    edited = TEXT.replace("np.arange(3)", "np.arange(4)").replace("Add one.", "Add 1.").replace("return x + 1", "return 1 + x")
    after = [cell.id for cell in notebook_of(tmp_path, edited).cells]
    assert [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == [2, 6]
    longer = TEXT.replace('# %% locked="setup"', '# %% [markdown]\n# A new cell.\n\n# %% locked="setup"')
    with_more = [cell.id for cell in notebook_of(tmp_path, longer).cells]
    assert with_more[:1] + with_more[2:] == before


def test_dumps_ends_with_one_newline_and_does_not_depend_on_the_order_of_keys(tmp_path):
    notebook = notebook_of(tmp_path, TEXT)
    text = dumps(notebook)
    assert text.endswith("}\n") and not text.endswith("\n\n")
    notebook.metadata = nbformat.from_dict(dict(reversed(notebook.metadata.items())))
    assert dumps(notebook) == text


def test_the_text_is_plain_py_percent(tmp_path):
    assert len(jupytext.reads(TEXT, fmt="py:percent").cells) == len(read(*write(tmp_path, TEXT)))


def test_function_names_are_those_at_the_top_level():
    assert function_names("def a():\n    def b(): pass\n\nclass C:\n    def d(self): pass\n\ndef e(): pass\nf = lambda: 1") == ["a", "e"]
