"""One connection to a charger, in the frames that both versions share: calls, answers and errors (OCPP-J).

ADR 0010 says why that is not the `ocpp` package's `ChargePoint`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ocpp.exceptions import InternalError, NotImplementedError  # noqa: A004  (the protocol's own words)
from websockets.exceptions import ConnectionClosed

from device_agent.drivers.base import DriverRefused, DriverUnreachable, TransactionBegan
from device_agent.drivers.ocpp.desk import Desk, Told
from device_agent.drivers.ocpp.frames import Call, CallError, CallResult, unpack

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

    from device_agent.drivers.base import Order
    from device_agent.drivers.ocpp.fields import Fields
    from device_agent.drivers.ocpp.running import Status

log = logging.getLogger(__name__)

Answer = dict[str, Any]
Handler = Callable[["Fields"], Awaitable[Answer | None]]
"""Takes a message; None leaves it unanswered, so that the charger repeats it."""

IN_HAND_AT_MOST = 64
"""A charger waits for one answer before it asks again; one that has this many open asks in vain."""

HEARTBEAT_S = 300
"""The WebSocket's own ping finds a dead connection; heartbeats only set the charger's clock."""

UNSUPPORTED = ("NotImplemented", "NotSupported")
"""What a charger answers to what it will never do."""


class Station(ABC):
    """A connected charger; the versions are its subclasses."""

    subprotocol: ClassVar[str]
    may_hide: ClassVar[tuple[Status, ...]]
    """With these, a transaction may run that was begun before the agent, and of which it knows nothing."""
    handlers: Mapping[str, Handler]
    always: ClassVar[Mapping[str, Answer]] = {}
    """What is answered to messages that cannot be understood, lest the charger repeat them for ever."""

    def __init__(self, desk: Desk, connection: ServerConnection, meter_interval_s: int) -> None:
        self.desk, self.connection, self.meter_interval_s = desk, connection, meter_interval_s
        self._numbers = itertools.count(1)
        self._calls: dict[str, asyncio.Future[CallResult | CallError]] = {}
        self._one_call, self._one_errand = asyncio.Lock(), asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_hand = 0
        self._welcome: asyncio.Task[None] | None = None
        self._unsupported: set[str] = set()
        self._asking: set[int] = set()

    # The versions' part.

    @staticmethod
    @abstractmethod
    def name_of(order: Order) -> str:
        """What a start is called towards the charger."""

    @abstractmethod
    async def begin(self, connector: int, order: Order) -> None:
        """Ask for a transaction."""

    @abstractmethod
    async def end(self, transaction_id: str) -> None:
        """Ask for its end."""

    @abstractmethod
    async def unlock(self, connector: int, still: Callable[[], bool]) -> str:
        """Ask for the release of a cable; the charger's word for what became of it, empty if it was not sent."""

    @abstractmethod
    async def configure(self) -> None:
        """Tell the charger how to behave; what it will not do is logged once and does no harm."""

    @abstractmethod
    async def ask_status(self, connector: int) -> None:
        """Have it tell the status of a connector."""

    @abstractmethod
    async def ask_meter(self, evse_id: int) -> None:
        """Have it tell power and energy of an EVSE."""

    # What the versions share.

    def shared(self) -> dict[str, Handler]:
        """The messages that are the same in both versions."""
        return {
            "BootNotification": self._boot,
            "DataTransfer": self._data_transfer,
            "FirmwareStatusNotification": self.noted,
            "Heartbeat": self._heartbeat,
            "LogStatusNotification": self.noted,
            "SecurityEventNotification": self.noted,
        }

    async def serve(self) -> None:
        """Take in messages until the connection ends."""
        self.welcome(self.desk.patience.boot_s)
        try:
            async for raw in self.connection:
                self._take(raw)
        except ConnectionClosed:
            pass
        finally:
            for waiting in self._calls.values():
                if not waiting.done():
                    waiting.set_exception(DriverUnreachable("the charger's connection ended"))
                    waiting.exception()  # taken note of, also if whoever waited has gone
            for task in list(self._tasks):
                task.cancel()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do this beside everything else, for as long as the connection lasts."""
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def welcome(self, after_s: float) -> None:
        """Configure the charger and ask for its state: it may have connected anew without telling either."""
        if self._welcome is not None:
            self._welcome.cancel()
        self._welcome = self.spawn(self._welcomed(after_s))

    async def call(
        self, action: str, payload: Answer, within_s: float | None = None, still: Callable[[], bool] = lambda: True
    ) -> Fields:
        """Ask the charger; its answer, empty if the call is not wanted any more.

        Raises:
            DriverRefused: it answered with an error, whose code comes first.
            DriverUnreachable: it did not answer in time, or the connection has ended.
        """
        async with self._one_call:
            if not still():
                return {}
            number = f"{next(self._numbers)}"
            waiting = self._calls[number] = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(within_s or self.desk.patience.answer_s):
                    await self.connection.send(Call(number, action, payload).to_json())
                    answer = await waiting
            except ConnectionClosed as error:
                raise DriverUnreachable("the charger's connection ended") from error
            except TimeoutError as error:
                raise DriverUnreachable(f"no answer to {action}") from error
            finally:
                del self._calls[number]
        if isinstance(answer, CallError):
            raise DriverRefused(f"{answer.error_code} {answer.error_description or ''}".strip()[:200])
        return answer.payload if isinstance(answer.payload, dict) else {}

    async def command(self, action: str, payload: Answer) -> None:
        """Ask the charger to do something.

        Raises:
            DriverRefused: it will not.
            DriverUnreachable: it did not say.
        """
        status = (await self.call(action, payload)).get("status")
        if status != "Accepted":
            raise DriverRefused(f"{action}: {status if isinstance(status, str) else 'no status'}"[:64])

    async def errand(self, action: str, payload: Answer, what: str, still: Callable[[], bool] = lambda: True) -> Fields:
        """Ask for something that is not vital; empty if it came to nothing, which is logged once."""
        if what in self._unsupported:
            return {}
        try:
            async with self._one_errand:  # errands queue up here, so that a command has one before it at most
                answer = await self.call(action, payload, self.desk.patience.errand_s, still)
        except DriverRefused as error:
            if str(error).startswith(UNSUPPORTED):
                self._unsupported.add(what)
            self.desk.once(f"charger does not do {what}", why=str(error))
            return {}
        except DriverUnreachable as error:
            self.desk.once(f"charger does not answer {what}", why=str(error))
            return {}
        status = answer.get("status")
        if status in UNSUPPORTED:
            self._unsupported.add(what)
        if status in ("Rejected", *UNSUPPORTED):
            self.desk.once(f"charger does not do {what}", why=str(status))
        return answer

    async def refresh(self, evse_id: int) -> None:
        """Have the charger tell its meter, unless it has been asked and has not answered yet."""
        if evse_id in self._asking:
            return
        self._asking.add(evse_id)
        try:
            await self.ask_meter(evse_id)
        finally:
            self._asking.discard(evse_id)

    async def _welcomed(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        for connector in self.desk.connectors.values():
            await self.ask_status(connector)
        for evse_id in self.desk.connectors:
            await self.refresh(evse_id)
        await asyncio.sleep(self.desk.patience.boot_s / 4)  # what it was asked for comes after its answers
        self.desk.greeted = True
        for evse_id in self.desk.connectors:
            self.desk.look(evse_id)
        await self.configure()

    async def begun(self, evse_id: int, told: Told, by: Order | str | None) -> tuple[bool, str] | None:
        """What to answer to a beginning (`Desk.begun`).

        If it is an old one from the charger's queue, its end may be lost and its EVSE's state have been told before
        it: so that is asked for anew, after the answer.
        """
        verdict = await self.desk.begun(told, by)
        if isinstance(told, TransactionBegan) and verdict is not None:
            self.spawn(self.ask_status(self.desk.connectors[evse_id]))
        return verdict

    async def noted(self, _: Fields) -> Answer:
        """A message that is only answered."""
        return {}

    async def _heartbeat(self, _: Fields) -> Answer:
        return {"currentTime": self.desk.clock()}

    async def _data_transfer(self, _: Fields) -> Answer:
        return {"status": "UnknownVendorId"}

    async def _boot(self, _: Fields) -> Answer:
        with self.desk.at_all() as bays:
            for bay in bays:
                bay.booted()
        self.welcome(self.desk.patience.boot_s / 4)  # after the answer
        return {"status": "Accepted", "currentTime": self.desk.clock(), "interval": HEARTBEAT_S}

    def _take(self, raw: str | bytes) -> None:
        """One frame. An answer is passed on at once; a call is handled beside those that wait."""
        try:
            frame = unpack(raw)
        except (RecursionError, ValueError):
            self.desk.once("charger sent what is no OCPP frame")
            return
        if not isinstance(frame, Call):
            waiting = self._calls.get(frame.unique_id) if isinstance(frame.unique_id, str) else None
            if waiting is not None and not waiting.done():
                waiting.set_result(frame)
        elif self._in_hand >= IN_HAND_AT_MOST:
            self.desk.once("charger tells more than it waits for; messages dropped")
        else:
            self._in_hand += 1  # now: many frames may be taken in before the first of them is handled
            self.spawn(self._handle(frame))

    async def _handle(self, call: Call) -> None:
        try:
            answer = None if self.desk.swamped else await self._answer(call)
            if answer is not None:
                with contextlib.suppress(ConnectionClosed):
                    await self.connection.send(answer.to_json())
        finally:
            self._in_hand -= 1

    async def _answer(self, call: Call) -> CallResult | CallError | None:
        action = call.action if isinstance(call.action, str) else ""
        handler = self.handlers.get(action)
        if handler is None:
            self.desk.once(f"charger sent a message that is not known here: {action[:64]!r}")
            return call.create_call_error(NotImplementedError(f"{action[:64]} is not known here"))
        try:
            answer = await handler(call.payload if isinstance(call.payload, dict) else {})
        except Exception as error:  # noqa: BLE001  (a message of whatever shape must not end the connection)
            self.desk.once(f"charger sent a {action} that could not be handled", why=type(error).__name__)
            if action not in self.always:
                return call.create_call_error(InternalError(f"{action} could not be handled"))
            answer = dict(self.always[action])
        return None if answer is None else call.create_call_result(answer)

    @staticmethod
    async def _guarded(work: Coroutine[Any, Any, None]) -> None:
        """What runs beside everything else ends quietly with the connection, and loudly with a defect."""
        try:
            await work
        except (DriverRefused, DriverUnreachable) as error:
            log.info("the charger did not do it", extra={"why": str(error)})
        except Exception:
            log.exception("a task of the charger's connection failed")
