"""Item statistics: held against formulas of their own and a class with a planted weak exercise; the page, and small classes."""

import copy
import json
from html.parser import HTMLParser

import nbformat
import numpy as np
import pytest
from scipy import stats

from course.authoring import bank
from course.checks import model
from course.checks.model import CellResult, Exercise, Outcome, Section, SubmissionResult, role_of
from course.checks.run import define, namespace, run_tests
from course.grading import items
from course.paths import CourseError, notebook
from tests.conftest import PROJECT

SECTION = "01-tiny"


def exercise(key, points):
    tests = (model.Test(f"{key}-value", key, "value", points, f'"""The value of {key}."""\n'),)
    return Exercise(key, "core", f"`{key}`: a title", "", "", (), "", tests)


def section(count, points=2.0):
    return Section("99-made", "Made up", {f"e{number}": exercise(f"e{number}", points) for number in range(count)}, ())


def result(student, source, passed, message="the example: You returned 3; 4 was expected.", outcome=Outcome.WRONG):
    cells = []
    for key, part in source.exercises.items():
        for test in part.tests:
            good = passed[key]
            points, verdict, said = (test.points, Outcome.PASSED, "") if good else (0.0, outcome, message)
            cells.append(CellResult(test.grade_id, key, points, test.points, verdict, said))
    return SubmissionResult(student, source.name, Outcome.GRADED, sum(cell.points for cell in cells), source.points, cells)


def tiny_class(root, *classmates):
    """Graded notebooks, as `course grade` leaves them, of learners with these answers by exercise."""
    source = Section.read(notebook(root, SECTION))
    base, names = nbformat.read(notebook(root, SECTION), as_version=4), namespace(source.locked)
    for student, answers in classmates:
        graded, found = copy.deepcopy(base), {}
        for key, part in source.exercises.items():
            code = answers.get(key)
            if code is None:
                cells = [CellResult(test.grade_id, key, 0.0, test.points, Outcome.NOT_ATTEMPTED) for test in part.tests]
            else:
                cells = run_tests(part, define(code, key, names), names)
            found |= {cell.grade_id: cell for cell in cells}
        for cell in graded.cells:
            mark = role_of(cell)
            if mark.get("role") == "solution":
                cell.source = answers.get(mark["exercise"], "raise NotImplementedError")
            if mark.get("role") == "test":
                verdict = found[cell.metadata.nbgrader.grade_id]
                mark["outcome"], mark["message"] = str(verdict.outcome), verdict.message
        score = sum(cell.points for cell in found.values())
        graded.metadata.course["result"] = {"student": student, "section": SECTION, "outcome": "graded", "score": score, "max_score": source.points}
        target = root / "autograded" / student / SECTION
        target.mkdir(parents=True)
        nbformat.write(graded, target / f"{SECTION}.ipynb")


def answers(root, key, right):
    return [answer.code for answer in bank.read(bank.folder(root, SECTION) / f"{key}.py") if answer.right is right]


def test_discrimination_is_the_corrected_item_total_correlation():
    draw = np.random.default_rng(3)
    table = draw.integers(0, 5, (40, 6)).astype(float)
    total = table.sum(axis=1)
    for column in table.T:
        found = items.discrimination(column, total - column)
        assert found == pytest.approx(stats.pearsonr(column, total - column).statistic)
        r, s_i, s_t = stats.pearsonr(column, total).statistic, column.std(), total.std()  # Nunnally's formula, from the uncorrected correlation
        assert found == pytest.approx((r * s_t - s_i) / np.sqrt(s_t**2 + s_i**2 - 2 * r * s_t * s_i))


@pytest.mark.parametrize("item, rest", [([1, 2], [1, 2]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [4, 4, 4]), ([], [])])
def test_an_undefined_discrimination_is_none(item, rest):
    assert items.discrimination(item, rest) is None


def test_a_planted_weak_exercise_stands_out():
    draw = np.random.default_rng(11)
    source, size = section(9), 400
    ability, difficulty = draw.normal(size=size), np.linspace(-1.2, 1.2, 9)
    chance = 1 / (1 + np.exp(-1.8 * (ability[:, None] - difficulty[None, :])))
    chance[:, 4] = 0.35  # has nothing to do with ability
    passed = draw.random(chance.shape) < chance
    found = items.analyse(source, [result(f"s{i}", source, dict(zip(source.exercises, row, strict=True))) for i, row in enumerate(passed)])
    told = {item.exercise: item.discrimination for item in found.items}
    assert abs(told["e4"]) < 0.15
    assert min(value for key, value in told.items() if key != "e4") > items.WEAK
    for item, column in zip(found.items, passed.T, strict=True):
        assert item.difficulty == pytest.approx(column.mean())
        assert item.graded == size
    assert found.scores == tuple(sorted(2.0 * passed.sum(axis=1)))
    assert (found.low, found.high) == (np.percentile(found.scores, 25), np.percentile(found.scores, 75))
    assert (found.mean, found.median) == (pytest.approx(np.mean(found.scores)), np.median(found.scores))


def test_difficulty_counts_untouched_exercises_and_attempted_does_not():
    source = section(2)
    passed = result("a", source, {"e0": True, "e1": True})
    untouched = result("b", source, {"e0": False, "e1": True}, outcome=Outcome.NOT_ATTEMPTED)
    wrong = result("c", source, {"e0": False, "e1": True})
    first = items.analyse(source, [passed, untouched, wrong]).items[0]
    assert (first.difficulty, first.attempted, first.difficulty_attempted) == (pytest.approx(1 / 3), pytest.approx(2 / 3), pytest.approx(1 / 2))
    assert (first.tests[0].reached, first.tests[0].passed) == (2, 1)


def test_named_mistakes_are_found_in_the_messages_of_a_graded_class(tiny):
    upside_down = "def share(part, whole):\n    return whole / part\n"
    percentage = "def share(part, whole):\n    if not whole:\n        raise ValueError\n    return 100 * part / whole\n"
    tiny_class(
        tiny,
        *[(f"upside{i}", {"share": upside_down, "middle": answers(tiny, "middle", True)[0]}) for i in range(3)],
        ("per", {"share": percentage, "middle": answers(tiny, "middle", False)[0]}),
        ("untouched", {}),
    )
    found = items.report(tiny, SECTION)
    share, middle = found.items
    named = {one.text: one.count for one in share.mistakes if one.named}
    assert named == {"this is the whole divided by the part": 3, "this is a percentage": 1}
    assert [(one.text, one.count) for one in share.mistakes if not one.named] == [
        ("a whole of zero: expected ValueError, your function returned another value", 3)
    ]
    assert [one.text for one in middle.mistakes] == ["this is the mean"]
    assert share.attempted == pytest.approx(0.8)
    assert [test.grade_id for test in share.nobody] == ["share-value"]
    assert "60 %" in items.page(found) and "this is the whole divided by the part" in items.page(found)


def test_names_are_followed_through_variables_functions_and_loops():
    cell = '''"""Checks."""
short = "this is the short name"
wrong = {short: 1, short + ", and longer": 2}
wrong["this one was added"] = 3
wrong |= {"this one was merged": 4}
checks.close(f(1), 1, "one", mistakes=wrong)
for what, value, mistakes in [("case one", 2, {"this one is in a loop": 3})]:
    checks.close(f(1), value, what, mistakes=mistakes)
checks.close(f(1), 1, "two", mistakes=known(2))
checks.close(f(1), 1, "three", mistakes={f"an {kind} in the middle of a name": 3})
print({"not a mistake": 1})
'''
    locked = "def known(n):\n    found = {'this one is a function: say so': n}\n    found['this one, too'] = n\n    return found\n"
    part = Exercise("f", "core", "", "", "", (), "", (model.Test("f-value", "f", "value", 1.0, cell),))
    found = items.named_mistakes(Section("99-made", "", {"f": part}, (("setup", locked),)), "f")
    assert set(found) == {
        "this is the short name",
        "this is the short name, and longer",
        "this one was added",
        "this one was merged",
        "this one is in a loop",
        "this one is a function: say so",
        "this one, too",
        "in the middle of a name",
    }
    assert found == sorted(found, key=lambda name: (-len(name), name))


def test_a_longer_name_is_not_counted_as_the_shorter_one_inside_it():
    cells = [[CellResult("e-value", "e", 0.0, 1.0, Outcome.WRONG, "the example: the sign is lost, twice. You returned 1; 2 was expected.")]]
    assert [one.text for one in items._mistakes(cells, ["the sign is lost, twice", "the sign is lost"])] == ["the sign is lost, twice"]


def test_most_names_in_the_bank_of_a_real_section_are_found():
    source = Section.read(notebook(PROJECT, "01-statistics"))
    found = missed = 0
    for key in source.exercises:
        names = items.named_mistakes(source, key)
        labels = [one.label for one in bank.read(bank.folder(PROJECT, "01-statistics") / f"{key}.py") if not one.right]
        for label in labels:
            if "expected ValueError" not in label and " raised " not in label:
                known = any(label in name or name in label for name in names)
                found, missed = found + known, missed + (not known)
    assert found > 100 and missed <= 0.15 * found  # the others are what a check is about, or no names


class Outline(HTMLParser):
    """Headings, pictures and table headers of a page, and every address in it."""

    def __init__(self, text):
        super().__init__()
        self.headings, self.pictures, self.scopes, self.links, self.ids = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.headings += [tag] if tag in ("h1", "h2", "h3") else []
        self.pictures += [found.get("aria-label")] if tag in ("svg", "img") else []
        self.scopes += [found.get("scope")] if tag == "th" else []
        self.links += [value for key, value in attributes if key in ("src", "href", "xlink:href")]
        self.ids += [found["id"]] if "id" in found else []


def test_the_page_needs_nothing_else_and_names_nobody(tiny):
    tiny_class(tiny, *[(f"zzname{i}", {"share": (answers(tiny, "share", i % 2 == 0)[0]), "middle": answers(tiny, "middle", i < 3)[0]}) for i in range(6)])
    text = items.page(items.report(tiny, SECTION))
    outline = Outline(text)
    assert outline.headings[:2] == ["h1", "h2"] and outline.headings.count("h1") == 1
    assert len(outline.pictures) == 2 and all(outline.pictures)
    assert set(outline.scopes) == {"row", "col"}
    assert all(link.startswith("#") and link[1:] in outline.ids for link in outline.links)
    assert len(outline.ids) == len(set(outline.ids))
    assert "@import" not in text and "url(http" not in text and "<script" not in text
    assert "prefers-color-scheme: dark" in text and '<html lang="en">' in text
    assert "zzname" not in text and "zzname" not in json.dumps(items.report(tiny, SECTION).as_dict())


def test_the_tables_of_mistakes_name_their_columns_in_one_line(tiny):
    tiny_class(tiny, ("ada", {"share": answers(tiny, "share", False)[0]}), ("bo", {"share": answers(tiny, "share", True)[0]}))
    text = items.page(items.report(tiny, SECTION))
    table = text[text.index("Of 2 graded") :]
    assert '<th scope="col" colspan="2">of the class</th><th scope="col" class="n">learners</th><th scope="col" class="fill">mistake</th>' in table
    row = table[table.index("<tbody><tr>") : table.index("</tr></tbody>")]
    assert row.index("50 %") < row.index('class="bar"') < row.index(">1<") and "<td></td>" not in text


def test_labels_hide_no_point_and_no_other_label():
    draw = np.random.default_rng(5)
    frame = (40.0, 30.0, 480.0, 260.0)
    for _ in range(30):
        dots = [tuple(np.clip(draw.normal((440, 200), 25), frame[:2], frame[2:])) for _ in range(9)] + [
            tuple(draw.uniform(frame[:2], frame[2:])) for _ in range(9)
        ]
        texts = [str(number) for number in range(1, 18)] + ["18, 19"]
        spots = items._beside(dots, texts, dots, frame)
        boxes = [(x, y, 3.0 * len(text), 4.5) for (x, y), text in zip(spots, texts, strict=True)]
        others = [*boxes, *[(x, y, 3.0, 3.0) for x, y in dots]]
        clashes = [(a, b) for i, a in enumerate(boxes) for b in others[i + 1 :] if abs(a[0] - b[0]) < a[2] + b[2] and abs(a[1] - b[1]) < a[3] + b[3]]
        assert not clashes
        assert all(np.hypot(*np.subtract(spot, dot)) < 60 for spot, dot in zip(spots, dots, strict=True))
        assert all(frame[0] <= x - wide and x + wide <= frame[2] and frame[1] <= y - tall and y + tall <= frame[3] for x, y, wide, tall in boxes)


def test_only_points_that_lie_on_one_another_share_a_label(monkeypatch):
    shown = []
    monkeypatch.setattr("matplotlib.axes.Axes.annotate", lambda self, text, *rest, **options: shown.append(text))
    _, axes = items._axes(7, 3.8)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    items._label(axes, [(1, 0.5, 0.5), (2, 0.53, 0.5), (3, 0.501, 0.5), (4, 0.5, 0.45), (5, 1.0, 1.0)])
    assert shown == ["1, 3", "2", "4", "5"]


def test_what_learners_wrote_is_shown_as_text():
    source = section(2)
    found = items.analyse(source, [result("a", source, {"e0": False, "e1": False}, "`f` raised ValueError: <script>alert(1)</script>")])
    assert "<script" not in items.page(found) and "&lt;script&gt;" in items.page(found)


def test_a_class_of_one_or_two_says_what_is_missing():
    source = section(2)
    one = result("a", source, {"e0": True, "e1": False})
    found = items.analyse(source, [one])
    assert (found.low, found.high, found.items[0].discrimination, found.items[0].everybody) == (None, None, None, [])
    assert any("at least two" in text for text in found.missing) and "Discrimination needs at least 3" in items.page(found)
    found = items.analyse(source, [one, result("b", source, {"e0": False, "e1": True})])
    assert found.items[0].discrimination is None and found.low is not None
    assert [text for text in found.missing if "Discrimination" in text]


def test_nothing_graded_says_what_to_do(tiny):
    with pytest.raises(CourseError, match="run `course grade 01-tiny` first"):
        items.report(tiny, SECTION)
    with pytest.raises(CourseError, match="there is 01-tiny"):
        items.report(tiny, "09-nothing")


def test_what_could_not_be_read_is_counted_and_left_out(tiny):
    tiny_class(tiny, ("ada", {"share": answers(tiny, "share", True)[0]}), ("kim", {}))
    path = tiny / "autograded" / "kim" / SECTION / f"{SECTION}.ipynb"
    missing = nbformat.read(path, as_version=4)
    missing.metadata.course.result["outcome"] = "missing"
    nbformat.write(missing, path)
    broken = tiny / "autograded" / "bo" / SECTION
    broken.mkdir(parents=True)
    (broken / f"{SECTION}.ipynb").write_text("{")
    found = items.report(tiny, SECTION)
    assert (found.graded, found.left_out) == (1, {"missing": 1, "not a graded notebook of the course": 1})
    assert "1 not counted: missing" in items.page(found)


def test_only_an_earlier_page_is_replaced(tmp_path):
    source = section(2)
    text = items.page(items.analyse(source, [result("a", source, {"e0": True, "e1": False})]))
    path = tmp_path / "class.html"
    items.save(text, path)
    items.save(text + "\ud800", path)
    foreign = tmp_path / "notes.html"
    foreign.write_text("<p>mine")
    with pytest.raises(CourseError, match=r"no page of `course report`"):
        items.save(text, foreign)
    assert foreign.read_text() == "<p>mine"
    with pytest.raises(CourseError, match="cannot write"):
        items.save(text, tmp_path / "nowhere" / "class.html")


@pytest.mark.parametrize("share, said", [(0, "0 %"), (0.001, "under 1 %"), (0.344, "34 %"), (0.999, "over 99 %"), (1, "100 %")])
def test_shares_are_said_in_per_cent(share, said):
    assert items.percent(share) == said


@pytest.mark.parametrize(
    "message, said",
    [
        ("the example: You returned 3.5; about 0.25 was expected.", "the example: You returned another value; about 0.25 was expected."),
        ("zero: expected ValueError, your function returned 0.", "zero: expected ValueError, your function returned another value"),
        ("`f` raised KeyError in line 20 of the cell: 'a'. Look there.", "`f` raised KeyError: 'a'."),
        ("two things are wrong. The second is worse.", "two things are wrong."),
        ("", "timed out"),
    ],
)
def test_messages_of_several_learners_count_together(message, said):
    assert items._first_sentence(CellResult("e-value", "e", 0.0, 1.0, Outcome.TIMED_OUT, message)) == said
