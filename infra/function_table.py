"""The functions as a table: what each may do, what it is told, how much it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra import permissions, permissions_events
from infra.dead_letters import as_setting, dead_letters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from infra.device_link import DeviceLink
    from infra.domain_events import DomainEvents
    from infra.environments import Environment
    from infra.grants import Grant
    from infra.identity import Drivers
    from infra.inbox import Inbox
    from infra.sweeper import Sweeper
    from infra.tables import Tables

ACK_TIMEOUT_S = 15
"""Patience with a charger that has not answered a stop, in seconds: past it the stop reads as overdue."""

START_TTL_S = 60
"""How long a start may take to reach the charger, in seconds: past it the driver has walked away."""

CARD_CACHE_S = 72 * 3600
"""How long a charger that cannot ask goes by "accepted", in seconds: a long weekend without a link. As long does a card
that was reported lost still charge at such a charger."""

SILENT_AFTER_S = 24 * 3600
"""Without a word of a session for this long, in seconds, it is held to be over: see the function's settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One function as its table row: what it may do, what it is told, how much it gets."""

    name: str
    grant: Grant
    settings: Mapping[str, str]
    timeout_s: int = 10
    memory_mb: int = 512
    """More memory is more CPU: what a driver waits for starts twice as fast on 1024 MB."""
    reads: Inbox | None = None
    dead_letters: sqs.IQueue | None = None
    """Where an event goes that it failed on, if nobody waits for its answer."""
    concurrency: int | None = None
    """Executions that are its own, and the most it gets; see `Environment.stop_concurrency`."""
    warm: int = 0
    """Executions that are started before anybody asks."""


def function_table(
    scope: Construct,
    environment: Environment,
    tables: Tables,
    drivers: Drivers,
    link: DeviceLink,
    sweeper: Sweeper,
    events: DomainEvents,
) -> list[Spec]:
    """Every function, in one row each."""
    both = {"CHARGERS_TABLE": tables.chargers.table_name, "SESSIONS_TABLE": tables.sessions.table_name}
    cards = {"CARDS_TABLE": tables.cards.table_name}
    accounts = {"ACCOUNTS_TABLE": tables.accounts.table_name}
    patience = {"ACK_TIMEOUT_S": str(ACK_TIMEOUT_S)}
    endpoint = environment.iot_data_endpoint
    shadows = {"IOT_DATA_ENDPOINT": endpoint} if endpoint else {}
    letters = dead_letters(link, sweeper, events)
    return [
        Spec(name="chargers_api", grant=permissions.read_chargers(tables), settings=both | patience),
        Spec(
            name="sessions_api",
            grant=permissions.read_sessions(tables, scope),
            settings=both | patience | shadows,
        ),
        Spec(
            name="start_session",
            grant=permissions.start_sessions(tables, scope, environment),
            settings=both | accounts | patience | shadows | {"START_TTL_S": str(START_TTL_S)},
            memory_mb=1024,
        ),
        Spec(
            name="stop_session",
            grant=permissions.stop_sessions(tables, scope, environment),
            settings=both | patience | shadows,
            # `Prefer: wait` holds the answer for up to 10 s.
            timeout_s=15,
            memory_mb=1024,
            concurrency=environment.stop_concurrency,
            warm=environment.stop_warm,
        ),
        Spec(name="sharing_api", grant=permissions.lend_stop_rights(tables), settings=both | patience),
        Spec(
            name="cards_api",
            grant=permissions.keep_cards(tables, scope, environment),
            settings=both | cards | accounts | patience | shadows,
        ),
        Spec(
            name="account_api",
            grant=permissions.delete_accounts(tables, drivers),
            settings=both | cards | accounts | patience | {"USER_POOL_ID": drivers.pool.user_pool_id},
        ),
        Spec(
            name="authorise_card",
            grant=permissions_events.authorise_cards(tables, scope, link.authorisations),
            settings=cards
            | accounts
            | shadows
            | {
                "CHARGERS_TABLE": tables.chargers.table_name,
                "DEAD_LETTER_QUEUE_URL": link.authorisations.dead_letters.queue_url,
                "CARD_CACHE_S": str(CARD_CACHE_S),
            },
            # Somebody holds a card to a charger and waits.
            memory_mb=1024,
            reads=link.authorisations,
        ),
        Spec(
            name="charger_reports",
            grant=permissions_events.apply_reports(tables, scope, environment, link.reports),
            settings=both | cards | shadows | {"DEAD_LETTER_QUEUE_URL": link.reports.dead_letters.queue_url},
            reads=link.reports,
        ),
        Spec(
            name="charger_presence",
            grant=permissions_events.apply_presence(tables, link.presence),
            settings={
                "CHARGERS_TABLE": tables.chargers.table_name,
                "DEAD_LETTER_QUEUE_URL": link.presence.dead_letters.queue_url,
            },
            reads=link.presence,
        ),
        Spec(
            name="session_sweeper",
            grant=permissions_events.sweep_sessions(tables, scope, environment, sweeper.dead_letters),
            settings=both
            | shadows
            | {"SERIALS_TABLE": tables.serials.table_name, "SILENT_AFTER_S": str(SILENT_AFTER_S)},
            # It begins nothing after 40 s; what it has begun then takes seconds.
            timeout_s=60,
            dead_letters=sweeper.dead_letters,
        ),
        Spec(
            name="operator_api",
            grant=permissions.operate(tables, scope, environment, letters),
            settings=both
            | accounts
            | patience
            | shadows
            | {"AUDIT_TABLE": tables.audit.table_name, "DEAD_LETTER_QUEUES": as_setting(letters)},
            # A redrive of a hundred letters is three hundred calls.
            timeout_s=25,
        ),
        Spec(
            name="provisioning_hook",
            grant=permissions_events.provision_boards(tables, scope),
            settings={"SERIALS_TABLE": tables.serials.table_name},
            # AWS IoT gives up after 5 s; a function that goes on is awake for the board's next try.
            memory_mb=1024,
        ),
        Spec(
            name="domain_events",
            grant=permissions_events.tell_events(tables, events),
            settings={
                "EVENT_BUS_NAME": events.bus.event_bus_name,
                "DEAD_LETTER_QUEUE_URL": events.dead_letters.queue_url,
            },
            # A batch in which every change means something is a hundred calls.
            timeout_s=30,
        ),
    ]
