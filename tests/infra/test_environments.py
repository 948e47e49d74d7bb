"""What dev, prod and one machine differ in, each difference a field."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from aws_cdk import App

from infra import environments
from infra.environments import BY_NAME, DEV, PROD, Environment

ROOT = Path(environments.__file__).parent


def of(**context: str) -> Environment:
    return Environment.from_context(App(context=context).node)


def differences(one: Environment, other: Environment) -> set[str]:
    return {it.name for it in fields(Environment) if getattr(one, it.name) != getattr(other, it.name)}


def test_a_name_is_its_environment_and_dev_is_what_nobody_named() -> None:
    assert {name: of(env=name) for name in BY_NAME} == BY_NAME
    assert of() == DEV


def test_prod_keeps_protects_and_encrypts_and_has_a_stop_that_is_awake() -> None:
    assert differences(DEV, PROD) == {
        "name",
        "keeps_data",
        "log_retention",
        "stop_concurrency",
        "stop_warm",
        "own_key",
        "cors_origins",
    }
    assert (PROD.keeps_data, PROD.own_key, PROD.cors_origins) == (True, True, ())


@pytest.mark.parametrize("name", BY_NAME)
def test_on_one_machine_nothing_is_kept_whichever_environment_it_plays(name: str) -> None:
    here = of(env=name, local="true", bundle="host")
    assert (here.keeps_data, here.own_key, here.stop_warm, here.stop_concurrency) == (False, False, 0, None)
    assert (here.local, here.loss_held_s) == (True, 0)


def test_a_new_account_may_take_what_its_quota_allows() -> None:
    assert of(env="prod", stopConcurrency="50", stopWarm="0") == replace(PROD, stop_concurrency=50, stop_warm=0)
    assert of(env="prod", stopConcurrency="0").stop_concurrency is None


def test_silence_is_counted_in_five_minutes_and_no_longer_than_an_alarm_looks_back() -> None:
    assert (of().quiet_minutes, of(quietMinutes="30").quiet_minutes, of(quietMinutes="1440").quiet_minutes) == (
        0,
        30,
        1440,
    )
    for wrong in ("7", "1445", "-5", "soon"):
        with pytest.raises(environments.UnknownSettingError, match="quietMinutes"):
            of(quietMinutes=wrong)


def test_no_construct_asks_for_an_environment_by_its_name() -> None:
    for path in sorted(ROOT.glob("*.py")):
        if path.name != "environments.py":
            text = path.read_text()
            assert "environment.name ==" not in text, path.name
            assert "environment.name !=" not in text, path.name
