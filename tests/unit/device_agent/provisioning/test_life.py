"""When to renew, what is next, how long to wait: pure rules."""

from __future__ import annotations

import pytest

from device_agent.provisioning.life import DAY_S, RETRY_BASE_S, RETRY_CAP_S, Life, Step, Trouble, next_step

BORN_S = 1_800_000_000.0
UNTIL_2049 = Life(BORN_S, BORN_S + 8000 * DAY_S)
YOUNGER = Life(BORN_S + 1, BORN_S + 8000 * DAY_S)


def test_a_certificate_that_lasts_until_2049_is_used_as_long_as_the_settings_say() -> None:
    assert UNTIL_2049.ends_s(730) == BORN_S + 730 * DAY_S
    assert UNTIL_2049.renew_at_s(730) == pytest.approx(BORN_S + 730 * DAY_S * 2 / 3)


def test_a_certificate_that_ends_sooner_is_renewed_at_two_thirds_of_that() -> None:
    assert Life(BORN_S, BORN_S + 90 * DAY_S).renew_at_s(730) == BORN_S + 60 * DAY_S


@pytest.mark.parametrize(
    ("beside", "age_days", "step"),
    [
        (None, 0, Step.REST),
        (None, 486, Step.REST),
        (None, 487, Step.ASK),
        (Life(BORN_S - 1, BORN_S + DAY_S), 0, Step.REST),
        (Life(BORN_S - 1, BORN_S + DAY_S), 487, Step.ASK),
        (YOUNGER, 0, Step.PROVE),
        (YOUNGER, 487, Step.PROVE),
        (UNTIL_2049, 0, Step.REST),
        (None, -9999, Step.REST),
    ],
)
def test_what_is_next_follows_from_the_two_certificates_and_the_time(
    beside: Life | None, age_days: int, step: Step
) -> None:
    assert next_step(UNTIL_2049, beside, 730, BORN_S + age_days * DAY_S) is step


def test_after_each_failure_the_wait_doubles_up_to_a_day() -> None:
    trouble, waits = Trouble(), []
    for _ in range(12):
        trouble = trouble.after(100.0, lambda: 1.0, refused_proof=False)
        waits.append(trouble.until_s - 100.0)
    assert waits[:3] == [RETRY_BASE_S, 2 * RETRY_BASE_S, 4 * RETRY_BASE_S]
    assert waits[-1] == RETRY_CAP_S
    assert Trouble(failures=10_000).after(0.0, lambda: 0.5, refused_proof=False).until_s == RETRY_CAP_S / 2


def test_three_refused_proofs_are_enough_and_other_failures_are_not() -> None:
    trouble = Trouble()
    for refused in (True, False, False, True, False):
        trouble = trouble.after(0.0, lambda: 1.0, refused_proof=refused)
    assert not trouble.hopeless
    assert trouble.after(0.0, lambda: 1.0, refused_proof=True).hopeless
