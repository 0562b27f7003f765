"""A learner opens JupyterLab as `make lab` starts it, solves an exercise wrongly and then rightly, goes on, updates and starts afresh."""

import json
from pathlib import Path

import nbformat
from playwright.sync_api import expect

from course.authoring import bank
from course.authoring.verify import read_section
from tests.browser.lab import in_terminal, led_to, run_above, scroll_to, solve, wait_for

ROOT = Path(__file__).parents[2]

EXERCISE, NEXT = "count_model", "poisson_tail"
NEWS = "This sentence is new in this release."


def test_learner_solves_an_exercise(page, serve, course, course_command, free_port, shoot):
    address = serve([*course_command, "lab", "--no-browser", "--port", str(free_port)], course, COURSE_ROOT=str(course))
    page.goto(address)
    page.get_by_role("img", name="points").wait_for()
    shoot(page, "home")
    page.get_by_role("link", name="Statistics and probability").first.click()
    cell = page.locator(".jp-CodeCell", has_text=f"def {EXERCISE}")
    page.get_by_role("heading", name="Statistics and probability").first.wait_for()
    scroll_to(page, cell)
    run_above(page, cell)

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

    page.keyboard.press("Control+S")
    copy = course / "work" / "01-statistics" / "01-statistics.ipynb"
    assert wait_for(lambda: solved(copy))

    page.goto(address)
    page.get_by_role("link", name=f"{NEXT} in Statistics and probability").click()
    led_to(page, NEXT)

    release = course / "release" / "01-statistics" / "01-statistics.ipynb"
    newer = nbformat.read(release, as_version=4)
    newer.cells[0].source += f"\n\n{NEWS}"
    nbformat.write(newer, release)
    in_terminal(page, "course update")
    assert wait_for(lambda: NEWS in copy.read_text()) and solved(copy)
    page.goto(address.replace("home.md", "01-statistics/01-statistics.ipynb"))
    page.get_by_text(NEWS).wait_for()
    in_terminal(page, f"course reset 01 {EXERCISE}")
    assert wait_for(lambda: not solved(copy))
    assert len(list(copy.parent.glob("*backup*"))) == 2


def solved(path):
    cells = nbformat.read(path, as_version=4).cells
    return "NotImplementedError" not in next(cell.source for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == EXERCISE)
