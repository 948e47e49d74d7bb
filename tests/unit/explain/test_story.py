"""The story of a session, as an operator reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract.vocabulary import EndMethod, EndReason, RequestedBy
from explain.records import READS_AT_MOST, SAMPLES_PER_READ, Records, gather
from explain.story import missing, story
from functions.domain.patience import Patience
from functions.domain.records import (
    Charger,
    Confidence,
    EndBasis,
    EndRecord,
    IntentStatus,
    MeterSample,
    SessionPhase,
    SessionRecord,
)
from functions.domain.targets import Target
from tests.support import builders
from tests.support.builders import OTHER_SESSION, SESSION, START_INTENT, STOP_INTENT
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

LATER_MS = NOON_MS + 60_000


def sample(seq: int, **changes: Any) -> MeterSample:
    at_ms = NOON_MS + seq * 30_000
    return replace(MeterSample(session_id=SESSION, seq=seq, at_ms=at_ms, meter_wh=1000, power_w=7000), **changes)


def answered(after_ms: int, **changes: Any) -> dict[str, Any]:
    return {
        "status": IntentStatus.DONE,
        "accepted_at_ms": after_ms + 110,
        "executing_at_ms": after_ms + 120,
        "settled_at_ms": after_ms + 340,
        **changes,
    }


def running(**changes: Any) -> SessionRecord:
    return builders.active_session(start=builders.start_intent(**answered(NOON_MS)), last_seq=1, **changes)


def ended(**changes: Any) -> SessionRecord:
    end = EndRecord(
        reason=EndReason.REMOTE,
        method=EndMethod.REPORTED,
        at_ms=LATER_MS,
        received_at_ms=LATER_MS + 350,
        meter_wh=8200,
    )
    stop = builders.stop_intent(requested_at_ms=LATER_MS, **answered(LATER_MS))
    session = running(phase=SessionPhase.ENDED, stop=stop, stop_sent_at_ms=LATER_MS, power_w=None, end=end)
    return replace(session, last_seq=2, **changes)


def at(session_id: str | None) -> Charger:
    """The charger with an EVSE that is held by this session; without an EVSE on record if by none."""
    evses = (builders.evse(current_session_id=session_id),) if session_id else ()
    return Charger(charger=builders.charger(), evses=evses)


def on_record(session: SessionRecord, *samples: MeterSample, **changes: Any) -> Records:
    held = session.session_id if session.phase is SessionPhase.ACTIVE else None
    charger = Charger(charger=builders.charger(), evses=(builders.evse(current_session_id=held),))
    found = Records(session, charger, samples or (sample(0), sample(1)), more_samples=False, now_ms=LATER_MS + 1000)
    return replace(found, **changes)


def test_a_whole_session_is_told_from_the_tap_to_the_end_and_nothing_is_missing() -> None:
    samples = sample(0, power_w=0), sample(1), sample(2, power_w=None, meter_wh=8200)
    assert (
        story(on_record(ended(), *samples))
        == f"""\
Session {SESSION}, as of 2026-11-22 12:01:01.000
  owner        owner-sub, begun with the app
  charger      PX-0001 (Harbour Street 4), EVSE 1
               connected, last heard of at 2026-11-22 11:59:00.000
  transaction  tx-1
  state        ended
  stop         done

What happened, in UTC as the cloud learned of it
  2026-11-22 12:00:00.000                  start_requested    by owner
  2026-11-22 12:00:00.000        +0.000 s  started            by charger  its own time 2026-11-22 12:00:00.000
  2026-11-22 12:00:00.110        +0.110 s  start_accepted     by charger
  2026-11-22 12:00:00.120        +0.010 s  start_executing    by charger
  2026-11-22 12:00:00.340        +0.220 s  start_done         by charger
  2026-11-22 12:01:00.000       +59.660 s  stop_requested     by owner
  2026-11-22 12:01:00.000        +0.000 s  stop_sent          by cloud
  2026-11-22 12:01:00.110        +0.110 s  stop_accepted      by charger
  2026-11-22 12:01:00.120        +0.010 s  stop_executing     by charger
  2026-11-22 12:01:00.340        +0.220 s  stop_done          by charger
  2026-11-22 12:01:00.350        +0.010 s  ended              by charger  Remote  its own time 2026-11-22 12:01:00.000

Starts and stops, in milliseconds from the request
  start {START_INTENT}  by owner: done; accepted 110, executing 120, done 340
  stop  {STOP_INTENT}  by owner: done; accepted 110, executing 120, done 340

Energy
  7200 Wh: the register went from 1000 to 8200 Wh
  3 samples from 2026-11-22 12:00:00.000 to 2026-11-22 12:01:00.000
  highest power 7000 W, last 7000 W
  longest silence 30 s, from 2026-11-22 12:00:00.000

Missing
  nothing
"""
    )


def test_a_session_that_began_with_a_card_shows_a_part_of_its_hash_and_no_number() -> None:
    session = replace(running(), start=None, owner="", id_token_hash=builders.CARD)
    told = story(on_record(session))
    assert f"owner        nobody on record, begun with card {builders.CARD[:12]}…" in told
    assert builders.CARD not in told
    assert "none: begun and ended at the charger" in told


def test_a_stop_that_no_tap_asked_for_tells_who_did_and_why() -> None:
    stop = builders.stop_intent(requested_at_ms=LATER_MS, by=RequestedBy.AUTOMATIC, why="card_lost")
    told = story(on_record(running(stop=stop, stop_sent_at_ms=LATER_MS)))
    assert f"stop  {STOP_INTENT}  by automatic (card_lost): requested; no answer" in told


def test_a_target_is_told_with_the_stop_that_it_asked_for() -> None:
    stop = builders.stop_intent(requested_at_ms=LATER_MS, by=RequestedBy.AUTOMATIC, why="target_energy")
    target = Target(energy_wh=7000, duration_s=3600)
    told = story(on_record(running(stop=stop, stop_sent_at_ms=LATER_MS, target=target)))
    assert "target       7000 Wh or 3600 s\n" in told
    assert "stop_requested     by automatic  target_energy\n" in told


def test_a_silent_charger_shows_what_was_last_known_and_how_long_ago() -> None:
    stop = builders.stop_intent(requested_at_ms=LATER_MS)
    records = on_record(running(stop=stop, stop_sent_at_ms=LATER_MS), now_ms=NOON_MS + 3_720_000)
    gone = Charger(charger=builders.charger(connected=False), evses=(builders.evse(current_session_id=SESSION),))
    told = story(replace(records, charger=gone))
    assert "as last known 1 h 2 min ago" in told
    assert "not connected, last heard of at 2026-11-22 11:59:00.000" in told
    assert "stop         overdue: " in told
    assert f"stop  {STOP_INTENT}  by owner: requested; no answer" in told


SENT = {"stop": builders.stop_intent(requested_at_ms=LATER_MS), "stop_sent_at_ms": LATER_MS}
DONE = {"stop": builders.stop_intent(**answered(LATER_MS)), "stop_sent_at_ms": LATER_MS}


@pytest.mark.parametrize(
    ("session", "changes", "lines"),
    [
        (running(), {}, []),
        (builders.pending_session(), {}, [f"the charger's answer to start {START_INTENT}"]),
        (running(**SENT), {}, [f"the charger's answer to stop {STOP_INTENT}"]),
        (
            running(**SENT, as_of_ms=LATER_MS),
            {"now_ms": LATER_MS + 16_000},
            [f"{STOP_INTENT} (overdue)"],
        ),
        (running(**SENT, stop_not_sent=True), {}, [f"stop {STOP_INTENT} in the shadow: it is not sent"]),
        (running(**DONE), {}, ["the `ended` event of a session whose stop is done"]),
        (running(started_at_ms=None), {}, ["the charger's `started` event"]),
        (running(), {"now_ms": LATER_MS + 120_000}, ["any sign of the session of late"]),
        (running(), {"samples": (sample(1),)}, ["1 of the 2 events up to the last one"]),
        (running(), {"samples": (), "more_samples": True}, []),
        (running(), {"charger": None}, ["the record of charger PX-0001"]),
        (running(), {"charger": at(None)}, ["the record of EVSE 1 of PX-0001"]),
        (
            running(),
            {"charger": at(OTHER_SESSION)},
            [f"its record holds session {OTHER_SESSION}"],
        ),
        (
            ended(),
            {
                "samples": (sample(0), sample(1), sample(2)),
                "charger": at(SESSION),
            },
            ["the release of the EVSE"],
        ),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(
    session: SessionRecord, changes: dict[str, Any], lines: list[str]
) -> None:
    found = missing(on_record(session, **changes), Patience())
    assert len(found) == len(lines)
    assert all(expected in line for expected, line in zip(lines, found, strict=True))


def test_an_end_that_the_cloud_concluded_says_so_and_one_that_the_charger_estimated_does_not() -> None:
    end, samples = ended().end, (sample(0), sample(1), sample(2))
    assert end is not None
    by_charger = replace(end, method=EndMethod.ESTIMATED)
    by_cloud = replace(by_charger, basis=EndBasis.OWN_START, confidence=Confidence.LOW)
    (line,) = missing(on_record(ended(end=by_cloud), *samples), Patience())
    assert line.startswith("the charger's own end")
    assert missing(on_record(ended(end=by_charger), *samples), Patience()) == []


def test_of_a_session_without_end_only_so_many_samples_are_read() -> None:
    cloud = Cloud()
    cloud.keep(builders.charger(), builders.evse(), running())
    most = SAMPLES_PER_READ * READS_AT_MOST
    for seq in range(most + 1):
        cloud.sessions.add_meter_sample(sample(seq))
    records = gather(SESSION, sessions=cloud.sessions, chargers=cloud.chargers, clock=cloud.clock)
    assert records is not None
    assert (len(records.samples), records.more_samples) == (most, True)
    assert f"{most} samples from" in story(records)
    assert "and more than were read" in story(records)


def test_nothing_is_gathered_of_a_session_that_is_not_on_record() -> None:
    cloud = Cloud()
    assert gather(SESSION, sessions=cloud.sessions, chargers=cloud.chargers, clock=cloud.clock) is None
