"""A headless Chromium for the tests that drive a browser."""

import os
import shutil
from pathlib import Path

import pytest

FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def page_factory():
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("Chromium is missing: install Debian's package `chromium` (.ci/run does)")
    from playwright.sync_api import sync_playwright

    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield lambda: browser.new_page(viewport={"width": 1400, "height": 1000})
        browser.close()


@pytest.fixture
def page(page_factory):
    page = page_factory()
    page.set_default_timeout(60_000)
    yield page
    page.close()


@pytest.fixture
def shoot():
    """Keep a picture of a page in the folder that COURSE_SCREENSHOTS names, if any: those of README and docs are made so (see docs/authors.md)."""

    def take(page, name):
        folder = os.environ.get("COURSE_SCREENSHOTS")
        if folder:
            page.wait_for_timeout(1_000)
            page.screenshot(path=Path(folder) / f"{name}.png")

    return take
