from __future__ import annotations

import os
import signal

import pytest

from local.interrupts import EndRequested, Interrupts


def test_a_request_to_end_is_told_at_once() -> None:
    interrupts = Interrupts()
    with interrupts.listening(), pytest.raises(EndRequested):
        os.kill(os.getpid(), signal.SIGTERM)


def test_a_request_under_a_shield_is_told_when_the_shield_is_gone() -> None:
    interrupts, done = Interrupts(), []

    def work() -> None:
        with interrupts.shielded():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("what must not be torn apart")

    with interrupts.listening(), pytest.raises(EndRequested):
        work()
    assert done


def test_a_shield_within_a_shield_is_still_a_shield() -> None:
    interrupts, done = Interrupts(), []

    def work() -> None:
        with interrupts.shielded():
            with interrupts.shielded():
                os.kill(os.getpid(), signal.SIGINT)
            done.append("after the inner one")

    with interrupts.listening(), pytest.raises(EndRequested):
        work()
    assert done


def test_only_the_first_request_counts() -> None:
    interrupts = Interrupts()
    with interrupts.listening():
        with pytest.raises(EndRequested):
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)


def test_an_error_under_a_shield_is_not_hidden_by_a_request() -> None:
    interrupts = Interrupts()

    def work() -> None:
        with interrupts.shielded():
            os.kill(os.getpid(), signal.SIGINT)
            raise ValueError("the error")

    with interrupts.listening(), pytest.raises(ValueError, match="the error"):
        work()
