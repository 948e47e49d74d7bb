"""What the functions read from their environment, checked before the first request."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from functions.settings import (
    AuthoriseCardSettings,
    ChargerReportsSettings,
    SessionSweeperSettings,
    StartSessionSettings,
    StopSessionSettings,
)

TABLES = {"CHARGERS_TABLE": "chargers", "SESSIONS_TABLE": "sessions", "ACCOUNTS_TABLE": "accounts"}


def test_tables_are_enough_and_the_rest_has_defaults() -> None:
    settings = StartSessionSettings.read({**TABLES, "PATH": "/bin", "lower": "x"})
    assert (settings.patience.ack_timeout_s, settings.patience.start_ttl_s) == (15, 60)


def test_waiting_times_are_taken_from_the_environment() -> None:
    settings = StartSessionSettings.read({**TABLES, "ACK_TIMEOUT_S": "3", "START_TTL_S": "20"})
    assert (settings.patience.ack_timeout_s, settings.patience.start_ttl_s) == (3, 20)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"CHARGERS_TABLE": "chargers"},
        {**TABLES, "SESSIONS_TABLE": ""},
        {**TABLES, "ACK_TIMEOUT_S": "0"},
        {**TABLES, "ACK_TIMEOUT_S": "soon"},
        {**TABLES, "ACK_TIMEOUT_S": "301"},
    ],
)
def test_a_wrong_environment_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=r"chargers_table|sessions_table|ack_timeout_s"):
        StopSessionSettings.read(environment)


def test_a_session_is_silent_after_a_day_unless_told_otherwise() -> None:
    tables = {**TABLES, "SERIALS_TABLE": "serials"}
    assert SessionSweeperSettings.read(tables).silent_after_s == 86_400
    assert SessionSweeperSettings.read({**tables, "SILENT_AFTER_S": "3600"}).silent_after_s == 3600
    with pytest.raises(ValidationError, match="silent_after_s"):
        SessionSweeperSettings.read({**tables, "SILENT_AFTER_S": "3599"})


def test_what_sets_documents_aside_needs_to_know_where() -> None:
    with pytest.raises(ValidationError, match="dead_letter_queue_url"):
        ChargerReportsSettings.read({**TABLES, "CARDS_TABLE": "cards"})


def test_a_charger_goes_by_what_it_was_told_of_a_card_for_three_days_unless_told_otherwise() -> None:
    needed = {
        "CARDS_TABLE": "cards",
        "CHARGERS_TABLE": "chargers",
        "ACCOUNTS_TABLE": "accounts",
        "DEAD_LETTER_QUEUE_URL": "https://queue",
    }
    assert AuthoriseCardSettings.read(needed).card_cache_s == 259_200
    assert AuthoriseCardSettings.read({**needed, "CARD_CACHE_S": "0"}).card_cache_s == 0
    with pytest.raises(ValidationError, match="card_cache_s"):
        AuthoriseCardSettings.read({**needed, "CARD_CACHE_S": "2592001"})
