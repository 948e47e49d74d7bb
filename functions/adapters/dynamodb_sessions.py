"""The session records in DynamoDB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.adapters import items
from functions.adapters.aws_errors import aws_errors
from functions.adapters.positions import (
    LATEST_MS,
    meter_position,
    owner_position,
    read_meter_position,
    read_owner_position,
)
from functions.adapters.table import Table, condition_failed, from_dynamo, to_dynamo, update_of
from functions.adapters.unreadable import logger, readable_ones
from functions.domain.errors import ContractViolation
from functions.domain.open_work import shard_of
from functions.domain.patience import Patience
from functions.domain.ports import Creation, Page, StopWrite
from functions.domain.records import EvseRecord, IntentRecord, IntentStatus, MeterSample, SessionPhase, SessionRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_OWNER = "by_owner"
"""Index of the sessions by owner and time of creation."""

BY_DEADLINE = "by_deadline"
"""Index of the sessions with something due, by shard and deadline."""

_STOP_CONDITION = (
    "#phase IN (:pending, :active) AND "
    "(attribute_exists(#started) OR attribute_not_exists(#start) OR NOT #start.#status IN (:refused, :failed)) AND "
    "(attribute_not_exists(#stop) OR (#stop.#status IN (:requested, :accepted, :executing) AND "
    "(#not_sent = :true OR attribute_not_exists(#sent) OR #sent <= :resend_before)))"
)
"""`stopping.verdict` is `SEND` for who asks, in DynamoDB's words; a contract test holds the two together.
A session of nobody's card has no attribute `owner`: operators stop it."""
_OF_OWNER, _OF_NOBODY = "#owner = :owner AND ", "attribute_not_exists(#owner) AND "
_LENT_TO = "#right.#holder = :holder AND "
# Without a read it cannot know what is due first; the sweeper looks once too often, or seconds late.
_STOP_UPDATE = (
    "SET #stop = if_not_exists(#stop, :stop), #sent = :now, #not_sent = :false, #shard = :shard, #due = :due "
    "ADD #revision :one"
)
_STOP_NAMES = {
    "#phase": "phase",
    "#start": "start",
    "#started": "started_at_ms",
    "#stop": "stop",
    "#status": "status",
    "#sent": "stop_sent_at_ms",
    "#not_sent": "stop_not_sent",
    "#shard": items.SHARD,
    "#due": items.DUE,
    "#revision": "revision",
}


@dataclass(frozen=True, slots=True)
class DynamoSessions:
    """`functions.domain.ports.Sessions` over two tables: a session is created together with its EVSE's claim."""

    client: DynamoDBClient
    sessions_table: str
    chargers_table: str

    @property
    def _table(self) -> Table:
        return Table(self.client, self.sessions_table)

    def get(self, session_id: str) -> SessionRecord | None:
        """See `Sessions.get`."""
        item = self._table.get(items.session_key(session_id))
        return items.session_from_item(item) if item else None

    def request_stop(
        self, session_id: str, *, owner: str, holder: str = "", stop: IntentRecord, resend_before_ms: int
    ) -> StopWrite:
        """See `Sessions.request_stop`. One UpdateItem; a failed condition brings the item along, so no read follows."""
        whose, names, by_whom = _whose(owner, holder)
        values = {
            **by_whom,
            ":pending": SessionPhase.PENDING.value,
            ":active": SessionPhase.ACTIVE.value,
            ":requested": IntentStatus.REQUESTED.value,
            ":accepted": IntentStatus.ACCEPTED.value,
            ":executing": IntentStatus.EXECUTING.value,
            ":refused": IntentStatus.REFUSED.value,
            ":failed": IntentStatus.FAILED.value,
            ":resend_before": resend_before_ms,
            ":stop": items.to_item(stop),
            ":now": stop.requested_at_ms,
            ":false": False,
            ":true": True,
            ":one": 1,
            ":shard": shard_of(session_id),
            ":due": stop.requested_at_ms + Patience().ack_timeout_s * 1000,
        }
        with aws_errors():
            try:
                answer = self.client.update_item(
                    TableName=self.sessions_table,
                    Key=to_dynamo(items.session_key(session_id)),
                    UpdateExpression=_STOP_UPDATE,
                    ConditionExpression=whose + _STOP_CONDITION,
                    ExpressionAttributeNames=_STOP_NAMES | names,
                    ExpressionAttributeValues=to_dynamo(values),
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if not condition_failed(error):
                    raise
                found: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]  # stubs lack it
                return StopWrite(applied=False, session=items.session_from_item(from_dynamo(found)) if found else None)
        return StopWrite(applied=True, session=_stopped(from_dynamo(answer["Attributes"]), stop))

    def replace(self, old: SessionRecord, new: SessionRecord) -> bool:
        """See `Sessions.replace`."""
        key = items.session_key(old.session_id)
        # The stored place in the index may be another than the record's own (see `_STOP_UPDATE`): it is always written.
        stored = items.session_to_item(old) | {items.SHARD: None, items.DUE: None}
        return self._table.replace(key, stored, items.session_to_item(new))

    def create(self, session: SessionRecord, *, evse_before: EvseRecord, evse_after: EvseRecord) -> Creation:
        """See `Sessions.create`."""
        claim = update_of(
            items.evse_key(evse_before.charger_id, evse_before.evse_id),
            items.to_item(evse_before),
            items.to_item(evse_after),
        )
        put = {
            "TableName": self.sessions_table,
            "Item": to_dynamo(items.session_to_item(replace(session, revision=1))),
            "ConditionExpression": "attribute_not_exists(session_id)",
        }
        with aws_errors():
            try:
                self.client.transact_write_items(
                    TransactItems=[{"Put": put}, {"Update": {"TableName": self.chargers_table, **claim}}]  # type: ignore[typeddict-item]  # built above
                )
            except self.client.exceptions.TransactionCanceledException as error:
                codes = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
                if codes[:1] == ["ConditionalCheckFailed"]:
                    return Creation.SESSION_EXISTS
                if set(codes) <= {"None", "ConditionalCheckFailed", "TransactionConflict"}:
                    return Creation.EVSE_CHANGED
                raise
        return Creation.CREATED

    def add(self, session: SessionRecord) -> bool:
        """See `Sessions.add`."""
        with aws_errors():
            try:
                self.client.put_item(
                    TableName=self.sessions_table,
                    Item=to_dynamo(items.session_to_item(replace(session, revision=1))),
                    ConditionExpression="attribute_not_exists(session_id)",
                )
            except ClientError as error:
                if condition_failed(error):
                    return False
                raise
        return True

    def of_owner(
        self, owner: str, *, from_ms: int | None, to_ms: int | None, limit: int, cursor: str | None
    ) -> Page[SessionRecord]:
        """See `Sessions.of_owner`."""
        since, until = from_ms or 0, LATEST_MS if to_ms is None else to_ms
        start: dict[str, Any] = {}
        if cursor:
            created_at_ms, session_id = read_owner_position(cursor, from_ms=since, to_ms=until)
            key = {**items.session_key(session_id), "owner": owner, "created_at_ms": created_at_ms}
            start = {"ExclusiveStartKey": to_dynamo(key)}
        if since > until:
            return Page([], None)  # DynamoDB calls such bounds an error
        with aws_errors():
            answer = self.client.query(
                TableName=self.sessions_table,
                IndexName=BY_OWNER,
                KeyConditionExpression="#owner = :owner AND #created BETWEEN :from AND :to",
                ExpressionAttributeNames={"#owner": "owner", "#created": "created_at_ms"},
                ExpressionAttributeValues=to_dynamo({":owner": owner, ":from": since, ":to": until}),
                ScanIndexForward=False,
                Limit=limit,
                **start,
            )
        # The index has keys alone, and may be a moment behind: whose a session is says its record.
        listed = [from_dynamo(item) for item in answer["Items"]]
        found = self._table.get_many([items.session_key(item["session_id"]) for item in listed])
        sessions = [it for it in readable_ones(items.session_from_item, found) if it.owner == owner]
        more = "LastEvaluatedKey" in answer and bool(listed)
        last = listed[-1] if more else {}
        return Page(sessions, owner_position(int(last["created_at_ms"]), last["session_id"]) if more else None)

    def due(self, shard: str, *, before_ms: int, limit: int) -> list[str]:
        """See `Sessions.due`."""
        with aws_errors():
            answer = self.client.query(
                TableName=self.sessions_table,
                IndexName=BY_DEADLINE,
                KeyConditionExpression="#shard = :shard AND #due <= :before",
                ExpressionAttributeNames={"#shard": items.SHARD, "#due": items.DUE},
                ExpressionAttributeValues=to_dynamo({":shard": shard, ":before": before_ms}),
                Limit=limit,
            )
        return [str(from_dynamo(item)["session_id"]) for item in answer["Items"]]

    def postpone(self, session_id: str, *, until_ms: int) -> None:
        """See `Sessions.postpone`. Nothing else of the item is touched, its revision neither."""
        with aws_errors():
            try:
                self.client.update_item(
                    TableName=self.sessions_table,
                    Key=to_dynamo(items.session_key(session_id)),
                    UpdateExpression="SET #due = :until",
                    ConditionExpression="#due < :until",
                    ExpressionAttributeNames={"#due": items.DUE},
                    ExpressionAttributeValues=to_dynamo({":until": until_ms}),
                )
            except ClientError as error:
                if not condition_failed(error):
                    raise

    def add_meter_sample(self, sample: MeterSample) -> None:
        """See `Sessions.add_meter_sample`."""
        with aws_errors():
            self.client.put_item(TableName=self.sessions_table, Item=to_dynamo(items.meter_to_item(sample)))

    def meter_samples(self, session_id: str, *, limit: int, cursor: str | None) -> Page[MeterSample]:
        """See `Sessions.meter_samples`."""
        start: dict[str, Any] = {}
        if cursor:
            read_meter_position(cursor)
            key = {"session_id": session_id, "item": f"{items.METER_PREFIX}{cursor}"}
            start = {"ExclusiveStartKey": to_dynamo(key)}
        with aws_errors():
            answer = self.client.query(
                TableName=self.sessions_table,
                KeyConditionExpression="session_id = :id AND begins_with(#item, :meter)",
                ExpressionAttributeNames={"#item": "item"},
                ExpressionAttributeValues=to_dynamo({":id": session_id, ":meter": items.METER_PREFIX}),
                Limit=limit,
                **start,
            )
        found = [items.meter_from_item(from_dynamo(item)) for item in answer["Items"]]
        more = "LastEvaluatedKey" in answer and bool(found)
        return Page(found, meter_position(found[-1]) if more else None)


_TO_SEND_IT = ("session_id", "owner", "charger_id", "charger_name", "evse_id", "phase", "stop_sent_at_ms", "revision")
"""What sending a stop takes of its session, besides the stop, and what makes an answer of it."""


def _stopped(item: items.Item, stop: IntentRecord) -> SessionRecord:
    """The session that this write has put a stop on record of; one that cannot be read, as far as sending it takes.

    The record says from here on that the stop is sent, so sent it is. A stop in force that cannot be read itself gives
    way to the one asked for now: it is fenced by its session all the same.
    """
    try:
        return items.session_from_item(item)
    except ContractViolation as error:
        logger.exception("stopped all the same", extra={"detail": error.detail})
    known = {name: item[name] for name in _TO_SEND_IT if name in item} | {"created_at_ms": stop.requested_at_ms}
    try:
        return items.session_from_item(known | {"stop": item["stop"]})
    except ContractViolation:
        return items.session_from_item(known | {"stop": items.to_item(stop)})


def _whose(owner: str, holder: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """Who may stop: the condition's beginning with its names and values; DynamoDB takes none that are not used."""
    if holder:
        return _LENT_TO, {"#right": "stop_right", "#holder": "holder"}, {":holder": holder}
    if owner:
        return _OF_OWNER, {"#owner": "owner"}, {":owner": owner}
    return _OF_NOBODY, {"#owner": "owner"}, {}
