"""The agent's settings, from one TOML file and the environment. Relative paths are relative to the file.

Shape::

    charger_id = "PX-0001"

    [link]
    host = "localhost"
    port = 8883
    ca = "ca.pem"

    [identity]
    directory = "identity"
    serial_number = "SN-4711"
    claim_certificate = "claim-cert.pem"
    claim_private_key = "claim-key.pem"

    [journal]
    path = "journal.sqlite3"

    [driver]
    kind = "simulated"
    socket = "plant.sock"

    [authorisation]
    offline = "cached"

    [[evses]]
    id = 1

Instead of `[identity]`, `link.certificate` and `link.private_key` may name a certificate that came by other means.
In the environment, `link.host` is `CHARGER_AGENT_LINK__HOST`; it wins over the file. Lists are only in the file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from contract.provisioning import SerialNumber
from contract.wire import ChargerId, EvseId
from device_agent.authorising import OfflineCards
from device_agent.identity import Identity, Pair
from device_agent.link import BACKOFF_CAP_S
from device_agent.settings_errors import explain

ENVIRONMENT = "CHARGER_AGENT_"
"""What the names of our environment variables begin with."""

CONFIG_VARIABLE = "CHARGER_AGENT_CONFIG"
"""Names the settings file itself."""

EVSES_AT_MOST = 8
"""Each takes six subscriptions, the answers about cards one more: 49. AWS IoT Core allows 50 for a connection (AWS IoT
Core quotas)."""


class SettingsError(Exception):
    """The settings file cannot be used; the text says which key, which value, and what is allowed."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="after")
    @classmethod
    def _beside_the_file(cls, value: Any, info: ValidationInfo) -> Any:
        """Relative paths start at the settings file, not at wherever the process was started."""
        if isinstance(value, Path) and info.context is not None:
            return info.context["beside"] / value
        return value


class LinkSettings(_Section):
    """The broker, and the files by which broker and charger know each other."""

    host: Annotated[str, Field(min_length=1, max_length=253)]
    """The broker's name; its certificate must carry it."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 8883
    ca: Path
    """PEM file of the authority that vouches for the broker."""
    certificate: Path | None = None
    """PEM file of this charger's own certificate, for a board that has it by other means than `[identity]`."""
    private_key: Annotated[Path | None, Field(validate_default=True)] = None
    """PEM file of its key."""
    reconnect_at_most_s: Annotated[float, Field(ge=1, le=300)] = BACKOFF_CAP_S
    """The longest wait between two attempts to connect while the network is away. Short for one charger on a bench; a
    fleet that comes back all at once needs the minute."""

    @field_validator("private_key")
    @classmethod
    def _both_or_neither(cls, private_key: Path | None, info: ValidationInfo) -> Path | None:
        if (private_key is None) != (info.data.get("certificate") is None):
            raise ValueError("link.certificate and link.private_key belong together: name both or neither")
        return private_key

    @property
    def pair(self) -> Pair | None:
        """The two of them, if they are named."""
        return Pair(self.certificate, self.private_key) if self.certificate and self.private_key else None


class IdentitySettings(_Section):
    """Which board this is, where its identity is kept, and how it gets and renews it."""

    directory: Path
    """Keys and certificates, readable by the agent alone. On storage that survives a power cut."""
    serial_number: SerialNumber
    """What the label on the board says; the operator's list tells which charger it becomes."""
    claim_certificate: Path
    """PEM file of the certificate that every new board may ask with."""
    claim_private_key: Path
    """PEM file of its key."""
    certificate_days: Annotated[int, Field(ge=30, le=3650)] = 730
    """Days of use of a certificate; it is renewed after two thirds of them."""


class JournalSettings(_Section):
    """Where the agent's memory is."""

    path: Path
    """SQLite file on storage that survives a power cut."""


class SimulatedSettings(_Section):
    """Simulated hardware: a program instead of a charger."""

    kind: Literal["simulated"]
    socket: Path
    """Unix socket of the simulated plant."""


class OcppSettings(_Section):
    """A charger that speaks OCPP to this board."""

    kind: Literal["ocpp16", "ocpp201"]
    """Its version: 1.6 or 2.0.1, with JSON over WebSocket."""
    charge_points: Annotated[list[Annotated[str, Field(min_length=1, max_length=48)]], Field(min_length=1)]
    """The ids under which it may connect: the last part of the address it is set to, `ws://HOST:PORT/ocpp/ID`."""
    host: Annotated[str, Field(min_length=1, max_length=253)] = "127.0.0.1"
    """The address of this board at which it connects."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 9220
    """0 takes any free one, which only tests can use."""
    password: Annotated[SecretStr, Field(min_length=1, max_length=255)] | None = None
    """Asked for by HTTP Basic authentication, with the id as the user name."""
    password_file: Path | None = None
    """The same, kept in a file of its own."""
    certificate: Path | None = None
    """PEM file of this board's certificate, for TLS (`wss://`)."""
    private_key: Path | None = None
    """PEM file of its key."""
    meter_interval_s: Annotated[int, Field(ge=1, le=900)] = 30
    """How often the charger is to tell its meter during a transaction."""
    connectors: dict[EvseId, Annotated[int, Field(ge=1, le=32)]] = {}
    """The charger's own number of an EVSE (in 1.6, of its connector) where it is not ours."""

    @property
    def open_to_all(self) -> bool:
        """Whether others than this board itself can connect, without having to prove who they are."""
        here = self.host in ("localhost", "::1") or self.host.startswith("127.")
        return not here and self.password is None and self.password_file is None

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        if (self.certificate is None) != (self.private_key is None):
            raise ValueError("certificate and private_key are needed together")
        if self.password is not None and self.password_file is not None:
            raise ValueError("password and password_file are two ways to say one thing")
        if len(set(self.connectors.values())) != len(self.connectors):
            raise ValueError("every connector can be only one EVSE's")
        return self


DriverSettings = Annotated[SimulatedSettings | OcppSettings, Field(discriminator="kind")]
"""Which hardware this is."""


class AuthorisationSettings(_Section):
    """Cards."""

    offline: OfflineCards = "cached"
    """Which cards may charge while the cloud cannot be asked: `cached`, those it accepted lately; `refuse`, none;
    `accept`, any but those it refused last."""


class EvseSettings(_Section):
    """One EVSE of this charger."""

    id: EvseId


class Settings(_Section):
    """The whole file."""

    charger_id: ChargerId
    """Thing name and MQTT client id as well."""
    link: LinkSettings
    identity: Annotated[IdentitySettings | None, Field(validate_default=True)] = None
    journal: JournalSettings
    driver: DriverSettings
    evses: Annotated[list[EvseSettings], Field(min_length=1)]
    authorisation: AuthorisationSettings = AuthorisationSettings()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    status_file: Path | None = None
    """Where the running agent says how it is, for `charger-agent status`; in memory (/run), as it changes all the
    time. None is written if this is left out."""

    @property
    def pair(self) -> Pair:
        """The certificate and key that this board shows the broker first. The files need not be there yet."""
        if self.identity is not None:
            kept = Identity(self.identity.directory)
            return kept.pair(kept.current() or "a")
        if self.link.pair is None:
            raise ValueError("settings without a certificate were validated")
        return self.link.pair

    @field_validator("identity")
    @classmethod
    def _one_identity(cls, identity: IdentitySettings | None, info: ValidationInfo) -> IdentitySettings | None:
        link = info.data.get("link")
        if link is not None and (identity is None) == (link.pair is None):
            raise ValueError(
                "say where the charger's certificate is: either an [identity] section, which"
                " `charger-agent provision` fills, or link.certificate and link.private_key"
            )
        return identity

    @field_validator("evses")
    @classmethod
    def _each_once_and_not_too_many(cls, evses: list[EvseSettings], info: ValidationInfo) -> list[EvseSettings]:
        ids = [evse.id for evse in evses]
        if len(set(ids)) != len(ids):
            raise ValueError("every EVSE id may appear only once")
        driver = info.data.get("driver")
        if isinstance(driver, OcppSettings) and len({driver.connectors.get(each, each) for each in ids}) != len(ids):
            raise ValueError(
                "two EVSEs have the same connector: one that is not in driver.connectors has its own number"
            )
        if len(ids) > EVSES_AT_MOST:
            raise ValueError(
                f"a charger has at most {EVSES_AT_MOST} EVSEs, not {len(ids)}:"
                " each takes six subscriptions, and AWS IoT Core allows a connection 50"
            )
        return evses

    @classmethod
    def load(cls, path: Path, environ: Mapping[str, str]) -> Self:
        """The settings in the file at `path`, with what the environment overrides.

        Raises:
            SettingsError: the file is missing, is not TOML, or a key is wrong.
        """
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(f"{path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: not a TOML file: {error}") from error
        overridden = {key: name for name in environ if (key := _key(name))}
        for key, name in overridden.items():
            _put(content, key, environ[name], name)
        try:
            return cls.model_validate(content, context={"beside": path.absolute().parent})
        except ValidationError as error:
            wrong = explain(error.errors(), cls.model_json_schema())
            lines = [f"{overridden.get(key, path)}: {sentence}" for key, sentence in wrong]
            raise SettingsError("\n".join(lines)) from error


def _key(name: str) -> str:
    """The key that an environment variable overrides; empty if it is none of ours."""
    if not name.startswith(ENVIRONMENT) or name == CONFIG_VARIABLE:
        return ""
    return name.removeprefix(ENVIRONMENT).lower().replace("__", ".")


def _put(content: dict[str, Any], key: str, value: str, name: str) -> None:
    *sections, last = key.split(".")
    for section in sections:
        content = content.setdefault(section, {})
        if not isinstance(content, dict):
            raise SettingsError(f"{name}: {section} is not a section with keys of its own")
    content[last] = value
