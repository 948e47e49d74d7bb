"""How fast the agent may speak: a charger that comes back after days must not flood the broker, nor be cut off by it.

AWS IoT Core takes 100 publishes a second of one connection, 20 shadow requests a second for one thing, and 10 shadow
requests of one connection that it has not answered yet (AWS IoT Core quotas).
"""

from __future__ import annotations

EVENTS_PER_S = 20.0
"""Session events: a week's outbox of some 1,100 goes out within a minute. A fifth of what a connection may publish, for
a fleet that lost the same broker comes back together."""

EVENTS_AT_ONCE = 20
"""What may go out without any pause: many times what one stop has to tell."""

REQUESTS_PER_S = 10.0
"""Shadow requests: half of what a thing is granted; the cloud's own writes count against the same limit."""

REQUESTS_AT_ONCE = 10
"""Two EVSEs that are stopped in the same instant make six."""

REQUESTS_IN_FLIGHT = 8
"""Shadow requests that wait for their answers: below the ten of the service, above what one busy EVSE needs."""


class Bucket:
    """Tokens that come back at a steady rate, up to a number. Times in monotonic seconds."""

    def __init__(self, per_s: float, at_once: int) -> None:
        self._per_s, self._most = per_s, float(at_once)
        self._left, self._at_s = self._most, 0.0

    def ready(self, now_s: float) -> bool:
        """Whether there is a token."""
        if now_s > self._at_s:
            self._left = min(self._most, self._left + (now_s - self._at_s) * self._per_s)
            self._at_s = now_s
        return self._left >= 1

    def take(self, now_s: float) -> bool:
        """Take a token, if there is one."""
        if not self.ready(now_s):
            return False
        self._left -= 1
        return True


class Requests:
    """The shadow requests of one connection, whichever EVSE they are for.

    Counted by topic: what one EVSE asks or reports again before the answer to the last is here counts once.
    """

    def __init__(self) -> None:
        self._bucket = Bucket(REQUESTS_PER_S, REQUESTS_AT_ONCE)
        self._waiting: set[str] = set()

    def ready(self, topic: str, now_s: float) -> bool:
        """Whether a request on this topic may go out now."""
        return (topic in self._waiting or len(self._waiting) < REQUESTS_IN_FLIGHT) and self._bucket.ready(now_s)

    def sent(self, topic: str, now_s: float) -> None:
        """A request has gone out."""
        self._bucket.take(now_s)
        self._waiting.add(topic)

    def over(self, topic: str) -> None:
        """The answer is here, or will never come."""
        self._waiting.discard(topic)
