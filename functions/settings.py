"""What a function reads from its environment, checked once. Each function has the settings it needs and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, Json

from functions.domain.patience import Patience

_DEFAULTS = Patience()
Name = Annotated[str, Field(min_length=1, max_length=2048)]


class Settings(BaseModel):
    """Common to all functions: settings are named as their environment variables, in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)  # each function uses one of them

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """The settings in an environment.

        Raises:
            pydantic.ValidationError: names the variable that is missing or out of range.
        """
        return cls.model_validate({name.lower(): value for name, value in environment.items() if name.isupper()})


class ChargersApiSettings(Settings):
    """Reads chargers, and the caller's own session on them."""

    chargers_table: Name
    sessions_table: Name
    ack_timeout_s: Annotated[int, Field(ge=1, le=300)] = _DEFAULTS.ack_timeout_s
    """Seconds before an unanswered stop reads as overdue; see `Patience`."""

    @property
    def patience(self) -> Patience:
        """The waiting times of the rules, as configured."""
        return Patience(ack_timeout_s=self.ack_timeout_s)


class SessionsApiSettings(ChargersApiSettings):
    """Reads sessions, and whether their chargers are connected."""

    iot_data_endpoint: Name | None = None
    """Address of the account's own IoT data endpoint; None is the region's, which botocore knows."""


class StopSessionSettings(SessionsApiSettings):
    """Stops sessions."""


class StartSessionSettings(SessionsApiSettings):
    """Starts sessions."""

    accounts_table: Name
    start_ttl_s: Annotated[int, Field(ge=5, le=600)] = _DEFAULTS.start_ttl_s
    """Seconds in which a start must reach the charger; see `Patience`."""

    @property
    def patience(self) -> Patience:
        """The waiting times of the rules, as configured."""
        return Patience(ack_timeout_s=self.ack_timeout_s, start_ttl_s=self.start_ttl_s)


class SharingApiSettings(ChargersApiSettings):
    """Lends the right to stop a session."""


class CardsApiSettings(StopSessionSettings):
    """Keeps drivers' cards; a lost one stops what runs on it."""

    accounts_table: Name
    cards_table: Name


class AccountApiSettings(ChargersApiSettings):
    """Deletes accounts."""

    accounts_table: Name
    cards_table: Name
    user_pool_id: Name


class ChargerReportsSettings(Settings):
    """Takes in reports and session events; finds whose card began a session; stops one that is at its target."""

    cards_table: Name
    chargers_table: Name
    sessions_table: Name
    dead_letter_queue_url: Name
    iot_data_endpoint: Name | None = None
    """Address of the account's own IoT data endpoint; None is the region's, which botocore knows."""


class AuthoriseCardSettings(Settings):
    """Answers chargers that ask about a card."""

    accounts_table: Name
    cards_table: Name
    chargers_table: Name
    dead_letter_queue_url: Name
    iot_data_endpoint: Name | None = None
    """Address of the account's own IoT data endpoint; None is the region's, which botocore knows."""
    card_cache_s: Annotated[int, Field(ge=0, le=2_592_000)] = 72 * 3600
    """Seconds for which a charger that cannot ask goes by "accepted". Three days: a long weekend without a link; and
    the longest that a card which was reported lost still charges at such a charger."""


class ChargerPresenceSettings(Settings):
    """Takes in lifecycle events."""

    chargers_table: Name
    dead_letter_queue_url: Name


class SessionSweeperSettings(Settings):
    """Does in sessions what is due. Its waiting times are `Patience`'s own: the deadlines on record go by them."""

    chargers_table: Name
    sessions_table: Name
    serials_table: Name
    iot_data_endpoint: Name | None = None
    """Address of the account's own IoT data endpoint; None is the region's, which botocore knows."""
    silent_after_s: Annotated[int, Field(ge=3600, le=30 * 86_400)] = 86_400
    """Seconds without a word of a session after which it is held to be over. A day: longer than cars charge, and than
    most outages of a charger's link last; what was wrong about it is corrected when the charger speaks."""


class DeadLetterQueue(BaseModel):
    """A dead-letter queue, and where its letters were meant to go; without that, nobody waits for them any more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Name
    back_to: Annotated[str, Field(max_length=2048)] = ""


class OperatorApiSettings(SessionsApiSettings):
    """Finds and acts for operators."""

    accounts_table: Name
    audit_table: Name
    dead_letter_queues: Annotated[Json[dict[Name, DeadLetterQueue]], Field(min_length=1)]
    """As JSON, by short name."""


class DomainEventsSettings(Settings):
    """Tells subscribers what happens in sessions."""

    event_bus_name: Name
    dead_letter_queue_url: Name


class ProvisioningHookSettings(Settings):
    """Decides which board becomes which charger."""

    serials_table: Name
