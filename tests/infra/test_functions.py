from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    "chargers_api",
    "sessions_api",
    "start_session",
    "stop_session",
    "sharing_api",
    "account_api",
    "cards_api",
    "authorise_card",
    "charger_reports",
    "charger_presence",
    "session_sweeper",
    "operator_api",
    "provisioning_hook",
    "domain_events",
)
CHARGERS = {"CHARGERS_TABLE": "<TablesChargers>"}
BOTH = CHARGERS | {"SESSIONS_TABLE": "<TablesSessions>"}
CARDS = {"CARDS_TABLE": "<TablesCards>"}
ACCOUNTS = {"ACCOUNTS_TABLE": "<TablesAccounts>"}
PATIENCE = {"ACK_TIMEOUT_S": "15"}
ENDPOINT = {"IOT_DATA_ENDPOINT": "https://example-ats.iot.eu-central-1.amazonaws.com"}
SETTINGS = {
    "chargers_api": BOTH | PATIENCE,
    "sessions_api": BOTH | PATIENCE | ENDPOINT,
    "start_session": BOTH | ACCOUNTS | PATIENCE | ENDPOINT | {"START_TTL_S": "60"},
    "stop_session": BOTH | PATIENCE | ENDPOINT,
    "sharing_api": BOTH | PATIENCE,
    "account_api": BOTH | CARDS | ACCOUNTS | PATIENCE | {"USER_POOL_ID": "<DriversPool>"},
    "cards_api": BOTH | CARDS | ACCOUNTS | PATIENCE | ENDPOINT,
    "authorise_card": CARDS
    | CHARGERS
    | ACCOUNTS
    | ENDPOINT
    | {"DEAD_LETTER_QUEUE_URL": "<DeviceLinkAuthorisationsDeadLetters>", "CARD_CACHE_S": "259200"},
    "charger_reports": BOTH | CARDS | ENDPOINT | {"DEAD_LETTER_QUEUE_URL": "<DeviceLinkReportsDeadLetters>"},
    "operator_api": BOTH
    | ACCOUNTS
    | PATIENCE
    | ENDPOINT
    | {
        "AUDIT_TABLE": "<TablesAudit>",
        "DEAD_LETTER_QUEUES": (
            '{"reports": {"url": "<DeviceLinkReportsDeadLetters>", "back_to": "<DeviceLinkReportsQueue>"}, '
            '"presence": {"url": "<DeviceLinkPresenceDeadLetters>", "back_to": "<DeviceLinkPresenceQueue>"}, '
            '"authorisations": {"url": "<DeviceLinkAuthorisationsDeadLetters>"}, '
            '"sweeper": {"url": "<SweeperDeadLetters>"}, '
            '"events": {"url": "<DomainEventsDeadLetters>"}}'
        ),
    },
    "session_sweeper": BOTH | ENDPOINT | {"SERIALS_TABLE": "<TablesSerials>", "SILENT_AFTER_S": "86400"},
    "domain_events": {
        "EVENT_BUS_NAME": "<DomainEventsBus>",
        "DEAD_LETTER_QUEUE_URL": "<DomainEventsDeadLetters>",
    },
    "provisioning_hook": {"SERIALS_TABLE": "<TablesSerials>"},
    "charger_presence": CHARGERS | {"DEAD_LETTER_QUEUE_URL": "<DeviceLinkPresenceDeadLetters>"},
}


def test_there_is_one_function_per_folder_that_has_a_handler(dev: Synthesised) -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    handlers = {body["Handler"] for body in dev.of_type("AWS::Lambda::Function").values()}
    assert handlers == {f"functions.{name}.handler.handler" for name in folders}


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_told_what_it_needs_and_no_more(dev: Synthesised, name: str) -> None:
    libraries = {
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_METRICS_NAMESPACE": "Polaris",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    assert dev.function(name)["Environment"]["Variables"] == SETTINGS[name] | libraries


@pytest.mark.parametrize("name", NAMES)
def test_a_function_runs_on_the_python_that_compiled_its_archive(dev: Synthesised, name: str) -> None:
    function = dev.function(name)
    assert function["Runtime"] == f"python{(ROOT / '.python-version').read_text().strip()}"
    assert function["Architectures"] == ["arm64"]


@pytest.mark.parametrize("name", NAMES)
def test_a_function_writes_to_a_log_of_its_own_that_expires(dev: Synthesised, name: str) -> None:
    log = f"Functions{name.replace('_', '')}Log"
    assert dev.function(name)["LoggingConfig"]["LogGroup"] == f"<{log}>"
    assert dev.one("AWS::Logs::LogGroup", log)["RetentionInDays"] == 14
    assert dev.function(name)["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize(
    ("name", "timeout_s", "memory_mb"),
    [
        ("chargers_api", 10, 512),
        ("sessions_api", 10, 512),
        ("start_session", 10, 1024),
        ("stop_session", 15, 1024),
        ("sharing_api", 10, 512),
        ("account_api", 10, 512),
        ("cards_api", 10, 512),
        ("authorise_card", 10, 1024),
        ("charger_reports", 10, 512),
        ("charger_presence", 10, 512),
        ("session_sweeper", 60, 512),
        ("operator_api", 25, 512),
        ("provisioning_hook", 10, 1024),
        ("domain_events", 30, 512),
    ],
)
def test_stop_outlasts_the_wait_a_driver_may_ask_for(
    dev: Synthesised, name: str, timeout_s: int, memory_mb: int
) -> None:
    function = dev.function(name)
    assert (function["Timeout"], function["MemorySize"]) == (timeout_s, memory_mb)


def test_only_what_fails_of_a_batch_comes_back(dev: Synthesised) -> None:
    mappings = dev.of_type("AWS::Lambda::EventSourceMapping")
    read = {body["EventSourceArn"]: body["FunctionName"] for body in mappings.values()}
    assert read == {
        "<DeviceLinkAuthorisationsQueue.Arn>": "<FunctionsauthorisecardFunction>",
        "<DeviceLinkReportsQueue.Arn>": "<FunctionschargerreportsFunction>",
        "<DeviceLinkPresenceQueue.Arn>": "<FunctionschargerpresenceFunction>",
        "<DeviceLinkPresenceHeld.Arn>": "<FunctionschargerpresenceFunction>",
        "<TablesSessions.StreamArn>": "<FunctionsdomaineventsFunction>",
    }
    for body in mappings.values():
        assert body["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert body["BatchSize"] == (100 if "Stream" in body["EventSourceArn"] else 10)
        assert body.get("MaximumBatchingWindowInSeconds", 0) == 0


def test_a_queue_hides_a_message_six_times_as_long_as_its_reader_may_take(dev: Synthesised) -> None:
    readers = {"Reports": "charger_reports", "Presence": "charger_presence", "Authorisations": "authorise_card"}
    for inbox, name in readers.items():
        queue = dev.one("AWS::SQS::Queue", f"DeviceLink{inbox}Queue")
        assert queue["VisibilityTimeout"] >= 6 * dev.function(name)["Timeout"]
