"""How a board gets its charger's certificate, and later the next one: names and documents that both sides use.

The topics and the documents on them are AWS IoT Core's own (developer guide, "Fleet provisioning MQTT API"); ours are
the template's name, its parameters, and the client id under which a board without a certificate of its own connects.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import StringConstraints

TEMPLATE: Final = "polaris-charger"
"""The provisioning template, by which AWS makes a board a charger. At most 36 characters."""

CREATE_TOPIC: Final = "$aws/certificates/create-from-csr/json"
"""Where a certificate is asked for with a signing request; the answer is on `<topic>/accepted` or `/rejected`."""

PROVISION_TOPIC: Final = f"$aws/provisioning-templates/{TEMPLATE}/provision/json"
"""Where the template is applied to that certificate; answers as above."""

CLAIM_PREFIX: Final = "provision-"
"""What the client id of a board begins with while it has only the claim certificate. No charger's id does."""

SERIAL_PARAMETER: Final = "SerialNumber"
ATTEMPT_PARAMETER: Final = "Attempt"
"""A random text that a board makes once and repeats when it tries again: only the board that claimed a serial number
may claim it again."""
CHARGER_PARAMETER: Final = "ChargerId"
"""Set by the cloud alone: the hook's value replaces whatever a board says."""

SerialNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
"""What the maker printed on the board's label."""

Attempt = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""128 random bits in hexadecimal."""

_CHARGER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def claim_client_id(serial_number: str) -> str:
    """The MQTT client id of a board that has no certificate of its own yet."""
    return f"{CLAIM_PREFIX}{serial_number}"


def may_name_a_charger(charger_id: str) -> bool:
    """Whether a text can be a charger's id: as `contract.wire.ChargerId`, and no client id of a claim."""
    return _CHARGER_ID.fullmatch(charger_id) is not None and not charger_id.startswith(CLAIM_PREFIX)
