"""One EVSE's shadow as the agent follows it: which desired state is the newest, and which report has arrived.

A delta is a wake-up that may also carry the news; the full document is asked for on every connect, every 30 minutes
of a session, and whenever an answer is missing. Versions only rise within a shadow, and `accepted`, `delta` and
`documents` of one update share one: so only *lower* ones are dropped, and acceptances of our own reports are not
counted at all.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.topics import shadow_topic
from contract.wire import WIRE_VERSION

if TYPE_CHECKING:
    from device_agent.link import Link
    from device_agent.pacing import Requests

log = logging.getLogger(__name__)

ANSWER_WAIT_S = 5.0
"""How long a request to the shadow service may go unanswered. AWS answers in 50 to 200 ms; a mobile network's worst
retransmission takes three seconds."""

TRIES = 3
"""Unanswered requests in a row after which the connection itself is in doubt and is made anew."""

REFRESH_S = 1800.0
"""How often the whole document is read in a session although nothing seems to have happened: the third way for a stop
whose delta was lost, after the driver's next tap and the sweeper, which both send it again. Twice as often would be a
twentieth of what a session costs (ADR 0024)."""

REFRESH_IDLE_S = 6 * 3600.0
"""The same without a session: a start expires within a minute anyway. As often as in a session it would be five sixths
of what an idle charger costs (ADR 0024)."""

REJECTED_WAIT_CAP_S = 300.0
"""A report that is rejected again and again is repeated no oftener than this."""

SUFFIXES = ("update/delta", "update/accepted", "update/rejected", "get/accepted", "get/rejected")

NOT_FOUND = 404


@dataclass
class _Request:
    """A request that waits for its answer. Units: monotonic seconds."""

    sent_s: float | None = None
    tries: int = 0
    watermark: int = 0

    def overdue(self, now_s: float) -> bool:
        return self.sent_s is not None and now_s - self.sent_s >= ANSWER_WAIT_S


class ShadowFollower:
    """Follows one shadow over one link. Times in monotonic seconds."""

    def __init__(self, charger_id: str, evse_id: int, link: Link, requests: Requests) -> None:
        self._topics = {suffix: shadow_topic(charger_id, evse_id, suffix) for suffix in (*SUFFIXES, "get", "update")}
        self._evse_id = evse_id
        self._link, self._requests = link, requests
        self._ready = False
        self._known = False
        """Whether the whole document, or that there is none, has been seen since this process began."""
        self.reported: object = None
        """What the last whole document says of us."""
        self._get, self._report = _Request(), _Request()
        self._asked_s = 0.0
        self._to_ask = False
        """Whether the whole document is to be asked for as soon as a request may go out."""
        self._watermark = 0
        self._newest_report: tuple[str, int] | None = None
        self._arrived = False
        self._not_before_s = 0.0
        self._rejections = 0

    @property
    def filters(self) -> list[str]:
        """The topics to subscribe to."""
        return [self._topics[suffix] for suffix in SUFFIXES]

    def suffix_of(self, topic: str) -> str | None:
        """Which of this shadow's topics this is, if it is one of them."""
        return next((suffix for suffix in SUFFIXES if self._topics[suffix] == topic), None)

    def answers(self, suffix: str, document: dict[str, Any], now_s: float) -> bool:
        """Whether this answers what we sent a few seconds ago at most: a question, or our newest report."""
        if suffix == "update/accepted":
            sent_s = self._report.sent_s
            fresh = sent_s is not None and now_s - sent_s < ANSWER_WAIT_S
            return fresh and _accepted_order(document) == self._newest_report
        return suffix in ("get/accepted", "get/rejected") and self._get.sent_s is not None

    def down(self) -> None:
        """The link is lost: what was asked will not be answered."""
        self._ready = self._to_ask = False
        self._get, self._report = _Request(), _Request()
        for topic in ("get", "update"):
            self._requests.over(self._topics[topic])
        self._watermark = 0
        if not self._arrived:
            self._newest_report = None

    def subscribed(self, now_s: float) -> None:
        """Everything is subscribed: from here on no news can be missed, so now the whole document is read."""
        self._ready = True
        self._not_before_s = 0.0
        self._ask(now_s)

    def received(self, suffix: str, document: dict[str, Any], now_s: float) -> dict[str, Any] | None:
        """Take in one message.

        Returns:
            The `desired` section it brings, if that is news; None if there is nothing new to want.
        """
        if suffix.startswith("get/"):
            self._requests.over(self._topics["get"])
        match suffix:
            case "update/delta":
                return self._delta(document, now_s)
            case "get/accepted":
                return self._whole(document)
            case "get/rejected":
                self._get_rejected(document, now_s)
            case "update/accepted":
                self._accepted(document)
            case "update/rejected":
                self._rejected(document, now_s)
        return None

    def tick(self, now_s: float, *, charging: bool) -> None:
        """Ask again for what has not been answered, and now and then for the whole document."""
        if not self._ready:
            return
        refresh_s = REFRESH_S if charging else REFRESH_IDLE_S
        if self._get.tries >= TRIES and self._get.overdue(now_s):
            self._link.reconnect("the shadow service does not answer")
            self._ready = False
        elif self._to_ask or self._get.overdue(now_s) or now_s - self._asked_s >= refresh_s:
            self._ask(now_s)
        if self._report.overdue(now_s):
            log.warning("report unanswered", extra={"evse": self._evse_id, "tries": self._report.tries})
            self._newest_report = None
            self._report.sent_s = None
            self._requests.over(self._topics["update"])
            if self._report.tries >= TRIES:
                self._link.reconnect("reports are not answered")
                self._ready = False

    def owes_report(self, now_s: float) -> bool:
        """Whether the newest report has neither arrived nor is on its way."""
        return self.may_report(now_s) and self._newest_report is None

    def may_report(self, now_s: float) -> bool:
        """Whether a report can be sent now."""
        return self._ready and now_s >= self._not_before_s and self._requests.ready(self._topics["update"], now_s)

    def report(self, payload: dict[str, Any], order: tuple[str, int], now_s: float) -> None:
        """Send a report; `order` is its boot id and number, by which its acceptance is known."""
        if self._link.publish(self._topics["update"], json.dumps(payload, separators=(",", ":")).encode()) is None:
            return
        self._requests.sent(self._topics["update"], now_s)
        self._newest_report, self._arrived = order, False
        self._report.sent_s = now_s
        self._report.tries += 1

    def _ask(self, now_s: float) -> None:
        topic = self._topics["get"]
        self._to_ask = not self._requests.ready(topic, now_s)
        if not self._to_ask and self._link.publish(topic, b"") is not None:
            self._requests.sent(topic, now_s)
            self._get = _Request(now_s, self._get.tries + 1, self._watermark)
            self._asked_s = now_s

    def _delta(self, document: dict[str, Any], now_s: float) -> dict[str, Any] | None:
        version, state = document.get("version"), document.get("state")
        if not isinstance(version, int) or not isinstance(state, dict) or "intent" not in state:
            self._ask(now_s)  # something differs, but this message does not say what
            return None
        if not self._known:
            self._ask(now_s)  # the whole document may show a session that must be adopted first
            return None
        if version < self._watermark:
            return None
        self._watermark = version
        # A delta leaves out what is equal on both sides, and what we report as `v` is this.
        return {"v": WIRE_VERSION} | state

    def _whole(self, document: dict[str, Any]) -> dict[str, Any] | None:
        version, asked = document.get("version"), self._get
        self._get = _Request()
        if not isinstance(version, int):
            return None
        if asked.watermark <= version < self._watermark:
            return None  # a delta has overtaken this answer
        # Lower even than when it was asked for: the shadow was deleted and has begun anew.
        self._watermark = version
        self._known = True
        state = document.get("state")
        state = state if isinstance(state, dict) else {}
        self.reported = state.get("reported")
        self._compare(self.reported)
        desired = state.get("desired")
        return desired if isinstance(desired, dict) else None

    def _compare(self, reported: object) -> None:
        """If the shadow does not show our newest report although it had arrived, it is owed again."""
        if self._arrived and _order(reported) != self._newest_report:
            self._newest_report = None

    def _get_rejected(self, document: dict[str, Any], now_s: float) -> None:
        if document.get("code") == NOT_FOUND:
            self._get = _Request()
            self._known = True
            self._watermark = 0
            self._compare(None)
        else:
            log.warning("shadow get rejected", extra={"evse": self._evse_id, "code": document.get("code")})
            self._get.sent_s = now_s  # asked again after the usual wait

    def _accepted(self, document: dict[str, Any]) -> None:
        order = _accepted_order(document)
        if order is None:
            return  # the cloud's own update, or one of an earlier boot
        self._rejections = 0
        if order == self._newest_report:
            self._arrived = True
            self._report = _Request()
            self._requests.over(self._topics["update"])

    def _rejected(self, document: dict[str, Any], now_s: float) -> None:
        token = document.get("clientToken")
        if self._newest_report is None or token != f"{self._newest_report[0]}-{self._newest_report[1]}":
            return
        self._rejections += 1
        wait_s = min(ANSWER_WAIT_S * 2 ** (self._rejections - 1), REJECTED_WAIT_CAP_S)
        log.error("report rejected", extra={"evse": self._evse_id, "code": document.get("code"), "again_in_s": wait_s})
        self._newest_report, self._report = None, _Request()
        self._requests.over(self._topics["update"])
        self._not_before_s = now_s + wait_s
        self._ask(now_s)


def _accepted_order(document: dict[str, Any]) -> tuple[str, int] | None:
    state = document.get("state")
    return _order(state.get("reported")) if isinstance(state, dict) else None


def _order(reported: object) -> tuple[str, int] | None:
    if not isinstance(reported, dict):
        return None
    boot, n = reported.get("boot"), reported.get("n")
    return (boot, n) if isinstance(boot, str) and isinstance(n, int) else None
