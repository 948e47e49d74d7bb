"""What the charger says of one EVSE: its face, which decides whether a report is due, and the whole document. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.reports import Ack, AgentReport, EvseReport, Reported, SessionReport
from contract.vocabulary import CableState, EvseStatus, SessionState
from contract.wire import SHADOW_WRITE_MAX_BYTES
from device_agent import VERSION
from device_agent.records import Phase

if TYPE_CHECKING:
    from contract.vocabulary import AckReason, AckStatus
    from device_agent.drivers.base import Observation
    from device_agent.metering import Flow
    from device_agent.records import EvseRecord, IntentRecord, SessionRecord

DRIVER_SILENT = "driver_unreachable"
"""The `error` of an EVSE whose hardware does not answer."""

ERROR_MAX = 64


@dataclass(frozen=True, slots=True)
class Face:
    """All of a report that makes a new one due when it changes. Power and energy are not in it: they always change."""

    status: EvseStatus
    error: str
    cable: CableState
    driver_ok: bool
    session: tuple[str, SessionState] | None
    ack: tuple[str, AckStatus, AckReason] | None


@dataclass(frozen=True, slots=True)
class View:
    """What a report is made of."""

    observed: Observation | None
    """The hardware as it was seen last, or None if it never was."""
    driver_ok: bool
    flow: Flow
    record: EvseRecord
    current: SessionRecord | None
    shown: SessionRecord | None
    """The session on the EVSE, or the last one that was."""
    answered: IntentRecord | None
    """The intent answered last."""
    meter_wh: int
    """The continuous register, in watt-hours."""
    trouble: str = ""
    """What is wrong with the agent's own memory; shown where the hardware has no error of its own."""

    def face(self) -> Face:
        """What would make a report due if it changed."""
        seen, session, ack = self.observed, self.shown, self.answered
        return Face(
            status=self._status(),
            error=((seen.error if seen and self.driver_ok else DRIVER_SILENT) or self.trouble)[:ERROR_MAX],
            cable=seen.cable if seen else CableState.UNPLUGGED,
            driver_ok=self.driver_ok,
            session=(session.session_id, self._session_state(session)) if session else None,
            ack=(ack.id, ack.status, ack.reason) if ack else None,
        )

    def reported(self, driver: str, boot: str, n: int, at: int) -> dict[str, Any]:
        """The whole document; an intent too long to be copied within the limit is named by its id alone."""
        document = self._document(driver, boot, n, at)
        if self.answered is not None and len(json.dumps(update(document, boot, n))) > SHADOW_WRITE_MAX_BYTES:
            document["intent"] = [{"id": self.answered.id}]
        return document

    def _document(self, driver: str, boot: str, n: int, at: int) -> dict[str, Any]:
        face, session, answer = self.face(), self.shown, self.answered
        power_w = self.observed.power_w if self.observed else 0
        evse = EvseReport(status=face.status, error=face.error, cable=face.cable, power_w=power_w)
        told: tuple[SessionReport] | None = None
        if session is not None:
            over = session.phase is Phase.ENDED
            wh = session.meter_wh if over else max(session.meter_wh, self.meter_wh)
            told = (
                SessionReport(
                    session_id=session.session_id,
                    transaction_id=session.transaction_id,
                    state=self._session_state(session),
                    started_at=session.started_at,
                    energy_wh=wh - session.meter_start_wh,
                    at=session.ended_at if over and session.ended_at is not None else at,
                ),
            )
        ack = answer and Ack(id=answer.id, status=answer.status, reason=answer.reason, at=answer.at)
        return Reported(
            boot=boot,
            n=n,
            evse=(evse,),
            session=told,
            ack=(ack,) if ack else None,
            intent=(dict(answer.raw),) if answer else None,
            agent=(AgentReport(version=VERSION, driver=driver, driver_ok=self.driver_ok),),
        ).to_wire()

    def _session_state(self, session: SessionRecord) -> SessionState:
        if session.phase is Phase.ENDED:
            return SessionState.ENDED
        return SessionState.SUSPENDED if self.flow.paused else SessionState.CHARGING

    def _status(self) -> EvseStatus:
        seen = self.observed
        active = self.current is not None and self.current.phase is Phase.ACTIVE
        if seen is not None and seen.faulted:
            return EvseStatus.FAULTED
        if active:
            return EvseStatus.SUSPENDED if self.flow.paused else EvseStatus.CHARGING
        if seen is None or not self.driver_ok or not seen.available:
            return EvseStatus.UNAVAILABLE
        if seen.contactor_closed and self.current is None:
            return EvseStatus.CHARGING  # not by us, yet nobody else can start here
        if not seen.plugged:
            return EvseStatus.AVAILABLE
        return EvseStatus.FINISHING if self.record.finishing else EvseStatus.PREPARING


def update(document: dict[str, Any], boot: str, n: int) -> dict[str, Any]:
    """The shadow's update request around a report. The token comes back with an acceptance or a rejection."""
    return {"state": {"reported": document}, "clientToken": f"{boot}-{n}"}
