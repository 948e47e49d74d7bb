"""The port `Identities`, in memory and on Cognito as moto plays it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.adapters.cognito import CognitoIdentities
from functions.adapters.memory_people import MemoryIdentities
from functions.domain.errors import ContractViolation, TemporaryError
from functions.domain.leaving import Identities
from tests.contract.functions.conftest import REGION, Aws


@dataclass
class Pool:
    """The port, two people in it, and whether one of them is still there."""

    identities: Identities
    people: list[str]
    cognito: Any = None
    pool_id: str = ""

    def knows(self, owner: str) -> bool:
        if isinstance(self.identities, MemoryIdentities):
            return owner in self.identities.known
        users = self.cognito.list_users(UserPoolId=self.pool_id)["Users"]
        return owner in [user["Username"] for user in users]


@pytest.fixture(params=["memory", "cognito"])
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    if request.param == "memory":
        yield Pool(MemoryIdentities({"one", "two"}), ["one", "two"])
        return
    _: Aws = request.getfixturevalue("account")
    cognito = boto3.Session(region_name=REGION).client("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName="drivers", UsernameAttributes=["email"])["UserPool"]["Id"]
    people = []
    for email in ("owner@example.com", "neighbour@example.com"):
        user = cognito.admin_create_user(UserPoolId=pool_id, Username=email)["User"]
        people.append(next(it["Value"] for it in user["Attributes"] if it["Name"] == "sub"))
    yield Pool(CognitoIdentities(cognito, pool_id), people, cognito, pool_id)
    cognito.delete_user_pool(UserPoolId=pool_id)


def test_an_account_is_deleted_by_its_sub_and_nobody_else_is(pool: Pool) -> None:
    one, two = pool.people
    pool.identities.remove(one)
    assert (pool.knows(one), pool.knows(two)) == (False, True)


def test_an_account_that_is_gone_already_is_as_good_as_deleted(pool: Pool) -> None:
    for _ in range(2):
        pool.identities.remove(pool.people[0])
    assert not pool.knows(pool.people[0])


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("TooManyRequestsException", TemporaryError),
        ("InternalErrorException", TemporaryError),
        ("NotAuthorizedException", ContractViolation),
    ],
)
def test_a_service_that_refuses_is_told_as_what_it_is(code: str, error: type[Exception]) -> None:
    class Client:
        def admin_delete_user(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": code}}, "AdminDeleteUser")

    with pytest.raises(error):
        CognitoIdentities(Client(), "pool").remove("one")  # type: ignore[arg-type]  # the one method the port uses
