"""How fast the page is on the local stack, and what it weighs: prints a table; nothing here passes or fails.

`python -m tests.web.bench --stops 20`
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import expect, sync_playwright

from local.runfile import RunFile
from local.seed import OWNER
from local.settings import Settings
from local.stack import running_stack
from local.terminal import Terminal
from tests.web.browser import find_browser
from tests.web.driver import PHONE, DriverPage, launch

CHARGER_ID = "PX-0002"
VIEWS = 10

TAP_UNTIL_GREEN = """() => new Promise(done => {
  const tap = performance.now();
  const look = () => document.querySelector('.main.start:not([aria-busy])') && !document.querySelector('.live');
  const seen = () => look() ? requestAnimationFrame(() => done(performance.now() - tap)) : requestAnimationFrame(seen);
  document.querySelector('dialog .main.stop').click();
  seen();
})"""
"""Measured in the page, from the tap in the dialog to the first frame that shows the green button."""

FIRST_VIEW = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"


def main(arguments: Sequence[str] | None = None) -> int:
    """Start a stack of its own, look and stop many times, print what it took."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.bench", description=__doc__)
    parser.add_argument("--stops", type=int, default=20, help="how many stops (default 20)")
    stops: int = parser.parse_args(arguments).stops
    with TemporaryDirectory() as home, sync_playwright() as playwright:
        settings = Settings(home=Path(home), gateway_port=0, mqtt_port=0, web_port=0)
        with running_stack(settings, Terminal()) as stack:
            browser = launch(playwright, find_browser())
            legs: dict[str, list[float]] = {"address → first view": [], "sign in → list of chargers": []}
            for _ in range(VIEWS):
                me = DriverPage.open(browser, stack.run, OWNER, PHONE)
                _view(me, legs)
                me.close()
            me = DriverPage.open(browser, stack.run, OWNER, PHONE)
            legs["tap on Stop charging → green Start charging"] = _stops(me, stops)
            weight = _weight(me, stack.run)
            me.close()
            browser.close()
    _print(legs)
    print(f"\nfiles of list, detail screen and stop, without the hero picture: {weight / 1000:.1f} kB")  # noqa: T201
    return 0


def _view(me: DriverPage, legs: dict[str, list[float]]) -> None:
    me.arrive()
    expect(me.button("Sign in")).to_be_visible()
    legs["address → first view"].append(me.page.evaluate(FIRST_VIEW))
    me.page.get_by_label("Email").fill(OWNER)
    me.page.get_by_label("Password").fill(me.run.driver(OWNER).password)
    tapped = """() => new Promise(done => {
      const tap = performance.now();
      const there = () => document.querySelector('a.charger');
      const seen = () => there() ? done(performance.now() - tap) : requestAnimationFrame(seen);
      document.querySelector('form button').click();
      seen();
    })"""
    legs["sign in → list of chargers"].append(me.page.evaluate(tapped))


def _stops(me: DriverPage, stops: int) -> list[float]:
    me.arrive()
    me.sign_in()
    me.go(f"#/chargers/{CHARGER_ID}")
    took = []
    for _ in range(stops):
        me.start()
        me.stop_button.click()
        took.append(float(me.page.evaluate(TAP_UNTIL_GREEN)))
        me.see_stopped()
    return took


def _weight(me: DriverPage, run: RunFile) -> int:
    own = {it.url.split("#")[0] for it in me.requests if it.url.startswith(run.web_url)}
    files = {url for url in own if not any(part in url for part in ("/v1/", "/auth/", ".json", "/hero.svg"))}
    return sum(len(me.context.request.get(url).body()) for url in files)


def _print(legs: dict[str, list[float]]) -> None:
    print(f"\n{'milliseconds, in the browser, on the local stack':<54} {'n':>4} {'p50':>7} {'p90':>7} {'max':>7}")  # noqa: T201
    for leg, figures in legs.items():
        cuts = statistics.quantiles(figures, n=10, method="inclusive")
        row = f"{leg:<54} {len(figures):>4} {cuts[4]:>7.0f} {cuts[8]:>7.0f} {max(figures):>7.0f}"
        print(row)  # noqa: T201 - a command that talks to a person


if __name__ == "__main__":
    sys.exit(main())
