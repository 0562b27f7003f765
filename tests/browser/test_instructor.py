"""An instructor opens formgrader: the section is listed, a graded submission shows its score and its messages, no hidden test in feedback."""

import sys
from pathlib import Path

import nbformat

from course.authoring import bank
from course.authoring.release import nbgrader_api
from course.grading.batch import grade_section
from course.grading.demo import fill

ROOT = Path(__file__).parents[2]


def test_formgrader_shows_section_and_submission(page, serve, course, free_port, shoot):
    release = nbformat.read(course / "release" / "01-statistics" / "01-statistics.ipynb", as_version=4)
    mistake = next(answer for answer in bank.read(bank.folder(ROOT, "01-statistics") / "poisson_tail.py") if not answer.right)
    target = course / "submitted" / "ada" / "01-statistics"
    target.mkdir(parents=True)
    nbformat.write(fill(release, {"poisson_tail": mistake.code}), target / "01-statistics.ipynb")
    result = grade_section(course, "01-statistics")[0]

    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={free_port}"]
    address = serve(command, course)
    page.goto(address.replace("/lab?", "/formgrader?"))
    page.get_by_text("01-statistics").first.wait_for()
    page.goto(f"http://127.0.0.1:{free_port}/formgrader/gradebook/01-statistics/01-statistics")
    page.get_by_text("Submission #1").click()
    page.get_by_text(mistake.label).first.wait_for()
    assert f"{result.score:g}" in page.locator("body").inner_text()

    made = nbgrader_api(course).generate_feedback("01-statistics", "ada", force=True)
    assert made["success"], made
    page.goto((course / "feedback" / "ada" / "01-statistics" / "01-statistics.html").as_uri())
    message = page.get_by_text(mistake.label).first
    message.scroll_into_view_if_needed()
    assert "HIDDEN TESTS" not in page.content()
    shoot(page, "feedback")
