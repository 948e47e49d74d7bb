"""What the page is made of: its weight, its policy, its modules."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from infra.page import content_security_policy
from local.client import DriverApi
from local.settings import REPO
from tests.local.scenes import charging, ended
from tests.local.support import FreshCharger
from tests.web.driver import DriverPage
from tests.web.png import read, squeeze

FreshChargers = Callable[..., FreshCharger]
Drivers = Callable[..., DriverPage]

WEIGHT_MAX_BYTES = 80_000
"""Uncompressed, without the hero picture: what a phone has to fetch before a screen can be used."""


def weigh(me: DriverPage) -> int:
    """The bytes of every file of the page that was fetched, but for the hero picture."""
    files = {
        it.url.split("#")[0] for it in me.requests if not re.search(r"/v1/|/auth/|\.json$|/hero\.svg$|^blob:", it.url)
    }
    return sum(len(me.context.request.get(url).body()) for url in files)


def test_no_screen_weighs_more_than_80_kilobytes(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi
) -> None:
    charger = fresh_charger()
    session_id = charging(owner, charger)
    owner.stop(session_id, wait_s=10)
    ended(owner, session_id)

    for screen in ("/", f"/chargers/{charger.charger_id}", "/sessions", f"/sessions/{session_id}"):
        me = driver(at=screen)
        expect(me.page.locator(".card, .connector").first).to_be_visible()
        if screen == "/":  # the tutorial's way: from the list to the detail screen, where everything else happens
            me.page.get_by_role("link", name=charger.site.name).click()
            expect(me.start_button).to_be_visible()
        assert weigh(me) <= WEIGHT_MAX_BYTES, (screen, weigh(me))


def test_the_policy_lets_nothing_inline_run_and_nothing_foreign_load(driver: Drivers) -> None:
    me = driver()
    attempt = """source => new Promise(answer => {
      addEventListener('securitypolicyviolation', report => answer(report.effectiveDirective), { once: true });
      const it = document.createElement('script');
      it.textContent = '1';
      if (source === 'script') document.body.append(it);
      if (source === 'style') document.body.insertAdjacentHTML('beforeend', '<p style="color: red">');
      if (source === 'fetch') fetch('https://elsewhere.example/').catch(() => {});
      if (source === 'image') { new Image().src = 'https://elsewhere.example/it.png'; }
    })"""
    blocked = {source: me.page.evaluate(attempt, source) for source in ("script", "style", "fetch", "image")}

    assert blocked == {
        "script": "script-src-elem",
        "style": "style-src-attr",
        "fetch": "connect-src",
        "image": "img-src",
    }
    assert me.context.request.get(me.run.web_url).headers["content-security-policy"] == content_security_policy()
    # The browser complained, as it should, and what it blocked never left it.
    me.faults.clear()
    me.requests.clear()
    me.page.reload()


def test_a_squeezed_picture_shows_the_same(driver: Drivers, tmp_path: Path) -> None:
    me = driver(signed_in=False)
    picture = tmp_path / "sign-in.png"
    me.page.screenshot(path=picture)
    before, size = read(picture.read_bytes()), picture.stat().st_size

    squeeze(picture)

    assert read(picture.read_bytes()) == before
    assert picture.stat().st_size < size


def test_the_modules_decide_as_their_own_tests_say() -> None:
    tests = sorted(str(path) for path in (REPO / "tests" / "web" / "unit").glob("*.mjs"))
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        ["node", "--test", *tests],  # noqa: S607 - whichever Node the machine has
        cwd=REPO,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert tests
    assert done.returncode == 0, done.stdout + done.stderr
