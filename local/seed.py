"""What a fresh cloud holds: two drivers, an operator, a few chargers, and the boards that may become them."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from contract.cards import id_token_hash
from contract.vocabulary import CardStatus
from functions.operator_token import OPERATORS
from local.runfile import Driver, Operator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.deploy import Outputs
    from local.emulator import Emulator

OWNER, NEIGHBOUR = "owner@example.com", "neighbour@example.com"
OPERATOR = "operator@example.com"

CARDS = {OWNER: ("04A22B91", "04A22B92"), NEIGHBOUR: ("0477001C",)}
"""The numbers on each driver's cards, as their readers see them."""


@dataclass(frozen=True)
class Outlet:
    """One EVSE as it is sold. Units: watts."""

    connector_type: str
    max_power_w: int


class Hardware(StrEnum):
    """What an agent finds on its other side: the settings' `driver.kind`."""

    SIMULATED = "simulated"
    """The plant itself."""
    OCPP16 = "ocpp16"
    """A charge point that speaks OCPP 1.6, with the plant behind it."""
    OCPP201 = "ocpp201"
    """The same in OCPP 2.0.1."""


@dataclass(frozen=True)
class Site:
    """One charger as the operator has registered it. `powered` says whether its agent runs here."""

    charger_id: str
    name: str
    address: str
    latitude: str
    longitude: str
    outlets: tuple[Outlet, ...]
    accepts_cards: bool = False
    powered: bool = True
    hardware: Hardware = Hardware.SIMULATED
    tariff: Mapping[str, str | Decimal] | None = None
    """As its item has it (ADR 0017): prices in minor units of the currency."""

    @property
    def evse_ids(self) -> tuple[int, ...]:
        """The numbers of its EVSEs, from 1."""
        return tuple(range(1, len(self.outlets) + 1))


@dataclass(frozen=True)
class DeviceFiles:
    """A charger's identity on disk."""

    certificate: Path
    private_key: Path


@dataclass(frozen=True)
class Board:
    """A charger's board as it leaves the factory: its label, and the claim certificate that all of them have."""

    serial_number: str
    identity: Path
    claim: DeviceFiles

    @property
    def files(self) -> DeviceFiles:
        """Where its own certificate is once it is provisioned."""
        return DeviceFiles(self.identity / "a" / "cert.pem", self.identity / "a" / "key.pem")


AC_22_KW, AC_11_KW, DC_50_KW = Outlet("type2", 22_000), Outlet("type2", 11_000), Outlet("ccs", 50_000)

SITES = (
    Site(
        "PX-0001",
        "Harbour Street car park",
        "Harbour Street 12, 20457 Hamburg",
        "53.5437",
        "9.9960",
        (AC_22_KW, AC_22_KW),
        tariff={"currency": "EUR", "per_kwh": Decimal("39.5"), "per_minute": Decimal(2), "start_fee": Decimal(50)},
    ),
    Site(
        "PX-0002",
        "Town library",
        "Library Square 1, 20095 Hamburg",
        "53.5503",
        "10.0066",
        (AC_11_KW,),
        accepts_cards=True,
    ),
    Site("PX-0003", "Mill Lane 8", "Mill Lane 8, 22303 Hamburg", "53.5837", "10.0189", (AC_11_KW,), powered=False),
    Site("PX-0004", "Ring road services", "Ring Road 2, 22419 Hamburg", "53.6632", "10.0129", (DC_50_KW,)),
    Site(
        "PX-0005",
        "Old fire station",
        "Station Yard 3, 20359 Hamburg",
        "53.5497",
        "9.9640",
        (AC_22_KW, AC_11_KW),
        accepts_cards=True,
        hardware=Hardware.OCPP16,
    ),
    Site(
        "PX-0006",
        "Lakeside swimming pool",
        "Lake Road 40, 22083 Hamburg",
        "53.5760",
        "10.0330",
        (AC_22_KW,),
        accepts_cards=True,
        hardware=Hardware.OCPP201,
    ),
)


class Seeder:
    """Writes drivers and chargers into a deployed stack."""

    def __init__(self, emulator: Emulator, outputs: Outputs) -> None:
        self._outputs = outputs
        self._cognito = emulator.client("cognito-idp")
        self._iot = emulator.client("iot")
        tables = emulator.session().resource("dynamodb", endpoint_url=emulator.endpoint_url)
        self._chargers = tables.Table(outputs.chargers_table_name)
        self._cards = tables.Table(outputs.cards_table_name)
        self._serials = tables.Table(outputs.serials_table_name)

    def add_driver(self, email: str) -> Driver:
        """A driver who can sign in, with a password of their own, and their cards."""
        password, sub = self._add_user(email)
        cards = CARDS.get(email, ())
        for card in cards:
            item = {"id_token_hash": id_token_hash(card), "owner": sub, "status": CardStatus.ACCEPTED}
            self._cards.put_item(Item=item)
        return Driver(email=email, password=password, sub=sub, cards=cards)

    def add_operator(self, email: str) -> Operator:
        """Somebody who may use /v1/operator, as docs/operations.md has it."""
        password, sub = self._add_user(email)
        self._cognito.admin_add_user_to_group(
            UserPoolId=self._outputs.user_pool_id, Username=email, GroupName=OPERATORS
        )
        return Operator(email=email, password=password, sub=sub)

    def _add_user(self, email: str) -> tuple[str, str]:
        """A user of the pool: a password of their own, and their `sub`."""
        # The pool's policy wants every kind of character; chance alone may leave one out.
        password = f"Aa1!{secrets.token_urlsafe(15)}"
        user = self._cognito.admin_create_user(
            UserPoolId=self._outputs.user_pool_id,
            Username=email,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
        )["User"]
        self._cognito.admin_set_user_password(
            UserPoolId=self._outputs.user_pool_id, Username=email, Password=password, Permanent=True
        )
        return password, next(each["Value"] for each in user["Attributes"] if each["Name"] == "sub")

    def add_charger(self, site: Site, folder: Path) -> DeviceFiles:
        """A charger with a thing and a certificate from the operator's hand: quicker than a board's own way to them."""
        self.register(site)
        return self._add_thing(site.charger_id, folder)

    def add_claim(self, folder: Path) -> DeviceFiles:
        """The claim certificate, with which a board may ask for one of its own, and do nothing else."""
        return self._add_certificate(folder, self._outputs.claim_policy_name)[0]

    def add_board(self, site: Site, folder: Path, claim: DeviceFiles) -> Board:
        """A board for a charger, its serial number on the operator's list."""
        board = Board(f"SN-{site.charger_id}", folder / "identity", claim)
        self.arm(board.serial_number, site.charger_id)
        folder.mkdir(parents=True, exist_ok=True)
        return board

    def arm(self, serial_number: str, charger_id: str) -> None:
        """Let the next board with this serial number become this charger, as docs/operations.md has it."""
        now_ms = time.time_ns() // 1_000_000
        self._serials.put_item(Item={"serial_number": serial_number, "charger_id": charger_id, "armed_at_ms": now_ms})

    def register(self, site: Site) -> None:
        """A charger's items in the table: what the operator tells about it."""
        self._put({
            "item": "charger",
            "charger_id": site.charger_id,
            "name": site.name,
            "image_url": f"https://images.example.com/chargers/{site.charger_id.lower()}.webp",
            "address": site.address,
            "latitude": Decimal(site.latitude),
            "longitude": Decimal(site.longitude),
            "accepts_cards": site.accepts_cards,
            "in_service": True,
            "evse_count": len(site.outlets),
            **({"tariff": site.tariff} if site.tariff else {}),
        })  # fmt: skip
        for evse_id, outlet in zip(site.evse_ids, site.outlets, strict=True):
            self._put({
                "item": f"evse#{evse_id}",
                "charger_id": site.charger_id,
                "evse_id": evse_id,
                "connector_type": outlet.connector_type,
                "max_power_w": outlet.max_power_w,
            })  # fmt: skip

    def _put(self, item: dict[str, Any]) -> None:
        self._chargers.put_item(Item=item)

    def _add_thing(self, charger_id: str, folder: Path) -> DeviceFiles:
        self._iot.create_thing(thingName=charger_id, thingTypeName=self._outputs.thing_type_name)
        files, arn = self._add_certificate(folder, self._outputs.device_policy_name)
        self._iot.attach_thing_principal(thingName=charger_id, principal=arn)
        return files

    def _add_certificate(self, folder: Path, policy: str) -> tuple[DeviceFiles, str]:
        identity = self._iot.create_keys_and_certificate(setAsActive=True)
        self._iot.attach_policy(policyName=policy, target=identity["certificateArn"])
        folder.mkdir(parents=True, exist_ok=True)
        files = DeviceFiles(certificate=folder / "cert.pem", private_key=folder / "key.pem")
        files.certificate.write_text(identity["certificatePem"])
        # Created with these rights, not changed to them: the key is never readable by others, not even briefly.
        descriptor = os.open(files.private_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(identity["keyPair"]["PrivateKey"])
        return files, identity["certificateArn"]
