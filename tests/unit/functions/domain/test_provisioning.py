"""Which board becomes which charger: the list, the first claim, the same board again, another board, renewal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from functions.domain.provisioning import CLAIM_AGAIN_MS, Provisioning, SerialRecord, Why
from tests.support.clock import NOON_MS

SERIAL, CHARGER = "SN-4711", "PX-0001"
MINE, ANOTHERS = "0" * 32, "f" * 32


@dataclass
class ListOfBoards:
    """`Serials` in memory; `meanwhile` is what somebody else writes just before our first write."""

    records: dict[str, SerialRecord] = field(default_factory=dict)
    meanwhile: SerialRecord | None = None

    def get(self, serial_number: str) -> SerialRecord | None:
        return self.records.get(serial_number)

    def replace(self, old: SerialRecord, new: SerialRecord) -> bool:
        if self.meanwhile is not None:
            self.records[old.serial_number], self.meanwhile = self.meanwhile, None
        if self.records.get(old.serial_number) != old:
            return False
        self.records[old.serial_number] = replace(new, revision=old.revision + 1)
        return True


@dataclass
class Registry:
    """`Certificates` in memory."""

    by_charger: dict[str, list[str]] = field(default_factory=dict)
    made_ms: dict[str, int] = field(default_factory=lambda: {"new": NOON_MS + 1})

    def of(self, charger_id: str) -> list[str]:
        return list(self.by_charger.get(charger_id, []))

    def made_at_ms(self, certificate_id: str) -> int:
        return self.made_ms.get(certificate_id, NOON_MS)

    def retire(self, charger_id: str, certificate_id: str) -> None:
        self.by_charger[charger_id].remove(certificate_id)


@dataclass
class Hook:
    serials: ListOfBoards = field(default_factory=ListOfBoards)
    registry: Registry = field(default_factory=Registry)
    now_ms: int = NOON_MS

    def arm(self, charger_id: str = CHARGER, serial: str = SERIAL) -> None:
        self.serials.records[serial] = SerialRecord(
            serial_number=serial, charger_id=charger_id, armed_at_ms=self.now_ms
        )

    def asked(self, event: object) -> Any:
        return Provisioning(self.serials, self.registry, lambda: self.now_ms).decide(event)

    def claim(self, *, serial: str = SERIAL, attempt: str = MINE, client_id: str = "", **more: str) -> Any:
        parameters = {"SerialNumber": serial, "Attempt": attempt, **more}
        return self.asked(event(client_id or f"provision-{serial}", "claim", parameters))

    def renew(self, *, client_id: str = CHARGER, over: str = "first", serial: str = SERIAL) -> Any:
        return self.asked(event(client_id, over, {"SerialNumber": serial}))


def event(client_id: str, certificate_id: str, parameters: dict[str, str]) -> dict[str, Any]:
    return {
        "claimCertificateId": certificate_id,
        "certificateId": "new",
        "certificatePem": "-----BEGIN CERTIFICATE-----",
        "templateArn": "arn:aws:iot:eu-central-1:123456789012:provisioningtemplate/polaris-charger",
        "clientId": client_id,
        "parameters": parameters,
    }


@pytest.fixture
def hook() -> Hook:
    hook = Hook()
    hook.arm()
    return hook


def test_a_board_on_the_list_becomes_the_charger_that_the_list_says_and_not_the_one_it_says(hook: Hook) -> None:
    decision = hook.claim(ChargerId="PX-9999")
    assert decision.to_answer() == {"allowProvisioning": True, "parameterOverrides": {"ChargerId": CHARGER}}


def test_an_attempt_left_empty_is_none_for_a_claim_and_nothing_to_a_renewal(hook: Hook) -> None:
    assert hook.claim(attempt="").why is Why.INVALID
    hook.registry.by_charger[CHARGER] = ["first"]
    renewed = hook.asked(event(CHARGER, "first", {"SerialNumber": SERIAL, "Attempt": ""}))
    assert renewed.why is Why.RENEWED


def test_a_board_that_is_not_on_the_list_is_refused_without_a_word_why(hook: Hook) -> None:
    decision = hook.claim(serial="SN-0815")
    assert (decision.why, decision.to_answer()) == (Why.UNKNOWN_SERIAL, {"allowProvisioning": False})


def test_the_same_board_may_claim_again_for_a_quarter_of_an_hour(hook: Hook) -> None:
    assert hook.claim().allowed
    hook.now_ms += CLAIM_AGAIN_MS
    assert hook.claim().allowed
    hook.now_ms += 1
    assert hook.claim().why is Why.ALREADY_CLAIMED


def test_claiming_again_does_not_prolong_the_time_to_claim_again(hook: Hook) -> None:
    for _ in range(3):
        assert hook.claim().allowed
        hook.now_ms += CLAIM_AGAIN_MS // 2
    assert hook.claim().why is Why.ALREADY_CLAIMED


def test_another_board_with_the_same_number_is_refused_from_the_first_moment_on(hook: Hook) -> None:
    assert hook.claim().allowed
    assert hook.claim(attempt=ANOTHERS).why is Why.ALREADY_CLAIMED
    assert hook.claim().allowed


def test_of_two_boards_that_claim_at_once_one_is_refused(hook: Hook) -> None:
    first = Hook(now_ms=hook.now_ms)
    first.arm()
    assert first.claim(attempt=ANOTHERS).allowed
    hook.serials.meanwhile = first.serials.records[SERIAL]
    assert hook.claim().why is Why.ALREADY_CLAIMED


def test_what_is_kept_of_an_attempt_does_not_let_its_reader_repeat_it(hook: Hook) -> None:
    hook.claim()
    assert hook.claim(attempt=hook.serials.records[SERIAL].attempt[:32]).why is Why.ALREADY_CLAIMED


def test_armed_again_the_number_lets_the_next_board_in_and_the_board_before_loses_its_certificates(hook: Hook) -> None:
    assert hook.claim().allowed
    hook.registry.by_charger = {CHARGER: ["first", "second"], "PX-0002": ["theirs"]}
    hook.now_ms += 400 * 24 * 3_600_000
    hook.serials.records[SERIAL] = replace(hook.serials.records[SERIAL], armed_at_ms=hook.now_ms)
    decision = hook.claim(attempt=ANOTHERS)
    assert decision.allowed
    assert decision.retired == ("first", "second")
    assert hook.registry.by_charger == {CHARGER: [], "PX-0002": ["theirs"]}


def test_a_claim_that_was_slower_than_its_own_repetition_takes_nothing_from_it(hook: Hook) -> None:
    hook.registry.by_charger[CHARGER] = ["lost", "kept"]
    hook.registry.made_ms["kept"] = NOON_MS + 2

    assert hook.claim().retired == ("lost",)

    assert hook.registry.of(CHARGER) == ["kept"]


def test_the_certificate_that_is_being_provisioned_is_not_retired_when_its_request_comes_twice(hook: Hook) -> None:
    hook.registry.by_charger = {CHARGER: ["lost", "new"]}
    assert hook.claim().retired == ("lost",)


def test_a_clock_behind_the_operators_does_not_leave_the_claim_unmade(hook: Hook) -> None:
    hook.now_ms -= 60_000
    assert hook.claim().allowed
    assert hook.claim(attempt=ANOTHERS).why is Why.ALREADY_CLAIMED


def test_a_charger_renews_over_a_certificate_of_its_own_and_keeps_that_one_only(hook: Hook) -> None:
    hook.registry.by_charger = {CHARGER: ["spare", "first", "unheard"]}
    decision = hook.renew()
    assert (decision.why, decision.charger_id) == (Why.RENEWED, CHARGER)
    assert hook.registry.by_charger == {CHARGER: ["first"]}


def test_when_a_charger_renewed_last_is_on_the_list(hook: Hook) -> None:
    hook.arm()
    hook.claim()
    hook.registry.by_charger[CHARGER] = ["first", "new"]
    hook.now_ms += 86_400_000
    assert hook.renew().allowed
    assert hook.serials.records[SERIAL].renewed_at_ms == NOON_MS + 86_400_000
    assert hook.renew(over="foreign").why is Why.FOREIGN_CERTIFICATE
    assert hook.serials.records[SERIAL].renewed_at_ms == NOON_MS + 86_400_000


def test_a_renewal_needs_no_free_claim_and_makes_none(hook: Hook) -> None:
    hook.claim()
    hook.registry.by_charger = {CHARGER: ["first"]}
    hook.now_ms += 365 * 24 * 3_600_000
    before = hook.serials.records[SERIAL]
    assert hook.renew().allowed
    after = hook.serials.records[SERIAL]
    assert replace(after, renewed_at_ms=None, revision=before.revision) == before


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"over": "foreign"}, Why.FOREIGN_CERTIFICATE),
        ({"client_id": "PX-0002"}, Why.OTHER_CLIENT),
        ({"client_id": "provision-SN-0815"}, Why.OTHER_CLIENT),
        ({"serial": "SN-0815"}, Why.UNKNOWN_SERIAL),
    ],
)
def test_a_renewal_that_is_not_the_chargers_own_is_refused_and_retires_nothing(
    hook: Hook, asked: dict[str, str], why: Why
) -> None:
    hook.registry.by_charger = {CHARGER: ["first", "spare"]}
    assert hook.renew(**asked).why is why
    assert hook.registry.by_charger == {CHARGER: ["first", "spare"]}


def test_a_claim_under_the_number_of_another_board_is_refused(hook: Hook) -> None:
    assert hook.claim(client_id="provision-SN-0815").why is Why.OTHER_CLIENT
    assert not hook.serials.records[SERIAL].claimed


@pytest.mark.parametrize("charger_id", ["provision-SN-4711", "", "PX/0001", "PX:1", "x" * 65, "PX-0001\n"])
def test_a_list_that_names_what_cannot_be_a_charger_uses_no_number_up(hook: Hook, charger_id: str) -> None:
    hook.arm(charger_id)
    assert hook.claim().why is Why.BAD_CHARGER_ID
    assert not hook.serials.records[SERIAL].claimed


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {},
        event("provision-SN-4711", "", {"SerialNumber": SERIAL, "Attempt": MINE}),
        event("provision-SN-4711", "claim", {"Attempt": MINE}),
        event("provision-SN-4711", "claim", {"SerialNumber": SERIAL}),
        event("provision-SN-4711", "claim", {"SerialNumber": SERIAL, "Attempt": "guess"}),
        event("provision-a/b", "claim", {"SerialNumber": "a/b", "Attempt": MINE}),
        event("provision-SN-4711", "claim", {"SerialNumber": SERIAL, "Attempt": MINE}) | {"parameters": None},
    ],
)
def test_a_request_that_is_none_is_refused(hook: Hook, broken: object) -> None:
    assert hook.asked(broken).why is Why.INVALID
    assert not hook.serials.records[SERIAL].claimed
