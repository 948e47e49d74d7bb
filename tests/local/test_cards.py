"""Sessions that begin with a card at the charger, with each version of OCPP: the owner finds them in their app."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from local.client import DriverApi
from local.seed import NEIGHBOUR, OWNER, Hardware
from tests.local.scenes import appeared, awaited, charging, ended, evse_of, session_of, startable, tap
from tests.local.support import FreshCharger, LocalStack

FreshChargers = Callable[..., FreshCharger]

UNKNOWN_CARD = "04DEADBEEF"


@pytest.fixture(scope="module", params=[Hardware.OCPP16, Hardware.OCPP201])
def charger(stack: LocalStack, request: pytest.FixtureRequest) -> Iterator[FreshCharger]:
    """One charger for all of these tests; each leaves it as it found it."""
    charger = stack.fresh_charger(accepts_cards=True, through_proxy=True, hardware=request.param)
    yield charger
    charger.discard()


def cards(stack: LocalStack, email: str) -> tuple[str, ...]:
    return stack.run.driver(email).cards


def restore_link(charger: FreshCharger) -> None:
    assert charger.proxy
    charger.proxy.restore()


def ended_here(driver: DriverApi, charger: FreshCharger) -> set[str]:
    """The driver's sessions that have ended at this charger."""
    sessions = driver.sessions(limit=100, status="ended").expect(200)["sessions"]
    return {each["sessionId"] for each in sessions if each["chargerId"] == charger.charger_id}


def test_a_tapped_card_is_a_session_in_its_owners_app_and_can_be_stopped_there(
    stack: LocalStack, owner: DriverApi, neighbour: DriverApi, charger: FreshCharger
) -> None:
    before_wh = charger.describe()["true_wh"]
    tap(charger, cards(stack, OWNER)[0])

    session_id = appeared(owner, charger)

    assert neighbour.session(session_id).status == 404
    assert evse_of(neighbour, charger)["notice"]["code"] == "evse_in_use"
    owner.stop(session_id).expect(200, 202)
    session = ended(owner, session_id)
    assert session["end"]["reason"] == "Remote"
    assert session["energyWh"] == charger.describe()["true_wh"] - before_wh
    startable(owner, charger)


def test_another_card_of_the_same_person_ends_it_and_nobody_elses_does(
    stack: LocalStack, owner: DriverApi, charger: FreshCharger
) -> None:
    """Scenarios 1 and 8: any valid tag ends anyone's session; one's own second card does not."""
    first, second = cards(stack, OWNER)
    opens = charger.describe()["contactor_opens"]
    tap(charger, first)
    session_id = appeared(owner, charger)

    tap(charger, cards(stack, NEIGHBOUR)[0], shown="card refused")
    assert charger.describe()["contactor_opens"] == opens
    tap(charger, second)

    assert ended(owner, session_id)["end"]["reason"] == "Local"
    startable(owner, charger)


def test_a_card_ends_what_its_owner_began_in_the_app(
    stack: LocalStack, owner: DriverApi, charger: FreshCharger
) -> None:
    session_id = charging(owner, charger)

    tap(charger, cards(stack, NEIGHBOUR)[0], shown="card refused")
    tap(charger, cards(stack, OWNER)[1])

    assert ended(owner, session_id)["end"]["reason"] == "Local"
    startable(owner, charger)


def test_an_unknown_card_is_refused_at_the_charger(owner: DriverApi, charger: FreshCharger) -> None:
    closes = charger.describe()["contactor_closes"]

    tap(charger, UNKNOWN_CARD, shown="card refused")

    assert charger.describe()["contactor_closes"] == closes
    startable(owner, charger)


def test_a_card_of_late_charges_while_the_link_is_down_and_everything_arrives_afterwards(
    stack: LocalStack, owner: DriverApi, charger: FreshCharger
) -> None:
    first = cards(stack, OWNER)[0]
    tap(charger, first)  # so that the charger knows it
    session_id = appeared(owner, charger)
    tap(charger, first)
    ended(owner, session_id)
    startable(owner, charger)
    before_wh = charger.describe()["true_wh"]
    known = ended_here(owner, charger)
    charger.cut_link()

    tap(charger, UNKNOWN_CARD, shown="card refused")
    tap(charger, first)
    awaited(charger.describe, "the car charges", contactor_closed=True)
    tap(charger, first)
    awaited(charger.describe, "the car has stopped", contactor_closed=False)
    restore_link(charger)
    awaited(lambda: {"arrived": len(ended_here(owner, charger) - known)}, "the session arrives", arrived=1)
    session = session_of(owner, (ended_here(owner, charger) - known).pop())
    assert (session["end"]["reason"], session["end"]["method"]) == ("Local", "reported")
    assert session["energyWh"] == charger.describe()["true_wh"] - before_wh
    startable(owner, charger)


def test_a_card_session_survives_a_lost_link_and_is_stopped_in_the_app_afterwards(
    stack: LocalStack, owner: DriverApi, charger: FreshCharger
) -> None:
    tap(charger, cards(stack, OWNER)[0])
    session_id = appeared(owner, charger)
    charger.cut_link()

    owner.stop(session_id).expect(202)
    restore_link(charger)

    assert ended(owner, session_id)["end"]["reason"] == "Remote"
    startable(owner, charger)
