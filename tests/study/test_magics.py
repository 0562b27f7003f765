import shutil
import signal
import sys

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from course.grading.sandbox import Limits
from course.study import magics, progress
from course.study.workspace import prepare

GOOD = "def share(part, whole):\n    if whole == 0:\n        raise ValueError\n    return part / whole"
WRONG = "def share(part, whole):\n    return whole / part"
STUB = "def share(part, whole):\n    raise NotImplementedError()"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        InteractiveShell.clear_instance()
        shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
        shell.run_line_magic("load_ext", "course")
        yield shell
        InteractiveShell.clear_instance()


@pytest.fixture
def work(tiny, monkeypatch):
    monkeypatch.setenv("COURSE_WORK", str(tiny / "work"))
    return prepare(tiny)


@pytest.fixture
def say(kernel, work):
    """A function that runs a cell and returns what it showed, as plain text."""
    kernel.user_ns.pop("share", None)

    def run(cell):
        with capture_output() as shown:
            assert kernel.run_cell(cell).success
        assert not shown.stderr
        for output in shown.outputs:
            assert "text/html" in output.data or output.data["text/markdown"] == output.data["text/plain"]
        return "\n".join([shown.stdout, *(output.data["text/plain"] for output in shown.outputs)]).strip()

    return run


def record(work, exercise="share"):
    return progress.load(work, "01-tiny", exercise)


def without_source(root):
    shutil.rmtree(root / "source")


def test_check_of_a_right_answer_gives_all_points(say, work):
    say(GOOD)
    text = say("%check share")
    assert text.splitlines()[:2] == ["share: 3 of 3 points", "  All checks pass."]
    assert "passed         The share of the example, then of other numbers. 2 of 2" in text
    assert (record(work).attempts, record(work).best, record(work).points) == (1, 3, 3)


def test_check_of_a_wrong_answer_names_the_mistake(say, work):
    say(WRONG)
    text = say("%check share")
    assert text.startswith("share: 0 of 3 points") and "All checks pass" not in text
    assert "the share of 1 in 4: this is the whole divided by the part. You returned 4; about 0.25 was expected." in text
    assert text.endswith("Explained in: Shares")
    assert (record(work).attempts, record(work).best) == (1, 0)


def test_check_runs_hidden_tests_too(say):
    say("def share(part, whole):\n    return 0.25")
    text = say("%check share")
    assert "the share of two drawn numbers" in text and "a whole of zero" in text


def test_check_follows_the_live_definition_and_keeps_the_best(say, work):
    say(GOOD)
    say("%check share")
    say(WRONG)
    assert say("%check share").startswith("share: 0 of 3 points")
    assert (record(work).attempts, record(work).best, record(work).last) == (2, 3, 0)


def test_check_of_an_untouched_stub_is_not_attempted(say, work):
    say(STUB)
    assert say("%check share") == "share: 0 of 3 points\n  Not attempted yet: write your function and run its cell."
    assert record(work).attempts == 0


@pytest.mark.parametrize("before", ["", "share = 3"])
def test_check_of_an_undefined_function_says_to_run_its_cell(before, say, work):
    say(before)
    assert say("%check share") == "share is not defined\n  Run the cell that defines share (in 01-tiny) first, then %check again."


def test_a_cell_that_did_not_run_is_told_and_the_version_before_it_is_not_checked(say, work, kernel):
    say(GOOD)
    with capture_output():
        assert not kernel.run_cell("def share(part, whole:\n    return 1").success
    assert say("%check share").startswith("The cell of share did not run\n  SyntaxError: ")
    assert record(work).attempts == 0
    say(GOOD)
    assert "All checks pass." in say("%check share")


def test_a_cell_that_raised_before_it_defined_anything_is_told_too(say, work, kernel):
    say(GOOD)
    with capture_output():
        assert not kernel.run_cell("def share(part: Missing, whole):\n    return 1").success
    text = say("%check share")
    assert text.startswith("The cell of share did not run\n  NameError: name 'Missing' is not defined.") and "Run All Above" in text
    with capture_output():
        assert not kernel.run_cell(f"{GOOD}\n\n\nprint(1 / 0)").success
    assert "All checks pass." in say("%check share")


def test_a_function_that_needs_cells_which_were_not_run_is_no_attempt(say, work):
    say("def share(part, whole):\n    return draw(1)[0]")
    assert say("%check share") == "share needs cells that were not run\n  Choose Run > Run All Above Selected Cell, then %check again."
    say("def share(part, whole):\n    return nothing_of_this_name")
    assert "`share` raised NameError in line 2 of the cell: name 'nothing_of_this_name' is not defined" in say("%check share")
    assert record(work).attempts == 1


def test_a_loop_without_end_is_stopped_as_the_grader_would(say, work, monkeypatch):
    monkeypatch.setattr(magics, "LIMITS", Limits(cell_seconds=0.2))
    say("def share(part, whole):\n    while True:\n        try:\n            pass\n        except Exception:\n            pass")
    text = say("%check share")
    assert text.count("it ran for more than 0.2 s and was stopped") == 2 and "timed out" in text
    assert record(work).attempts == 1 and signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_an_interrupted_check_says_so_and_is_no_attempt(say, work):
    say("def share(part, whole):\n    raise KeyboardInterrupt")
    assert say("%check share").startswith("%check share was interrupted\n  Your function was still running")
    assert record(work).attempts == 0
    assert record(work).attempts == 0


def test_check_neither_leaves_names_in_the_notebook_nor_uses_its_own(say, kernel):
    say(GOOD)
    say("draw = None\nchecks = None")
    names = set(kernel.user_ns)
    assert say("%check share").startswith("share: 3 of 3 points")
    assert set(kernel.user_ns) - names <= {"_", "__", "___"} and kernel.user_ns["draw"] is None


def test_check_survives_a_function_that_ends_python_or_prints(say):
    say("import sys\ndef share(part, whole):\n    print('noise')\n    sys.exit()")
    text = say("%check share")
    assert "`share` raised SystemExit in line 4 of the cell" in text and "noise" not in text


@pytest.mark.parametrize("command", ["check", "hint", "solution"])
def test_an_unknown_id_is_answered_with_near_ones(command, say):
    assert say(f"%{command} shar") == "shar\n  no exercise 'shar'; did you mean share?"
    assert say(f"%{command} zzz") == "zzz\n  no exercise 'zzz'; %progress lists the ids"


@pytest.mark.parametrize("command", ["check", "hint", "solution"])
@pytest.mark.parametrize("line", ["", "share middle"])
def test_a_command_asks_for_one_id(command, line, say):
    assert say(f"%{command} {line}").startswith("One exercise, please")


def test_hint_shows_one_more_each_time(say, work):
    first, second = "**Hint 1 of 2.** Python divides", "**Hint 2 of 2.** Look at the whole"
    shown = [say("%hint share") for _ in range(3)]
    assert [(first in text, second in text) for text in shown] == [(True, False), (True, True), (True, True)]
    assert (record(work).hints, record(work).attempts) == (2, 0)


def test_solution_opens_only_after_an_attempt(say, work):
    assert say("%solution share").startswith("share\n  Try it first")
    say(STUB)
    say("%check share")
    assert say("%solution share").startswith("share\n  Try it first")
    assert not record(work).solution
    say(WRONG)
    say("%check share")
    text = say("%solution share")
    assert "return float(part) / float(whole)" in text and "Dividing by nothing has no answer" in text
    assert "SOLUTION" not in text and "Another way: " in text
    assert record(work).solution and record(work).attempts == 1


def test_progress_lists_sections_and_the_exercises_of_one(say, monkeypatch):
    say(GOOD)
    say("%check share")
    lines = say("%progress").splitlines()
    assert lines[0] == "In all: 3 of 4.5 points, 1 of 2 exercises solved" and len(lines) == 3
    assert lines[2].split() == ["Tiny", "1", "of", "2", "3", "of", "4.5"]
    exercises = [["share", "core", "3", "of", "3", "1"], ["middle", "stretch", "0", "of", "1.5", "0"]]
    assert [line.split() for line in say("%progress 01").splitlines()[5:]] == exercises
    assert "No section 02\n  There is 01-tiny." in say("%progress 02")
    monkeypatch.setenv("JPY_SESSION_NAME", "work/01-tiny/01-tiny.ipynb")
    lines = say("%progress").splitlines()
    assert lines[3] == "Tiny: 3 of 4.5 points" and [line.split() for line in lines[5:]] == exercises


def test_the_home_page_follows_a_check(say, work):
    assert "0 of 2" in (work / "home.md").read_text()
    say(GOOD)
    say("%check share")
    assert "| 1 of 2 | 3 of 4.5 |" in (work / "home.md").read_text()


def test_no_home_page_is_made_where_there_was_none(say, work):
    (work / "home.md").unlink()
    say(GOOD)
    say("%check share")
    assert not (work / "home.md").exists() and record(work).best == 3


@pytest.mark.parametrize("command", ["check share", "check nothing", "check", "hint share", "solution share", "progress"])
def test_while_nbgrader_grades_the_commands_do_nothing(command, say, work, snapshot, monkeypatch):
    say(WRONG)
    say("%check share")
    before = snapshot(work)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert say(f"%{command}") == ""
    assert snapshot(work) == before


def test_without_the_source_only_the_visible_checks_run_and_it_says_so(say, work, tiny):
    without_source(tiny)
    say("def share(part, whole):\n    return 0.25")
    text = say("%check share")
    assert text.startswith("share: 2 of 2 points") and "Only the visible checks are here; the hidden ones run when your work is graded." in text
    assert record(work).attempts == 0
    say(WRONG)
    assert "this is the whole divided by the part" in say("%check share")


def test_without_the_source_there_are_hints_but_no_solution(say, work, tiny):
    without_source(tiny)
    progress.save(work, "01-tiny", "share", progress.Record(attempts=1))
    assert "Python divides with one slash." in say("%hint share")
    assert say("%solution share") == "share\n  The solution is not on this machine; your instructor has it."


@pytest.fixture
def hub(tiny, tmp_path, monkeypatch):
    """A learner's folder on a hub: the open notebook, no course around it."""
    folder = tmp_path / "hub" / "01-tiny"
    folder.mkdir(parents=True)
    shutil.copy(tiny / "release/01-tiny/01-tiny.ipynb", folder)
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path / "nowhere"))
    monkeypatch.setenv("JPY_SESSION_NAME", "home/01-tiny/01-tiny.ipynb")
    monkeypatch.chdir(folder)
    return folder


def test_on_a_hub_the_open_notebook_is_the_course(say, hub):
    say(WRONG)
    text = say("%check share")
    assert "this is the whole divided by the part" in text and "Only the visible checks are here" in text
    assert "Python divides" in say("%hint share")


@pytest.mark.parametrize("cells", [[], [nbformat.v4.new_code_cell("x = 1")]])
def test_a_notebook_of_the_learners_own_is_no_section(cells, say, hub, monkeypatch):
    nbformat.write(nbformat.v4.new_notebook(cells=cells), hub / "scratch.ipynb")
    monkeypatch.setenv("JPY_SESSION_NAME", "home/01-tiny/scratch.ipynb")
    assert say("%check share") == "share\n  no exercise 'share': no section of the course was found here"
    assert say("%progress") == ""


def test_beside_the_course_a_notebook_of_the_learners_own_finds_its_exercises(say, work, monkeypatch):
    nbformat.write(nbformat.v4.new_notebook(), work / "scratch.ipynb")
    monkeypatch.chdir(work)
    monkeypatch.setenv("JPY_SESSION_NAME", "scratch.ipynb")
    say(GOOD)
    assert say("%check share").startswith("share: 3 of 3 points")
    assert say("%progress").startswith("In all: 3 of 4.5 points")


@pytest.mark.parametrize("command", ["check share", "hint share", "solution share"])
@pytest.mark.parametrize("place", ["os.replace", "os.open", "pathlib.Path.mkdir"])
def test_a_workspace_that_cannot_be_written_gives_a_remark(command, place, say, work, monkeypatch):
    progress.save(work, "01-tiny", "share", progress.Record(attempts=1))
    say(WRONG)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(place, refuse)
    text = say(f"%{command}")
    assert f"Progress was not kept\n  Permission denied: make {work} writable" in text
    assert {"check": "0 of 3 points", "hint": "Hint 1 of 2", "solution": "return float(part)"}[command.split()[0]] in text


def test_damaged_progress_and_home_page_stop_nothing(say, work):
    file = work / ".course" / "progress" / "01-tiny" / "share.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xff{")
    (work / "home.md").write_bytes(b"\xff\xfe")
    say(GOOD)
    assert say("%check share").startswith("share: 3 of 3 points")
    assert record(work).attempts == 1 and (work / "home.md").read_text().startswith("# AI Data Scientist")


def test_a_panel_shows_text_of_the_learner_as_text(say, kernel):
    say("def share(part, whole):\n    return '<b>&amp;'")
    with capture_output() as shown:
        kernel.run_line_magic("check", "share")
    (output,) = shown.outputs
    assert "&lt;b&gt;&amp;amp;" in output.data["text/html"] and "<b>" not in output.data["text/html"]
    assert "'<b>&amp;'" in output.data["text/plain"]


def test_the_check_of_a_new_release_follows_its_file(say, tiny, monkeypatch):
    say(GOOD)
    say("%check share")
    path = tiny / "source/01-tiny/01-tiny.ipynb"
    path.write_text(path.read_text().replace("the share of 1 in 4", "the share of one in four"))
    say(WRONG)
    assert "the share of one in four" in say("%check share")


def test_the_extension_registers_its_magics_without_touching_a_picture(kernel):
    assert {"check", "hint", "solution", "progress"} <= set(kernel.magics_manager.magics["line"])
    assert "matplotlib.pyplot" not in vars(sys.modules[magics.__name__])
