"""What the charge point does by itself, connected or not: watches its outlets, reads cards, writes letters."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from local.charge_point.hardware import Hardware, HardwareRefused, HardwareSilent, Seen
from local.charge_point.memory import Memory
from local.charge_point.outlet import PLUG_WITHIN_S, Cause, Letter, Outlet, Permit, Status

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.1
"""People at the box wait for less than they notice, and a look costs half a millisecond."""
NUMBER_WITHIN_S = 1.0
"""An answer is taken in within milliseconds, while the question that follows it is looked at already."""
SAMPLE_EVERY_S = 60.0
"""Until the other side asks for another interval (OCPP 1.6, MeterValueSampleInterval)."""


@dataclass(frozen=True)
class Answer:
    """What the other side said to a letter or a card."""

    accepted: bool | None = None
    """None if it was not asked, or did not say."""
    group: str = ""
    number: int | None = None
    """Its own name for the transaction (OCPP 1.6)."""


class Line(Protocol):
    """The connection to the other side, in one version of OCPP.

    Every call raises `TimeoutError` if there is no answer, and `ConnectionClosed` if the line is gone.
    """

    async def boot(self, reason: str) -> float | None:
        """Say hello; None if we may speak, else the seconds after which to try again. Sets `beat_s`."""
        ...

    async def heartbeat(self) -> None:
        """Say that we live."""
        ...

    async def status(self, evse_id: int, status: Status, error: str) -> None:
        """Tell the status of one connector."""
        ...

    async def measured(self, evse_id: int, seen: Seen, at: float, trigger: str) -> None:
        """Tell a meter value that belongs to no transaction."""
        ...

    async def authorise(self, card: str) -> Answer:
        """Ask whether a card may charge."""
        ...

    async def post(self, letter: Letter) -> Answer | None:
        """Send a letter; None if the other side answered with an error."""
        ...


class Station:
    """The charge point without its line."""

    def __init__(self, hardware: Hardware, memory: Memory) -> None:
        self._hardware = hardware
        self.memory = memory
        self.outlets = memory.outlets
        self.line: Line | None = None
        """The connection, once the other side lets us speak."""
        self.sample_s = SAMPLE_EVERY_S
        self.plug_within_s = PLUG_WITHIN_S
        self.news = asyncio.Condition()
        """Notified when there may be something to tell."""
        self._looking = {evse_id: asyncio.Lock() for evse_id in self.outlets}
        self._sampled_at: dict[int, float] = {}
        self._errands: set[asyncio.Task[None]] = set()

    async def work(self) -> None:
        """Watch the hardware until cancelled."""
        async with asyncio.TaskGroup() as group:
            for outlet in self.outlets.values():
                group.create_task(self._watch(outlet))

    async def start(self, evse_id: int | None, permit: Permit) -> bool:
        """Let this one charge, now or as soon as the car is plugged in; whether we will."""
        outlet = self.outlets.get(evse_id) if evse_id is not None else self._free()
        if outlet is None or outlet.transaction or not (outlet.seen and outlet.seen.available):
            return False
        if outlet.seen.faulted:
            return False
        if not outlet.seen.plugged:
            outlet.waiting, outlet.waiting_until = permit, time.time() + self.plug_within_s
            return True
        return await self._close(outlet, permit)

    async def stop(self, outlet: Outlet, cause: Cause) -> bool:
        """End what runs at an outlet; whether the hardware took the command."""
        outlet.stopping = cause
        self.memory.save()
        try:
            await self._hardware.stop(outlet.evse_id)
        except HardwareRefused:
            outlet.stopping = None
            return False
        await self.look(outlet)
        return True

    def running(self, name: str | int) -> Outlet | None:
        """The outlet whose transaction the other side calls so."""
        for outlet in self.outlets.values():
            if outlet.transaction and name in (outlet.transaction.id, outlet.transaction.number):
                return outlet
        return None

    async def numbered(self, number: int) -> Outlet | None:
        """The same by its number (OCPP 1.6); the answer that tells it may just have come, and is waited for."""

        def settled() -> bool:
            running = [each.transaction for each in self.outlets.values() if each.transaction]
            return self.running(number) is not None or all(each.number is not None for each in running)

        with suppress(TimeoutError):
            async with asyncio.timeout(NUMBER_WITHIN_S), self.news:
                await self.news.wait_for(settled)
        return self.running(number)

    async def answered(self, letter: Letter, answer: Answer | None) -> None:
        """A letter has its answer (None: an error, for the last time): what follows from it."""
        self.memory.answered(letter)
        if answer is None or (answer.number is None and answer.accepted is None):
            return
        known = letter.transaction
        permit = replace(known.permit, group=answer.group or known.permit.group)
        self.memory.change(replace(known, permit=permit, number=answer.number or known.number))
        self.memory.save()
        async with self.news:
            self.news.notify_all()
        outlet = self.running(known.id)
        if outlet and answer.accepted is False:
            self.errand(self._forbid(outlet))

    async def look(self, outlet: Outlet) -> None:
        """Look at the hardware once; what there is to tell becomes letters."""
        async with self._looking[outlet.evse_id]:
            seen = await self._hardware.observe(outlet.evse_id)
            letters = outlet.look(seen, time.time(), lambda: str(uuid.uuid4()))
        if letters:
            self.memory.add(letters)
        async with self.news:
            self.news.notify_all()

    async def sample(self, outlet: Outlet, trigger: str) -> None:
        """Tell the meter: as a letter if a transaction runs, else at once or not at all."""
        self._sampled_at[outlet.evse_id] = time.monotonic()
        if letters := outlet.sample(time.time(), trigger):
            self.memory.add(letters)
            async with self.news:
                self.news.notify_all()
        elif outlet.seen and self.line:
            with suppress(TimeoutError):
                await self.line.measured(outlet.evse_id, outlet.seen, time.time(), trigger)

    async def reset(self, reason: str, socket: ClientConnection) -> None:
        """End what runs, and begin anew."""
        for outlet in self.outlets.values():
            if outlet.transaction:
                await self.stop(outlet, Cause(reason))
        await socket.close()

    def errand(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside everything else."""

        async def run() -> None:
            try:
                await work
            except (HardwareSilent, HardwareRefused, TimeoutError) as error:
                log.warning("given up: %s", error)

        task = asyncio.create_task(run())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _watch(self, outlet: Outlet) -> None:
        while True:
            with suppress(HardwareSilent):
                leaked = outlet.seen is not None and outlet.transaction is None and outlet.seen.power_w > 0
                await self.look(outlet)
                for card in await self._hardware.take_taps(outlet.evse_id):
                    self.errand(self._tapped(outlet, card))
                if outlet.waiting and outlet.seen and outlet.seen.plugged:
                    permit, outlet.waiting = outlet.waiting, None
                    self.errand(self._begin(outlet, permit))
                self._perhaps_sample(outlet, leaked=leaked)
            await asyncio.sleep(LOOK_EVERY_S)

    def _perhaps_sample(self, outlet: Outlet, *, leaked: bool) -> None:
        """The interval, while anything flows; and the moment in which power without a transaction has ended."""
        flowing = outlet.seen is not None and outlet.seen.power_w > 0
        due = time.monotonic() - self._sampled_at.setdefault(outlet.evse_id, time.monotonic()) >= self.sample_s
        healed = leaked and not flowing and outlet.transaction is None
        if healed or (due and (flowing or outlet.transaction)):
            self.errand(self.sample(outlet, "MeterValuePeriodic"))

    def _free(self) -> Outlet | None:
        """The outlet that a start without a connector is meant for: where a car waits."""
        return next(
            (each for each in self.outlets.values() if not each.transaction and each.seen and each.seen.plugged), None
        )

    async def _close(self, outlet: Outlet, permit: Permit) -> bool:
        outlet.starting = permit
        try:
            await self._hardware.start(outlet.evse_id)
        except HardwareRefused:
            outlet.starting = None
            return False
        await self.look(outlet)
        return True

    async def _begin(self, outlet: Outlet, permit: Permit) -> None:
        await self._close(outlet, permit)

    async def _forbid(self, outlet: Outlet) -> None:
        await self.stop(outlet, Cause("DeAuthorized"))

    async def _tapped(self, outlet: Outlet, card: str) -> None:
        welcome = await self._read(outlet, card)
        await self._hardware.show(outlet.evse_id, "card accepted" if welcome else "card refused")

    async def _read(self, outlet: Outlet, card: str) -> bool:
        """Begin or end with this card; False if it may do neither."""
        runs = outlet.transaction
        if runs and runs.permit.token == card:
            return await self.stop(outlet, Cause("Local", card))
        answer = await self._authorise(card)
        if not answer.accepted:
            return False
        if runs is None:
            return await self.start(outlet.evse_id, Permit(card, remote=False, group=answer.group))
        runs = outlet.transaction or runs  # its group may have become known meanwhile
        if not answer.group or answer.group != runs.permit.group:
            return False
        return await self.stop(outlet, Cause("Local", card))

    async def _authorise(self, card: str) -> Answer:
        if self.line is None:
            return Answer(accepted=False)
        try:
            return await self.line.authorise(card)
        except TimeoutError:
            return Answer(accepted=False)
