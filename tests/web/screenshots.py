"""Pictures of every screen and state, phone and desktop, light and dark: `make screenshots` fills docs/screenshots.

The same walk that the accessibility check takes, on a local stack of its own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from local.client import DriverApi
from local.plant import Plant
from local.runfile import RunFile
from local.seed import NEIGHBOUR, OWNER
from local.settings import REPO, Settings
from local.stack import running_stack
from local.terminal import Terminal
from tests.web.browser import find_browser
from tests.web.driver import DESKTOP, PHONE, DriverPage, launch
from tests.web.walk import Stage, walk

FOLDER = REPO / "docs" / "screenshots"
CHARGER_ID = "PX-0002"
"""One EVSE, and it takes cards."""
THEMES = ("light", "dark")
STILL = "it => Promise.all(document.getAnimations().map(motion => motion.effect.getComputedTiming().endTime < 9e3 && motion.finished))"


def main(arguments: Sequence[str] | None = None) -> int:
    """Take all pictures anew."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.screenshots", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go (default docs/screenshots)")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with TemporaryDirectory() as home, sync_playwright() as playwright:
        settings = Settings(home=Path(home), gateway_port=0, mqtt_port=0, web_port=0)
        with running_stack(settings, Terminal()) as stack:
            browser = launch(playwright, find_browser())
            for device, options in (("phone", PHONE), ("desktop", DESKTOP)):
                _take(browser, stack.run, device, options, folder)
            browser.close()
    taken = sorted(folder.glob("*.png"))
    size_kb = sum(path.stat().st_size for path in taken) / 1000
    print(f"{len(taken)} pictures, {size_kb:.0f} kB, in {folder}")  # noqa: T201 - a command that talks to a person
    return 0


def _take(browser: Browser, run: RunFile, device: str, options: dict[str, object], folder: Path) -> None:
    me = DriverPage.open(browser, run, OWNER, options)
    me.arrive()
    with DriverApi.of(run, NEIGHBOUR) as neighbour:
        for name in walk(me, Stage(CHARGER_ID, Plant(run.plant_socket), neighbour)):
            for theme in THEMES:
                me.page.emulate_media(color_scheme=theme)
                me.page.locator("body").evaluate(STILL)
                me.page.screenshot(path=folder / f"{name}-{device}-{theme}.png", scale="css")
    me.close()


if __name__ == "__main__":
    sys.exit(main())
