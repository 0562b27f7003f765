"""What a learner does in JupyterLab."""

import time


def scroll_to(page, locator):
    """Scroll the notebook down to what JupyterLab draws only when it is in view."""
    page.locator(".jp-WindowedPanel-outer").first.hover()
    for _ in range(80):
        if locator.count() and locator.is_visible():
            locator.scroll_into_view_if_needed()
            return
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(150)
    raise AssertionError("the cell was not found by scrolling")


def run_above(page, cell):
    """Run all cells above one."""
    cell.locator(".cm-content").click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-item", has_text="Run All Above Selected Cell").click()


def solve(page, cell, code):
    """Put code into the solution cell, run it, and run the cell below."""
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")


def led_to(page, heading):
    """Wait until a link has led to a heading. In a notebook that it has just opened JupyterLab scrolls before all is drawn: up to a screen too far or short."""
    place = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)").get_by_role("heading", name=heading).first
    screen = page.viewport_size["height"]
    assert wait_for(lambda: (box := place.bounding_box()) and -screen < box["y"] < 2 * screen)


def in_terminal(page, command):
    """Type a command into a new terminal."""
    page.get_by_title("New Launcher").first.click()
    page.locator(".jp-LauncherCard", has_text="Terminal").click()
    page.locator(".jp-Terminal .xterm-screen").filter(visible=True).last.click()
    page.wait_for_timeout(500)
    page.keyboard.type(f"{command}\n")


def wait_for(found, seconds=60):
    """What a function gives as soon as it gives something."""
    until = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.25)
    return value
