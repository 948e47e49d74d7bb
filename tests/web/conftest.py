"""A headless browser before the local stack. Every page it opens is watched: no other origin, no fault, no report."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from local.seed import OWNER
from tests.local.support import LocalStack
from tests.web.browser import find_browser
from tests.web.driver import PHONE, DriverPage, launch

Drivers = Callable[..., DriverPage]


# One browser for the tests of this folder, and not for longer: its event loop would be in the way of other tests' own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright, find_browser())
        yield browser
        browser.close()


@pytest.fixture
def driver(browser: Browser, stack: LocalStack) -> Iterator[Drivers]:
    """Opens the page in a browser of the driver's own: `driver(email=OWNER, at="/chargers/…", signed_in=True)`."""
    opened: list[DriverPage] = []

    def open_page(email: str = OWNER, *, at: str = "/", signed_in: bool = True, **context: object) -> DriverPage:
        page = DriverPage.open(browser, stack.run, email, {**PHONE, **context})
        opened.append(page)
        page.arrive(at)
        if signed_in:
            page.sign_in()
        return page

    yield open_page
    for page in opened:
        page.close()
    for page in opened:
        assert not page.faults, page.faults
        assert page.origins == {stack.run.web_url}
