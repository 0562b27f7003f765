"""A class on a hub: released, fetched, solved, submitted, graded and answered in browsers, by users that cannot read each other."""

import re
import time

import nbformat
import pytest
from playwright.sync_api import expect

from course.authoring import bank
from course.grading.demo import fill
from tests.conftest import SECTION, TINY
from tests.hub.conftest import COURSE_ID

pytestmark = pytest.mark.xdist_group("hub")

RIGHT = "def share(part, whole):\n    if whole == 0:\n        raise ValueError\n    return part / whole\n"
MINUTE = 60


@pytest.fixture
def enter(page_factory):
    """Log a user in and give the page with their JupyterLab."""
    pages = []

    def log_in(site, user):
        page = page_factory()
        page.set_default_timeout(30_000)
        pages.append(page)
        page.goto(f"{site.url}/hub/login")
        page.get_by_label("Username").fill(user)
        page.get_by_label("Password").fill(site.passwords[user])
        page.get_by_role("button", name="Sign in").click()
        page.locator("#jp-MainMenu, .jp-MenuBar").first.wait_for()
        return page

    yield log_in
    for page in pages:
        page.close()


def test_a_round_on_a_hub(site, enter, shoot):
    prof, (ada, bo) = site.instructor, site.learners
    watch = start_watch(site)
    desk = enter(site, prof)
    formgrader = open_formgrader(desk)
    release(formgrader, desk, shoot)

    page = enter(site, ada)
    assignments = open_assignments(page)
    assignments.locator("#released_assignments_list .list_item", has_text=SECTION).get_by_role("button", name="Fetch").click()
    assignments.locator("#fetched_assignments_list .list_item", has_text=SECTION).first.wait_for()
    shoot(page, "hub-fetched")
    file = site.home(ada) / SECTION / f"{SECTION}.ipynb"
    mistake = next(answer for answer in bank.read(bank.folder(TINY, SECTION) / "share.py") if not answer.right)
    solve(file, mistake.code)
    submit(page, 1)
    text = feedback(site, page, 1)
    assert mistake.label in text and "HIDDEN TESTS" not in text
    shoot(page, "hub-feedback")

    watch.kill()
    watch.wait()
    forge(site, bo, ada)
    solve(file, RIGHT)
    submit(page, 2)
    watch = start_watch(site)
    assert "Score: 3.0 / 4.5" in feedback(site, page, 2)
    assert f"it belongs to {bo}" in site.said("watch.log")

    watch.kill()
    watch.wait()
    solve(file, mistake.code)
    submit(page, 3)
    grade_by_hand(formgrader, ada)
    assert mistake.label in feedback(site, page, 3)

    solve(file, RIGHT)
    only_visible_checks(page, shoot)
    nobody_reads_what_is_not_theirs(site, prof, ada, bo)


def open_formgrader(page):
    return open_from_menu(page, "formgrader").frame_locator("iframe")


def release(formgrader, page, shoot):
    """Generate and release the section."""
    row = formgrader.locator("tr", has_text=SECTION)
    for action, done in (("assign", "Successfully created"), ("release", "Successfully released")):
        press(formgrader, row, action, done, lambda name=f"hub-{action}": shoot(page, name))
    row.locator("td.status", has_text="released").wait_for()


def grade_by_hand(formgrader, student):
    """Collect, autograde and return feedback button by button, as without a watch."""
    press(formgrader, formgrader.locator("tr", has_text=SECTION), "collect", "Successfully collected")
    formgrader.locator("tr", has_text=SECTION).locator("td.num-submissions a").click()
    row = formgrader.locator("tr", has_text=student)
    press(formgrader, row, "autograde", "Successfully autograded")
    press(formgrader, row, "generate-feedback", "Successfully generated feedback")
    press(formgrader, row, "release-feedback", "Successfully released feedback")


def press(formgrader, row, action, done, look=lambda: None):
    """Press the button of a row and close the box that says that it is done."""
    row.locator(f"td.{action} a").click()
    formgrader.get_by_text(done).wait_for()
    look()
    formgrader.get_by_role("button", name="OK").click()
    formgrader.get_by_text(done).wait_for(state="detached")


def open_assignments(page):
    """Open nbgrader's list of assignments; a learner's menu has no formgrader."""
    panel = open_from_menu(page, "assignment-list", without="formgrader")
    panel.locator("#released_assignments_list .list_item", has_text=SECTION).wait_for()
    assert COURSE_ID in panel.inner_text()
    return panel


def open_from_menu(page, command, without=None):
    page.locator("div.lm-MenuBar-itemLabel", has_text="Nbgrader").click()
    entry = page.locator(f'li[data-command="nbgrader:open-{command}"]')
    entry.wait_for()
    assert without is None or not page.locator(f'li[data-command="nbgrader:open-{without}"]').is_visible()
    entry.click()
    return page.locator("#jp-main-dock-panel")


def solve(file, code):
    """Write an answer into the learner's notebook; the file keeps its owner and its mode."""
    file.write_text(nbformat.writes(fill(nbformat.read(file, as_version=4), {"share": code})))


def submit(page, number):
    """Submit in the list of assignments and wait until it shows so many submissions."""
    page.locator("#jp-main-dock-panel .lm-TabBar-tabLabel", has_text="Assignments").click()
    row = page.locator("#fetched_assignments_list .list_item", has_text=SECTION)
    row.get_by_role("button", name="Submit").click()
    expect(submissions(page)).to_have_count(number)


def submissions(page):
    return page.locator("#submitted_assignments_list .nested_list_item")


def start_watch(site):
    return site.start(site.instructor, "course", "grade", "--watch", "--jobs", "1", folder=site.course, log="watch.log")


def feedback(site, page, number):
    """Fetch the feedback in the list of assignments as soon as there is some, open it there, and give the text of the page."""
    until = time.monotonic() + MINUTE
    latest = submissions(page).nth(number - 1)
    while not latest.get_by_text("feedback available to fetch").count():
        assert time.monotonic() < until, f"no feedback within a minute:\n{site.said('watch.log')}"
        page.locator("#refresh_assignments_list").click()
        page.wait_for_timeout(1_000)
    page.locator("#submitted_assignments_list").get_by_role("button", name="Fetch Feedback").click()
    latest.get_by_text("view feedback").click()
    submitted = re.match(r"\S+ \S+ UTC", latest.inner_text())
    page.locator(".jp-FileBrowser-crumbs", has_text=submitted[0]).wait_for()
    page.locator(".jp-DirListing-item", has_text=f"{SECTION}.html").dblclick()
    content = page.frame_locator(".jp-HTMLViewer:visible iframe").locator("body")
    content.get_by_text("Score:").first.wait_for()
    text = content.inner_text()
    return text


def only_visible_checks(page, shoot):
    """Run the learner's notebook in JupyterLab: %check finds the visible checks in it and says that they are not all."""
    page.locator("#jp-main-dock-panel .lm-TabBar-tabLabel", has_text="Assignments").click()
    page.locator("#fetched_assignments_list a.assignment-notebooks-link", has_text=SECTION).click()
    page.locator("#fetched_assignments_list .nested_list_item a", has_text=SECTION).click()
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.get_by_text(re.compile(r"Python 3 .*\| Idle")).wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator('li[data-command="runmenu:run-all"]').click()
    verdict = page.get_by_text("All visible checks pass.").first
    page.locator(".jp-WindowedPanel-outer:visible").first.hover()
    for turn in range(120):  # JupyterLab draws only the cells that are in view
        if verdict.is_visible():
            break
        page.mouse.wheel(0, 300 if turn % 12 < 8 else -600)
        page.wait_for_timeout(250)
    expect(verdict).to_be_visible()
    verdict.scroll_into_view_if_needed()
    expect(page.get_by_text("Only the visible checks are here").first).to_be_visible()
    shoot(page, "hub-check")


def forge(site, culprit, victim):
    """A learner lays a submission under another's name into the exchange, and one under their own that is a link to the course's source."""
    source = site.course / "source" / SECTION / f"{SECTION}.ipynb"
    for student, content in ((victim, "echo {} >"), (culprit, f"ln -s '{source}'")):
        stamp = "2099-01-01 00:00:00.000000 UTC"
        folder = site.folder / "exchange" / COURSE_ID / "inbound" / f"{student}+{SECTION}+{stamp}+aaaaaaaaaaaa"
        steps = f"mkdir '{folder}' && cd '{folder}' && echo -n '{stamp}' > timestamp.txt && echo -n x > submission_secret.txt && {content} {SECTION}.ipynb"
        made = site.run(culprit, "sh", "-c", steps)
        assert made.returncode == 0, made.stdout


def nobody_reads_what_is_not_theirs(site, prof, ada, bo):
    """Learners' own attempts, with their rights, at all that the table of docs/hub.md closes to them; each path is there."""
    exchange = site.folder / "exchange" / COURSE_ID
    submission = next((exchange / "inbound").glob(f"{ada}+*"))
    page = next((exchange / "feedback").glob("*.html"))
    closed = [
        site.course / "source" / SECTION / f"{SECTION}.ipynb",
        site.course / "gradebook.db",
        site.course / "submitted" / ada / SECTION / f"{SECTION}.ipynb",
        site.course / "autograded" / ada / SECTION / f"{SECTION}.ipynb",
        site.course / "feedback" / ada / SECTION / f"{SECTION}.html",
        site.home(ada) / SECTION / f"{SECTION}.ipynb",
        exchange / "inbound",
        exchange / "feedback",
        site.folder / "hub" / "state" / "jupyterhub.sqlite",
        site.folder / "hub" / "state" / "cookie_secret",
    ]
    for path in closed:
        assert path.exists(), path
        refused(site, bo, f"cat '{path}'" if path.is_file() else f"ls '{path}'")
    refused(site, ada, f"cat '{site.course / 'gradebook.db'}'")
    for change in (
        f"mv '{exchange}' '{exchange}.old'",
        f"echo x > '{exchange / 'outbound' / SECTION / f'{SECTION}.ipynb'}'",
        f"echo x > '{page}'",
        f"echo x > '{submission / f'{SECTION}.ipynb'}'",
        f"echo x > '{site.folder / 'env' / 'etc' / 'jupyter' / 'nbgrader_config.py'}'",
    ):
        refused(site, bo, change)
    assert (site.course / "submitted" / bo / SECTION).is_dir() and not list((site.course / "submitted" / bo).rglob("*.ipynb"))
    assert site.run(ada, "cat", str(site.home(ada) / SECTION / f"{SECTION}.ipynb")).returncode == 0
    assert site.run(prof, "head", "-c", "15", str(site.course / "gradebook.db")).stdout == "SQLite format 3"


def refused(site, user, command):
    done = site.run(user, "sh", "-c", command)
    assert done.returncode != 0 and re.search("Permission denied|not permitted", done.stdout), f"{user}: {command}: {done.stdout[:300]}"
