"""Which simulated chargers a plant serves, read from its TOML file.

Shape::

    [[chargers]]
    id = "PX-0001"
    evses = [{ id = 1, max_power_w = 11000, plugged = true }, { id = 2, max_power_w = 22000 }]
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from contract.wire import ChargerId, EvseId

if TYPE_CHECKING:
    from pathlib import Path


class PlantEvse(BaseModel):
    """One simulated EVSE. Units: `max_power_w` in watts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: EvseId
    max_power_w: Annotated[int, Field(ge=1, le=1_000_000)] = 11_000
    plugged: bool = False


class PlantCharger(BaseModel):
    """One simulated charger and its EVSEs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: ChargerId
    evses: Annotated[list[PlantEvse], Field(min_length=1)]


class PlantFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chargers: Annotated[list[PlantCharger], Field(min_length=1)]

    @classmethod
    def load(cls, path: Path) -> PlantFile:
        """The file's chargers.

        Raises:
            pydantic.ValidationError, tomllib.TOMLDecodeError, OSError: the file is missing or wrong.
        """
        return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
