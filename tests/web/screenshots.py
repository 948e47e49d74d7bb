"""Pictures of every screen and state: `make screenshots` fills docs/screenshots.

The walk is the one that the accessibility check takes, on a local stack of its own: on a phone in both themes, and on a
desktop in the light one, for the colours are the same there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

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
from tests.web.png import squeeze
from tests.web.walk import Stage, walk

FOLDER = REPO / "docs" / "screenshots"
CHARGER_ID = "PX-0002"
"""One EVSE, and it takes cards."""
Theme = Literal["light", "dark"]
DEVICES: tuple[tuple[str, Mapping[str, object], tuple[Theme, ...]], ...] = (
    ("phone", PHONE, ("light", "dark")),
    ("desktop", DESKTOP, ("light",)),
)
STILL = """() => {
  const finite = document.getAnimations().filter(it => it.effect.getComputedTiming().endTime < 9000);
  return Promise.all(finite.map(it => it.finished));
}"""
"""Done when nothing moves but the spinner."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Take all pictures anew."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.screenshots", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go (default docs/screenshots)")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("**/*.png"):
        old.unlink()
    with TemporaryDirectory() as home, sync_playwright() as playwright:
        settings = Settings(home=Path(home), gateway_port=0, mqtt_port=0, web_port=0)
        with running_stack(settings, Terminal()) as stack:
            browser = launch(playwright, find_browser())
            for device, options, themes in DEVICES:
                for path in _take(browser, stack.run, options, themes, folder / device):
                    squeeze(path)
            browser.close()
    taken = list(folder.glob("**/*.png"))
    size_kb = sum(path.stat().st_size for path in taken) / 1000
    print(f"{len(taken)} pictures, {size_kb:.0f} kB, in {folder}")  # noqa: T201 - a command that talks to a person
    return 0


def _take(
    browser: Browser, run: RunFile, options: Mapping[str, object], themes: Sequence[Theme], folder: Path
) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    me = DriverPage.open(browser, run, OWNER, options)
    me.arrive()
    with DriverApi.of(run, NEIGHBOUR) as neighbour:
        for number, name in enumerate(walk(me, Stage(CHARGER_ID, Plant(run.plant_socket), neighbour)), start=1):
            for theme in themes:
                me.page.emulate_media(color_scheme=theme)
                me.page.evaluate(STILL)
                path = folder / f"{number:02}-{name}-{theme}.png"
                me.page.screenshot(path=path)
                yield path
    me.close()


if __name__ == "__main__":
    sys.exit(main())
