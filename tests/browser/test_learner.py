"""A learner opens JupyterLab as `make lab` starts it, solves an exercise wrongly and then rightly."""

import json
from pathlib import Path

from playwright.sync_api import expect

from course.authoring import bank
from course.authoring.verify import read_section

ROOT = Path(__file__).parents[2]

EXERCISE = "count_model"


def test_learner_solves_an_exercise(page, serve, course, course_command, free_port, shoot):
    address = serve([*course_command, "lab", "--no-browser", "--port", str(free_port)], course, COURSE_ROOT=str(course))
    page.goto(address)
    page.get_by_role("img", name="points").wait_for()
    shoot(page, "home")
    page.get_by_role("link", name="Statistics and probability").first.click()
    cell = page.locator(".jp-CodeCell", has_text=f"def {EXERCISE}")
    page.get_by_role("heading", name="Statistics and probability").first.wait_for()
    scroll_to(page, cell)
    cell.locator(".cm-content").click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Above Selected Cell").click()

    answers = bank.read(bank.folder(ROOT, "01-statistics") / f"{EXERCISE}.py")
    mistake = next(answer for answer in answers if not answer.right)
    solve(page, cell, mistake.code)
    panel = page.locator(".jp-OutputArea-output", has_text=f"{EXERCISE}:").last
    panel.get_by_text(mistake.label).first.wait_for()
    assert "wrong" in panel.inner_text()
    shoot(page, "check")
    lesson = panel.get_by_role("link")
    title = lesson.inner_text()
    lesson.click()
    expect(page.get_by_role("heading", name=title).first).to_be_in_viewport()

    solve(page, cell, read_section(ROOT, "01-statistics", EXERCISE).exercises[EXERCISE].solution)
    page.get_by_text("All checks pass.").wait_for()
    kept = json.loads((course / "work" / ".course" / "progress" / "01-statistics" / f"{EXERCISE}.json").read_text())
    assert kept["best"] == kept["points"]
    assert kept["attempts"] == 2


def scroll_to(page, locator):
    page.locator(".jp-WindowedPanel-outer").first.hover()
    for _ in range(80):
        if locator.count() and locator.is_visible():
            locator.scroll_into_view_if_needed()
            return
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(150)
    raise AssertionError("the cell was not found by scrolling")


def solve(page, cell, code):
    """Put code into the solution cell, run it, and run the %check cell below."""
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
