"""A mock interview in JupyterLab: made in its terminal, answered in its notebook, finished there, its report read there."""

from playwright.sync_api import expect

from course.checks.compare import show
from course.interview import journal, make
from tests.browser.lab import in_terminal, led_to, run_above, scroll_to, solve, wait_for


def test_an_interview_from_the_terminal_to_its_report(page, serve, course, course_command, free_port, shoot):
    address = serve([*course_command, "lab", "--no-browser", "--port", str(free_port)], course, COURSE_ROOT=str(course))
    page.goto(address)
    page.get_by_role("img", name="points").wait_for()
    in_terminal(page, "course interview --minutes 12 --seed 7")
    folder = course / "work" / "interviews"
    made = wait_for(lambda: next((found for found in journal.everything(folder) if (folder / f"{found.name}.ipynb").is_file()), None))
    first, *others = make.questions(made.asked)

    page.goto(f"http://127.0.0.1:{free_port}/lab/tree/interviews/{made.name}.ipynb")
    page.get_by_role("heading", name="Mock interview").wait_for()
    cell = page.locator(".jp-CodeCell", has_text=f"def {first.id}")
    scroll_to(page, cell)
    run_above(page, cell)
    page.get_by_text("12 minutes").last.wait_for()
    solve(page, cell, first.function(first.body, doc=True))
    wait_for(lambda: journal.load(folder, made.name).runs)
    page.keyboard.press("Control+S")
    end = page.locator(".jp-CodeCell", has_text="%finish")
    scroll_to(page, end)
    end.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    points = [answer.points for answer in wait_for(lambda: journal.load(folder, made.name).answers)]
    assert points[0] > 0 and points[1:] == [0] * len(others)
    page.get_by_role("link", name=f"{made.name}-report.md").click()
    report = page.locator(".jp-MarkdownViewer")
    expect(report.get_by_text(f"{show(points[0])} of").first).to_be_visible()
    expect(report.get_by_role("img", name="Points by topic")).to_be_visible()
    shoot(page, "interview")
    lesson = report.get_by_role("link").first
    assert lesson.inner_text().endswith(others[0].heading)
    lesson.click()
    led_to(page, others[0].heading)
