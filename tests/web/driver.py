"""The page as a driver uses it, in a browser of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, Playwright, Request, expect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.runfile import RunFile

PHONE: Mapping[str, object] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "locale": "en-GB",
}
DESKTOP: Mapping[str, object] = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"}

WITHIN_MS = 30_000.0
"""For whatever needs the charger: two busy cores take their time."""

EXPECTED_FAULTS = re.compile(r"Failed to load resource")
"""What the browser itself says about an answer of 4xx or 5xx, or about no network: those are part of the tests."""


def launch(playwright: Playwright, program: Path) -> Browser:
    """The browser, without a window. As root it must do without its sandbox."""
    expect.set_options(timeout=WITHIN_MS)  # its own 5 s are the patience of an idle machine
    # --no-sandbox only matters to root, whom the browser refuses otherwise; the pages it sees here are our own.
    return playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])


@dataclass
class DriverPage:
    """One driver's page, and what was seen of it: requests, origins, faults."""

    run: RunFile
    email: str
    context: BrowserContext
    page: Page
    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, browser: Browser, run: RunFile, email: str, options: Mapping[str, Any]) -> Self:
        """A fresh browser context with one empty page."""
        context = browser.new_context(**options)
        context.set_default_timeout(WITHIN_MS)
        driver = cls(run, email, context, context.new_page())
        context.on("request", driver.note)
        driver.page.on("pageerror", driver.fault)
        driver.page.on("console", driver.overhear)
        return driver

    def note(self, request: Request) -> None:
        """Keep a request."""
        self.requests.append(request)

    def fault(self, error: Error) -> None:
        """Keep what the page's own code got wrong."""
        self.faults.append(str(error))

    def overhear(self, message: Any) -> None:
        """Note what the browser complains about."""
        if message.type in ("error", "warning") and not EXPECTED_FAULTS.search(message.text):
            self.faults.append(message.text)

    @property
    def origins(self) -> set[str]:
        """Every origin that a request went to."""
        parts = [urlsplit(request.url) for request in self.requests if not request.url.startswith("blob:")]
        return {f"{part.scheme}://{part.netloc}" for part in parts}

    def sent(self, method: str, pattern: str) -> list[Request]:
        """The requests of a method whose path and query match."""
        return [it for it in self.requests if it.method == method and re.search(pattern, it.url)]

    # --- ways through the page

    def arrive(self, at: str = "/") -> None:
        """Open the page by an address."""
        self.page.goto(f"{self.run.web_url}/#{at}")

    def sign_in(self, password: str | None = None) -> None:
        """Fill in the form and send it."""
        self.page.get_by_label("Email").fill(self.email)
        self.page.get_by_label("Password").fill(password or self.run.driver(self.email).password)
        self.button("Sign in").click()
        if password is None:
            expect(self.page.get_by_role("navigation").get_by_text("My sessions")).to_be_visible()

    def go(self, at: str) -> None:
        """Go to another screen without loading the page again."""
        self.page.evaluate("at => { location.hash = at }", at)

    def start(self) -> None:
        """Tap Start charging, and see the session run."""
        self.start_button.click()
        expect(self.card.get_by_text("Charging", exact=True)).to_be_visible()

    def confirm(self, choice: str = "Stop charging") -> None:
        """Tap Stop charging and answer the dialog."""
        self.stop_button.click()
        self.dialog.get_by_role("button", name=choice).click()
        expect(self.dialog).to_have_count(0)

    def see_stopped(self) -> None:
        """The card is gone and the button is green again."""
        expect(self.card).to_have_count(0)
        expect(self.start_button).to_be_visible()

    def see_stopped_by_itself(self) -> None:
        """The session is over although nobody here asked for it."""
        expect(self.card).to_have_count(0)
        expect(self.outcome).to_contain_text("Charging has ended.")

    def pull_down(self) -> None:
        """Pull the screen down with a finger, and let go."""
        touch = self.context.new_cdp_session(self.page)
        for kind, y in [("touchStart", 200), *(("touchMove", y) for y in range(220, 420, 20)), ("touchEnd", None)]:
            points = [] if y is None else [{"x": 195, "y": y}]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        touch.detach()

    # --- what is on it

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def start_button(self) -> Locator:
        return self.button("Start charging")

    @property
    def stop_button(self) -> Locator:
        return self.page.locator("main").get_by_role("button", name="Stop charging", exact=True)

    @property
    def keep_button(self) -> Locator:
        return self.page.locator("main").get_by_role("button", name="Keep charging", exact=True)

    @property
    def card(self) -> Locator:
        return self.page.get_by_role("region", name="Your session")

    @property
    def outcome(self) -> Locator:
        return self.page.get_by_role("region", name="Last session")

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def banner(self) -> Locator:
        return self.page.locator(".banner")

    def colour(self, what: Locator) -> tuple[int, int, int]:
        """The background of an element."""
        red, green, blue = re.findall(r"\d+", what.evaluate("it => getComputedStyle(it).backgroundColor"))[:3]
        return int(red), int(green), int(blue)

    def top_of(self, what: Locator) -> float:
        """How far down an element begins, in pixels."""
        box = what.bounding_box()
        assert box is not None
        return box["y"]

    def close(self) -> None:
        self.context.close()
