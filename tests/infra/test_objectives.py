"""The promises about stops: which numbers ring, and that a burn rate needs both of its windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from functions.domain.patience import Patience
from functions.domain.stop_outcomes import QUICK_MS
from infra.objectives import STOPS_ARE_QUICK, STOPS_WORK

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised


def part(stack: Synthesised, name: str) -> dict[str, Any]:
    body: dict[str, Any] = stack.resources[f"Alarms{name}"]["Properties"]
    return body


def rings(alarm: dict[str, Any], **counted: int) -> bool:
    """Whether an alarm rings for these numbers, worked out as CloudWatch does."""
    (math,) = (it for it in alarm["Metrics"] if "Expression" in it)
    sums = {
        it["Id"]: counted.get(it["MetricStat"]["Metric"]["MetricName"], 0)
        for it in alarm["Metrics"]
        if "MetricStat" in it
    }
    words = {"FILL": lambda value, _: value, "IF": lambda condition, yes, no: yes if condition else no}
    return bool(eval(math["Expression"], words, sums) > alarm["Threshold"])  # noqa: S307 - our own template


@pytest.mark.parametrize(
    ("window", "long_s", "short_s", "share"),
    [("1h", 3600, 300, 0.072), ("6h", 21_600, 1800, 0.03), ("1d", 86_400, 7200, 0.015)],
)
def test_a_burn_rate_rings_when_both_windows_say_so(
    awake: Synthesised, window: str, long_s: int, short_s: int, share: float
) -> None:
    for size, period_s in (("Long", long_s), ("Short", short_s)):
        alarm = part(awake, f"StopsFail{window}{size}")
        assert {it["MetricStat"]["Period"] for it in alarm["Metrics"] if "MetricStat" in it} == {period_s}
        assert alarm["Threshold"] == share
    both = awake.resources[f"AlarmsStopsFail{window}"]["Properties"]["AlarmRule"]
    assert both == (f'(ALARM("<AlarmsStopsFail{window}Long.Arn>") AND ALARM("<AlarmsStopsFail{window}Short.Arn>"))')


def test_a_stop_that_nobody_answered_is_as_bad_as_one_that_failed(awake: Synthesised) -> None:
    hour = part(awake, "StopsFail1hLong")
    assert rings(hour, StopsOver=30, StopsDone=27)
    assert rings(hour, StopsOver=27, StopsDone=27, StopsOverdue=3)
    assert not rings(hour, StopsOver=100, StopsDone=97)


def test_one_bad_stop_in_a_quiet_night_wakes_nobody(awake: Synthesised) -> None:
    assert not rings(part(awake, "StopsFail1hLong"), StopsOver=2, StopsDone=0)
    assert rings(part(awake, "StopsFail1hShort"), StopsOver=1, StopsDone=0)


def test_slow_stops_are_a_share_of_those_that_worked(awake: Synthesised) -> None:
    day = part(awake, "StopsSlow1dLong")
    assert rings(day, StopsDone=90, StopsQuick=87)
    assert not rings(day, StopsDone=200, StopsQuick=197)


def test_what_the_alarms_say_in_seconds_is_what_is_counted() -> None:
    assert f"within {Patience().ack_timeout_s} s" in STOPS_WORK.meaning
    assert f"later than {QUICK_MS // 1000} s" in STOPS_ARE_QUICK.meaning
