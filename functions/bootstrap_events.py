"""Wires the functions that events wake, as `bootstrap` wires those that answer people."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from functions import bootstrap, settings
from functions.adapters.clients import client
from functions.domain.patience import Patience

if TYPE_CHECKING:
    from functions.domain.card_authorisation import CardAuthorisation
    from functions.domain.ports import DeadLetters
    from functions.domain.presence import Presence
    from functions.domain.provisioning import Provisioning
    from functions.domain.renewals import Renewals
    from functions.domain.reporting import Reporting
    from functions.domain.sweeping import Sweeping
    from functions.domain.telling import Telling


@cache
def reporting() -> tuple[Reporting, DeadLetters]:
    """What `charger_reports` uses."""
    from functions.adapters.dynamodb_cards import DynamoCards
    from functions.adapters.iot import IotWatchers
    from functions.adapters.sqs import SqsDeadLetters
    from functions.domain.reporting import Reporting

    conf = settings.ChargerReportsSettings.read(os.environ)
    sessions = bootstrap.sessions_in(conf.sessions_table, conf.chargers_table)
    take = Reporting(
        sessions=sessions,
        chargers=bootstrap.chargers_in(conf.chargers_table),
        cards=DynamoCards(client("dynamodb"), conf.cards_table),
        stopping=bootstrap.stopping_over(sessions, conf.iot_data_endpoint, Patience()),
        watchers=IotWatchers(client("iot-data", conf.iot_data_endpoint)),
    )
    return take, SqsDeadLetters(client("sqs"), conf.dead_letter_queue_url)


@cache
def card_authorisation() -> tuple[CardAuthorisation, DeadLetters]:
    """What `authorise_card` uses."""
    from functions.adapters.dynamodb_accounts import DynamoAccounts
    from functions.adapters.dynamodb_cards import DynamoCards
    from functions.adapters.iot import IotAnswers
    from functions.adapters.sqs import SqsDeadLetters
    from functions.domain.card_authorisation import CardAuthorisation

    conf = settings.AuthoriseCardSettings.read(os.environ)
    take = CardAuthorisation(
        cards=DynamoCards(client("dynamodb"), conf.cards_table),
        accounts=DynamoAccounts(client("dynamodb"), conf.accounts_table),
        chargers=bootstrap.chargers_in(conf.chargers_table),
        answers=IotAnswers(client("iot-data", conf.iot_data_endpoint)),
        clock=bootstrap.now_ms,
        patience=Patience(),
        cache_s=conf.card_cache_s,
    )
    return take, SqsDeadLetters(client("sqs"), conf.dead_letter_queue_url)


@cache
def presence() -> tuple[Presence, DeadLetters]:
    """What `charger_presence` uses."""
    from functions.adapters.sqs import SqsDeadLetters
    from functions.domain.presence import Presence

    conf = settings.ChargerPresenceSettings.read(os.environ)
    take = Presence(chargers=bootstrap.chargers_in(conf.chargers_table))
    return take, SqsDeadLetters(client("sqs"), conf.dead_letter_queue_url)


@cache
def sweeping() -> Sweeping:
    """What `session_sweeper` uses."""
    from functions.domain.sweeping import Sweeping

    conf = settings.SessionSweeperSettings.read(os.environ)
    sessions = bootstrap.sessions_in(conf.sessions_table, conf.chargers_table)
    return Sweeping(
        sessions=sessions,
        chargers=bootstrap.chargers_in(conf.chargers_table),
        stopping=bootstrap.stopping_over(sessions, conf.iot_data_endpoint, Patience()),
        clock=bootstrap.now_ms,
        silent_after_s=conf.silent_after_s,
    )


@cache
def renewals() -> Renewals:
    """What `session_sweeper` uses to look after certificates."""
    from functions.adapters.provisioning import DynamoSerials
    from functions.domain.renewals import Renewals

    conf = settings.SessionSweeperSettings.read(os.environ)
    return Renewals(boards=DynamoSerials(client("dynamodb"), conf.serials_table), clock=bootstrap.now_ms)


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
        clock=bootstrap.now_ms,
    )
