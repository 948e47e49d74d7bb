"""What operators find, what they did, and the dead letters, on every adapter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from functions.adapters.dynamodb_operator import DynamoAudit, DynamoSessionLists
from functions.adapters.memory_operator import MemoryAudit, MemoryDeadLetterQueues, MemorySessionLists
from functions.adapters.sqs import SqsDeadLetters
from functions.adapters.sqs_dead_letters import QueuePair, SqsDeadLetterQueues
from functions.domain.audit import Audit, AuditOutcome, AuditRecord, OperatorAct
from functions.domain.errors import CallerError
from functions.domain.open_work import shard_of
from functions.domain.operator_ports import DeadLetter, DeadLetterQueues, SessionLists
from functions.domain.ports import Page
from functions.domain.records import SessionPhase, SessionRecord
from tests.contract.functions.conftest import SESSIONS, Aws, World
from tests.support import builders
from tests.support.builders import CHARGER
from tests.support.clock import NOON_MS

AUDIT = "audit"


@pytest.fixture
def lists(world: World) -> SessionLists:
    if world.memory is not None:
        return MemorySessionLists(world.memory)
    assert world.aws is not None
    return DynamoSessionLists(world.aws.dynamodb, SESSIONS)


def sessions(count: int, **changes: Any) -> list[SessionRecord]:
    return [
        builders.active_session(session_id=f"01JD{number:022d}", created_at_ms=NOON_MS + number, **changes)
        for number in range(count)
    ]


def test_a_chargers_sessions_come_newest_first_page_by_page(world: World, lists: SessionLists) -> None:
    world.keep(*sessions(5), builders.active_session(charger_id="PX-0002", session_id="01JD0000000000000000000099"))
    found, cursor = [], None
    for _ in range(3):
        page = lists.of_charger(CHARGER, limit=2, cursor=cursor)
        found += [it.session_id[-1] for it in page.items]
        cursor = page.cursor
    assert (found, cursor) == (["4", "3", "2", "1", "0"], None)
    assert lists.of_charger("PX-0003", limit=2, cursor=None) == Page([], None)


def test_open_sessions_come_by_shard_and_by_what_is_due_soonest_and_ended_ones_not(
    world: World, lists: SessionLists
) -> None:
    kept = [replace(it, as_of_ms=NOON_MS + 3_600_000 * (9 - index)) for index, it in enumerate(sessions(10))]
    world.keep(*kept, builders.active_session(phase=SessionPhase.ENDED, session_id="01JD0000000000000000000099"))
    for shard in ("0", "1", "2", "3"):
        expected = [it for it in reversed(kept) if shard_of(it.session_id) == shard]
        found: list[SessionRecord] = []
        cursor: str | None = None
        for _ in range(20):
            page = lists.open(shard, limit=1, cursor=cursor)
            found += page.items
            cursor = page.cursor
            if cursor is None:
                break
        assert found == expected


@pytest.mark.parametrize("cursor", ["nonsense", "1#2", "9" * 16 + "#" + builders.SESSION])
def test_a_position_that_is_none_is_the_callers_fault(lists: SessionLists, cursor: str) -> None:
    with pytest.raises(CallerError, match="cursor"):
        lists.open("0", limit=1, cursor=cursor)
    with pytest.raises(CallerError, match="cursor"):
        lists.of_charger(CHARGER, limit=1, cursor=cursor)


@pytest.fixture(params=["memory", "dynamodb"])
def audit(request: pytest.FixtureRequest) -> Iterator[Audit]:
    if request.param == "memory":
        yield MemoryAudit()
        return
    aws: Aws = request.getfixturevalue("aws")
    aws.dynamodb.create_table(
        TableName=AUDIT,
        KeySchema=[{"AttributeName": "book", "KeyType": "HASH"}, {"AttributeName": "entry", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": it, "AttributeType": "S"} for it in ("book", "entry")],
        BillingMode="PAY_PER_REQUEST",
    )
    yield DynamoAudit(aws.dynamodb, AUDIT)
    aws.dynamodb.delete_table(TableName=AUDIT)


def record(number: int, **changes: Any) -> AuditRecord:
    made = AuditRecord(
        action_id=f"01JE{number:022d}",
        at_ms=NOON_MS + number,
        operator="night-shift",
        act=OperatorAct.STOP,
        target=builders.SESSION,
        effect="It is asked to end.",
        reason="driver called",
        correlation_id="request-1",
    )
    return replace(made, **changes)


def outcome(number: int, text: str = "done") -> AuditOutcome:
    return AuditOutcome(action_id=f"01JE{number:022d}", at_ms=NOON_MS + number + 1, outcome=text)


def test_acts_are_listed_newest_first_each_with_its_own_outcome_or_none(audit: Audit) -> None:
    for number in range(7):
        audit.begin(record(number, correlation_id="" if number == 3 else "request-1"))
        if number not in (2, 3, 6):
            audit.finish(outcome(number, f"outcome {number}"))
    found, cursor = [], None
    for _ in range(4):
        page = audit.page(limit=2, cursor=cursor)
        assert len(page.items) <= 2
        found += [(it.record.at_ms - NOON_MS, it.outcome.outcome if it.outcome else None) for it in page.items]
        cursor = page.cursor
    assert cursor is None
    assert found == [
        (6, None),
        (5, "outcome 5"),
        (4, "outcome 4"),
        (3, None),
        (2, None),
        (1, "outcome 1"),
        (0, "outcome 0"),
    ]


def test_what_is_in_the_book_stays_as_it_was_written_first(audit: Audit) -> None:
    for text in ("first", "second"):
        audit.begin(record(1, reason=text))
        audit.finish(outcome(1, text))
    [entry] = audit.page(limit=10, cursor=None).items
    assert entry.record == record(1, reason="first")
    assert entry.outcome == outcome(1, "first")


def test_an_empty_book_has_one_empty_page(audit: Audit) -> None:
    assert audit.page(limit=10, cursor=None) == Page([], None)
    with pytest.raises(CallerError, match="cursor"):
        audit.page(limit=10, cursor="nonsense")


@dataclass
class Letters:
    """Dead-letter queues, a way to put letters in, and what went back."""

    queues: DeadLetterQueues
    aws: Aws | None = None
    urls: dict[str, str] | None = None

    def put(self, name: str, body: str, why: str = "") -> None:
        if isinstance(self.queues, MemoryDeadLetterQueues):
            kept = self.queues.letters[name]
            kept.append(DeadLetter(f"letter-{len(kept)}", NOON_MS, 1, why, body))
        elif why:
            SqsDeadLetters(self._sqs, self._url(name)).put(body, why=why)
        else:
            self._sqs.send_message(QueueUrl=self._url(name), MessageBody=body)

    def went_back(self) -> list[str]:
        if isinstance(self.queues, MemoryDeadLetterQueues):
            return self.queues.back_to["reports"]
        found = self._sqs.receive_message(QueueUrl=self._url("back"), MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in found]

    @property
    def _sqs(self) -> Any:
        assert self.aws is not None
        return self.aws.sqs

    def _url(self, name: str) -> str:
        assert self.urls is not None
        return self.urls[name]


@pytest.fixture(params=["memory", "sqs"])
def letters(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Letters]:
    if request.param == "memory":
        yield Letters(MemoryDeadLetterQueues({"reports": [], "sweeper": []}, {"reports": []}))
        return
    monkeypatch.setattr("functions.adapters.sqs_dead_letters.LOOK_S", 0)  # moto really waits
    aws: Aws = request.getfixturevalue("aws")
    urls = {name: aws.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("reports", "sweeper", "back")}
    pairs = {"reports": QueuePair(urls["reports"], urls["back"]), "sweeper": QueuePair(urls["sweeper"], "")}
    yield Letters(SqsDeadLetterQueues(aws.sqs, pairs), aws, urls)
    for url in urls.values():
        aws.sqs.delete_queue(QueueUrl=url)


def test_looking_at_letters_leaves_them_where_they_are(letters: Letters) -> None:
    letters.put("reports", "one", why="invalid_event: seq")
    letters.put("reports", "two")
    for _ in range(2):
        found = {letter.body: letter for letter in letters.queues.peek("reports")}
        assert set(found) == {"one", "two"}
        assert (found["one"].why, found["two"].why) == ("invalid_event: seq", "")
        assert letters.queues.depth("reports").waiting == 2
    assert [(it.name, it.waiting, it.redrivable) for it in letters.queues.depths()] == [
        ("reports", 2, True),
        ("sweeper", 0, False),
    ]


def test_a_redrive_moves_letters_whole_and_no_more_than_asked_for(letters: Letters) -> None:
    for number in range(12):
        letters.put("reports", f"body-{number}", why="invalid_event: seq" if number % 2 else "")
    assert letters.queues.redrive("reports", limit=3) == 3
    assert letters.queues.depth("reports").waiting == 9
    assert len(letters.went_back()) == 3
    assert letters.queues.redrive("reports", limit=100) == 9
    assert letters.queues.depth("reports").waiting == 0
    assert letters.queues.redrive("reports", limit=100) == 0


def test_letters_with_nowhere_to_go_and_unknown_queues_are_refused(letters: Letters) -> None:
    with pytest.raises(CallerError) as nowhere:
        letters.queues.redrive("sweeper", limit=1)
    assert nowhere.value.code == "not_redrivable"
    for ask in (letters.queues.peek, letters.queues.depth, lambda name: letters.queues.redrive(name, limit=1)):
        with pytest.raises(CallerError, match="reports, sweeper") as unknown:
            ask("other")
        assert unknown.value.code == "queue_not_found"


def test_a_letter_that_could_not_be_sent_is_not_deleted(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.adapters.sqs_dead_letters.LOOK_S", 0)
    monkeypatch.setattr("functions.adapters.sqs_dead_letters.IN_HAND_S", 0)
    url = aws.sqs.create_queue(QueueName="reports")["QueueUrl"]
    aws.sqs.send_message(QueueUrl=url, MessageBody="precious")
    queues = SqsDeadLetterQueues(aws.sqs, {"reports": QueuePair(url, f"{url}-that-is-gone")})
    with pytest.raises(Exception, match="SendMessage"):
        queues.redrive("reports", limit=1)
    assert [letter.body for letter in queues.peek("reports")] == ["precious"]
    aws.sqs.delete_queue(QueueUrl=url)
