import nbformat
import pytest

from course.authoring.verify import Proof, prove, prove_release, read_section, reference
from course.paths import CourseError


def proofs(root, exercise="share", kind=None):
    return [proof for proof in prove(root, "01-tiny", exercise) if kind in (None, proof.proof)]


def edit_cell(root, kind, identity, old, new):
    path = root / kind / "01-tiny" / "01-tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.id == identity)
    assert old in cell.source
    cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, path)


def edit_bank(root, old, new, exercise="share"):
    path = root / "tests" / "answers" / "01-tiny" / f"{exercise}.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("exercise", ["share", "middle"])
def test_all_proofs_of_a_sound_exercise_hold(exercise, tiny):
    found = proofs(tiny, exercise)
    assert [proof.proof for proof in found] == ["reference", "stub", "bank", "right", "right", "wrong", "wrong", "wrong"]
    assert all(proof.holds and proof.exercise == exercise for proof in found)


def test_a_wrong_reference_is_found(tiny):
    edit_cell(tiny, "source", "share", "float(part) / float(whole)", "float(whole) / float(part)")
    (proof,) = proofs(tiny, kind="reference")
    assert not proof.holds and "share-value: the share of 1 in 4: this is the whole divided by the part" in proof.detail
    assert all(other.holds for other in proofs(tiny) if other.proof != "reference")


def test_a_reference_that_does_not_run_is_found(tiny):
    edit_cell(tiny, "source", "share", "### BEGIN SOLUTION", "return undefined_name")
    (proof,) = proofs(tiny, kind="reference")
    assert not proof.holds and "raised NameError" in proof.detail and "share-edges" in proof.detail


def test_a_stub_that_scores_is_found(tiny):
    edit_cell(tiny, "release", "share", "raise NotImplementedError()", "return 0.25")
    (proof,) = proofs(tiny, kind="stub")
    assert not proof.holds and "share-edges" in proof.detail


def test_a_stub_that_passes_everything_is_found(tiny):
    edit_cell(tiny, "release", "middle", "raise NotImplementedError()", "return sorted(values)[1] if len(values) == 3 else 3")
    assert proofs(tiny, "middle", "stub") == [Proof("middle", "stub", "zero, not attempted", False, "the stub scores points")]


def test_a_stub_that_is_wrong_instead_of_not_attempted_is_found(tiny):
    edit_cell(tiny, "release", "share", "raise NotImplementedError()", "return None")
    (proof,) = proofs(tiny, kind="stub")
    assert not proof.holds and "you returned None" in proof.detail


def test_a_test_that_passes_without_calling_is_found(tiny):
    edit_cell(tiny, "source", "share-edges", "checks.raises(ValueError, share, 3, 0", "checks.raises(ValueError, float, 'x'")
    assert not proofs(tiny, kind="stub")[0].holds


def test_a_right_answer_that_fails_is_found(tiny):
    edit_bank(tiny, "return part / whole", "return round(part / whole, 1)")
    first, second = proofs(tiny, kind="right")
    assert (first.label, first.holds, second.holds) == ("a guard, then a division", False, True)
    assert "share-value: the share of 1 in 4: You returned 0.2; about 0.25 was expected." in first.detail


def test_a_right_answer_that_does_not_run_is_found(tiny):
    edit_bank(tiny, "import operator", "import no_such_module")
    assert [proof.holds for proof in proofs(tiny, kind="right")] == [False, False]
    assert "raised ModuleNotFoundError" in proofs(tiny, kind="right")[0].detail


def test_a_wrong_answer_that_passes_is_found(tiny):
    edit_bank(tiny, "return whole / part", "return part / whole")
    first = proofs(tiny, kind="wrong")[0]
    assert (first.label, first.holds, first.detail) == ("the whole divided by the part", False, "it passes every test")


def test_a_wrong_answer_without_its_message_is_found(tiny):
    edit_bank(tiny, '@wrong("this is a percentage")', '@wrong("this is a permille")')
    proof = proofs(tiny, kind="wrong")[1]
    assert (proof.label, proof.holds) == ("this is a permille", False) and "this is a percentage" in proof.detail


def test_a_wrong_answer_that_is_a_stub_is_found(tiny):
    edit_bank(tiny, "return whole / part", "raise NotImplementedError")
    assert not proofs(tiny, kind="wrong")[0].holds


@pytest.mark.parametrize(("mark", "counts"), [("right", "1 right and 3 wrong"), ("wrong", "2 right and 2 wrong")])
def test_too_few_answers_are_found(mark, counts, tiny):
    path = tiny / "tests" / "answers" / "01-tiny" / "share.py"
    head, *answers = path.read_text().split("\n\n\n@")
    answers.remove(next(answer for answer in answers if answer.startswith(mark)))
    path.write_text("\n\n\n@".join([head, *answers]))
    (proof,) = proofs(tiny, kind="bank")
    assert not proof.holds and proof.detail == f"{counts}; wanted 2 and 3"


def test_a_missing_bank_is_found(tiny):
    (tiny / "tests" / "answers" / "01-tiny" / "share.py").unlink()
    assert [(proof.proof, proof.holds) for proof in proofs(tiny)] == [("reference", True), ("stub", True), ("bank", False)]


def test_a_mistake_that_cannot_be_told_from_the_right_answer_is_found(tiny):
    edit_cell(tiny, "source", "share-value", "upside_down: 4", "upside_down: 0.25")
    (proof,) = proofs(tiny, kind="reference")
    assert not proof.holds and "AuthoringError" in proof.detail


def test_a_sound_release_gives_nothing_away(tiny):
    assert prove_release(tiny, "01-tiny") == [Proof("01-tiny", "release", "gives nothing away", True, "")]


@pytest.mark.parametrize(
    ("leak", "told"),
    [
        ("return float(part) / float(whole)", "share: return float(part) / float(whole)"),
        ("        raise ValueError('no')\n    return float(np.median(np.asarray(values, dtype=float)))  ", "middle: return float(np.median("),
        ("hidden_part, hidden_whole = draw(2, seed=5)", "share: hidden_part, hidden_whole"),
        ("Half of the values lie below the median and half above.", "middle: Half of the values"),
        ("### BEGIN SOLUTION", "BEGIN SOLUTION"),
        ("### END HIDDEN TESTS", "END HIDDEN"),
    ],
)
def test_a_leak_in_a_lesson_of_the_release_is_found(leak, told, tiny):
    path = tiny / "release" / "01-tiny" / "01-tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    lesson = next(cell for cell in notebook.cells if cell.source.startswith("print("))
    lesson.source += f"\n{leak}"
    nbformat.write(notebook, path)
    (proof,) = prove_release(tiny, "01-tiny")
    assert not proof.holds and told in proof.detail


def test_a_release_that_is_a_copy_of_the_source_is_found(tiny):
    release, source = (tiny / kind / "01-tiny" / "01-tiny.ipynb" for kind in ("release", "source"))
    release.write_bytes(source.read_bytes())
    assert not prove_release(tiny, "01-tiny")[0].holds


def test_a_marker_with_a_remark_hides_no_leak(tiny):
    edit_cell(tiny, "source", "share", "### BEGIN SOLUTION", "### BEGIN SOLUTION  # by hand")
    edit_cell(tiny, "release", "share", "raise NotImplementedError()", "return float(part) / float(whole)")
    assert not prove_release(tiny, "01-tiny")[0].holds


def test_a_line_that_a_lesson_teaches_openly_is_no_leak(tiny):
    for kind in ("source", "release"):
        path = tiny / kind / "01-tiny" / "01-tiny.ipynb"
        notebook = nbformat.read(path, as_version=4)
        next(cell for cell in notebook.cells if cell.source.startswith("print(")).source += "\nreturn float(part) / float(whole)"
        nbformat.write(notebook, path)
    assert prove_release(tiny, "01-tiny")[0].holds


def test_unknown_names_are_answered_with_those_there_are(tiny):
    with pytest.raises(CourseError, match="no exercise 'shares' in 01-tiny; there is share, middle"):
        prove(tiny, "01-tiny", "shares")
    with pytest.raises(CourseError, match="no section '02-tiny' in source/; there is 01-tiny"):
        read_section(tiny, "02-tiny")


@pytest.mark.parametrize("kind", ["source", "release"])
def test_a_damaged_notebook_is_named(kind, tiny):
    (tiny / kind / "01-tiny" / "01-tiny.ipynb").write_text("{ not json")
    with pytest.raises(CourseError, match=f"{kind}/01-tiny/01-tiny.ipynb is damaged .* run `course build 01-tiny`"):
        prove(tiny, "01-tiny", "share")


def test_a_release_that_lags_behind_is_named(tiny):
    path = tiny / "release" / "01-tiny" / "01-tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.metadata.get("course", {}).get("exercise") != "middle"]
    nbformat.write(notebook, path)
    with pytest.raises(CourseError, match="release/01-tiny has no exercise 'middle': run `course build 01-tiny`"):
        prove(tiny, "01-tiny", "middle")


def test_the_reference_of_an_exercise_can_be_called(tiny):
    assert reference("share")(1, 8) == 0.125
    assert reference("middle")([1, 9, 2]) == 2
    with pytest.raises(CourseError, match="no section has an exercise 'nothing'"):
        reference("nothing")
