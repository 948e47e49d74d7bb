"""What operators ask with: checked as every request is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from contract.vocabulary import EvseStatus
from contract.wire import ChargerId, EvseId
from functions.cursors import CURSOR_MAX_CHARS
from functions.http_request import IN_DIGITS, RequestModel, YesOrNo

Limit = Annotated[int, Field(ge=1, le=50), IN_DIGITS]
Cursor = Annotated[str, Field(max_length=CURSOR_MAX_CHARS)]
Owner = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
"""An account's `sub`; Cognito makes UUIDs."""


class QueuePath(RequestModel):
    """Which dead-letter queue a route is about."""

    queue: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,39}$")]


class AccountPath(RequestModel):
    """Which account a route is about."""

    owner: Owner


class SessionsQuery(RequestModel):
    """Which sessions: exactly one of `owner`, `chargerId` and `state`; `evseId` only with its charger."""

    owner: Owner | None = None
    charger_id: ChargerId | None = None
    evse_id: Annotated[EvseId, IN_DIGITS] | None = None
    state: Literal["open", "overdue"] | None = None
    limit: Limit = 20
    cursor: Cursor | None = None


class ChargersQuery(RequestModel):
    """Which chargers: those with an EVSE of this status, connected or not, in service or not."""

    status: EvseStatus | None = None
    connected: YesOrNo | None = None
    in_service: YesOrNo | None = None
    limit: Limit = 20
    cursor: Cursor | None = None


class PageQuery(RequestModel):
    """Which part of a list."""

    limit: Limit = 20
    cursor: Cursor | None = None


class Orders(RequestModel):
    """Why an operator acts, in their own words, which are kept and, with a stop, shown to the driver.

    `dryRun`: only say what would happen; nothing is changed or recorded.
    """

    reason: Annotated[
        str, StringConstraints(min_length=3, max_length=300, pattern=r"^[^\x00-\x20\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")
    ]
    dry_run: bool = False


class RedriveOrders(Orders):
    """As `Orders`; `limit`: how many letters at most."""

    limit: Annotated[int, Field(ge=1, le=100)] = 100
