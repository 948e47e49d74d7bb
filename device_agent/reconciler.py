"""What to do on one EVSE: a pure decision from what is wanted, what is observed and what is remembered.

What has happened comes before what is wanted: first what the hardware tells, then an intent under way is carried on,
then a session that has ended by itself is ended, and only then is a new intent looked at. An intent acts on its own
session and on no other.
Source: docs/architecture.md, "The contract".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.intents import Intent, UnreadableIntent
from contract.vocabulary import AckReason, AckStatus, Act, EndReason
from device_agent import facts
from device_agent.actions import (
    Accept,
    Action,
    Answer,
    ConfirmStart,
    EndSession,
    GiveUpStart,
    Remember,
    RepeatAnswer,
    StartSession,
    StopSession,
)
from device_agent.records import Phase

if TYPE_CHECKING:
    from device_agent.drivers.base import Observation
    from device_agent.records import Memory, Moment, Pending, SessionRecord

DRIVER_WAIT_S = 10.0
"""How long an intent waits for hardware that does not answer. Less than the cloud's patience of 15 s, so that the
driver of the car reads the reason and not just that nothing came back."""


def plan(
    desired: Intent | UnreadableIntent | None, observed: Observation | None, memory: Memory, now: Moment
) -> list[Action]:
    """What to do now. Empty if the EVSE is as it should be, or if all there is to do is to wait.

    Args:
        desired: what the cloud wants, or None if it has not said.
        observed: the hardware, or None if it does not answer.
        memory: what this agent has done before.
        now: this instant.
    """
    if observed is not None and observed.fact is not None:
        return facts.told(observed.fact, observed, memory)
    if memory.pending is not None:
        called_off = _called_off(desired, observed, memory)
        return called_off or _meanwhile(desired, memory) + _carry_on(memory.pending, observed, memory, now)
    happened = [] if observed is None else facts.shown(observed, memory, now)
    return happened or _wish(desired, observed, memory, now)


def _called_off(
    desired: Intent | UnreadableIntent | None, observed: Observation | None, memory: Memory
) -> list[Action]:
    """The stop of a session that is still starting ends the wait for its start.

    Only while the hardware says that no transaction is open: one that it begins after all is not accepted. A bare
    contactor says nothing of the kind and might yet close; it does so within seconds, and then it is stopped.
    """
    pending, session = memory.pending, memory.current
    if not isinstance(desired, Intent) or desired.act is not Act.STOP or desired.id in memory.intents:
        return []
    if pending is None or session is None or session.phase is not Phase.STARTING:
        return []
    if session.session_id != desired.session_id or desired.id < session.newest_keep:
        return []
    if observed is None or observed.transaction_id != "":
        return []
    outcome = AckStatus.REFUSED, AckReason.CANCELLED, f"stop {desired.id} came before it began"
    return [GiveUpStart(memory.evse.evse_id, session, pending.record.id, *outcome)]


def _meanwhile(desired: Intent | UnreadableIntent | None, memory: Memory) -> list[Action]:
    """While a stop is carried out it is too late to keep its session; every other intent waits its turn."""
    pending = memory.pending
    if not isinstance(desired, Intent) or desired.act is not Act.KEEP or pending is None:
        return []
    if desired.id in memory.intents or pending.record.session_id != desired.session_id:
        return []
    if pending.record.act != Act.STOP:
        return []
    return [_refuse(desired, AckReason.ALREADY_STOPPED, f"stop {pending.record.id} is being carried out", memory)]


def _carry_on(pending: Pending, observed: Observation | None, memory: Memory, now: Moment) -> list[Action]:
    """The next step of the intent under way."""
    session = memory.sessions.get(pending.record.session_id)
    if observed is None and now.mono_s - pending.since_s < DRIVER_WAIT_S:
        return []
    if session is None or not session.phase.occupies:
        # An accepted start, still waiting for the hardware: now it can be judged, or the wait is over.
        return _judge_accepted(pending, observed, memory, now)
    if pending.record.act == Act.START:
        return _carry_on_start(pending, session, observed, memory, now)
    return _carry_on_stop(pending, session, observed, memory, now)


def _judge_accepted(pending: Pending, observed: Observation | None, memory: Memory, now: Moment) -> list[Action]:
    intent = Intent.read(dict(pending.record.raw))
    if observed is None:
        return [_failed(pending, memory, AckReason.DRIVER_UNREACHABLE, _silence(pending, now))]
    return _start(intent, observed, memory, now) if intent.act is Act.START else _stop(intent, observed, memory)


def _carry_on_start(
    pending: Pending, session: SessionRecord, observed: Observation | None, memory: Memory, now: Moment
) -> list[Action]:
    evse_id, intent_id = memory.evse.evse_id, pending.record.id
    if observed is not None and facts.may_run(session, observed):
        return [ConfirmStart(evse_id, session, intent_id)]
    verdict = _start_verdict(pending, observed, memory.pace.start_s, now)
    if verdict is not None:
        return [GiveUpStart(evse_id, session, intent_id, *verdict)]
    # Hardware that names what it begins will say if it carried out a command unanswered; a second one it may refuse.
    will_say = pending.unanswered and observed is not None and observed.transaction_id is not None
    return [] if _commanded(pending) or will_say else [StartSession(evse_id, session.session_id, intent_id)]


def _commanded(pending: Pending) -> bool:
    """Whether there is no command to give: the hardware has it, or will yet say so."""
    return pending.in_flight or pending.commanded_s is not None


def _start_verdict(
    pending: Pending, observed: Observation | None, settle_s: float, now: Moment
) -> tuple[AckStatus, AckReason, str] | None:
    """Why a start under way, whose contactor is not seen closed, is given up; None if there is still hope."""
    if pending.rejected is not None:
        return AckStatus.FAILED, AckReason.REFUSED_BY_CHARGER, f"the hardware said: {pending.rejected}"
    if observed is None or (pending.commanded_s is None and now.mono_s - pending.since_s >= DRIVER_WAIT_S):
        return AckStatus.FAILED, AckReason.DRIVER_UNREACHABLE, _silence(pending, now)
    if pending.commanded_s is not None:
        waited_s = now.mono_s - pending.commanded_s
        what = "another transaction is open" if observed.contactor_closed else "contactor still open"
        because = f"{what} {waited_s:.0f} s after the command"
        return (AckStatus.FAILED, AckReason.REFUSED_BY_CHARGER, because) if waited_s >= settle_s else None
    if pending.in_flight:
        return None
    late_s = now.epoch_s - (pending.record.expires_at or 0)
    return (AckStatus.REFUSED, AckReason.START_EXPIRED, f"expired {late_s:.0f} s ago") if late_s > 0 else None


def _carry_on_stop(
    pending: Pending, session: SessionRecord, observed: Observation | None, memory: Memory, now: Moment
) -> list[Action]:
    evse_id, intent_id = memory.evse.evse_id, pending.record.id
    if observed is not None and facts.is_off(session, observed):
        return [EndSession(evse_id, session, EndReason.REMOTE, intent_id)]
    verdict = _stop_verdict(pending, observed, memory.pace.stop_s, now)
    if verdict is not None:
        return [_failed(pending, memory, *verdict)]
    return [] if _commanded(pending) else [StopSession(evse_id, session.session_id, intent_id)]


def _stop_verdict(
    pending: Pending, observed: Observation | None, settle_s: float, now: Moment
) -> tuple[AckReason, str] | None:
    """Why a stop under way, after which power is not seen to be off, has failed; None if there is still hope."""
    if pending.rejected is not None:
        return AckReason.REFUSED_BY_CHARGER, f"the hardware said: {pending.rejected}"
    if observed is None or (pending.commanded_s is None and now.mono_s - pending.since_s >= DRIVER_WAIT_S):
        return AckReason.DRIVER_UNREACHABLE, _silence(pending, now)
    if pending.commanded_s is None or now.mono_s - pending.commanded_s < settle_s:
        return None
    after = f"{now.mono_s - pending.commanded_s:.0f} s after the command"
    if observed.contactor_closed:
        return AckReason.REFUSED_BY_CHARGER, f"contactor still closed {after}"
    return AckReason.POWER_STILL_FLOWING, f"{observed.power_w} W still flow {after}"


def _wish(
    desired: Intent | UnreadableIntent | None, observed: Observation | None, memory: Memory, now: Moment
) -> list[Action]:
    """What a new intent asks for; or the same answer again for one that has had its answer."""
    evse_id = memory.evse.evse_id
    if desired is None:
        return []
    known = memory.intents.get(desired.id)
    if known is not None:
        return [] if memory.evse.last_intent == known.id else [RepeatAnswer(evse_id, known)]
    if isinstance(desired, UnreadableIntent):
        because = "this agent cannot read it"
        return [Answer(evse_id, desired.id, "", "", AckStatus.REFUSED, AckReason.UNSUPPORTED, because)]
    if desired.act is Act.KEEP:
        return _keep(desired, memory)
    if desired.act is Act.STOP:
        return _stop(desired, observed, memory)
    return _start(desired, observed, memory, now)


def _keep(intent: Intent, memory: Memory) -> list[Action]:
    session = memory.sessions.get(intent.session_id)
    if session is not None and session.phase in (Phase.ENDED, Phase.FAILED, Phase.CANCELLED):
        return [_refuse(intent, AckReason.ALREADY_STOPPED, f"session {intent.session_id} is over", memory)]
    because = f"no stop of session {intent.session_id} had been carried out"
    return [_done(intent, AckReason.NONE, because, memory, Remember.KEPT)]


def _stop(intent: Intent, observed: Observation | None, memory: Memory) -> list[Action]:
    session = memory.sessions.get(intent.session_id)
    if session is not None and session.phase is Phase.ENDED:
        return [_done(intent, AckReason.ALREADY_ENDED, f"session {intent.session_id} had ended", memory)]
    if session is not None and intent.id < session.newest_keep:
        return [_refuse(intent, AckReason.WITHDRAWN, f"withdrawn by {session.newest_keep}", memory)]
    unheard_of = memory.current is None and (session is None or not session.phase.occupies)
    occupies = session is not None and session.phase.occupies
    if observed is None and (occupies or unheard_of):
        return _take_on(intent, memory)
    if occupies:
        return [StopSession(memory.evse.evse_id, intent.session_id, intent.id, intent)]
    if unheard_of and observed is not None and observed.contactor_closed:  # it may be the very one: this is not done
        because = "the contactor is closed, for nobody we know"
        return [_answer(intent, AckStatus.FAILED, AckReason.REFUSED_BY_CHARGER, because, memory)]
    because = f"session {intent.session_id} never started"
    return [_done(intent, AckReason.NEVER_STARTED, because, memory, Remember.CANCELLED)]


def _start(intent: Intent, observed: Observation | None, memory: Memory, now: Moment) -> list[Action]:
    session = memory.sessions.get(intent.session_id)
    if session is not None and session.phase is Phase.ACTIVE:
        return [_done(intent, AckReason.NONE, f"session {intent.session_id} runs already", memory)]
    if session is not None and session.phase in (Phase.CANCELLED, Phase.ENDED):
        return [_refuse(intent, AckReason.CANCELLED, f"session {intent.session_id} was stopped before", memory)]
    obstacle = _untimely(intent, memory, now) or _unfit(observed)
    if obstacle is not None:
        return [_refuse(intent, *obstacle, memory)]
    if observed is None:
        return _take_on(intent, memory)
    return [StartSession(memory.evse.evse_id, intent.session_id, intent.id, intent)]


def _untimely(intent: Intent, memory: Memory, now: Moment) -> tuple[AckReason, str] | None:
    """What speaks against a start whatever the hardware says."""
    late_s = now.epoch_s - (intent.expires_at or 0)
    if late_s > 0:
        return AckReason.START_EXPIRED, f"expired {late_s:.0f} s ago"
    if memory.current is not None:
        return AckReason.EVSE_IN_USE, f"session {memory.current.session_id} is on EVSE {memory.evse.evse_id}"
    return None


def _unfit(observed: Observation | None) -> tuple[AckReason, str] | None:
    """What the hardware has against a start, if it says anything."""
    if observed is None:
        return None
    if observed.faulted or not observed.available:
        return AckReason.OUT_OF_SERVICE, observed.error or "the EVSE is out of service"
    if observed.contactor_closed:
        return AckReason.EVSE_IN_USE, "the contactor is closed, for nobody we know"
    if not observed.plugged:
        return AckReason.CABLE_NOT_PLUGGED, "no cable is plugged in"
    return None


def _take_on(intent: Intent, memory: Memory) -> list[Action]:
    return [] if intent.id in memory.intents else [Accept(memory.evse.evse_id, intent)]


def _done(intent: Intent, reason: AckReason, because: str, memory: Memory, remember: Remember | None = None) -> Answer:
    evse_id = memory.evse.evse_id
    return Answer(evse_id, intent.id, intent.act, intent.session_id, AckStatus.DONE, reason, because, remember)


def _refuse(intent: Intent, reason: AckReason, because: str, memory: Memory) -> Answer:
    return _answer(intent, AckStatus.REFUSED, reason, because, memory)


def _answer(intent: Intent, status: AckStatus, reason: AckReason, because: str, memory: Memory) -> Answer:
    return Answer(memory.evse.evse_id, intent.id, intent.act, intent.session_id, status, reason, because)


def _failed(pending: Pending, memory: Memory, reason: AckReason, because: str) -> Answer:
    record, evse_id = pending.record, memory.evse.evse_id
    return Answer(evse_id, record.id, record.act, record.session_id, AckStatus.FAILED, reason, because)


def _silence(pending: Pending, now: Moment) -> str:
    return f"the hardware has not answered for {now.mono_s - pending.since_s:.0f} s"
