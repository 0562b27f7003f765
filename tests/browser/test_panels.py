"""Panels and the home page in JupyterLab's themes: axe-core finds nothing against WCAG 2 A and AA in them."""

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

from course.authoring import bank
from course.interview import journal
from course.interview.journal import Answer, Asked, Journal
from tests.conftest import PROJECT

SECTION, EXERCISE, UNSOLVED = "01-statistics", "count_model", ("poisson_tail", "decide")
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark", "contrast": "JupyterLab Dark High Contrast"}
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.fixture
def panels(course):
    """A notebook in the workspace that shows every panel, and the interviews that it speaks of."""
    asked = [Asked("cascade_bill", 3, "03-llms", 4)]
    interviews = course / "work" / "interviews"
    interviews.mkdir(parents=True)
    journal.save(interviews, Journal("begun", 1, 5, journal.now(), "", asked))
    answers = [Answer("cascade_bill", "03-llms", 2.0, 4.0, True, ["the cost is wrong"], 60.0, False)]
    journal.save(interviews, Journal("done", 1, 5, journal.now(), "", asked, journal.now(), journal.now(), [], answers))

    known = bank.read(bank.folder(PROJECT, SECTION) / f"{EXERCISE}.py")
    right, wrong = (next(answer.code for answer in known if answer.right is kind) for kind in (True, False))
    check = f"%check {EXERCISE}"
    cells = [
        f"%load_ext course\n{check}",
        f"def {EXERCISE}(*_):\n    raise NotImplementedError\n{check}",
        f"{wrong}\n{check}",
        f"{right}\n{check}",
        *(f"def {unsolved}(*_):\n    return 1 / 0\n%check {unsolved}" for unsolved in UNSOLVED),
        f"%hint {EXERCISE}",
        f"%solution {EXERCISE}",
        "%load_ext course.interview\n%finish done\n%interview start begun\n%clock\n%finish begun\n%check x",
        "%progress",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, course / "work" / "panels.ipynb")


def test_panels_and_the_home_page_are_legible_in_every_theme(page, serve, course, course_command, free_port, panels, shoot):
    page.set_default_timeout(30_000)
    address = serve([*course_command, "lab", "--no-browser", "--port", str(free_port)], course, COURSE_ROOT=str(course))
    page.goto(address.replace("home.md", "panels.ipynb"))
    page.set_viewport_size({"width": 1400, "height": 4500})  # JupyterLab draws only cells in view
    page.get_by_text("| Idle").wait_for()
    page.locator(".jp-CodeCell").first.click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.locator(".jp-OutputArea-output", has_text="In all:").wait_for()
    found = faults(page, THEMES["light"], "#course-interview-clock")
    page.locator("#course-interview-clock").click()
    page.locator(".jp-DirListing-item", has_text="home.md").dblclick()
    page.get_by_text("Weakest so far:", exact=True).wait_for()
    for name, theme in THEMES.items():
        wear(page, theme)
        turn_to(page, "panels", 4500, "is not defined", "In all:")
        found += faults(page, theme, ".jp-OutputArea-output")
        shoot(page, f"panels-{name}")
        turn_to(page, "home", 1200, "Weakest so far:", "In a terminal")
        found += faults(page, theme, ".jp-MarkdownViewer")
        shoot(page, f"home-{name}")
    assert not found, "\n".join(found)


def wear(page, theme):
    """Put on a theme by JupyterLab's menu."""
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu-item", has_text="Theme").first.hover()
    page.get_by_text(theme, exact=True).click()
    page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached")
    page.locator("#jupyterlab-splash").wait_for(state="detached")


def turn_to(page, tab, height, *ends):
    """Show a document in a window of a height at which its ends are drawn."""
    page.set_viewport_size({"width": 1400, "height": height})
    page.get_by_role("tab", name=tab).click()
    for end in ends:
        page.locator(".jp-MainAreaWidget:not(.lm-mod-hidden)").get_by_text(end).first.wait_for()


def faults(page, theme, place):
    """What axe finds in a place, and where it cannot tell the contrast of a word; marks hidden from screen readers are no words."""
    page.add_style_tag(content="body { width: 100vw; height: 100vh }")  # JupyterLab gives it no size, and axe takes all that is in it for hidden
    found = Axe().run(page, place, RULES).response
    assert "color-contrast" in {rule["id"] for kind in ("passes", "violations") for rule in found[kind]}, "axe saw no words"
    return [
        f"{theme}, {rule['id']}: {node['html']}: {node['failureSummary']}"
        for rule in found["violations"] + found["incomplete"]
        for node in rule["nodes"]
        if 'aria-hidden="true"' not in node["html"]
    ]
