"""The boards in DynamoDB, and chargers' certificates in the AWS IoT registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.adapters.aws_errors import aws_errors
from functions.adapters.items import Item, to_item
from functions.adapters.table import Table, from_dynamo
from functions.domain.provisioning import SerialRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iot import IoTClient

NOT_FOUND = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class DynamoSerials:
    """`functions.domain.provisioning.Serials` over the serials table."""

    client: DynamoDBClient
    serials_table: str

    @property
    def _table(self) -> Table:
        return Table(self.client, self.serials_table)

    def get(self, serial_number: str) -> SerialRecord | None:
        """See `Serials.get`."""
        item = self._table.get(_key(serial_number))
        return _record(item) if item else None

    def every(self) -> list[SerialRecord]:
        """See `renewals.BoardList.every`."""
        found: list[SerialRecord] = []
        more: dict[str, Any] = {}
        while True:
            with aws_errors():
                page = self.client.scan(TableName=self.serials_table, **more)
            found += (_record(from_dynamo(item)) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return found
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def replace(self, old: SerialRecord, new: SerialRecord) -> bool:
        """See `Serials.replace`."""
        return self._table.replace(_key(old.serial_number), to_item(old), to_item(new))


@dataclass(frozen=True, slots=True)
class IotCertificates:
    """`functions.domain.provisioning.Certificates` over the registry of AWS IoT."""

    client: IoTClient

    def of(self, charger_id: str) -> list[str]:
        """See `Certificates.of`."""
        return [principal.rpartition("/")[2] for principal in self._principals(charger_id)]

    def made_at_ms(self, certificate_id: str) -> int:
        """See `Certificates.made_at_ms`."""
        with aws_errors():
            found = self.client.describe_certificate(certificateId=certificate_id)["certificateDescription"]
        return int(found["creationDate"].timestamp() * 1000)

    def retire(self, charger_id: str, certificate_id: str) -> None:
        """See `Certificates.retire`. First made useless, then detached: a break in between leaves it on the list."""
        for principal in self._principals(charger_id):
            if principal.endswith(f"/{certificate_id}"):
                with aws_errors():
                    self.client.update_certificate(certificateId=certificate_id, newStatus="INACTIVE")
                    self.client.detach_thing_principal(thingName=charger_id, principal=principal)

    def _principals(self, charger_id: str) -> list[str]:
        with aws_errors():
            try:
                pages = self.client.get_paginator("list_thing_principals").paginate(thingName=charger_id)
                return [each for page in pages for each in page["principals"] if ":cert/" in each]
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == NOT_FOUND:
                    return []  # no such thing yet: its first certificate makes it
                raise


def _key(serial_number: str) -> Item:
    return {"serial_number": serial_number}


def _record(item: Item) -> SerialRecord:
    claimed_at_ms, renewed_at_ms = item.get("claimed_at_ms"), item.get("renewed_at_ms")
    return SerialRecord(
        serial_number=item["serial_number"],
        charger_id=item["charger_id"],
        armed_at_ms=int(item.get("armed_at_ms", 0)),
        claimed_at_ms=None if claimed_at_ms is None else int(claimed_at_ms),
        attempt=item.get("attempt", ""),
        renewed_at_ms=None if renewed_at_ms is None else int(renewed_at_ms),
        revision=int(item.get("revision", 0)),
    )
