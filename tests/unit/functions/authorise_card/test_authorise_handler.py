"""A batch of the authorisations queue."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.authorise_card.handler import handler
from functions.domain.errors import TemporaryError
from tests.support import builders
from tests.support.api_events import LambdaContext, sqs_event
from tests.support.builders import question, question_message
from tests.support.cloud import Cloud


def call(cloud: Cloud, *bodies: str) -> list[dict[str, Any]]:
    answer = handler(sqs_event(*bodies), LambdaContext(), (cloud.card_authorisation, cloud.dead_letters))
    failures: list[dict[str, Any]] = answer["batchItemFailures"]
    return failures


def counted(capsys: pytest.CaptureFixture[str], metric: str) -> list[float]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    return [value for line in lines for value in line.get(metric, [])]


def test_each_question_is_answered_and_what_is_none_is_set_aside_at_once(cloud: Cloud) -> None:
    cloud.keep(builders.card())
    other = question_message(question(idTokenHash=builders.OTHER_CARD), charger_id="PX-0002")
    assert call(cloud, question_message(question()), "garbage", other) == []
    assert [(to, answer.status.value) for to, answer in cloud.answers.told] == [
        (builders.CHARGER, "accepted"),
        ("PX-0002", "unknown"),
    ]
    ((body, why),) = cloud.dead_letters.letters
    assert (body, why.split(":")[0]) == ("garbage", "invalid_document")


def test_a_question_that_comes_too_late_is_counted_for_its_alarm(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.clock.pass_s(31)
    assert call(cloud, question_message(question())) == []
    assert cloud.answers.told == []
    assert cloud.dead_letters.letters == []
    assert counted(capsys, "CardNotAnswered") == [1.0]


def test_an_answer_that_could_not_be_sent_is_tried_again(cloud: Cloud) -> None:
    cloud.answers.failing_with = TemporaryError("unavailable")
    assert call(cloud, question_message(question())) == [{"itemIdentifier": "message-0"}]
