"""The tutorial "Stop a session from the app", paragraph by paragraph, with its own words."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from statistics import median

from playwright.sync_api import expect

from local.client import DriverApi
from local.seed import NEIGHBOUR
from tests.local.scenes import FAST, awaited, evse_of, session_of
from tests.local.support import FreshCharger
from tests.web.driver import DriverPage

FreshChargers = Callable[..., FreshCharger]
Drivers = Callable[..., DriverPage]


DASH = "\N{EN DASH}"
"""Where nothing is known."""


RECORD_ELAPSED = """() => {
  window.shown = [];
  const note = () => {
    const figure = [...document.querySelectorAll(".card .figure")].find((it) => it.textContent.startsWith("Elapsed"));
    const text = figure?.querySelector(".value").textContent;
    if (text && text !== window.shown.at(-1)?.[1]) window.shown.push([performance.now(), text]);
  };
  new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
"""Notes each change of the elapsed time as it is made, which somebody who looks from outside may come late for."""


def at(charger: FreshCharger) -> str:
    return f"/chargers/{charger.charger_id}"


def test_open_the_chargers_detail_screen_from_the_list(driver: Drivers, fresh_charger: FreshChargers) -> None:
    charger = fresh_charger()
    charger.plant.set_clock_rate(FAST)
    me = driver()
    me.page.get_by_role("link", name=charger.site.name).click()
    me.start()

    expect(me.page.get_by_role("heading", level=1)).to_have_text(charger.site.name)
    hero, name = me.page.locator("img.hero"), me.page.get_by_role("heading", level=1)
    assert me.top_of(name) < me.top_of(hero) < me.top_of(me.card) < me.top_of(me.stop_button)
    expect(me.card).to_contain_text(re.compile(r"[1-9]\d*\.\d kWh"))
    # The card updates every second while the session is active. A browser that was held up may miss a second, but then
    # shows the right one.
    me.page.evaluate(RECORD_ELAPSED)
    me.page.wait_for_function("() => window.shown.length > 4")
    noted = me.page.evaluate("() => window.shown")
    times_s = [at_ms / 1000 for at_ms, _ in noted]
    seconds = [60 * int(text.split(":")[0]) + int(text.split(":")[1]) for _, text in noted]
    assert all(
        abs((shown - seconds[0]) - (at_s - times_s[0])) <= 1 for at_s, shown in zip(times_s, seconds, strict=True)
    ), noted
    assert median(later - earlier for earlier, later in pairwise(seconds)) == 1, noted


def test_the_stop_button_is_red_at_the_bottom_and_shows_a_stop_icon(
    driver: Drivers, fresh_charger: FreshChargers
) -> None:
    me = driver(at=at(fresh_charger()))
    green = me.colour(me.start_button)
    me.start()

    red = me.colour(me.stop_button)
    assert red[0] > 2 * max(red[1:]), "red"
    assert green[1] > max(green[0], green[2]), "green"
    assert me.stop_button.locator("svg rect").count() == 1, "a stop icon"
    box = me.stop_button.bounding_box()
    assert box is not None
    assert 844 - 32 < box["y"] + box["height"] <= 844


def test_confirm_in_the_dialog_that_slides_up_from_the_bottom(driver: Drivers, fresh_charger: FreshChargers) -> None:
    charger = fresh_charger()
    charger.plant.set_clock_rate(FAST)
    me = driver(at=at(charger))
    me.start()
    expect(me.card).to_contain_text(re.compile(r"[1-9]\d*\.\d kWh"))

    me.stop_button.click()

    expect(me.dialog).to_have_accessible_name("Stop charging?")
    expect(me.dialog).to_contain_text(re.compile(r"Stop the session at \d+\.\d kWh delivered\?"))
    assert me.dialog.evaluate("it => getComputedStyle(it).animationName") == "rise"
    sheet = me.dialog.locator(".sheet")
    sheet.evaluate("it => Promise.all(document.getAnimations().map(motion => motion.finished))")
    box = sheet.bounding_box()
    assert box is not None
    assert round(box["y"] + box["height"]) == 844
    # Keep charging: nothing is sent.
    me.dialog.get_by_role("button", name="Keep charging").click()
    expect(me.dialog).to_have_count(0)
    expect(me.stop_button).to_be_focused()
    me.confirm()
    me.see_stopped()
    assert len(me.sent("POST", "/stop$")) == 1
    assert charger.describe()["contactor_opens"] == 1


def test_without_a_reading_the_dialog_asks_about_the_session_in_progress(
    driver: Drivers, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    charger.hold("before")
    me = driver(at=at(charger))
    me.start_button.click()
    expect(me.card).to_contain_text(DASH)

    me.stop_button.click()

    expect(me.dialog).to_contain_text("Stop the in-progress session?")
    me.dialog.get_by_role("button", name="Keep charging").click()
    charger.hold("off")
    expect(me.card).to_contain_text("Charging")


def test_after_you_confirm_the_button_shows_a_spinner_until_the_charger_acknowledges(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi
) -> None:
    charger = fresh_charger(accepts_cards=True)
    me = driver(at=at(charger))
    card_notice = me.page.get_by_text("Tap your card", exact=True)
    expect(card_notice).to_be_visible()
    me.start()
    expect(card_notice).to_have_count(0)
    charger.hold("before")

    me.confirm()

    expect(me.stop_button).to_have_attribute("aria-busy", "true")
    expect(me.stop_button.locator(".spinner")).to_be_visible()
    red = me.colour(me.stop_button)
    assert red[0] > 2 * max(red[1:]), "red while the session runs"
    me.stop_button.click(force=True)  # nothing comes of it
    expect(me.dialog).to_have_count(0)
    charger.await_held("stop")
    charger.hold("off")
    me.see_stopped()
    expect(card_notice).to_be_visible()
    assert me.top_of(card_notice) < me.top_of(me.start_button)
    expect(me.outcome).to_contain_text(re.compile(r"Charging stopped\. \d+\.\d kWh delivered\."))
    expect(me.outcome).to_contain_text("You can now unplug your connector from the vehicle.")
    assert len(me.sent("POST", "/stop$")) == 1
    session_id = me.sent("POST", "/stop$")[0].url.split("/")[-2]
    assert session_of(owner, session_id)["end"]["reason"] == "Remote"


def test_a_button_that_stays_in_the_loading_state_is_refreshed_by_pulling_down(
    driver: Drivers, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    me = driver(at=at(charger))
    me.start()
    charger.kill_agent()

    me.confirm()

    expect(me.page.get_by_text("Pull down on the screen to refresh")).to_be_visible()
    expect(me.page.get_by_text("Waiting for the charger to answer.")).to_be_visible()
    with me.page.expect_request(re.compile(rf"/v1/chargers/{charger.charger_id}$")):
        me.pull_down()
    expect(me.stop_button.locator(".spinner")).to_be_visible()
    # If the session is still active after that, the stop didn't reach the charger: try again.
    expect(me.banner).to_contain_text(re.compile("The charger is offline|The charger hasn't answered yet"))
    expect(me.stop_button).not_to_have_attribute("aria-busy", "true")
    charger.start_agent(wait=False)
    me.confirm()
    me.see_stopped()
    expect(me.banner).to_have_count(0)
    assert charger.describe()["contactor_opens"] == 1


def test_a_stop_that_nobody_has_heard_can_be_taken_back(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi
) -> None:
    charger = fresh_charger(through_proxy=True)
    assert charger.proxy is not None
    me = driver(at=at(charger))
    me.start()
    charger.proxy.cut()
    awaited(lambda: owner.charger(charger.charger_id).expect(200), "the API knows", connected=False)
    me.button("Refresh").click()
    expect(me.page.get_by_text("The charger is offline")).to_be_visible()

    me.confirm()
    me.keep_button.click()

    expect(me.card.get_by_text("Charging", exact=True)).to_be_visible()
    expect(me.stop_button).not_to_have_attribute("aria-busy", "true")
    expect(me.keep_button).to_have_count(0)
    assert len(me.sent("DELETE", "/stop$")) == 1
    assert charger.describe()["contactor_opens"] == 0


def test_a_red_banner_under_the_hero_shows_why_the_stop_failed(driver: Drivers, fresh_charger: FreshChargers) -> None:
    charger = fresh_charger()
    me = driver(at=at(charger))
    me.start()
    charger.fault("refuses_to_open")

    me.confirm()

    expect(me.banner.get_by_text("The charger refused")).to_be_visible()
    expect(me.banner).to_contain_text("Try again. If it refuses again")
    red = me.colour(me.banner)
    assert red[0] > max(red[1:])
    hero = me.page.locator("img.hero")
    assert me.top_of(hero) < me.top_of(me.banner) < me.top_of(me.card)
    expect(me.page.get_by_role("alert").filter(has=me.banner)).to_have_count(1)
    charger.fault("refuses_to_open", on=False)
    me.confirm()  # wait a few seconds and try again
    me.see_stopped()
    expect(me.banner).to_have_count(0)


def test_the_cable_wont_release_says_what_to_do_with_the_car(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi
) -> None:
    charger = fresh_charger()
    me = driver(at=at(charger))
    me.start()
    me.confirm()
    me.see_stopped()

    expect(me.outcome).to_contain_text(
        "This is usually a vehicle-side lock, not a charger issue. "
        "Unlock your car with the key fob or from the driver's seat, then try removing the connector."
    )

    charger.do("unplug")
    awaited(lambda: evse_of(owner, charger), "the charger says so", cable="unplugged")
    me.button("Refresh").click()
    expect(me.outcome).not_to_contain_text("Unlock your car")


def test_a_cable_that_the_charger_holds_is_not_blamed_on_the_car(driver: Drivers, fresh_charger: FreshChargers) -> None:
    charger = fresh_charger()
    me = driver(at=at(charger))
    me.start()
    charger.fault("cable_stuck")

    me.confirm()

    expect(me.outcome).to_contain_text("The charger still holds the cable")
    expect(me.outcome).not_to_contain_text("Unlock your car")


def test_if_someone_else_started_the_session_you_dont_see_the_stop_control(
    driver: Drivers, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    me = driver(at=at(charger))
    me.start()

    neighbour = driver(NEIGHBOUR, at=at(charger))

    main = neighbour.page.locator("main")
    expect(main.get_by_text("In use", exact=True)).to_be_visible()
    expect(neighbour.stop_button).to_have_count(0)
    expect(neighbour.start_button).to_have_count(0)
    expect(neighbour.card).to_have_count(0)
    expect(main).not_to_contain_text("kWh")
    me.confirm()
    me.see_stopped()
    neighbour.button("Refresh").click()
    neighbour.start()
    me.button("Refresh").click()
    expect(me.page.locator("main").get_by_text("In use", exact=True)).to_be_visible()
    expect(me.stop_button).to_have_count(0)
    neighbour.confirm()
    neighbour.see_stopped()
    assert not neighbour.sent("GET", "/v1/sessions/" + me.sent("POST", "/stop$")[0].url.split("/")[-2])
