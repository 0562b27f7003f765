"""An instructor in formgrader: a graded submission shows its score and its messages, a memo is graded by hand, feedback shows no hidden test."""

import sys
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from playwright.sync_api import expect

from course.authoring import bank
from course.authoring.release import nbgrader_api
from course.authoring.verify import read_section
from course.grading.batch import grade_section
from course.grading.demo import fill

ROOT = Path(__file__).parents[2]


MEMO = "The desk gets about 350 hours a week back, with fewer wrong decisions than today: 8.6 % against 10.7 %."


def test_formgrader_shows_a_submission_and_takes_the_grade_of_a_memo(page, serve, course, free_port, shoot):
    release = nbformat.read(course / "release" / "01-statistics" / "01-statistics.ipynb", as_version=4)
    mistake = next(answer for answer in bank.read(bank.folder(ROOT, "01-statistics") / "poisson_tail.py") if not answer.right)
    target = course / "submitted" / "ada" / "01-statistics"
    target.mkdir(parents=True)
    solved = {key: exercise.solution for key, exercise in list(read_section(ROOT, "01-statistics").exercises.items())[:9]}
    nbformat.write(fill(release, solved | {"poisson_tail": mistake.code}), target / "01-statistics.ipynb")
    result = grade_section(course, "01-statistics")[0]
    hand_in_tasks(course)

    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={free_port}"]
    address = serve(command, course)
    page.goto(address.replace("/lab?", "/formgrader?"))
    page.get_by_text("01-statistics").first.wait_for()
    page.goto(f"http://127.0.0.1:{free_port}/formgrader/gradebook/01-statistics/01-statistics")
    page.get_by_text("Submission #1").click()
    page.get_by_text(mistake.label).first.wait_for()
    assert f"{result.score:g}" in page.locator("body").inner_text()

    page.goto(f"http://127.0.0.1:{free_port}/formgrader/gradebook/07-communication/07-communication")
    page.get_by_text("Submission #1").click()
    expect(page.locator("img[src^='data:image/png']")).to_have_count(1)
    memo = page.get_by_text(MEMO)
    memo.scroll_into_view_if_needed()
    points = page.locator(".score[id]").filter(visible=True).last
    points.fill("7.5")
    points.press("Tab")
    page.get_by_text("Saved").first.wait_for()
    shoot(page, "memo")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_grade("memo", "07-communication", "07-communication", "ada").manual_score == 7.5

    made = nbgrader_api(course).generate_feedback("01-statistics", "ada", force=True)
    assert made["success"], made
    page.goto((course / "feedback" / "ada" / "01-statistics" / "01-statistics.html").as_uri())
    shoot(page, "feedback")
    page.get_by_role("link", name="poisson_tail").first.click()
    expect(page.get_by_text(mistake.label).first).to_be_in_viewport()
    assert "HIDDEN TESTS" not in page.content()


def hand_in_tasks(course):
    """A submission of 07-communication with nothing in it but the memo and a chart, graded."""
    book = nbformat.read(course / "release" / "07-communication" / "07-communication.ipynb", as_version=4)
    written = {"memo": MEMO, "stakeholder_chart": "import matplotlib.pyplot as plt\n\nplt.bar(['today', 'cascade'], [10.7, 8.6])"}
    for cell in book.cells:
        cell.source = written.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    target = course / "submitted" / "ada" / "07-communication"
    target.mkdir(parents=True)
    nbformat.write(book, target / "07-communication.ipynb")
    grade_section(course, "07-communication")
