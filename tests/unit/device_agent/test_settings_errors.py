"""The words for settings of every shape, on models of the test's own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from device_agent.settings_errors import explain


class Bus(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["bus"]
    address: Annotated[int, Field(ge=1, le=247)]


class Socket(BaseModel):
    kind: Literal["tcp", "tls"]
    password: Annotated[str, Field(min_length=16, max_length=40)] | None = None
    wait_s: Annotated[float, Field(gt=0)] = 1.0

    @field_validator("wait_s")
    @classmethod
    def _patience(cls, value: float) -> float:
        if value > 60:
            raise ValueError("nobody waits longer than a minute")
        return value


class Whole(BaseModel):
    driver: Annotated[Bus | Socket, Field(discriminator="kind")]
    quiet: bool = False


@pytest.mark.parametrize(
    ("driver", "said"),
    [
        ({"kind": "bus", "address": 300}, "driver.address = 300: allowed: a whole number from 1 to 247"),
        ({"kind": "bus"}, "driver.address is missing; allowed: a whole number from 1 to 247"),
        ({"kind": "bus", "address": 1, "speed": 9600}, "driver.speed: there is no such key"),
        ({"kind": "can"}, "driver.kind = 'can': allowed: 'bus', 'tcp', 'tls'"),
        ({"address": 1}, "driver.kind is missing; allowed: 'bus', 'tcp', 'tls'"),
        ({"kind": "tcp", "wait_s": -1}, "driver.wait_s = -1: allowed: a number from 0"),
        ({"kind": "tcp", "wait_s": 61.0}, "driver.wait_s = 61.0: nobody waits longer than a minute"),
        ({"kind": "tls", "password": "hunter2"}, "driver.password: allowed: text of 16 to 40 characters"),
    ],
)
def test_variants_are_left_out_of_the_key_and_secrets_out_of_the_sentence(driver: dict[str, Any], said: str) -> None:
    assert [sentence for _, sentence in problems({"driver": driver})] == [said]


def test_every_problem_is_told_with_its_key() -> None:
    found = problems({"driver": {"kind": "bus", "address": 0}, "quiet": "perhaps"})
    assert [key for key, _ in found] == ["driver.address", "quiet"]
    assert found[1][1] == "quiet = 'perhaps': allowed: true or false"


def problems(content: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as raised:
        Whole.model_validate(content)
    return list(explain(raised.value.errors(), Whole.model_json_schema()))
