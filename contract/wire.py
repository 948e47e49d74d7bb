"""How a document on the wire is read and written.

Writers forbid unknown fields and leave out what is absent (a shadow treats null as "delete this key").
Readers ignore unknown fields, so that an older reader understands a newer writer of the same version.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

WIRE_VERSION = 1
"""The version every document of this release carries in `v`. A reader refuses a version it does not know."""

SHADOW_WRITE_MAX_BYTES = 1024
"""One shadow write stays under 1 KB, the unit AWS IoT meters shadow operations by (AWS IoT Core pricing)."""

EVENT_MAX_BYTES = 1024
"""A session event is far smaller; a larger one was not written by our agent."""

Ulid = Annotated[str, StringConstraints(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
"""A ULID in canonical upper case: 26 characters of Crockford base 32."""

ChargerId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""A charger's id, which is also its IoT thing name and its MQTT client id. No colon: `:` splits policy ARNs."""

TransactionId = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,36}$")]
"""The charger's own record of a session. 36 printable characters at most (OCPP 2.0.1, identifierString[36])."""

EvseId = Annotated[int, Field(ge=1, le=32)]
"""Which EVSE of a charger, counted from 1 as in OCPP."""

EpochSeconds = Annotated[int, Field(ge=0, le=4_102_444_800)]
"""Seconds since 1970 in UTC; the upper bound is the year 2100, which catches milliseconds sent as seconds."""

EnergyWh = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""Energy in watt-hours, of a session or of a meter's register."""

PowerW = Annotated[int, Field(ge=0, le=1_000_000)]
"""Power in watts, drawn by the car."""


class Wire(BaseModel):
    """A frozen wire document with camelCase names; the strict form that writers use."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        strict=True,
        defer_build=True,  # at first use: a function, and the agent, use some of the documents and load all
    )

    def to_wire(self) -> dict[str, Any]:
        """The document as it goes on the wire: camelCase, no nulls, plain JSON types."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @classmethod
    def read(cls, document: object) -> Self:
        """The document read leniently: unknown fields are ignored, known ones are checked strictly.

        Raises:
            pydantic.ValidationError: a known field is missing, of another type or out of range.
        """
        return cls.model_validate_json(json.dumps(document), extra="ignore")
