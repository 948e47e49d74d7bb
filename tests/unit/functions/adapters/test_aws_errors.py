"""From AWS error codes to ours: the whole table, and what is not in it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, NoCredentialsError

from functions.adapters.aws_errors import AWS_ERROR_CODES, BUG, BUSY, DOWN, aws_errors, domain_error
from functions.domain.errors import ContractViolation, TemporaryError

DOCUMENTED = {
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ResourceNotFoundException",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
    "AccessDeniedException",
    "ValidationException",
    "ConflictException",
    "InternalFailureException",
    "InvalidRequestException",
    "MethodNotAllowedException",
    "RequestEntityTooLargeException",
    "ServiceUnavailableException",
    "UnauthorizedException",
    "UnsupportedDocumentEncodingException",
}
"""Errors of the calls the adapters make, from the API references of DynamoDB and of the IoT data plane."""


def client_error(code: str, **more: object) -> ClientError:
    response = {"Error": {"Code": code, "Message": "never looked at"}, **more}
    return ClientError(response, "SomeCall")  # type: ignore[arg-type]  # the stub knows a few keys only


def test_every_documented_error_has_a_row() -> None:
    assert set(AWS_ERROR_CODES) >= DOCUMENTED


@pytest.mark.parametrize(("code", "reason"), AWS_ERROR_CODES.items())
def test_every_row_is_a_temporary_error_or_a_bug_of_ours(code: str, reason: str) -> None:
    error = domain_error(client_error(code))
    assert error.code == reason
    assert error.detail == f"SomeCall: {code}"
    assert isinstance(error, ContractViolation if reason == BUG else TemporaryError)


@pytest.mark.parametrize("code", ["BrandNewException", ""])
def test_what_has_no_row_counts_as_a_bug_so_that_it_is_seen(code: str) -> None:
    assert isinstance(domain_error(client_error(code)), ContractViolation)


@pytest.mark.parametrize(
    ("causes", "reason"),
    [
        (["None", "ThrottlingError"], BUSY),
        (["ProvisionedThroughputExceeded", "None"], BUSY),
        (["None", "TransactionConflict"], BUSY),
        (["ValidationError", "ThrottlingError"], BUG),
        (["None", "None"], BUG),
        ([], BUG),
    ],
)
def test_a_cancelled_transaction_is_what_cancelled_it(causes: list[str], reason: str) -> None:
    error = client_error("TransactionCanceledException", CancellationReasons=[{"Code": cause} for cause in causes])
    assert domain_error(error).code == reason


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://example.com"),
        ConnectTimeoutError(endpoint_url="https://example.com"),
        NoCredentialsError(),
    ],
)
def test_a_call_that_never_reached_the_service_may_succeed_later(error: Exception) -> None:
    with pytest.raises(TemporaryError) as raised, aws_errors():
        raise error
    assert (raised.value.code, raised.value.detail) == (DOWN, type(error).__name__)


def test_what_is_no_error_of_aws_passes_through() -> None:
    with pytest.raises(KeyError), aws_errors():
        raise KeyError("ours")
