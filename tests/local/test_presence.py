"""Whether a charger is connected, as the API says: it words the banner, and is never a reason to refuse a stop."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from functions.adapters.dynamodb_chargers import DynamoChargers
from local.client import DriverApi
from tests.local.scenes import awaited, charging, ended, evse_of
from tests.local.support import FreshCharger, LocalStack


def shown(driver: DriverApi, charger: FreshCharger) -> dict[str, Any]:
    return dict(driver.charger(charger.charger_id).expect(200))


def tell_late_of_the_connection(stack: LocalStack, charger: FreshCharger) -> None:
    """Send the news that the lost connection was made once more, and wait until it has been taken in."""
    record = DynamoChargers(stack.client("dynamodb"), stack.run.tables.chargers).record(charger.charger_id)
    assert record is not None
    news = {
        "clientId": charger.charger_id,
        "eventType": "connected",
        "at": time.time_ns() // 1_000_000,
        "sessionIdentifier": record.presence_session,
        "versionNumber": record.presence_version,
    }
    sqs, queue = stack.client("sqs"), stack.run.queues.presence
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(news))
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def waiting() -> dict[str, Any]:
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return {"messages": sum(int(counts[name]) for name in names)}

    awaited(waiting, "the news is taken in", messages=0)


def test_a_charger_that_lost_its_line_is_shown_so_and_its_session_can_be_stopped_all_the_same(
    stack: LocalStack, owner: DriverApi, fresh_charger: Callable[..., FreshCharger]
) -> None:
    """Scenario 18: connected for 24 h on a dead socket."""
    charger = fresh_charger(through_proxy=True)
    assert charger.proxy is not None
    session_id = charging(owner, charger)
    assert shown(owner, charger)["connected"] is True

    charger.proxy.cut()

    lost = awaited(lambda: shown(owner, charger), "the API knows", connected=False)
    assert lost["lastSeenAt"] is not None
    assert (lost["evses"][0]["canStop"], lost["evses"][0]["notice"]["code"]) == (True, "charger_offline")
    tell_late_of_the_connection(stack, charger)
    assert shown(owner, charger)["connected"] is False
    assert owner.stop(session_id).expect(202)["status"] == "stopping"
    assert evse_of(owner, charger)["canStop"] is True
    charger.proxy.restore()
    assert ended(owner, session_id)["end"]["reason"] == "Remote"
    back = awaited(lambda: shown(owner, charger), "the API knows", connected=True)
    assert back["lastSeenAt"] > lost["lastSeenAt"]
