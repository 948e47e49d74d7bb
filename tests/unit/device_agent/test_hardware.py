from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract.vocabulary import CableState
from device_agent.drivers.base import Observation
from device_agent.hardware import plausible

if TYPE_CHECKING:
    from tests.support.charger_bench import Bench

SEEN = Observation(plugged=True, cable=CableState.PLUGGED, contactor_closed=False, power_w=7_200, meter_wh=40)


@pytest.mark.parametrize(
    ("power_w", "meter_wh", "expected"),
    [(7_200, 40, (7_200, 40)), (-3, None, (0, None)), (2_000_000, 40, (1_000_000, 40)), (0, -1, (0, 0))],
)
def test_an_observation_is_brought_within_what_a_report_can_carry(
    power_w: int, meter_wh: int | None, expected: tuple[int, int | None]
) -> None:
    seen = plausible(replace(SEEN, power_w=power_w, meter_wh=meter_wh))
    assert (seen.power_w, seen.meter_wh) == expected


def test_a_transformer_that_reads_below_zero_does_not_keep_a_session_from_ending(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.charge()
    observe = bench.hardware.observe

    def noisy(evse_id: int) -> Observation:
        seen = observe(evse_id)
        return seen if seen.contactor_closed else replace(seen, power_w=-3)

    monkeypatch.setattr(bench.hardware, "observe", noisy)
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "done", "")
    assert bench.events()[-1]["powerW"] == 0
