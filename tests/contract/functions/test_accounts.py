"""The port `Accounts`."""

from __future__ import annotations

from dataclasses import replace

from functions.domain.accounts import AccountRecord
from tests.contract.functions.conftest import World
from tests.support import builders
from tests.support.builders import NEIGHBOUR, OWNER
from tests.support.clock import NOON_MS

NEW = AccountRecord(owner=OWNER, suspended_at_ms=NOON_MS, suspended_why="unpaid bills")


def test_an_account_nobody_has_said_anything_about_has_an_empty_record(world: World) -> None:
    assert world.accounts.get(OWNER) == AccountRecord(owner=OWNER)


def test_what_is_written_is_read_again_field_by_field(world: World) -> None:
    whole = replace(NEW, deletion_asked_at_ms=NOON_MS + 1, deleted_at_ms=NOON_MS + 2, expires_at=NOON_MS // 1000)
    assert world.accounts.replace(AccountRecord(owner=OWNER), whole)
    assert world.accounts.get(OWNER) == replace(whole, revision=1)
    assert world.accounts.get(NEIGHBOUR) == AccountRecord(owner=NEIGHBOUR)


def test_the_first_write_counts_if_two_found_no_record(world: World) -> None:
    none = AccountRecord(owner=OWNER)
    assert world.accounts.replace(none, NEW)
    assert not world.accounts.replace(none, replace(none, deletion_asked_at_ms=NOON_MS))
    assert world.accounts.get(OWNER) == replace(NEW, revision=1)


def test_a_record_is_replaced_only_by_whoever_saw_its_last_write(world: World) -> None:
    old = builders.account(suspended_at_ms=NOON_MS, suspended_why="unpaid bills")
    world.keep(old)
    new = replace(old, suspended_at_ms=None, suspended_why="")
    assert world.accounts.replace(old, new)
    assert not world.accounts.replace(old, new)
    assert world.accounts.get(OWNER) == AccountRecord(owner=OWNER, revision=2)
