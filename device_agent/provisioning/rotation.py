"""The running agent's credentials: the slot in use, the other one to fall back on, and renewal in time.

Renewal happens between two connections of the link, because the cloud knows a charger by its client id and lets it in
once: the line is free for some seconds, and a charger works without it. Sessions go on; an intent waits in the shadow.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from device_agent.identity import KEY, Identity, Pair, Slot, other
from device_agent.provisioning.cloud import Board, Cloud
from device_agent.provisioning.errors import CertificateRefused, ProvisioningError
from device_agent.provisioning.life import Life, Step, Trouble, next_step

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Renewal:
    """What renewal needs to know, and takes from outside."""

    charger_id: str
    serial_number: str
    certificate_days: int
    cloud: Cloud
    make_request: Callable[[Path, str], str]
    read_life: Callable[[Path], Life]
    now_s: Callable[[], float]
    """Epoch seconds, as right as the board knows them."""
    mono_s: Callable[[], float]
    random: Callable[[], float]


class Rotation:
    """`Credentials` from an identity's two slots."""

    def __init__(self, identity: Identity, renewal: Renewal) -> None:
        self._identity, self._renewal = identity, renewal
        self._using: Slot = identity.current() or "a"
        self._let_in: Slot | None = None
        self._trouble = Trouble()
        self._falling_back = False
        self._lives: dict[Slot, Life | None] = {}

    def present(self) -> Pair:
        """See `Credentials`."""
        return self._identity.pair(self._using)

    def accepted(self) -> None:
        """See `Credentials`."""
        self._let_in, self._falling_back = self._using, False

    def refused(self) -> None:
        """See `Credentials`. The other certificate may be good: try them in turn."""
        beside = other(self._using)
        if self._identity.filled(beside):
            if not self._falling_back:
                log.warning("certificate refused; trying the other one", extra={"refused": self._using, "next": beside})
            self._using, self._falling_back = beside, True

    def wants_the_line(self) -> bool:
        """See `Credentials`."""
        if self._renewal.mono_s() < self._trouble.until_s:
            return False
        try:
            step = self._step()
        except (OSError, ValueError) as error:
            self._failed(error, refused_proof=False)
            return False
        if step is not Step.REST:
            return True
        self._trouble = Trouble()
        self._settle()
        return False

    def between_connections(self) -> None:
        """See `Credentials`."""
        let_in, self._let_in = self._let_in, None
        if let_in != self._using or not self.wants_the_line():
            return  # only with a certificate that has just worked there is something to ask
        step = self._step()
        try:
            if step is Step.ASK:
                self._ask()
            self._prove()
        except (ProvisioningError, OSError) as error:
            self._failed(error, refused_proof=step is Step.PROVE and isinstance(error, CertificateRefused))
        except Exception as error:
            self._failed(error, refused_proof=False)
            raise  # a defect, which the link logs; until the next try the charger has its line
        else:
            self._trouble = Trouble()

    def _step(self) -> Step:
        using = self._life(self._using)
        if using is None:
            return Step.REST
        return next_step(using, self._beside(), self._renewal.certificate_days, self._renewal.now_s())

    def _settle(self) -> None:
        """The certificate that works and has nothing better beside it is the one to begin with next time."""
        if self._let_in == self._using != self._identity.current():
            try:
                self._identity.use(self._using)
            except OSError as error:
                log.warning("slot not noted", extra={"slot": self._using, "why": str(error)})

    def _ask(self) -> None:
        """Have the next certificate made, into the other slot. What was there is of no use once this is asked."""
        log.info("renewing the certificate", extra={"with": self._using})
        renewal, identity = self._renewal, self._identity
        if identity.current() != self._using:
            identity.use(self._using)  # it has just worked, and the other slot is to be written
        request = renewal.make_request(identity.draft() / KEY, renewal.serial_number)
        board = Board(renewal.serial_number)
        issued = renewal.cloud.issue(renewal.charger_id, identity.pair(self._using), request, board)
        self._lives.pop(identity.adopt(issued.certificate), None)

    def _prove(self) -> None:
        """Try the other slot's certificate, and use it from now on."""
        slot = other(self._using)
        self._renewal.cloud.prove(self._renewal.charger_id, self._identity.pair(slot))
        self._identity.use(slot)
        self._using = slot
        log.info("certificate renewed", extra={"slot": slot})

    def _failed(self, error: Exception, *, refused_proof: bool) -> None:
        if not self._trouble.failures:
            log.warning("certificate not renewed; the one in use goes on", extra={"why": str(error)})
        self._trouble = self._trouble.after(self._renewal.mono_s(), self._renewal.random, refused_proof=refused_proof)
        if self._trouble.hopeless:
            self._identity.discard(other(self._using))
            self._lives.pop(other(self._using), None)
            self._trouble = Trouble(failures=self._trouble.failures, until_s=self._trouble.until_s)

    def _life(self, slot: Slot) -> Life | None:
        """The life of a slot's certificate; None if it has none.

        Raises:
            OSError: it cannot be read now; it is tried again.
            ValueError: as above.
        """
        if slot not in self._lives:
            filled = self._identity.filled(slot)
            self._lives[slot] = self._renewal.read_life(self._identity.pair(slot).certificate) if filled else None
        return self._lives[slot]

    def _beside(self) -> Life | None:
        """The other slot's. One that cannot be read is none: the next renewal replaces it."""
        slot = other(self._using)
        try:
            return self._life(slot)
        except (OSError, ValueError) as error:
            log.warning("certificate cannot be read", extra={"slot": slot, "why": str(error)})
            self._lives[slot] = None
            return None
