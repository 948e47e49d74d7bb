"""What a driver is told of a right that they lend, and what its holder sees of the session."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from functions.api_models.base import ApiModel, when, when_known
from functions.api_models.sessions import SessionStatus, Stop
from functions.domain import outlook
from functions.domain.patience import Patience
from functions.domain.records import SessionRecord
from functions.domain.stop_right import StopRight


class StopRightOffer(ApiModel):
    """A code to pass on, as a link or a picture: the first other account to use it may stop the session."""

    session_id: str
    code: str
    """Shown this once."""
    expires_at: datetime

    @classmethod
    def of(cls, session_id: str, right: StopRight, code: str) -> StopRightOffer:
        """The offer of a right, with its code."""
        return cls(session_id=session_id, code=code, expires_at=when(right.offer_ends_at_ms))


class StopRightState(ApiModel):
    """Whether the right to stop a session is lent: `offered` until somebody uses the code, `taken` since `takenAt`."""

    session_id: str
    status: Literal["none", "offered", "taken"]
    offered_at: datetime | None
    expires_at: datetime | None
    """Of an offer."""
    taken_at: datetime | None

    @classmethod
    def of(cls, session_id: str, right: StopRight | None) -> StopRightState:
        """The state of a session's right; None is none."""
        if right is None:
            return cls(session_id=session_id, status="none", offered_at=None, expires_at=None, taken_at=None)
        return cls(
            session_id=session_id,
            status="taken" if right.holder else "offered",
            offered_at=when(right.offered_at_ms),
            expires_at=None if right.holder else when(right.offer_ends_at_ms),
            taken_at=when_known(right.taken_at_ms),
        )


class SharedSession(ApiModel):
    """Somebody else's session that the caller may stop: where the car is, and how far the stop is. Nothing else."""

    session_id: str
    charger_name: str
    evse_id: int
    status: SessionStatus
    poll_after_ms: int | None
    stop: Stop | None

    @classmethod
    def of(cls, session: SessionRecord, *, now_ms: int, patience: Patience) -> SharedSession:
        """What the holder of the right is told at this moment; taking the stop back is its driver's business."""
        stop = Stop.of(session, now_ms=now_ms, patience=patience, connected=None)
        return cls(
            session_id=session.session_id,
            charger_name=session.charger_name,
            evse_id=session.evse_id,
            status=outlook.session_status(session, now_ms=now_ms, patience=patience),  # type: ignore[arg-type]  # as Session.of
            poll_after_ms=outlook.poll_after_ms(session, now_ms=now_ms, patience=patience),
            stop=stop.model_copy(update={"withdrawable": False}) if stop else None,
        )
