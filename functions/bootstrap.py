"""Wires each function: settings, clients, clock and ids, made on first use and kept while the function stays warm.

What only some functions need is imported where it is wired: a cold start loads what its own function uses (ADR 0024).
"""

from __future__ import annotations

import os
import time
from functools import cache
from typing import TYPE_CHECKING

from ulid import ULID

from functions import settings
from functions.adapters.clients import client
from functions.domain.patience import Patience

if TYPE_CHECKING:
    from functions.adapters.dynamodb_chargers import DynamoChargers
    from functions.adapters.dynamodb_sessions import DynamoSessions
    from functions.domain.browsing import Browsing
    from functions.domain.card_keeping import CardKeeping
    from functions.domain.leaving import Leaving
    from functions.domain.lending import Lending
    from functions.domain.operating import Operating
    from functions.domain.reading import Reading
    from functions.domain.starting import Starting
    from functions.domain.stopping import Stopping


def now_ms() -> int:
    """The time in epoch milliseconds UTC."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """A new ULID."""
    return str(ULID())


def sessions_in(sessions_table: str, chargers_table: str) -> DynamoSessions:
    """The session records."""
    from functions.adapters.dynamodb_sessions import DynamoSessions

    return DynamoSessions(client("dynamodb"), sessions_table, chargers_table)


def chargers_in(table: str) -> DynamoChargers:
    """The charger records."""
    from functions.adapters.dynamodb_chargers import DynamoChargers

    return DynamoChargers(client("dynamodb"), table)


def stopping_over(sessions: DynamoSessions, iot_data_endpoint: str | None, patience: Patience) -> Stopping:
    """The stop, for all who may ask for one."""
    from functions.adapters.iot import IotShadows
    from functions.domain.stopping import Stopping

    return Stopping(
        sessions=sessions,
        shadows=IotShadows(client("iot-data", iot_data_endpoint)),
        clock=now_ms,
        new_id=new_id,
        sleep=time.sleep,
        patience=patience,
    )


@cache
def stopping() -> Stopping:
    """What `stop_session` uses."""
    conf = settings.StopSessionSettings.read(os.environ)
    return stopping_over(
        sessions_in(conf.sessions_table, conf.chargers_table),
        conf.iot_data_endpoint,
        conf.patience,
    )


@cache
def starting() -> Starting:
    """What `start_session` uses."""
    from functions.adapters.dynamodb_accounts import DynamoAccounts
    from functions.adapters.iot import IotShadows
    from functions.domain.starting import Starting

    conf = settings.StartSessionSettings.read(os.environ)
    return Starting(
        sessions=sessions_in(conf.sessions_table, conf.chargers_table),
        chargers=chargers_in(conf.chargers_table),
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        shadows=IotShadows(client("iot-data", conf.iot_data_endpoint)),
        clock=now_ms,
        new_id=new_id,
        patience=conf.patience,
    )


@cache
def browsing() -> Browsing:
    """What `chargers_api` uses."""
    from functions.domain.browsing import Browsing

    conf = settings.ChargersApiSettings.read(os.environ)
    return Browsing(
        sessions=sessions_in(conf.sessions_table, conf.chargers_table),
        chargers=chargers_in(conf.chargers_table),
        clock=now_ms,
        patience=conf.patience,
    )


@cache
def reading() -> Reading:
    """What `sessions_api` uses."""
    from functions.adapters.iot import IotWatchers
    from functions.domain.reading import Reading

    conf = settings.SessionsApiSettings.read(os.environ)
    return Reading(
        sessions=sessions_in(conf.sessions_table, conf.chargers_table),
        chargers=chargers_in(conf.chargers_table),
        watchers=IotWatchers(client("iot-data", conf.iot_data_endpoint)),
        clock=now_ms,
        patience=conf.patience,
    )


@cache
def card_keeping() -> CardKeeping:
    """What `cards_api` uses."""
    from functions.adapters.dynamodb_accounts import DynamoAccounts
    from functions.adapters.dynamodb_cards import DynamoCards
    from functions.domain.card_keeping import CardKeeping

    conf = settings.CardsApiSettings.read(os.environ)
    sessions = sessions_in(conf.sessions_table, conf.chargers_table)
    return CardKeeping(
        cards=DynamoCards(client("dynamodb"), conf.cards_table),
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        sessions=sessions,
        stopping=stopping_over(sessions, conf.iot_data_endpoint, conf.patience),
        clock=now_ms,
    )


@cache
def lending() -> tuple[Lending, Patience]:
    """What `sharing_api` uses."""
    from secrets import token_urlsafe

    from functions.domain.lending import Lending

    conf = settings.SharingApiSettings.read(os.environ)
    lend = Lending(
        sessions=sessions_in(conf.sessions_table, conf.chargers_table),
        clock=now_ms,
        new_id=new_id,
        new_secret=lambda: token_urlsafe(16),
    )
    return lend, conf.patience


@cache
def leaving() -> Leaving:
    """What `account_api` uses."""
    from functions.adapters.cognito import CognitoIdentities
    from functions.adapters.dynamodb_accounts import DynamoAccounts
    from functions.adapters.dynamodb_cards import DynamoCards
    from functions.domain.leaving import Leaving

    conf = settings.AccountApiSettings.read(os.environ)
    return Leaving(
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        cards=DynamoCards(client("dynamodb"), conf.cards_table),
        sessions=sessions_in(conf.sessions_table, conf.chargers_table),
        identities=CognitoIdentities(client("cognito-idp"), conf.user_pool_id),
        clock=now_ms,
        patience=conf.patience,
    )


@cache
def operating() -> Operating:
    """What `operator_api` uses."""
    from functions.adapters.dynamodb_accounts import DynamoAccounts
    from functions.adapters.dynamodb_operator import DynamoAudit, DynamoSessionLists
    from functions.adapters.sqs_dead_letters import QueuePair, SqsDeadLetterQueues
    from functions.domain.finding import Finding
    from functions.domain.operating import Operating

    conf = settings.OperatorApiSettings.read(os.environ)
    sessions = sessions_in(conf.sessions_table, conf.chargers_table)
    return Operating(
        finding=Finding(
            sessions=sessions,
            lists=DynamoSessionLists(client("dynamodb"), conf.sessions_table),
            chargers=chargers_in(conf.chargers_table),
            clock=now_ms,
            patience=conf.patience,
        ),
        stopping=stopping_over(sessions, conf.iot_data_endpoint, conf.patience),
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        letters=SqsDeadLetterQueues(
            client("sqs"),
            {name: QueuePair(queue.url, queue.back_to) for name, queue in conf.dead_letter_queues.items()},
        ),
        audit=DynamoAudit(client("dynamodb"), conf.audit_table),
        new_id=new_id,
    )
