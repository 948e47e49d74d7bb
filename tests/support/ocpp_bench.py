"""An OCPP driver with an agent's hands: it settles facts, gives verdicts on cards, and looks when it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from contract.cards import id_token_hash
from device_agent.drivers.base import (
    CardShown,
    DriverInput,
    DriverUnreachable,
    Fact,
    Observation,
    Resumed,
    TransactionBegan,
    Verdict,
)
from device_agent.drivers.ocpp.desk import Patience
from device_agent.drivers.ocpp.driver import OcppDriver
from device_agent.settings import OcppSettings
from tests.support.ocpp_charger import RawCharger, eventually

QUICK = Patience(settle_s=0.3, verdict_s=0.3, answer_s=0.3, errand_s=0.3, boot_s=0.01, chores_s=0.05, ping_s=0.2)

CARD = "04A22B11"
OTHER_CARD = "04FFFFFF"


class OcppBench:
    """The driver of a charger with two EVSEs, and what it told."""

    def __init__(self, kind: str = "ocpp16", patience: Patience = QUICK, **settings: Any) -> None:
        wanted = {"kind": kind, "charge_points": ["CP-1", "CP-2"], "port": 0} | settings
        self.driver = OcppDriver.from_settings(OcppSettings.model_validate(wanted), [1, 2], time.time, patience)
        self.settling = True
        """Whether facts are settled as they come."""
        self.accepting = True
        self.verdicts: dict[str, Verdict] = {id_token_hash(CARD): Verdict(accepted=True, group="OWNER")}
        self.settled: list[Fact] = []
        self.cards: list[str] = []
        self.looks = 0
        self.chargers: list[RawCharger] = []
        self._new = threading.Event()
        self._closing = False
        self._hands = threading.Thread(target=self._work, daemon=True)

    def open(self, running: Mapping[int, Resumed] | None = None) -> OcppBench:
        self.driver.open(self._hear, running or {})
        self._hands.start()
        return self

    def close(self) -> None:
        for charger in self.chargers:
            charger.hang_up()
        self._closing = True
        self._new.set()
        self._hands.join()
        self.driver.close()

    def url(self, name: str = "CP-1", scheme: str = "ws") -> str:
        return f"{scheme}://127.0.0.1:{self.driver.port}/ocpp/{name}"

    def charger(
        self, name: str = "CP-1", subprotocol: str = "ocpp1.6", scheme: str = "ws", **options: Any
    ) -> RawCharger:
        charger = RawCharger(self.url(name, scheme), subprotocol, **options)
        self.chargers.append(charger)
        return charger

    def seen(self, evse_id: int = 1) -> Observation | None:
        try:
            return self.driver.observe(evse_id)
        except DriverUnreachable:
            return None

    def sees(self, evse_id: int = 1, **expected: object) -> None:
        """Wait until the EVSE is seen so."""
        eventually(lambda: (seen := self.seen(evse_id)) and all(getattr(seen, k) == v for k, v in expected.items()))

    def _hear(self, item: DriverInput) -> None:
        if isinstance(item, CardShown):
            self.cards.append(item.id_token_hash)
            if item.id_token_hash in self.verdicts:
                item.answer(self.verdicts[item.id_token_hash])
        else:
            self.looks += 1
        self._new.set()

    def _work(self) -> None:
        while not self._closing:
            self._new.wait(0.02)
            self._new.clear()
            for evse_id in (1, 2):
                seen = self.seen(evse_id)
                if self.settling and seen is not None and seen.fact is not None:
                    self.settled.append(seen.fact)
                    accepted = self.accepting or not isinstance(seen.fact, TransactionBegan)
                    self.driver.settle(seen.fact, accepted=accepted)
                    self._new.set()
