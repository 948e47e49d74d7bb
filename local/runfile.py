"""`run.json`: how any tool reaches the running local stack. It holds passwords and key paths of this machine only."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class RunFileModel(BaseModel):
    """A part of the run file; camelCase in JSON, snake_case in Python."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Driver(RunFileModel):
    """A person who charges. `sub` is the owner of their sessions in the database."""

    email: str
    password: str
    sub: str
    cards: tuple[str, ...]
    """The numbers on their cards."""


class Operator(RunFileModel):
    """Somebody of the operator's staff: in the pool's group of operators, with no session and no card of their own."""

    email: str
    password: str
    sub: str


class Charger(RunFileModel):
    """A charger and its identity. Units: files as absolute paths; the private key is readable by its owner only.

    `online` tells whether an agent runs for it; `evses` are the numbers of its EVSEs.
    """

    charger_id: str
    name: str
    evses: tuple[int, ...]
    online: bool
    certificate: Path
    private_key: Path
    config: Path


class Mqtt(RunFileModel):
    """Where devices connect, by MQTT over mutual TLS, and whom they have to trust."""

    host: str
    port: int
    ca: Path


class Tables(RunFileModel):
    """Names of the DynamoDB tables."""

    chargers: str
    sessions: str
    cards: str


class Queues(RunFileModel):
    """URLs of the SQS queues."""

    reports: str
    reports_dead_letter: str
    presence: str
    presence_dead_letter: str
    authorisations_dead_letter: str


class RunFile(RunFileModel):
    """The whole file.

    `api_url` is for browsers and curl, which resolve `*.localhost` by themselves. A program whose resolver does not
    calls `api_address` instead and sends `api_host` as its Host header: it reaches the same API. `web_url` is the
    driver's page.
    """

    started_at: datetime
    pid: int
    api_url: str
    api_address: str
    api_host: str
    web_url: str
    region: str
    endpoint_url: str
    user_pool_id: str
    client_id: str
    operators_client_id: str
    operator: Operator
    drivers: tuple[Driver, ...]
    chargers: tuple[Charger, ...]
    mqtt: Mqtt
    tables: Tables
    queues: Queues
    thing_type: str
    device_policy: str
    plant_socket: Path
    logs: Path
    pids: dict[str, int]

    def driver(self, email: str) -> Driver:
        """The driver with this address."""
        return next(driver for driver in self.drivers if driver.email == email)

    def charger(self, charger_id: str) -> Charger:
        """The charger with this id."""
        return next(charger for charger in self.chargers if charger.charger_id == charger_id)

    def write(self, path: Path) -> None:
        """Write the file at once and whole, readable by its owner only: it holds the drivers' passwords."""
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.model_dump_json(by_alias=True, indent=2) + "\n")
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The file as read from disk."""
        return cls.model_validate_json(path.read_text())
