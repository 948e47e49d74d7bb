"""Why a board did not get a certificate, or cannot use it. Each says what a person at the board can do.

ProvisioningError
├── Unreachable                 no network, or something else answers in the broker's place: try again
│   └── WrongClock              the broker's certificate does not fit this board's clock
├── CertificateRefused          the broker does not let this certificate in, or its files are unusable
├── SerialRefused               the cloud does not want this board to be a charger, or not any more
├── WrongCharger                the cloud says that this board is another charger than the settings say
└── CloudTrouble                the cloud answered, but could not do it: try again
"""

from __future__ import annotations


class ProvisioningError(Exception):
    """There is no certificate; the text says what to do."""


class Unreachable(ProvisioningError):  # noqa: N818  (they name what happened, as the tree above does)
    """The broker cannot be reached."""


class WrongClock(Unreachable):
    """The broker's certificate is not valid at the time that this board believes it is."""


class CertificateRefused(ProvisioningError):  # noqa: N818  (reads as the fact it is)
    """The broker was reached and does not let this certificate in."""


class SerialRefused(ProvisioningError):  # noqa: N818  (reads as the fact it is)
    """The cloud was asked and said no."""


class WrongCharger(ProvisioningError):  # noqa: N818  (reads as the fact it is)
    """The cloud made this board another charger."""


class CloudTrouble(ProvisioningError):  # noqa: N818  (reads as the fact it is)
    """The cloud could not answer properly."""
