"""No network, or a bad one: the driver is told, nothing they asked for is lost, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Route, expect

from local.client import DriverApi
from tests.local.scenes import awaited, ended, session_of, stages
from tests.local.support import FreshCharger
from tests.web.driver import DriverPage

FreshChargers = Callable[..., FreshCharger]
Drivers = Callable[..., DriverPage]


def at(charger: FreshCharger) -> str:
    return f"/chargers/{charger.charger_id}"


class LosesFirstAnswer:
    """The request arrives, its answer does not; later ones pass."""

    def __init__(self) -> None:
        self.lost = 0

    def __call__(self, route: Route) -> None:
        if self.lost:
            route.continue_()
            return
        self.lost += 1
        route.fetch()
        route.abort()


def test_a_stop_tapped_without_a_network_is_sent_once_when_it_is_back(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi
) -> None:
    charger = fresh_charger()
    me = driver(at=at(charger))
    me.start()
    me.context.set_offline(True)

    me.confirm()

    expect(me.banner.get_by_text("No connection")).to_be_visible()
    expect(me.page.get_by_text("Your stop is sent as soon as the network is back.")).to_be_visible()
    expect(me.stop_button).to_have_attribute("aria-busy", "true")
    assert charger.describe()["contactor_opens"] == 0
    me.go("#/sessions")  # the wish outlives the screen it was made on
    me.context.set_offline(False)
    session_id = me.sent("POST", "/stop$")[0].url.split("/")[-2]
    assert ended(owner, session_id)["end"]["reason"] == "Remote"
    assert stages(owner, session_id).count("stop_requested") == 1
    assert charger.describe()["contactor_opens"] == 1


def test_a_stop_that_was_not_sent_yet_can_be_dropped(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi
) -> None:
    charger = fresh_charger()
    me = driver(at=at(charger))
    me.start()
    me.context.set_offline(True)
    me.confirm()

    me.keep_button.click()

    expect(me.stop_button).not_to_have_attribute("aria-busy", "true")
    me.context.set_offline(False)
    expect(me.banner).to_have_count(0)
    session_id = me.sent("POST", "/stop$")[0].url.split("/")[-2]
    assert session_of(owner, session_id)["stop"] is None


def test_a_start_whose_answer_is_lost_is_sent_again_with_the_same_key_and_is_one_session(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi
) -> None:
    charger = fresh_charger()
    me = driver(at=at(charger))
    me.page.route("**/evses/1/sessions", LosesFirstAnswer())

    me.start()

    starts = me.sent("POST", "/evses/1/sessions$")
    assert len(starts) == 2
    assert len({start.headers["idempotency-key"] for start in starts}) == 1
    assert charger.describe()["contactor_closes"] == 1
    here = [it for it in owner.sessions().expect(200)["sessions"] if it["chargerId"] == charger.charger_id]
    assert len(here) == 1


def test_a_stop_whose_answer_is_lost_is_the_same_stop(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi
) -> None:
    charger = fresh_charger()
    me = driver(at=at(charger))
    me.start()
    me.page.route("**/stop", LosesFirstAnswer())

    me.confirm()

    me.see_stopped()
    session_id = me.sent("POST", "/stop$")[0].url.split("/")[-2]
    assert stages(owner, session_id).count("stop_requested") == 1
    assert charger.describe()["contactor_opens"] == 1


def test_two_taps_at_once_send_one_request(driver: Drivers, fresh_charger: FreshChargers) -> None:
    charger = fresh_charger()
    me = driver(at=at(charger))
    me.start_button.evaluate("it => { it.click(); it.click(); }")
    expect(me.card.get_by_text("Charging", exact=True)).to_be_visible()
    me.stop_button.click()
    me.dialog.get_by_role("button", name="Stop charging").evaluate("it => { it.click(); it.click(); }")
    me.see_stopped()

    assert len(me.sent("POST", "/sessions$")) == 1
    assert len(me.sent("POST", "/stop$")) == 1


def test_a_cable_that_is_not_plugged_in_is_told_in_the_apis_words(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi
) -> None:
    charger = fresh_charger()
    charger.do("unplug")
    awaited(lambda: owner.charger(charger.charger_id).expect(200)["evses"][0], "it is unplugged", cable="unplugged")
    me = driver(at=at(charger))

    me.start_button.click()

    refused = owner.start(charger.charger_id, 1).body
    expect(me.banner).to_contain_text(refused["title"])
    expect(me.banner).to_contain_text(refused["advice"])
    expect(me.start_button).not_to_have_attribute("aria-busy", "true")


def test_a_hidden_page_does_not_poll_and_catches_up_when_it_is_looked_at(
    driver: Drivers, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    me = driver(at=at(charger))
    me.start()
    expect(me.card).to_contain_text("reading", ignore_case=True)
    hide = "hidden => { Object.defineProperty(document, 'visibilityState', { get: () => hidden, configurable: true });"
    hide += " document.dispatchEvent(new Event('visibilitychange')); }"
    me.page.evaluate(hide, "hidden")
    me.page.wait_for_load_state("networkidle")
    before = len(me.requests)

    charger.do("unplug")  # the session ends, and the page would have asked by then
    me.page.wait_for_timeout(
        2500
    )  # longer than `pollAfterMs` of a live session: nothing happening needs a while to see

    assert len(me.requests) == before
    me.page.evaluate(hide, "visible")
    me.see_stopped_by_itself()


def test_a_session_that_has_not_changed_is_not_sent_again(driver: Drivers, fresh_charger: FreshChargers) -> None:
    charger = fresh_charger()
    charger.hold("before")  # nothing can change meanwhile
    me = driver(at=at(charger))
    me.start_button.click()
    with me.page.expect_response(lambda answer: answer.status == 304) as unchanged:
        pass
    assert unchanged.value.request.headers["if-none-match"]
    expect(me.card.get_by_text("Starting")).to_be_visible()
    charger.hold("off")
    expect(me.card.get_by_text("Charging", exact=True)).to_be_visible()
