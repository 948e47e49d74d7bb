"""Wires each function: settings, clients, clock and ids, made on first use and kept while the function stays warm."""

from __future__ import annotations

import os
import secrets
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from ulid import ULID

from functions import settings
from functions.adapters.dynamodb_accounts import DynamoAccounts
from functions.adapters.dynamodb_cards import DynamoCards
from functions.adapters.dynamodb_chargers import DynamoChargers
from functions.adapters.dynamodb_operator import DynamoAudit, DynamoSessionLists
from functions.adapters.dynamodb_sessions import DynamoSessions
from functions.adapters.iot import IotAnswers, IotShadows, IotWatchers
from functions.adapters.provisioning import DynamoSerials, IotCertificates
from functions.adapters.sqs import SqsDeadLetters
from functions.adapters.sqs_dead_letters import QueuePair, SqsDeadLetterQueues
from functions.domain.card_authorisation import CardAuthorisation
from functions.domain.card_keeping import CardKeeping
from functions.domain.finding import Finding
from functions.domain.lending import Lending
from functions.domain.operating import Operating
from functions.domain.patience import Patience
from functions.domain.presence import Presence
from functions.domain.provisioning import Provisioning
from functions.domain.reading import Reading
from functions.domain.reporting import Reporting
from functions.domain.starting import Starting
from functions.domain.stopping import Stopping
from functions.domain.sweeping import Sweeping

if TYPE_CHECKING:
    from functions.domain.ports import DeadLetters

_CLIENTS = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
"""A driver waits for the answer: a call that takes seconds is better tried again within the function's time. Both
writes of the stop path may be repeated safely: the record's is conditional, the shadow's writes the same document."""


def now_ms() -> int:
    """The time in epoch milliseconds UTC."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """A new ULID."""
    return str(ULID())


@cache
def client(service: str, endpoint_url: str | None = None) -> Any:
    """The boto3 client of a service, at the region's endpoint unless another one is named."""
    return boto3.client(service, config=_CLIENTS, endpoint_url=endpoint_url)  # type: ignore[call-overload]  # the stubs want a literal


@cache
def stopping() -> Stopping:
    """What `stop_session` uses."""
    conf = settings.StopSessionSettings.read(os.environ)
    return Stopping(
        sessions=DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table),
        shadows=IotShadows(client("iot-data", conf.iot_data_endpoint)),
        clock=now_ms,
        new_id=new_id,
        sleep=time.sleep,
        patience=conf.patience,
    )


@cache
def starting() -> Starting:
    """What `start_session` uses."""
    conf = settings.StartSessionSettings.read(os.environ)
    return Starting(
        sessions=DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table),
        chargers=DynamoChargers(client("dynamodb"), conf.chargers_table),
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        shadows=IotShadows(client("iot-data", conf.iot_data_endpoint)),
        clock=now_ms,
        new_id=new_id,
        patience=conf.patience,
    )


@cache
def reading() -> Reading:
    """What `sessions_api` and `chargers_api` use."""
    conf = settings.SessionsApiSettings.read(os.environ)
    return Reading(
        sessions=DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table),
        chargers=DynamoChargers(client("dynamodb"), conf.chargers_table),
        watchers=IotWatchers(client("iot-data", conf.iot_data_endpoint)),
        clock=now_ms,
        patience=conf.patience,
    )


@cache
def reporting() -> tuple[Reporting, DeadLetters]:
    """What `charger_reports` uses."""
    conf = settings.ChargerReportsSettings.read(os.environ)
    take = Reporting(
        sessions=DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table),
        chargers=DynamoChargers(client("dynamodb"), conf.chargers_table),
        cards=DynamoCards(client("dynamodb"), conf.cards_table),
    )
    return take, SqsDeadLetters(client("sqs"), conf.dead_letter_queue_url)


@cache
def card_authorisation() -> tuple[CardAuthorisation, DeadLetters]:
    """What `authorise_card` uses."""
    conf = settings.AuthoriseCardSettings.read(os.environ)
    take = CardAuthorisation(
        cards=DynamoCards(client("dynamodb"), conf.cards_table),
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        answers=IotAnswers(client("iot-data", conf.iot_data_endpoint)),
        clock=now_ms,
        patience=Patience(),
        cache_s=conf.card_cache_s,
    )
    return take, SqsDeadLetters(client("sqs"), conf.dead_letter_queue_url)


@cache
def card_keeping() -> CardKeeping:
    """What `cards_api` uses."""
    conf = settings.CardsApiSettings.read(os.environ)
    sessions = DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table)
    return CardKeeping(
        cards=DynamoCards(client("dynamodb"), conf.cards_table),
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        sessions=sessions,
        stopping=Stopping(
            sessions=sessions,
            shadows=IotShadows(client("iot-data", conf.iot_data_endpoint)),
            clock=now_ms,
            new_id=new_id,
            sleep=time.sleep,
            patience=conf.patience,
        ),
        clock=now_ms,
    )


@cache
def lending() -> tuple[Lending, Patience]:
    """What `sharing_api` uses."""
    conf = settings.SharingApiSettings.read(os.environ)
    lend = Lending(
        sessions=DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table),
        clock=now_ms,
        new_id=new_id,
        new_secret=lambda: secrets.token_urlsafe(16),
    )
    return lend, conf.patience


@cache
def presence() -> tuple[Presence, DeadLetters]:
    """What `charger_presence` uses."""
    conf = settings.ChargerPresenceSettings.read(os.environ)
    take = Presence(chargers=DynamoChargers(client("dynamodb"), conf.chargers_table))
    return take, SqsDeadLetters(client("sqs"), conf.dead_letter_queue_url)


@cache
def sweeping() -> Sweeping:
    """What `session_sweeper` uses."""
    conf = settings.SessionSweeperSettings.read(os.environ)
    sessions = DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table)
    return Sweeping(
        sessions=sessions,
        chargers=DynamoChargers(client("dynamodb"), conf.chargers_table),
        stopping=Stopping(
            sessions=sessions,
            shadows=IotShadows(client("iot-data", conf.iot_data_endpoint)),
            clock=now_ms,
            new_id=new_id,
            sleep=time.sleep,
            patience=Patience(),
        ),
        clock=now_ms,
        silent_after_s=conf.silent_after_s,
    )


@cache
def operating() -> Operating:
    """What `operator_api` uses."""
    conf = settings.OperatorApiSettings.read(os.environ)
    sessions = DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table)
    return Operating(
        finding=Finding(
            sessions=sessions,
            lists=DynamoSessionLists(client("dynamodb"), conf.sessions_table),
            chargers=DynamoChargers(client("dynamodb"), conf.chargers_table),
            clock=now_ms,
            patience=conf.patience,
        ),
        stopping=Stopping(
            sessions=sessions,
            shadows=IotShadows(client("iot-data", conf.iot_data_endpoint)),
            clock=now_ms,
            new_id=new_id,
            sleep=time.sleep,
            patience=conf.patience,
        ),
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        letters=SqsDeadLetterQueues(
            client("sqs"),
            {name: QueuePair(queue.url, queue.back_to) for name, queue in conf.dead_letter_queues.items()},
        ),
        audit=DynamoAudit(client("dynamodb"), conf.audit_table),
        new_id=new_id,
    )


@cache
def provisioning() -> Provisioning:
    """What `provisioning_hook` uses."""
    conf = settings.ProvisioningHookSettings.read(os.environ)
    return Provisioning(
        serials=DynamoSerials(client("dynamodb"), conf.serials_table),
        certificates=IotCertificates(client("iot")),
        clock=now_ms,
    )
