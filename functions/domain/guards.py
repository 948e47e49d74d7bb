"""What a charger said that cannot be, put on record once for each kind: a person finds it in the timeline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract.vocabulary import EventType
from functions.domain.anomalies import Anomaly, AnomalyCode
from functions.domain.records import SessionRecord

if TYPE_CHECKING:  # as in `transitions`
    from contract.events import SessionEvent


def with_anomalies(
    after: SessionRecord, before: SessionRecord, event: SessionEvent, *, at_ms: int, received_at_ms: int
) -> SessionRecord:
    """The session with what this event was guarded against on record. `at_ms`: the time that was believed instead."""
    known_wh = before.meter_wh
    if event.type is EventType.STARTED:
        fell = known_wh is not None and event.meter_wh > known_wh
    else:
        fell = known_wh is not None and event.meter_wh < known_wh
    found = [
        code
        for code, is_so in ((AnomalyCode.CLOCK_WRONG, at_ms != event.at * 1000), (AnomalyCode.METER_FELL, fell))
        if is_so and all(code != seen.code for seen in after.anomalies)
    ]
    return replace(after, anomalies=(*after.anomalies, *(Anomaly(code=code, at_ms=received_at_ms) for code in found)))
