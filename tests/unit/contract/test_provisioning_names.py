"""Names on the way to a certificate: a board without one can never pass for a charger."""

from __future__ import annotations

import pytest

from contract.provisioning import TEMPLATE, claim_client_id, may_name_a_charger


@pytest.mark.parametrize("charger_id", ["PX-0001", "a", "PX_7", "x" * 64, "provisioned"])
def test_a_chargers_id_is_what_the_contract_says(charger_id: str) -> None:
    assert may_name_a_charger(charger_id)


@pytest.mark.parametrize("charger_id", ["", "-x", "PX 1", "a:b", "x" * 65, claim_client_id("PX-0001"), "provision-"])
def test_nothing_else_is_one_and_the_client_id_of_a_claim_least_of_all(charger_id: str) -> None:
    assert not may_name_a_charger(charger_id)


def test_the_templates_name_is_one_that_aws_takes() -> None:
    assert len(TEMPLATE) <= 36
