from __future__ import annotations

import pytest

from device_agent.pacing import REQUESTS_AT_ONCE, REQUESTS_IN_FLIGHT, REQUESTS_PER_S, Bucket, Requests


def test_a_bucket_lets_a_burst_through_and_then_keeps_its_rate() -> None:
    bucket = Bucket(per_s=2, at_once=3)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(100.4)
    assert bucket.take(100.5)
    assert not bucket.take(100.9)
    assert [bucket.take(200.0) for _ in range(4)] == [True, True, True, False]


def test_a_clock_that_stands_still_gives_no_tokens() -> None:
    bucket = Bucket(per_s=10, at_once=1)
    assert bucket.take(5.0)
    assert not bucket.ready(5.0)
    assert not bucket.ready(4.0)


def test_only_so_many_topics_wait_for_answers_at_a_time() -> None:
    requests = Requests()
    for number in range(REQUESTS_IN_FLIGHT):
        assert requests.ready(f"get {number}", number)
        requests.sent(f"get {number}", number)
    assert not requests.ready("one more", 100.0)
    assert requests.ready("get 0", 100.0)
    requests.over("get 3")
    assert requests.ready("one more", 100.0)


def test_requests_keep_the_rate_of_the_service_however_fast_the_answers_come() -> None:
    requests, sent = Requests(), 0
    for tick in range(1_000):
        if requests.ready("update", tick / 100):
            requests.sent("update", tick / 100)
            requests.over("update")
            sent += 1
    assert sent == pytest.approx(10 * REQUESTS_PER_S + REQUESTS_AT_ONCE, abs=1)
