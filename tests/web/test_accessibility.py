"""Everybody can use it: axe-core finds nothing on any screen in either theme; keyboard, targets, text, motion."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from local.client import DriverApi
from local.settings import REPO
from tests.local.support import FreshCharger
from tests.web.driver import DriverPage
from tests.web.walk import Stage, walk

FreshChargers = Callable[..., FreshCharger]
Drivers = Callable[..., DriverPage]

AXE = REPO / "node_modules" / "axe-core" / "axe.min.js"

SMALL_TARGETS = """
() => [...document.querySelectorAll('a, button, input:not([type=radio]), select, summary, label.connector')]
  .filter(it => it.checkVisibility() && !it.closest('p') && !it.matches('label input'))
  .map(it => [it.textContent || it.name, it.getBoundingClientRect()])
  .filter(([, box]) => box.height < 44 || box.width < 44)
  .map(([name, box]) => `${name}: ${Math.round(box.width)} x ${Math.round(box.height)}`)
"""


def findings(me: DriverPage) -> list[str]:
    """What axe-core has to say about what is on the screen, all its rules on."""
    if not me.page.evaluate("'axe' in window"):
        me.page.evaluate(AXE.read_text())
    result: dict[str, Any] = me.page.evaluate("axe.run(document)")
    return [
        f"{rule['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


def test_axe_finds_nothing_on_any_screen_in_either_theme_and_every_target_is_large_enough(
    driver: Drivers, fresh_charger: FreshChargers, neighbour: DriverApi
) -> None:
    charger = fresh_charger(accepts_cards=True)
    me = driver(signed_in=False, reduced_motion="reduce")
    seen: dict[str, list[str]] = {}

    for name in walk(me, Stage(charger.charger_id, charger.plant, neighbour)):
        for theme in ("light", "dark"):
            me.page.emulate_media(color_scheme=theme)
            seen[f"{name}, {theme}"] = findings(me)
        seen[f"{name}, targets"] = me.page.evaluate(SMALL_TARGETS)

    assert {where: found for where, found in seen.items() if found} == {}
    assert len(seen) == 3 * 17


def test_the_dialog_keeps_the_focus_and_gives_it_back(driver: Drivers, fresh_charger: FreshChargers) -> None:
    me = driver(at=f"/chargers/{fresh_charger().charger_id}")
    me.start()
    me.stop_button.focus()

    me.page.keyboard.press("Enter")

    keep = me.dialog.get_by_role("button", name="Keep charging")
    stop = me.dialog.get_by_role("button", name="Stop charging")
    expect(keep).to_be_focused()  # the choice that destroys nothing
    me.page.keyboard.press("Shift+Tab")
    expect(stop).to_be_focused()
    outside = (
        "!document.querySelector('dialog').contains(document.activeElement) && document.activeElement !== document.body"
    )
    for _ in range(4):
        me.page.keyboard.press("Tab")
        assert me.page.evaluate(outside) is False
    me.page.keyboard.press("Escape")
    expect(me.dialog).to_have_count(0)
    expect(me.stop_button).to_be_focused()
    assert me.sent("POST", "/stop$") == []


def test_states_are_announced_politely_and_failures_at_once_but_never_every_second(
    driver: Drivers, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    me = driver(at=f"/chargers/{charger.charger_id}")
    me.page.evaluate(
        """() => { window.said = []; const region = document.getElementById('said');
        new MutationObserver(() => said.push(region.textContent)).observe(region, { childList: true }); }"""
    )
    me.start()
    elapsed = me.card.locator(".figure", has_text="Elapsed").locator(".value")
    expect(elapsed).to_have_text(re.compile(r"0:(0[3-9]|[1-5]\d)"))
    me.confirm()
    me.see_stopped()

    expect(me.page.locator("#said")).to_contain_text("kWh delivered.")
    said = me.page.evaluate("said")
    assert [text.split(".")[0] for text in said if text not in ("Starting.", "Stopping.")] == [
        "Charging",
        "Charging stopped",
    ]
    expect(me.page.locator("#said")).to_have_attribute("role", "status")


def test_text_of_twice_the_size_still_fits_a_narrow_phone(driver: Drivers, fresh_charger: FreshChargers) -> None:
    charger = fresh_charger(accepts_cards=True)
    me = driver(at=f"/chargers/{charger.charger_id}", viewport={"width": 320, "height": 640})
    me.page.evaluate("document.documentElement.style.fontSize = '200%'")
    me.start()

    for screen in (f"#/chargers/{charger.charger_id}", "#/", "#/sessions"):
        me.go(screen)
        expect(me.page.locator(".card").first).to_be_visible()
        wide = me.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], (screen, wide)


def test_who_wants_no_motion_gets_none(driver: Drivers, fresh_charger: FreshChargers) -> None:
    me = driver(at=f"/chargers/{fresh_charger().charger_id}", reduced_motion="reduce")
    me.start()
    me.stop_button.click()
    durations = me.page.evaluate("document.getAnimations().map(it => it.effect.getComputedTiming().duration)")
    assert all(duration <= 1 for duration in durations)
