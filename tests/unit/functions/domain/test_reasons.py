"""The one table of reasons: complete, and in words a driver can use."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import functions
from contract.vocabulary import AckReason
from functions.adapters.aws_errors import AWS_ERROR_CODES
from functions.domain import errors
from functions.domain.reasons import REASONS, Reason, reason

PROMISED = [
    "session_not_found",
    "session_not_active",
    "stop_already_acknowledged",
    "charger_not_found",
    "evse_not_found",
    "evse_in_use",
    "charger_out_of_service",
    "cable_not_plugged",
    "charger_offline",
    "no_answer",
    "refused_by_charger",
    "power_still_flowing",
    "start_expired",
    "not_sent",
    "invalid_request",
    "unauthorized",
    "too_many_requests",
    "internal",
]
INSIDE = {"invalid_document", "invalid_report", "invalid_event", "foreign_session"}
"""Reasons on a dead letter, for us; no driver ever reads them."""


def raised_codes() -> set[str]:
    """The first argument of every error of ours that is made anywhere in functions/, where it is written out."""
    kinds = {name for name, it in vars(errors).items() if isinstance(it, type) and issubclass(it, errors.PolarisError)}
    codes = set()
    for path in Path(functions.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
                codes |= {it.value for it in node.args[:1] if isinstance(it, ast.Constant)}
    return {str(code) for code in codes}


@pytest.mark.parametrize("code", PROMISED)
def test_every_promised_reason_has_a_row(code: str) -> None:
    assert code in REASONS


def test_every_reason_a_charger_may_give_has_a_row() -> None:
    assert {it.value for it in AckReason if it is not AckReason.NONE} <= set(REASONS)


def test_every_code_raised_anywhere_has_a_row() -> None:
    raised = raised_codes()
    assert {"session_not_found", "not_sent", "invalid_request"} <= raised
    assert raised - INSIDE <= set(REASONS)


def test_every_reason_an_aws_error_becomes_has_a_row() -> None:
    assert set(AWS_ERROR_CODES.values()) <= set(REASONS)


def test_a_code_nobody_knows_reads_as_a_refusal_and_never_as_nothing() -> None:
    assert reason("made_up_by_a_newer_charger") == REASONS["refused_by_charger"]


@pytest.mark.parametrize("row", REASONS.values(), ids=list(REASONS))
def test_titles_fit_the_banner_and_advice_is_sentences(row: Reason) -> None:
    assert 8 <= len(row.title) <= 60
    assert row.title[0].isupper()
    assert row.title[-1] not in ".!"
    assert row.advice[0].isupper()
    assert row.advice.endswith(".")
    assert len(row.advice) <= 240
    assert "_" not in row.title + row.advice


@pytest.mark.parametrize("row", REASONS.values(), ids=list(REASONS))
def test_the_status_tells_the_same_as_the_row(row: Reason) -> None:
    assert 400 <= row.http_status <= 599
    if row.http_status in (400, 401, 404, 415, 422):
        assert not row.retryable  # the caller must change something
    if row.http_status in (429, 503, 504):
        assert row.retryable


def test_no_two_rows_share_a_code() -> None:
    from functions.domain.reasons import _ROWS

    assert len(_ROWS) == len(REASONS)
