import shutil

import nbformat
import pytest

from course.authoring.release import generate, nbgrader_api, register
from course.checks.model import role_of
from course.paths import CourseError

SECTION = "01-tiny"


@pytest.fixture(scope="module")
def cells(built):
    return nbformat.read(built / "release" / SECTION / f"{SECTION}.ipynb", as_version=4).cells


def of(cells, identity):
    return next(cell for cell in cells if cell.id == identity)


@pytest.mark.parametrize(
    ("name", "signature"), [("share", "def share(part: float, whole: float) -> float:"), ("middle", "def middle(values: list[float]) -> float:")]
)
def test_a_solution_becomes_a_stub_with_signature_and_docstring(cells, name, signature):
    lines = of(cells, name).source.splitlines()
    assert lines[0] == signature and lines[1].strip().startswith('"""')
    assert [line.strip() for line in lines[2:]] == ["# YOUR CODE HERE", "raise NotImplementedError()"]


def test_the_visible_part_of_a_test_stays_and_the_hidden_one_goes(cells):
    value, edges = of(cells, "share-value").source, of(cells, "share-edges").source
    assert 'checks.close(share(1, 4), 0.25, "the share of 1 in 4"' in value
    assert "hidden" not in value.lower()
    assert edges.strip() == '"""A whole of zero is refused."""'


def test_hints_and_explanations_are_no_cells(cells):
    assert {role_of(cell).get("role") for cell in cells} == {None, "locked", "statement", "solution", "check", "test"}
    assert not [cell for cell in cells if "Half of the values" in cell.source or "Sort first" in cell.source]


def test_hints_travel_with_the_solution_cell(cells):
    assert of(cells, "share").metadata.course.hints == ["Python divides with one slash.", "Look at the whole before you divide by it."]
    assert of(cells, "middle").metadata.course.hints == ["Sort first."]


def test_explanations_and_answers_are_nowhere_in_the_file(built):
    text = (built / "release" / SECTION / f"{SECTION}.ipynb").read_text()
    for secret in ("Dividing by nothing", "np.median(", "float(part)", "hidden_part", "3, 0, what", "BEGIN ", "END "):
        assert secret not in text
    for part in ("Python divides with one slash.", "def draw(", "folded away", "%precision 3"):
        assert part in text


def test_nbgrader_locks_what_belongs_to_the_course(cells):
    assert of(cells, "share-value").metadata.editable is False and of(cells, "draw").metadata.deletable is False
    assert of(cells, "share").metadata.get("editable", True) and of(cells, "share").metadata.deletable is False
    assert all("checksum" in cell.metadata.nbgrader for cell in cells if "nbgrader" in cell.metadata)


def test_layout_marks_of_the_text_stay_behind(built, cells):
    assert "blank_lines" in (built / "source" / SECTION / f"{SECTION}.ipynb").read_text()
    assert not [cell for cell in cells if "blank_lines" in role_of(cell)]


def test_only_the_notebook_is_released(built):
    assert [path.name for path in sorted((built / "release").rglob("*")) if path.is_file()] == [f"{SECTION}.ipynb"]


def test_a_release_is_the_same_to_the_byte_each_time(tiny):
    source = (tiny / "source" / SECTION / f"{SECTION}.ipynb").read_text()
    release = tiny / "release" / SECTION / f"{SECTION}.ipynb"
    assert generate(tiny, source, SECTION).encode() == release.read_bytes()
    assert not (tiny / "gradebook.db").exists()


def test_nbgrader_itself_makes_the_same_release_in_the_course(tiny):
    (tiny / "source" / SECTION / "draft.py.new").write_text("return float(part) / float(whole)")
    before = (tiny / "release" / SECTION / f"{SECTION}.ipynb").read_bytes()
    shutil.rmtree(tiny / "release")
    register(tiny, SECTION)
    assert [path.name for path in sorted((tiny / "release").rglob("*")) if path.is_file()] == [f"{SECTION}.ipynb"]
    assert (tiny / "release" / SECTION / f"{SECTION}.ipynb").read_bytes() == before
    assert nbgrader_api(tiny).get_source_assignments() == {SECTION}
    assert (tiny / "gradebook.db").exists()


def test_what_nbgrader_refuses_is_told(tiny):
    path = tiny / "source" / SECTION / f"{SECTION}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    of(notebook.cells, "share").source = "### BEGIN SOLUTION"
    with pytest.raises(CourseError, match="nbgrader could not generate 01-tiny"):
        generate(tiny, nbformat.writes(notebook), SECTION)
