"""Each function's work, from one end to the other: every route, and every outcome that asks something else of AWS.

A function without its scenario here fails `test_permissions_are_used`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from contract.vocabulary import CardStatus, EvseStatus
from functions.account_api.handler import handler as account_api_handler
from functions.authorise_card.handler import handler as authorise_card_handler
from functions.cards_api.handler import handler as cards_api_handler
from functions.charger_presence.handler import handler as charger_presence_handler
from functions.charger_reports.handler import handler as charger_reports_handler
from functions.chargers_api.handler import handler as chargers_api_handler
from functions.domain.open_work import QUIET_MS
from functions.domain.records import MeterSample, SessionPhase
from functions.domain.renewals import HOUR_MS
from functions.domain.targets import Target
from functions.domain_events.handler import handler as domain_events_handler
from functions.operator_api.handler import handler as operator_api_handler
from functions.provisioning_hook.handler import handler as provisioning_hook_handler
from functions.session_sweeper.handler import handler as session_sweeper_handler
from functions.sessions_api.handler import handler as sessions_api_handler
from functions.sharing_api.handler import handler as sharing_api_handler
from functions.start_session.handler import handler as start_session_handler
from functions.stop_session.handler import handler as stop_session_handler
from tests.infra.recorded_calls import Account
from tests.support import builders
from tests.support.api_events import (
    LambdaContext,
    api_event,
    body_of,
    charger_event,
    operator_event,
    session_event,
    shared_stop_event,
    sqs_event,
    start_event,
    stop_event,
)
from tests.support.builders import CHARGER, NEIGHBOUR, OTHER_SESSION, OWNER, SESSION
from tests.support.clock import NOON_MS

CONTEXT = LambdaContext()
JSON = {"content-type": "application/json"}
ONE_SESSION = {"sessionId": SESSION}
THIRD_SESSION = "01JD0000000000000000000003"


def chargers_api(aws: Account) -> None:
    aws.keep(builders.charger(), builders.active_session())
    aws.keep(builders.evse(current_session_id=SESSION, current_owner=OWNER))
    aws.ask(chargers_api_handler, api_event("GET", "/v1/chargers"), 200)
    aws.ask(chargers_api_handler, charger_event(), 200)
    aws.ask(chargers_api_handler, charger_event("PX-0815"), 404)


def sessions_api(aws: Account) -> None:
    aws.keep(builders.charger(), builders.evse(), builders.active_session())
    aws.keep(MeterSample(session_id=SESSION, seq=1, at_ms=NOON_MS, meter_wh=1000, power_w=7000))
    ask = sessions_api_handler
    for below in ("", "/timeline", "/meter-values"):
        aws.ask(ask, session_event(below=below), 200)
        aws.ask(ask, session_event(below=below, owner=NEIGHBOUR), 404)
    aws.ask(ask, api_event("GET", "/v1/sessions"), 200)
    aws.ask(ask, api_event("GET", "/v1/sessions.csv"), 200)
    aws.keep(builders.stopping_session())
    aws.clock.pass_s(20)  # overdue: whether its charger is connected explains it
    aws.ask(ask, session_event(), 200)


def start_session(aws: Account) -> None:
    aws.keep(builders.charger(), builders.evse())
    for _ in range(2):
        aws.ask(start_session_handler, start_event(headers={"idempotency-key": "k"}), 202)
    aws.ask(start_session_handler, start_event(owner=NEIGHBOUR), 409)
    aws.ask(start_session_handler, start_event("PX-0815"), 404)
    aws.keep(builders.evse())
    aws.out_of_reach = "UpdateThingShadow"
    aws.ask(start_session_handler, start_event(), 503)
    aws.meanwhile["TransactWriteItems"] = lambda: aws.keep(builders.account(suspended_at_ms=NOON_MS))
    for _ in range(2):
        aws.ask(start_session_handler, start_event(), 403)


def stop_session(aws: Account) -> None:
    aws.keep(builders.active_session())
    aws.ask(stop_session_handler, stop_event(owner=NEIGHBOUR), 404)
    aws.out_of_reach = "UpdateThingShadow"
    aws.ask(stop_session_handler, stop_event(), 503)
    aws.out_of_reach = ""
    aws.ask(stop_session_handler, stop_event(), 202)
    aws.ask(stop_session_handler, stop_event(method="DELETE"), 202)
    aws.ask(stop_session_handler, stop_event(), 202)
    aws.clock.pass_s(3)
    aws.ask(stop_session_handler, stop_event(), 202)
    aws.keep(builders.active_session(stop_right=builders.stop_right()))
    aws.ask(stop_session_handler, shared_stop_event(owner=NEIGHBOUR), 202)
    aws.keep(builders.active_session(phase=SessionPhase.ENDED))
    aws.ask(stop_session_handler, stop_event(), 200)
    aws.ask(stop_session_handler, stop_event(method="DELETE"), 409)


def sharing_api(aws: Account) -> None:
    ask, right = sharing_api_handler, partial(api_event, path=f"/v1/sessions/{SESSION}/stop-right", params=ONE_SESSION)
    aws.keep(builders.active_session())
    offer = aws.ask(ask, right("POST"), 201)
    code = json.dumps({"code": body_of(offer)["code"]})
    aws.ask(ask, api_event("POST", "/v1/shared-sessions", owner=NEIGHBOUR, headers=JSON, body=code), 200)
    aws.ask(ask, api_event("GET", f"/v1/shared-sessions/{SESSION}", owner=NEIGHBOUR, params=ONE_SESSION), 200)
    aws.ask(ask, right("GET"), 200)
    aws.ask(ask, right("DELETE"), 204)


def account_api(aws: Account) -> None:
    blocked = builders.card(id_token_hash=builders.OTHER_CARD, status=CardStatus.BLOCKED)
    aws.keep(builders.card(), blocked, builders.active_session())
    aws.ask(account_api_handler, api_event("DELETE", "/v1/me"), 409)
    aws.keep(builders.active_session(phase=SessionPhase.ENDED), builders.account(suspended_at_ms=NOON_MS))
    aws.out_of_reach = "AdminDeleteUser"  # moto makes the names of pools
    for owner in (OWNER, NEIGHBOUR):
        aws.ask(account_api_handler, api_event("DELETE", "/v1/me", owner=owner), 503)


def cards_api(aws: Account) -> None:
    ask, one = cards_api_handler, {"cardId": builders.CARD}
    for status in (201, 200):
        aws.ask(ask, api_event("POST", "/v1/cards", body='{"number": "04:A2:2B:91"}', headers=JSON), status)
    aws.ask(ask, api_event("GET", "/v1/cards"), 200)
    aws.keep(builders.charger(), builders.evse(), builders.card_session())
    aws.out_of_reach = "UpdateThingShadow"
    aws.ask(ask, api_event("POST", f"/v1/cards/{builders.CARD}/lost", params=one), 503)
    aws.out_of_reach = ""
    aws.ask(ask, api_event("POST", f"/v1/cards/{builders.CARD}/lost", params=one), 200)
    aws.keep(builders.card())
    aws.ask(ask, api_event("DELETE", f"/v1/cards/{builders.CARD}", params=one), 204)


def authorise_card(aws: Account) -> None:
    aws.keep(builders.card())
    nobodys = builders.question(idTokenHash=builders.OTHER_CARD)
    messages = builders.question_message(builders.question()), builders.question_message(nobodys), "garbage"
    assert authorise_card_handler(sqs_event(*messages), CONTEXT) == {"batchItemFailures": []}


def charger_reports(aws: Account) -> None:
    at_target = builders.active_session(target=Target(energy_wh=8000))
    aws.keep(builders.charger(), builders.evse(), at_target, builders.card())
    by_card = {"sessionId": OTHER_SESSION, "idTokenHash": builders.CARD}
    by_nobodys_card = {"sessionId": THIRD_SESSION, "idTokenHash": builders.OTHER_CARD}
    messages = (
        builders.event_message(builders.event("meter", 8, meterWh=8900, powerW=7000)),  # near its target
        builders.event_message(builders.event("meter", 9, meterWh=9000)),  # at its target
        builders.event_message(builders.event("ended", 10, meterWh=9500)),
        builders.event_message(builders.event("started", 1, **by_card)),
        builders.event_message(builders.event("started", 1, **by_nobodys_card)),
        builders.shadow_message(builders.reported(session=builders.reported_session(), ack=builders.ack())),
        builders.shadow_message(builders.reported(n=919), version=11),
        "garbage",
    )
    assert charger_reports_handler(sqs_event(*messages), CONTEXT) == {"batchItemFailures": []}


def charger_presence(aws: Account) -> None:
    aws.keep(builders.charger())
    said = {"clientId": CHARGER, "at": NOON_MS, "sessionIdentifier": "connection-2", "versionNumber": 4}
    messages = (json.dumps(said | {"eventType": kind}) for kind in ("connected", "disconnected"))
    assert charger_presence_handler(sqs_event(*messages, "garbage"), CONTEXT) == {"batchItemFailures": []}


def session_sweeper(aws: Account) -> None:
    moved_on = {"current_session_id": OTHER_SESSION, "displaced_session_id": THIRD_SESSION}
    aws.keep(builders.charger(), builders.pending_session())
    aws.keep(builders.stopping_session(session_id=OTHER_SESSION, stop_not_sent=True))
    aws.keep(builders.active_session(session_id=THIRD_SESSION))
    aws.keep(builders.evse(reported_session_id=OTHER_SESSION, status=EvseStatus.CHARGING, **moved_on))
    for seconds in (80, QUIET_MS / 1000, 24 * 3600):
        aws.clock.pass_s(seconds)
        session_sweeper_handler({}, CONTEXT)
    aws.clock.now_ms += -aws.clock.now_ms % HOUR_MS
    session_sweeper_handler({}, CONTEXT)
    assert aws.phases(OTHER_SESSION, THIRD_SESSION) == ["ended", "ended"]


def operator_api(aws: Account) -> None:
    why = {"reason": "driver called"}

    def ask(method: str, path: str, *, status: int = 200, **more: Any) -> None:
        event = operator_event(method, path, **more)
        aws.ask(operator_api_handler, event, status)

    quiet = builders.evse(current_session_id=SESSION, displaced_session_id=OTHER_SESSION)
    aws.keep(builders.charger(), quiet, builders.active_session())
    for query in ({"owner": OWNER}, {"chargerId": CHARGER}, {"state": "open"}):
        ask("GET", "sessions", query=query)
    ask("GET", "sessions/{sessionId}")
    ask("GET", "chargers")
    ask("GET", "chargers/{chargerId}")
    for service in ("out-of-service", "in-service"):
        ask("POST", f"chargers/{{chargerId}}/{service}", json=why)
    ask("POST", "sessions/{sessionId}/stop", json=why)
    aws.clock.pass_s(160)
    ask("POST", "sessions/{sessionId}/close", json=why)
    ask("GET", "accounts/{owner}")
    ask("POST", "accounts/{owner}/suspend", json=why)
    ask("POST", "accounts/{owner}/restore", json=why)
    ask("GET", "dead-letters")
    for queue, name, redriven in (
        ("reports", "DeviceLinkReportsDeadLetters", 200),
        ("presence", "DeviceLinkPresenceDeadLetters", 200),
        ("authorisations", "DeviceLinkAuthorisationsDeadLetters", 409),
        ("sweeper", "SweeperDeadLetters", 409),
        ("events", "DomainEventsDeadLetters", 409),
    ):
        aws.sqs.send_message(QueueUrl=aws.sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody="letter")
        ask("GET", f"dead-letters/{queue}")
        ask("POST", f"dead-letters/{queue}/redrive", json=why | {"limit": 1}, status=redriven)
    ask("GET", "audit")


def provisioning_hook(aws: Account) -> None:
    old, new = (aws.iot.create_keys_and_certificate(setAsActive=True) for _ in range(2))
    aws.iot.attach_thing_principal(thingName=CHARGER, principal=old["certificateArn"])
    aws.put("TablesSerials", {"serial_number": "SN-4711", "charger_id": CHARGER, "armed_at_ms": NOON_MS})
    claim = {
        "claimCertificateId": "claim",
        "certificateId": new["certificateId"],
        "clientId": "provision-SN-4711",
        "parameters": {"SerialNumber": "SN-4711", "Attempt": "0" * 32},
    }
    assert provisioning_hook_handler(claim, CONTEXT)["allowProvisioning"] is True
    assert not aws.iot.list_thing_principals(thingName=CHARGER)["principals"]
    unknown = {"parameters": {"SerialNumber": "SN-0815", "Attempt": "0" * 32}, "clientId": "provision-SN-0815"}
    assert provisioning_hook_handler(claim | unknown, CONTEXT) == {"allowProvisioning": False}


def domain_events(_: Account) -> None:
    began = builders.stream_record(builders.pending_session(), builders.active_session())
    unreadable = builders.stream_record(None, builders.active_session())
    del unreadable["dynamodb"]["NewImage"]["phase"]
    assert domain_events_handler({"Records": [began, unreadable]}, CONTEXT) == {"batchItemFailures": []}


SCENARIOS: dict[str, Callable[[Account], None]] = {
    scenario.__name__: scenario
    for scenario in (
        account_api,
        authorise_card,
        cards_api,
        operator_api,
        charger_presence,
        charger_reports,
        chargers_api,
        domain_events,
        provisioning_hook,
        session_sweeper,
        sessions_api,
        sharing_api,
        start_session,
        stop_session,
    )
}
"""By the name of the function's folder."""
