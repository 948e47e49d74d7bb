"""GET /v1/sessions.csv: a table that any spreadsheet reads, and that runs in none."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.vocabulary import EndMethod, EndReason
from functions.api_models.sessions import Session
from functions.api_models.sessions_csv import COLUMNS, sessions_csv
from functions.domain.patience import Patience
from functions.domain.records import EndRecord, SessionPhase
from functions.sessions_api.handler import handler
from tests.support import builders
from tests.support.api_events import LambdaContext, api_event, problem_code
from tests.support.builders import NEIGHBOUR, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

ENDED = builders.active_session(
    phase=SessionPhase.ENDED,
    meter_wh=11_000,
    tariff=builders.TARIFF,
    end=EndRecord(
        reason=EndReason.REMOTE,
        method=EndMethod.REPORTED,
        at_ms=NOON_MS + 3_600_000,
        received_at_ms=NOON_MS + 3_600_000,
        meter_wh=11_000,
    ),
)


def export(cloud: Cloud, **query: str) -> dict[str, Any]:
    return dict(handler(api_event("GET", "/v1/sessions.csv", query=query), LambdaContext(), cloud.reading))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def named(charger_name: str) -> str:
    session = builders.active_session(charger_name=charger_name)
    return sessions_csv([Session.of(session, now_ms=NOON_MS, patience=Patience())])


def test_a_row_tells_a_session_with_its_receipt(cloud: Cloud) -> None:
    cloud.keep(ENDED)
    answer = export(cloud)
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer["headers"]["cache-control"] == "no-store"
    assert "link" not in answer["headers"]
    (row,) = rows(answer["body"])
    assert row == {
        "sessionId": SESSION,
        "chargerId": builders.CHARGER,
        "chargerName": "Harbour Street 4",
        "evseId": "1",
        "startedBy": "app",
        "status": "ended",
        "createdAt": "2026-11-22T12:00:00.000Z",
        "startedAt": "2026-11-22T12:00:00.000Z",
        "endedAt": "2026-11-22T13:00:00.000Z",
        "durationS": "3600",
        "startMeterWh": "1000",
        "endMeterWh": "11000",
        "energyWh": "10000",
        "endReason": "Remote",
        "method": "reported",
        "estimated": "false",
        "corrected": "false",
        "currency": "EUR",
        "total": "565",
    }


def test_what_is_not_known_is_empty_and_nobody_elses_session_is_there(cloud: Cloud) -> None:
    cloud.keep(builders.pending_session(), builders.active_session(session_id="01JB" + "0" * 22, owner=NEIGHBOUR))
    (row,) = rows(export(cloud)["body"])
    assert row["sessionId"] == SESSION
    assert {row[name] for name in ("startedAt", "endedAt", "energyWh", "durationS", "total", "endReason")} == {""}


def test_a_driver_without_sessions_gets_the_header_alone(cloud: Cloud) -> None:
    assert export(cloud)["body"] == ",".join(COLUMNS) + "\r\n"


def test_the_link_leads_through_all_pages_with_the_same_filters(cloud: Cloud) -> None:
    for number in range(5):
        cloud.keep(builders.active_session(session_id=f"01JB{number:022d}", created_at_ms=NOON_MS + number))
    query = {"limit": "2", "from": "2026-11-22T12:00:00.001+00:00", "status": "active"}
    seen: list[str] = []
    while True:
        answer = export(cloud, **query)
        seen += [row["sessionId"] for row in rows(answer["body"])]
        link = answer["headers"].get("link")
        if link is None:
            break
        assert link.startswith("<?")
        assert link.endswith('>; rel="next"')
        following = dict(parse_qsl(link[2 : link.index(">")]))
        assert {**query, "cursor": following["cursor"]} == following
        query = following
    assert seen == [f"01JB{number:022d}" for number in (4, 3, 2, 1)]


@pytest.mark.parametrize("query", [{"limit": "501"}, {"limit": "0"}, {"status": "x"}, {"cursor": "x"}, {"format": "x"}])
def test_a_bad_query_is_400(cloud: Cloud, query: dict[str, str]) -> None:
    answer = export(cloud, **query)
    assert (answer["statusCode"], problem_code(answer)) == (400, "invalid_request")


def test_a_cursor_of_the_list_is_none_of_the_table(cloud: Cloud) -> None:
    for number in range(2):
        cloud.keep(builders.active_session(session_id=f"01JB{number:022d}"))
    link = export(cloud, limit="1")["headers"]["link"]
    cursor = dict(parse_qsl(link[2 : link.index(">")]))["cursor"]
    listed = handler(api_event("GET", "/v1/sessions", query={"cursor": cursor}), LambdaContext(), cloud.reading)
    assert problem_code(dict(listed)) == "invalid_request"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_what_a_spreadsheet_would_run_follows_an_apostrophe(begin: str) -> None:
    name = f'{begin}HYPERLINK("https://example.com","x"),1'
    assert rows(named(name))[0]["chargerName"] == f"'{name}"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_whatever_a_charger_is_called_the_table_is_one_row_of_every_column_and_no_formula(name: str) -> None:
    text = named(name)
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert text.endswith("\r\n")
    (row,) = rows(text)
    assert list(row) == list(COLUMNS)
    assert row["chargerName"].removeprefix("'") == name.removeprefix("'")
    assert not row["chargerName"].startswith(("=", "+", "-", "@"))
