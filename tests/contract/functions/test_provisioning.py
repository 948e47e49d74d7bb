"""The list of boards and the registry of certificates, on AWS as moto plays it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from functions.adapters.provisioning import DynamoSerials, IotCertificates
from functions.adapters.table import to_dynamo
from functions.domain.provisioning import SerialRecord, with_claim
from tests.contract.functions.conftest import Aws
from tests.support import builders
from tests.support.clock import NOON_MS

TABLE, SERIAL = "serials", "SN-4711"
ARMED = SerialRecord(serial_number=SERIAL, charger_id=builders.CHARGER, armed_at_ms=NOON_MS)


@pytest.fixture
def serials(aws: Aws) -> Iterator[DynamoSerials]:
    aws.dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "serial_number", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "serial_number", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"serial_number": SERIAL, "charger_id": builders.CHARGER, "armed_at_ms": NOON_MS}
    aws.dynamodb.put_item(TableName=TABLE, Item=to_dynamo(item))
    yield DynamoSerials(aws.dynamodb, TABLE)
    aws.dynamodb.delete_table(TableName=TABLE)


def test_what_an_operator_put_there_by_hand_is_read(serials: DynamoSerials) -> None:
    assert serials.get(SERIAL) == ARMED
    assert serials.get("SN-0815") is None


def test_a_claim_is_kept(serials: DynamoSerials) -> None:
    claimed = with_claim(ARMED, "a" * 64, NOON_MS + 1)
    assert serials.replace(ARMED, claimed)
    assert serials.get(SERIAL) == replace(claimed, revision=1)


def test_the_whole_list_is_read_with_what_is_known_of_each_board(serials: DynamoSerials) -> None:
    renewed = replace(with_claim(ARMED, "a" * 64, NOON_MS + 1), renewed_at_ms=NOON_MS + 2)
    assert serials.replace(ARMED, renewed)
    assert serials.every() == [replace(renewed, revision=1)]


def test_a_claim_that_comes_second_changes_nothing(serials: DynamoSerials) -> None:
    first = with_claim(ARMED, "a" * 64, NOON_MS + 1)
    assert serials.replace(ARMED, first)
    assert not serials.replace(ARMED, with_claim(ARMED, "b" * 64, NOON_MS + 1))
    assert serials.get(SERIAL) == replace(first, revision=1)


def _certificate(iot: Any, charger_id: str) -> str:
    made = iot.create_keys_and_certificate(setAsActive=True)
    iot.attach_thing_principal(thingName=charger_id, principal=made["certificateArn"])
    return str(made["certificateId"])


def test_a_retired_certificate_is_of_no_use_and_off_the_chargers_list(aws: Aws) -> None:
    certificates = IotCertificates(aws.iot)
    spare, current = (_certificate(aws.iot, builders.CHARGER) for _ in range(2))
    assert sorted(certificates.of(builders.CHARGER)) == sorted([spare, current])

    certificates.retire(builders.CHARGER, spare)
    certificates.retire(builders.CHARGER, spare)

    assert certificates.of(builders.CHARGER) == [current]
    found = aws.iot.describe_certificate(certificateId=spare)["certificateDescription"]
    assert found["status"] == "INACTIVE"
    certificates.retire(builders.CHARGER, current)


def test_when_a_certificate_was_issued_is_known(aws: Aws) -> None:
    made = aws.iot.create_keys_and_certificate(setAsActive=False)
    found = aws.iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]

    at_ms = IotCertificates(aws.iot).made_at_ms(made["certificateId"])

    assert abs(at_ms - found["creationDate"].timestamp() * 1000) < 1


def test_a_charger_that_is_no_thing_yet_has_no_certificates(aws: Aws) -> None:
    assert IotCertificates(aws.iot).of("PX-NONE") == []
