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
    from functions.adapters.dynamodb_sessions import DynamoSessions
    from functions.domain.card_authorisation import CardAuthorisation
    from functions.domain.card_keeping import CardKeeping
    from functions.domain.leaving import Leaving
    from functions.domain.lending import Lending
    from functions.domain.operating import Operating
    from functions.domain.ports import DeadLetters
    from functions.domain.presence import Presence
    from functions.domain.provisioning import Provisioning
    from functions.domain.reading import Reading
    from functions.domain.renewals import Renewals
    from functions.domain.reporting import Reporting
    from functions.domain.starting import Starting
    from functions.domain.stopping import Stopping
    from functions.domain.sweeping import Sweeping
    from functions.domain.telling import Telling


def now_ms() -> int:
    """The time in epoch milliseconds UTC."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """A new ULID."""
    return str(ULID())


def _stopping(sessions: DynamoSessions, iot_data_endpoint: str | None, patience: Patience) -> Stopping:
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
    from functions.adapters.dynamodb_sessions import DynamoSessions

    conf = settings.StopSessionSettings.read(os.environ)
    return _stopping(
        DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table),
        conf.iot_data_endpoint,
        conf.patience,
    )


@cache
def starting() -> Starting:
    """What `start_session` uses."""
    from functions.adapters.dynamodb_accounts import DynamoAccounts
    from functions.adapters.dynamodb_chargers import DynamoChargers
    from functions.adapters.dynamodb_sessions import DynamoSessions
    from functions.adapters.iot import IotShadows
    from functions.domain.starting import Starting

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
    from functions.adapters.dynamodb_chargers import DynamoChargers
    from functions.adapters.dynamodb_sessions import DynamoSessions
    from functions.adapters.iot import IotWatchers
    from functions.domain.reading import Reading

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
    from functions.adapters.dynamodb_cards import DynamoCards
    from functions.adapters.dynamodb_chargers import DynamoChargers
    from functions.adapters.dynamodb_sessions import DynamoSessions
    from functions.adapters.sqs import SqsDeadLetters
    from functions.domain.reporting import Reporting

    conf = settings.ChargerReportsSettings.read(os.environ)
    sessions = DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table)
    take = Reporting(
        sessions=sessions,
        chargers=DynamoChargers(client("dynamodb"), conf.chargers_table),
        cards=DynamoCards(client("dynamodb"), conf.cards_table),
        stopping=_stopping(sessions, conf.iot_data_endpoint, Patience()),
    )
    return take, SqsDeadLetters(client("sqs"), conf.dead_letter_queue_url)


@cache
def card_authorisation() -> tuple[CardAuthorisation, DeadLetters]:
    """What `authorise_card` uses."""
    from functions.adapters.dynamodb_accounts import DynamoAccounts
    from functions.adapters.dynamodb_cards import DynamoCards
    from functions.adapters.dynamodb_chargers import DynamoChargers
    from functions.adapters.iot import IotAnswers
    from functions.adapters.sqs import SqsDeadLetters
    from functions.domain.card_authorisation import CardAuthorisation

    conf = settings.AuthoriseCardSettings.read(os.environ)
    take = CardAuthorisation(
        cards=DynamoCards(client("dynamodb"), conf.cards_table),
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        chargers=DynamoChargers(client("dynamodb"), conf.chargers_table),
        answers=IotAnswers(client("iot-data", conf.iot_data_endpoint)),
        clock=now_ms,
        patience=Patience(),
        cache_s=conf.card_cache_s,
    )
    return take, SqsDeadLetters(client("sqs"), conf.dead_letter_queue_url)


@cache
def card_keeping() -> CardKeeping:
    """What `cards_api` uses."""
    from functions.adapters.dynamodb_accounts import DynamoAccounts
    from functions.adapters.dynamodb_cards import DynamoCards
    from functions.adapters.dynamodb_sessions import DynamoSessions
    from functions.domain.card_keeping import CardKeeping

    conf = settings.CardsApiSettings.read(os.environ)
    sessions = DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table)
    return CardKeeping(
        cards=DynamoCards(client("dynamodb"), conf.cards_table),
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        sessions=sessions,
        stopping=_stopping(sessions, conf.iot_data_endpoint, conf.patience),
        clock=now_ms,
    )


@cache
def lending() -> tuple[Lending, Patience]:
    """What `sharing_api` uses."""
    from secrets import token_urlsafe

    from functions.adapters.dynamodb_sessions import DynamoSessions
    from functions.domain.lending import Lending

    conf = settings.SharingApiSettings.read(os.environ)
    lend = Lending(
        sessions=DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table),
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
    from functions.adapters.dynamodb_sessions import DynamoSessions
    from functions.domain.leaving import Leaving

    conf = settings.AccountApiSettings.read(os.environ)
    return Leaving(
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        cards=DynamoCards(client("dynamodb"), conf.cards_table),
        sessions=DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table),
        identities=CognitoIdentities(client("cognito-idp"), conf.user_pool_id),
        clock=now_ms,
        patience=conf.patience,
    )


@cache
def presence() -> tuple[Presence, DeadLetters]:
    """What `charger_presence` uses."""
    from functions.adapters.dynamodb_chargers import DynamoChargers
    from functions.adapters.sqs import SqsDeadLetters
    from functions.domain.presence import Presence

    conf = settings.ChargerPresenceSettings.read(os.environ)
    take = Presence(chargers=DynamoChargers(client("dynamodb"), conf.chargers_table))
    return take, SqsDeadLetters(client("sqs"), conf.dead_letter_queue_url)


@cache
def sweeping() -> Sweeping:
    """What `session_sweeper` uses."""
    from functions.adapters.dynamodb_chargers import DynamoChargers
    from functions.adapters.dynamodb_sessions import DynamoSessions
    from functions.domain.sweeping import Sweeping

    conf = settings.SessionSweeperSettings.read(os.environ)
    sessions = DynamoSessions(client("dynamodb"), conf.sessions_table, conf.chargers_table)
    return Sweeping(
        sessions=sessions,
        chargers=DynamoChargers(client("dynamodb"), conf.chargers_table),
        stopping=_stopping(sessions, conf.iot_data_endpoint, Patience()),
        clock=now_ms,
        silent_after_s=conf.silent_after_s,
    )


@cache
def renewals() -> Renewals:
    """What `session_sweeper` uses to look after certificates."""
    from functions.adapters.provisioning import DynamoSerials
    from functions.domain.renewals import Renewals

    conf = settings.SessionSweeperSettings.read(os.environ)
    return Renewals(boards=DynamoSerials(client("dynamodb"), conf.serials_table), clock=now_ms)


@cache
def operating() -> Operating:
    """What `operator_api` uses."""
    from functions.adapters.dynamodb_accounts import DynamoAccounts
    from functions.adapters.dynamodb_chargers import DynamoChargers
    from functions.adapters.dynamodb_operator import DynamoAudit, DynamoSessionLists
    from functions.adapters.dynamodb_sessions import DynamoSessions
    from functions.adapters.sqs_dead_letters import QueuePair, SqsDeadLetterQueues
    from functions.domain.finding import Finding
    from functions.domain.operating import Operating

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
        stopping=_stopping(sessions, conf.iot_data_endpoint, conf.patience),
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        letters=SqsDeadLetterQueues(
            client("sqs"),
            {name: QueuePair(queue.url, queue.back_to) for name, queue in conf.dead_letter_queues.items()},
        ),
        audit=DynamoAudit(client("dynamodb"), conf.audit_table),
        new_id=new_id,
    )


@cache
def telling() -> tuple[Telling, DeadLetters]:
    """What `domain_events` uses."""
    from functions.adapters.event_bus import EventBridgeBus
    from functions.adapters.sqs import SqsDeadLetters
    from functions.domain.telling import Telling

    conf = settings.DomainEventsSettings.read(os.environ)
    bus = EventBridgeBus(client("events"), conf.event_bus_name)
    return Telling(bus), SqsDeadLetters(client("sqs"), conf.dead_letter_queue_url)


@cache
def provisioning() -> Provisioning:
    """What `provisioning_hook` uses."""
    from functions.adapters.provisioning import DynamoSerials, IotCertificates
    from functions.domain.provisioning import Provisioning

    conf = settings.ProvisioningHookSettings.read(os.environ)
    return Provisioning(
        serials=DynamoSerials(client("dynamodb"), conf.serials_table),
        certificates=IotCertificates(client("iot")),
        clock=now_ms,
    )
