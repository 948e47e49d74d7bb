"""Every route and every report, once, as a charger and its driver live through them: what `growth` measures."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.bench.station import Station
from tests.support import builders
from tests.support.api_events import (
    api_event,
    body_of,
    card_event,
    charger_event,
    operator_event,
    session_event,
    shared_stop_event,
    sqs_event,
    start_event,
    stop_event,
)
from tests.support.builders import CARD, CHARGER, NEIGHBOUR, OWNER

JSON = {"content-type": "application/json"}
WHY = {"reason": "driver called"}
FORGOTTEN = "01J1000000000000000000000A"
"""A session whose charger has been silent for days: one that an operator closes."""
DAY_MS = 86_400_000
REFUSED = 400


@dataclass
class Life:
    """A charger and its driver, and the session that they are at."""

    here: Station
    session_id: str = ""
    code: str = ""
    """Of the right to stop that the driver has offered."""

    def ask(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """A request of the API; what it sends arrives.

        Raises:
            RuntimeError: it was refused.
        """
        answer = self.here.call(function, event)
        if answer["statusCode"] >= REFUSED:
            raise RuntimeError(f"{event['routeKey']}: {answer}")
        return answer

    def read(self, below: str = "", **changes: Any) -> dict[str, Any]:
        """The session, or a part of it, as its driver reads it."""
        return self.ask("sessions_api", session_event(self.session_id, below, **changes))

    def listed(self, path: str = "/v1/sessions", **query: str) -> dict[str, Any]:
        """The driver's sessions."""
        return self.ask("sessions_api", api_event("GET", path, query=query))

    def right(self, method: str) -> None:
        """The right to stop this session, as its driver offers it and takes it back."""
        params, path = {"sessionId": self.session_id}, f"/v1/sessions/{self.session_id}/stop-right"
        answer = self.ask("sharing_api", api_event(method, path, params=params))
        self.code = body_of(answer).get("code", "") if method == "POST" else ""

    def shared(self) -> None:
        """The session as whoever may stop it reads it."""
        params, path = {"sessionId": self.session_id}, f"/v1/shared-sessions/{self.session_id}"
        self.ask("sharing_api", api_event("GET", path, owner=NEIGHBOUR, params=params))

    def take_right(self) -> None:
        """Somebody else uses the driver's code."""
        body = json.dumps({"code": self.code})
        self.ask("sharing_api", api_event("POST", "/v1/shared-sessions", owner=NEIGHBOUR, headers=JSON, body=body))

    def add_card(self) -> None:
        """The driver adds a card."""
        body = json.dumps({"number": "04:A2:2B:91"})
        self.ask("cards_api", api_event("POST", "/v1/cards", headers=JSON, body=body))

    def operate(self, method: str, path: str, *, about: str = "", **more: Any) -> None:
        """An operator's request; `about`: the session that it is about, if not the one on record by name."""
        event = operator_event(method, path, **more)
        if about:
            event["pathParameters"] = {"sessionId": about}
            event["rawPath"] = event["rawPath"].replace(builders.SESSION, about)
        self.ask("operator_api", event)

    def start(self) -> None:
        """The driver starts a session."""
        self.session_id = str(body_of(self.ask("start_session", start_event()))["sessionId"])

    def stop(self) -> None:
        """The driver stops it."""
        self.ask("stop_session", stop_event(self.session_id))

    def next_session(self) -> None:
        """The session is over, and another one charges."""
        self.here.let_pass(60)
        self.start()
        self.here.let_pass(60)

    def withdraw(self) -> None:
        """The driver takes back a stop that the charger has not heard yet."""
        self.here.invoke("stop_session", stop_event(self.session_id))
        self.here.lose()
        self.ask("stop_session", stop_event(self.session_id, method="DELETE"))

    def close(self) -> None:
        """An operator closes a session that nobody has heard of for days."""
        then_ms = self.here.account.clock() - 3 * DAY_MS
        times = dict.fromkeys(("created_at_ms", "started_at_ms", "started_received_at_ms", "as_of_ms"), then_ms)
        self.here.account.keep(builders.active_session(session_id=FORGOTTEN, evse_id=2, **times))
        self.operate("POST", "sessions/{sessionId}/close", about=FORGOTTEN, json=WHY)

    def presence(self) -> None:
        """The charger's connection is lost and made anew."""
        at_ms = self.here.account.clock()
        events = [
            {"clientId": CHARGER, "eventType": kind, "at": now, "sessionIdentifier": str(now), "versionNumber": now}
            for kind, now in (("disconnected", at_ms), ("connected", at_ms + 1))
        ]
        self.here.invoke("charger_presence", sqs_event(*map(json.dumps, events)))

    def card_shown(self) -> None:
        """The charger asks about the driver's card."""
        now_ms = self.here.account.clock()
        batch = sqs_event(builders.question_message(builders.question(at=now_ms // 1000)))
        batch["Records"][0]["attributes"]["SentTimestamp"] = str(now_ms)
        self.here.call("authorise_card", batch)

    def told_on(self) -> None:
        """The table's stream says that a session has begun."""
        began = builders.stream_record(builders.pending_session(), builders.active_session())
        self.here.invoke("domain_events", {"Records": [began]})


Step = tuple[str, Callable[[Life], object]]

STEPS: tuple[Step, ...] = (
    ("GET /v1/chargers", lambda it: it.ask("chargers_api", api_event("GET", "/v1/chargers"))),
    ("GET /v1/chargers/{chargerId}", lambda it: it.ask("chargers_api", charger_event())),
    ("POST /v1/cards", Life.add_card),
    ("GET /v1/cards", lambda it: it.ask("cards_api", card_event("GET"))),
    ("a charger asks about a card", Life.card_shown),
    ("POST /v1/cards/{cardId}/lost", lambda it: it.ask("cards_api", card_event("POST", CARD, "/lost"))),
    ("DELETE /v1/cards/{cardId}", lambda it: it.ask("cards_api", card_event("DELETE", CARD))),
    ("POST /v1/chargers/{chargerId}/evses/{evseId}/sessions", Life.start),
    ("reports of a start", lambda it: it.here.let_pass(5)),
    ("meter values, 5 min", lambda it: it.here.let_pass(300)),
    ("GET /v1/sessions/{sessionId}, live", Life.read),
    ("POST /v1/sessions/{sessionId}/stop-right", lambda it: it.right("POST")),
    ("GET /v1/sessions/{sessionId}/stop-right", lambda it: it.right("GET")),
    ("DELETE /v1/sessions/{sessionId}/stop-right", lambda it: it.right("DELETE")),
    ("(offered again)", lambda it: it.right("POST")),
    ("POST /v1/shared-sessions", Life.take_right),
    ("GET /v1/shared-sessions/{sessionId}", Life.shared),
    (
        "POST /v1/shared-sessions/{sessionId}/stop",
        lambda it: it.ask("stop_session", shared_stop_event(it.session_id, owner=NEIGHBOUR)),
    ),
    ("(the next session)", Life.next_session),
    ("GET /v1/operator/sessions of an owner", lambda it: it.operate("GET", "sessions", query={"owner": OWNER})),
    ("GET /v1/operator/sessions at a charger", lambda it: it.operate("GET", "sessions", query={"chargerId": CHARGER})),
    ("GET /v1/operator/sessions, open", lambda it: it.operate("GET", "sessions", query={"state": "open"})),
    ("DELETE /v1/sessions/{sessionId}/stop, the tap before it included", Life.withdraw),
    ("(the charger hears of it)", lambda it: it.here.let_pass(5)),
    (
        "GET /v1/operator/sessions/{sessionId}",
        lambda it: it.operate("GET", "sessions/{sessionId}", about=it.session_id),
    ),
    (
        "POST /v1/operator/sessions/{sessionId}/stop",
        lambda it: it.operate("POST", "sessions/{sessionId}/stop", about=it.session_id, json=WHY),
    ),
    ("POST /v1/operator/sessions/{sessionId}/close", Life.close),
    ("GET /v1/operator/chargers", lambda it: it.operate("GET", "chargers")),
    ("GET /v1/operator/chargers/{chargerId}", lambda it: it.operate("GET", "chargers/{chargerId}")),
    (
        "POST /v1/operator/chargers/{chargerId}/out-of-service",
        lambda it: it.operate("POST", "chargers/{chargerId}/out-of-service", json=WHY),
    ),
    (
        "POST /v1/operator/chargers/{chargerId}/in-service",
        lambda it: it.operate("POST", "chargers/{chargerId}/in-service", json=WHY),
    ),
    ("GET /v1/operator/accounts/{owner}", lambda it: it.operate("GET", "accounts/{owner}")),
    (
        "POST /v1/operator/accounts/{owner}/suspend",
        lambda it: it.operate("POST", "accounts/{owner}/suspend", json=WHY),
    ),
    (
        "POST /v1/operator/accounts/{owner}/restore",
        lambda it: it.operate("POST", "accounts/{owner}/restore", json=WHY),
    ),
    ("GET /v1/operator/dead-letters", lambda it: it.operate("GET", "dead-letters")),
    ("GET /v1/operator/dead-letters/{queue}", lambda it: it.operate("GET", "dead-letters/{queue}")),
    (
        "POST /v1/operator/dead-letters/{queue}/redrive",
        lambda it: it.operate("POST", "dead-letters/{queue}/redrive", json=WHY),
    ),
    ("GET /v1/operator/audit", lambda it: it.operate("GET", "audit", query={"limit": "5"})),
    ("(the next session)", Life.next_session),
    ("sweep", lambda it: it.here.invoke("session_sweeper", {})),
    ("POST /v1/sessions/{sessionId}/stop", Life.stop),
    ("reports of a stop", lambda it: it.here.let_pass(5)),
    ("GET /v1/sessions/{sessionId}", Life.read),
    ("GET /v1/sessions, 20 of them", Life.listed),
    ("GET /v1/sessions, of which none", lambda it: it.listed(status="failed")),
    ("GET /v1/sessions.csv, 10 of them", lambda it: it.listed("/v1/sessions.csv", limit="10")),
    ("GET /v1/sessions/{sessionId}/timeline", lambda it: it.read("/timeline")),
    ("GET /v1/sessions/{sessionId}/meter-values", lambda it: it.read("/meter-values")),
    ("a domain event", Life.told_on),
    ("a connection lost and made anew", Life.presence),
    ("(a quiet minute)", lambda it: it.here.let_pass(60)),
)
"""In this order; what is in brackets only leads on and is not measured. `DELETE /v1/me` is measured by itself."""
