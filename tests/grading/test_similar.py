"""Answers alike: disguised copies are found, independent right answers are not, and nobody is judged."""

import ast
import itertools
import re

import nbformat
import pytest
from nbgrader.api import Gradebook

from course.authoring import bank
from course.grading import items, similar
from course.paths import CourseError, sections
from tests.conftest import PROJECT

LONG = '''def score(rows, weights, floor=0.0):
    """The weighted score."""
    total, used = 0.0, 0
    for row, weight in zip(rows, weights):
        if row is None or weight <= floor:
            continue
        low, high = min(row), max(row)
        spread = high - low
        if spread == 0:
            raise ValueError("no spread")
        total += weight * sum((value - low) / spread for value in row)
        used += len(row)
    return {"score": total / used if used else 0.0, "used": used}
'''
OTHER = """def score(rows, weights, floor=0.0):
    kept = [(r, w) for r, w in zip(rows, weights) if r is not None and w > floor]
    if any(max(r) == min(r) for r, _ in kept):
        raise ValueError
    scaled = [[w * (v - min(r)) / (max(r) - min(r)) for v in r] for r, w in kept]
    flat = list(itertools.chain.from_iterable(scaled))
    return dict(score=statistics.fmean(flat) if flat else 0.0, used=len(flat))
"""
THIRD = """def score(rows, weights, floor=0.0):
    frame = pd.DataFrame({"row": list(rows), "weight": list(weights)}).dropna()
    frame = frame[frame["weight"].gt(floor)].explode("row").reset_index()
    groups = frame.groupby("index")["row"]
    width = groups.transform("max") - groups.transform("min")
    if width.eq(0).any():
        raise ValueError("flat")
    parts = frame["weight"] * (frame["row"] - groups.transform("min")) / width
    return {"score": float(parts.mean()) if len(parts) else 0.0, "used": int(parts.size)}
"""
STUB = "def score(rows, weights, floor=0.0):\n    raise NotImplementedError\n"


def disguised(code):
    """The same answer with other names, comments, layout and annotations."""
    names = {"total": "acc", "used": "n", "row": "r", "weight": "w", "low": "a", "high": "b", "spread": "span", "value": "v"}
    for old, new in names.items():
        code = re.sub(rf"\b{old}\b(?!\")", new, code)
    return "# my own work\nimport math\n\n" + code.replace('"""The weighted score."""', '"""Mine."""').replace("    acc, n", "\n    # start\n    acc,   n")


def alike(answers, stub=STUB):
    return similar.compare(["score"], {student: {"score": code} for student, code in answers.items()}, {"score": stub})


def renamed(code):
    """Every name that the answer introduces, changed by its syntax tree; comments and layout are gone."""
    tree = ast.parse(code)
    own = similar._introduced(tree) - {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in own:
                node.id = f"{name}_x"
            case ast.arg(arg=name) if name in own:
                node.arg = f"{name}_x"
    return ast.unparse(tree)


def own_function(answer):
    """An answer of the bank without the small functions that its file shares: what one hand wrote for it alone."""
    return ast.unparse([node for node in ast.parse(answer.code).body if isinstance(node, ast.FunctionDef) and node.name == answer.exercise][-1])


def right_answers():
    for section in sections(PROJECT):
        for path in sorted(bank.folder(PROJECT, section).glob("*.py")):
            found = [own_function(answer) for answer in bank.read(path) if answer.right]
            if len(found) > 1:
                yield section, path.stem, found


def test_a_disguised_copy_is_found():
    found = alike({"ada": LONG, "bo": disguised(LONG), "cy": OTHER, "di": THIRD})
    assert [(pair.left, pair.right) for pair in found] == [("ada", "bo")]
    assert [one.exercise for one in found[0].alike] == ["score"]
    assert similar.tokens(LONG, "score") == similar.tokens(disguised(LONG), "score")


def test_independent_right_answers_of_all_sections_are_not_listed():
    count, found = 0, []
    for _, exercise, codes in right_answers():
        count += len(codes) * (len(codes) - 1) // 2
        found += similar.compare([exercise], {f"{exercise} {number}": {exercise: code} for number, code in enumerate(codes)}, {})
    assert len(found) <= count // 100, found
    assert count > 150


def test_copies_in_a_real_section_are_found_among_independent_answers():
    answers = {f"s{number}": {} for number in range(2)}
    for section, exercise, codes in right_answers():
        if section == "01-statistics":
            for student, code in zip(answers.values(), codes, strict=False):
                student[exercise] = code
    answers["copy"] = {exercise: renamed(code) for exercise, code in answers["s0"].items()}
    found = similar.compare(list(answers["s0"]), answers, {})
    assert [(pair.left, pair.right) for pair in found] == [("copy", "s0")]
    long = {exercise for exercise, code in answers["s0"].items() if len(similar.tokens(code, exercise)) >= similar.SHORT}
    assert {one.exercise for one in found[0].alike} == long and len(long) > 5


def test_short_answers_and_stubs_are_not_compared():
    short = "def score(rows, weights, floor=0.0):\n    return sum(w * max(r) for r, w in zip(rows, weights))\n"
    assert alike({"ada": short, "bo": short}) == []
    assert alike({"ada": STUB, "bo": STUB + "    # later\n"}) == []
    long_stub = LONG.replace("    return", "    raise NotImplementedError\n    return")
    assert alike({"ada": long_stub, "bo": long_stub + "\n"}, long_stub) == []


def test_what_the_class_shares_says_nothing_and_a_pair_apart_from_it_does():
    answers = {f"s{number:02}": LONG for number in range(12)} | {"x": OTHER, "y": OTHER.replace("kept", "left").replace("flat", "all_of_it")}
    assert [(pair.left, pair.right) for pair in alike(answers)] == [("x", "y")]


def test_a_group_of_four_is_seen_in_a_small_class():
    found = alike({f"s{number}": LONG for number in range(4)} | {"x": OTHER, "y": THIRD})
    assert len(found) == 6 and {name for pair in found for name in (pair.left, pair.right)} == {"s0", "s1", "s2", "s3"}


def test_code_that_does_not_parse_is_compared_as_far_as_it_goes():
    broken = LONG + "    return (\n"
    assert [(pair.left, pair.right) for pair in alike({"ada": broken, "bo": broken.replace("spread", "span"), "cy": OTHER})] == [("ada", "bo")]
    for odd in ("", "\x00", "(" * 300, "def f(:\n", "%matplotlib inline\n!ls\n", "x = '\ud800'"):
        similar.tokens(odd)


def test_queries_are_compared_by_their_words():
    query = (
        "WITH daily AS (SELECT date, user_id, sum(cost) AS spent FROM requests GROUP BY ALL) "
        "SELECT d.date, count(*) AS users, sum(d.spent) AS total, avg(d.spent) AS each FROM daily d WHERE d.spent > 0 GROUP BY d.date ORDER BY d.date"
    )
    other = "SELECT DISTINCT date, (SELECT count(DISTINCT user_id) FROM requests r WHERE r.date = q.date AND r.cost > 0) users FROM requests q"
    answers = [f'def score():\n    return """{text}"""\n' for text in (query, query.replace("daily", "per_day").replace("spent", "money"), other)]
    assert [(pair.left, pair.right) for pair in alike(dict(zip(("ada", "bo", "cy"), answers, strict=True)))] == [("ada", "bo")]


def test_the_order_is_by_what_is_in_common():
    texts = {"ada": {"a": LONG, "b": OTHER}, "bo": {"a": LONG, "b": OTHER}, "cy": {"b": OTHER}}
    found = similar.compare(["a", "b"], texts, {})
    assert [(pair.left, pair.right) for pair in found] == [("ada", "bo"), ("ada", "cy"), ("bo", "cy")]
    assert all(a.tokens >= b.tokens for a, b in itertools.pairwise(found))


def test_the_page_shows_both_codes_and_says_that_it_proves_nothing():
    found = alike({"ada <b>": LONG + "    # <script>\n", "bo": disguised(LONG)})
    text = similar.page(found, 2, "01-tiny")
    assert text.index("Similarity is no proof.") < text.index("ada &lt;b&gt;")
    assert "<script" not in text and "spread = high - low" in text and "span = b - a" in text
    assert text.count('<span class="same">') > 15
    assert "%" not in text[text.index("<body>") :]  # nobody gets a score
    assert "0 pairs" in similar.page([], 2, "01-tiny")


def test_an_endless_answer_costs_little():
    endless = LONG + "    x = 1\n" * 200_000
    found = alike({"ada": endless, "bo": endless, "cy": OTHER})
    assert [(pair.left, pair.right) for pair in found] == [("ada", "bo")]
    assert len(similar.page(found, 3, "01-tiny")) < 1_000_000


def test_submissions_are_read_from_the_graded_notebooks(tiny):
    with pytest.raises(CourseError, match="no graded submission"):
        similar.pairs(tiny, "01-tiny")
    source = nbformat.read(tiny / "source" / "01-tiny" / "01-tiny.ipynb", as_version=4)
    classmates = [("ada", LONG, "graded"), ("bo", disguised(LONG), "graded"), ("cy", None, "not attempted"), ("di", None, "malformed"), ("eli", None, None)]
    for student, code, outcome in classmates:
        target = tiny / "autograded" / student / "01-tiny"
        target.mkdir(parents=True)
        for cell in source.cells:
            mark = cell.metadata.get("course", {})
            if mark.get("role") == "solution" and mark.exercise == "share":
                cell.source = (code or "def score():\n    pass\n").replace("score(", "share(")
            if mark.get("role") == "test":
                mark["outcome"], mark["message"] = "wrong", ""
        source.metadata.course["result"] = {"student": student, "section": "01-tiny", "outcome": outcome, "score": 0.0, "max_score": 4.5}
        nbformat.write(source, target / "01-tiny.ipynb")
    found, compared = similar.pairs(tiny, "01-tiny")
    assert compared == 3 and [(pair.left, pair.right, pair.alike[0].exercise) for pair in found] == [("ada", "bo", "share")]
    assert items.read_graded(tiny, "01-tiny", lambda _, result: result.student) == (
        {"ada": "ada", "bo": "bo", "cy": "cy"},
        {"malformed": 1, "not a graded notebook of the course": 1},
    )


def test_learners_are_shown_with_the_names_of_the_gradebook(tiny, monkeypatch):
    monkeypatch.setattr(similar, "read_graded", lambda *_: ({student: {"share": LONG.replace("score(", "share(")} for student in ("ada", "bo", "cy")}, {}))
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as gradebook:
        for student, first, last in (("ada", "Ada", "Lovelace"), ("bo", "Bo <b>", None), ("cy", None, None)):
            gradebook.add_student(student, first_name=first, last_name=last)
    found, _ = similar.pairs(tiny, "01-tiny")
    assert {name for pair in found for name in (pair.left, pair.right)} == {"Ada Lovelace (ada)", "Bo <b> (bo)", "cy"}
    assert ">Ada Lovelace (ada) and Bo &lt;b&gt; (bo)</h2>" in similar.page(found, 3, "01-tiny")
    (tiny / "gradebook.db").write_bytes(b"no gradebook" * 100)
    assert {pair.left for pair in similar.pairs(tiny, "01-tiny")[0]} == {"ada", "bo"}
