"""What operators find and what they did, in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.adapters import items
from functions.adapters.aws_errors import aws_errors
from functions.adapters.dynamodb_sessions import BY_DEADLINE
from functions.adapters.items import Item
from functions.adapters.positions import (
    LATEST_MS,
    due_position,
    read_action_position,
    read_due_position,
    read_owner_position,
)
from functions.adapters.table import Table, condition_failed, from_dynamo, to_dynamo
from functions.adapters.unreadable import readable_ones
from functions.domain.audit import AuditEntry, AuditOutcome, AuditRecord, OperatorAct
from functions.domain.ports import Page
from functions.domain.records import SessionRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_CHARGER = "by_charger"
"""Index of the sessions by charger and time of creation; keys only."""

BOOK = "operators"
"""All acts are in one partition: people do a few a day, and it takes a thousand a second."""
OUTCOME = "#outcome"
"""Behind an act's id: the sort key of its outcome, which so comes right after it."""


@dataclass(frozen=True, slots=True)
class DynamoSessionLists:
    """`functions.domain.operator_ports.SessionLists`: an index has the ids, the sessions are then read one by one."""

    client: DynamoDBClient
    sessions_table: str

    def of_charger(self, charger_id: str, *, limit: int, cursor: str | None) -> Page[SessionRecord]:
        """See `SessionLists.of_charger`."""
        start: Item = {}
        if cursor:
            created_at_ms, session_id = read_owner_position(cursor, from_ms=0, to_ms=LATEST_MS)
            start = {**items.session_key(session_id), "charger_id": charger_id, "created_at_ms": created_at_ms}
        found, last = self._query(BY_CHARGER, "charger_id", charger_id, start, limit=limit, newest_first=True)
        if last is None:
            return Page(found, None)
        return Page(found, f"{int(last['created_at_ms'])}#{last['session_id']}")

    def open(self, shard: str, *, limit: int, cursor: str | None) -> Page[SessionRecord]:
        """See `SessionLists.open`."""
        start: Item = {}
        if cursor:
            due_at_ms, session_id = read_due_position(cursor)
            start = {**items.session_key(session_id), items.SHARD: shard, items.DUE: due_at_ms}
        found, last = self._query(BY_DEADLINE, items.SHARD, shard, start, limit=limit, newest_first=False)
        return Page(found, None if last is None else due_position(int(last[items.DUE]), last["session_id"]))

    def _query(
        self, index: str, key: str, value: str, start: Item, *, limit: int, newest_first: bool
    ) -> tuple[list[SessionRecord], Item | None]:
        """The sessions of one page, and the last index entry if there are more."""
        more: dict[str, Any] = {"ExclusiveStartKey": to_dynamo(start)} if start else {}
        with aws_errors():
            answer = self.client.query(
                TableName=self.sessions_table,
                IndexName=index,
                KeyConditionExpression="#key = :value",
                ExpressionAttributeNames={"#key": key},
                ExpressionAttributeValues=to_dynamo({":value": value}),
                ScanIndexForward=not newest_first,
                Limit=limit,
                **more,
            )
        table = Table(self.client, self.sessions_table)
        keys = [items.session_key(str(from_dynamo(item)["session_id"])) for item in answer["Items"]]
        found = readable_ones(items.session_from_item, [item for each in keys if (item := table.get(each))])
        return found, from_dynamo(answer["LastEvaluatedKey"]) if "LastEvaluatedKey" in answer else None


@dataclass(frozen=True, slots=True)
class DynamoAudit:
    """`functions.domain.audit.Audit` over a table to which items are added, and nothing else is done.

    An act is an item, its outcome another one: so nobody needs a right to change what is there.
    """

    client: DynamoDBClient
    audit_table: str

    def begin(self, record: AuditRecord) -> None:
        """See `Audit.begin`."""
        self._add({**items.to_item(record), "book": BOOK, "entry": record.action_id})

    def finish(self, outcome: AuditOutcome) -> None:
        """See `Audit.finish`."""
        self._add({**items.to_item(outcome), "book": BOOK, "entry": f"{outcome.action_id}{OUTCOME}"})

    def page(self, *, limit: int, cursor: str | None) -> Page[AuditEntry]:
        """See `Audit.page`. Of `2 * limit` items at least half are outcomes of others among them, or acts."""
        more: dict[str, Any] = {}
        if cursor:
            more = {"ExclusiveStartKey": to_dynamo({"book": BOOK, "entry": read_action_position(cursor)})}
        with aws_errors():
            answer = self.client.query(
                TableName=self.audit_table,
                KeyConditionExpression="#book = :book",
                ExpressionAttributeNames={"#book": "book"},
                ExpressionAttributeValues=to_dynamo({":book": BOOK}),
                ScanIndexForward=False,
                Limit=2 * limit,
                ConsistentRead=True,
                **more,
            )
        entries: list[AuditEntry] = []
        outcome: AuditOutcome | None = None
        unread = "LastEvaluatedKey" in answer
        for item in map(from_dynamo, answer["Items"]):
            if item["entry"].endswith(OUTCOME):
                outcome = _outcome(item)
                continue
            if len(entries) == limit:
                unread = True
                break
            record = _record(item)
            mine = outcome is not None and outcome.action_id == record.action_id
            entries.append(AuditEntry(record, outcome if mine else None))
        return Page(entries, entries[-1].record.action_id if unread and entries else None)

    def _add(self, item: Item) -> None:
        with aws_errors():
            try:
                self.client.put_item(
                    TableName=self.audit_table,
                    Item=to_dynamo(item),
                    ConditionExpression="attribute_not_exists(book)",
                )
            except ClientError as error:
                if not condition_failed(error):  # a retried write finds what it wrote itself
                    raise


def _record(item: Item) -> AuditRecord:
    return AuditRecord(
        action_id=item["action_id"],
        at_ms=int(item["at_ms"]),
        operator=item["operator"],
        act=OperatorAct(item["act"]),
        target=item["target"],
        effect=item["effect"],
        reason=item["reason"],
        correlation_id=item.get("correlation_id", ""),
    )


def _outcome(item: Item) -> AuditOutcome:
    return AuditOutcome(action_id=item["action_id"], at_ms=int(item["at_ms"]), outcome=item["outcome"])
