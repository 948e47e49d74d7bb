"""The list of chargers, my sessions, and one session's page."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Route, expect

from local.client import DriverApi
from local.seed import NEIGHBOUR, SITES
from tests.local.scenes import FAST, awaited, charging, ended, session_of
from tests.local.support import FreshCharger
from tests.web.driver import DriverPage

FreshChargers = Callable[..., FreshCharger]
Drivers = Callable[..., DriverPage]

AWAY = next(site for site in SITES if not site.powered)
HERE = next(site for site in SITES if site.powered)


def test_the_list_shows_every_charger_and_online_only_leaves_out_who_is_away(driver: Drivers) -> None:
    me = driver()
    for site in SITES:
        expect(me.page.get_by_role("link", name=site.name)).to_be_visible()
    expect(me.page.get_by_role("link", name=AWAY.name)).to_contain_text("Offline")

    me.page.get_by_role("switch", name="Online only").check()

    expect(me.page.get_by_role("link", name=AWAY.name)).to_have_count(0)
    expect(me.page.get_by_role("link", name=HERE.name)).to_be_visible()


def test_a_charger_that_went_offline_shows_its_last_known_state(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi
) -> None:
    charger = fresh_charger()
    charger.end_agent()
    awaited(lambda: owner.charger(charger.charger_id).expect(200), "the API knows", connected=False)
    me = driver()

    entry = me.page.get_by_role("link", name=charger.site.name)
    expect(entry).to_contain_text("Last known: available")
    expect(entry).to_contain_text("Offline, last seen")
    entry.click()
    expect(me.page.get_by_text("The charger is offline")).to_be_visible()
    expect(me.start_button).to_have_count(0)


def test_an_evse_out_of_service_offers_no_start(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi
) -> None:
    charger = fresh_charger()
    charger.fault("faulted")
    awaited(lambda: owner.charger(charger.charger_id).expect(200)["evses"][0], "the API knows", canStart=False)
    me = driver(at=f"/chargers/{charger.charger_id}")

    expect(me.page.get_by_text("This charger is out of service")).to_be_visible()
    expect(me.start_button).to_have_count(0)


def test_the_nearest_charger_comes_first_if_the_driver_allows_it(driver: Drivers) -> None:
    far = max(SITES, key=lambda site: float(site.latitude))
    place = {"latitude": float(far.latitude), "longitude": float(far.longitude)}
    me = driver(geolocation=place, permissions=["geolocation"])

    first = me.page.locator("a.charger").first
    expect(first).to_contain_text(far.name)
    expect(first).to_contain_text(re.compile(r"\d+ m"))


def test_a_list_of_one_opens_itself(driver: Drivers) -> None:
    me = driver(signed_in=False)

    def only_one(route: Route) -> None:
        answer = route.fetch()
        page = answer.json()
        mine = [charger for charger in page["chargers"] if charger["chargerId"] == HERE.charger_id]
        route.fulfill(response=answer, body=json.dumps({"chargers": mine, "cursor": None}))

    me.page.route(re.compile("/v1/chargers$"), only_one)
    me.sign_in()

    expect(me.page.get_by_role("heading", level=1)).to_have_text(HERE.name)
    assert me.page.url.endswith(f"#/chargers/{HERE.charger_id}")


def test_two_connectors_are_told_apart(driver: Drivers, fresh_charger: FreshChargers, neighbour: DriverApi) -> None:
    charger = fresh_charger(evses=2)
    theirs = charging(neighbour, charger, 1)
    me = driver(at=f"/chargers/{charger.charger_id}")

    expect(me.page.get_by_role("radio", name=re.compile("^2"))).to_be_checked()
    me.start()
    me.page.get_by_role("radio", name=re.compile("^1")).check()
    expect(me.stop_button).to_have_count(0)
    expect(me.card).to_have_count(0)
    me.page.get_by_role("radio", name=re.compile("^2")).check()
    me.confirm()
    me.see_stopped()

    assert session_of(neighbour, theirs)["status"] == "active"


def test_my_sessions_are_listed_filtered_and_told_in_full(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi, tmp_path: Path
) -> None:
    charger = fresh_charger()
    charger.plant.set_clock_rate(FAST)
    session_id = charging(owner, charger)
    awaited(lambda: {"on": (session_of(owner, session_id)["energyWh"] or 0) > 1000}, "energy flows", on=True)
    owner.stop(session_id, wait_s=10).expect(200)
    told = ended(owner, session_id)
    me = driver(at="/sessions")

    entry = me.page.get_by_role("link", name=charger.site.name)
    expect(entry).to_contain_text("Ended")
    expect(entry).to_contain_text(f"{told['energyWh'] / 1000:.1f} kWh")
    me.page.get_by_role("combobox").select_option("failed")
    expect(entry).to_have_count(0)
    me.page.get_by_role("combobox").select_option("ended")
    entry.click()

    expect(me.page.get_by_role("region", name="Figures")).to_contain_text(f"{told['energyWh'] / 1000:.1f} kWh")
    expect(me.page.get_by_role("img", name=re.compile("Power over time, at most"))).to_be_visible()
    story = me.page.get_by_role("region", name="Timeline").get_by_role("listitem")
    expect(story.first).to_contain_text("Start requested")
    expect(me.page.get_by_role("region", name="Timeline")).to_contain_text("Stop requestedby you")
    with me.page.expect_download() as download:
        me.page.get_by_role("link", name="Download readings").click()
    assert download.value.suggested_filename == f"session-{session_id}.csv"
    saved = tmp_path / "readings.csv"
    download.value.save_as(saved)
    rows = list(csv.DictReader(io.StringIO(saved.read_text())))
    curve = owner.meter_values(session_id).expect(200)["meterValues"]
    assert [row["meterWh"] for row in rows] == [str(value["meterWh"]) for value in curve]
    assert list(rows[0]) == ["at", "energyWh", "powerW", "meterWh"]


def test_somebody_elses_session_looks_like_a_missing_one(
    driver: Drivers, fresh_charger: FreshChargers, owner: DriverApi
) -> None:
    session_id = charging(owner, fresh_charger())
    other = driver(NEIGHBOUR, at=f"/sessions/{session_id}")
    expect(other.banner).to_contain_text("We can't find this session")
    expect(other.page.locator("main")).not_to_contain_text("kWh")
