"""Sends session events from the journal's outbox, in order, and deletes each only when the broker has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.topics import events_topic
from device_agent.pacing import EVENTS_AT_ONCE, EVENTS_PER_S, Bucket

if TYPE_CHECKING:
    from device_agent.journal import Journal
    from device_agent.link import Link

IN_FLIGHT = 4
"""Events sent and not yet acknowledged. Enough to drain four hours offline in seconds; far below the 100 unacknowledged
messages AWS IoT allows a connection."""

ACK_WAIT_S = 20.0
"""An event unacknowledged for so long means that the connection is dead, whatever it looks like."""


class OutboxSender:
    """Drains the outbox over one link. Times in monotonic seconds."""

    def __init__(self, charger_id: str, journal: Journal, link: Link) -> None:
        self._charger_id, self._journal, self._link = charger_id, journal, link
        self._flying: dict[int, tuple[int, float]] = {}
        """Receipt → number in the outbox and when it was sent."""
        self._newest = 0
        self._bucket = Bucket(EVENTS_PER_S, EVENTS_AT_ONCE)

    def down(self) -> None:
        """The link is lost: all that was not acknowledged will be sent again, from the oldest on."""
        self._flying.clear()
        self._newest = 0

    def published(self, receipt: int) -> None:
        """The broker has acknowledged something; if it was an event, that leaves the outbox."""
        flown = self._flying.pop(receipt, None)
        if flown is not None:
            self._journal.sent(flown[0])

    def pump(self, now_s: float) -> None:
        """Send what may be sent now."""
        if any(now_s - sent_s >= ACK_WAIT_S for _, sent_s in self._flying.values()):
            self.down()
            self._link.reconnect("session events are not acknowledged")
            return
        room = IN_FLIGHT - len(self._flying)
        if room == 0 or not self._bucket.ready(now_s):
            return
        for event in self._journal.waiting(room, after=self._newest):
            if not self._bucket.take(now_s):
                return
            receipt = self._link.publish(events_topic(self._charger_id, event.evse_id), event.payload)
            if receipt is None:
                return
            self._flying[receipt] = (event.number, now_s)
            self._newest = event.number
