"""From AWS error codes to the domain's errors: one table, and never a look at a message's text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from functions.domain.errors import ContractViolation, PolarisError, TemporaryError

BUSY = "too_many_requests"
DOWN = "unavailable"
BUG = "internal"

AWS_ERROR_CODES: dict[str, str] = {
    "ProvisionedThroughputExceededException": BUSY,
    "RequestLimitExceeded": BUSY,
    "ThrottlingException": BUSY,
    "TransactionConflictException": BUSY,
    "TransactionInProgressException": BUSY,
    "LimitExceededException": BUSY,
    "InternalServerError": DOWN,
    "InternalFailure": DOWN,
    "InternalFailureException": DOWN,
    "ServiceUnavailable": DOWN,
    "ServiceUnavailableException": DOWN,
    "AccessDeniedException": BUG,
    "ForbiddenException": BUG,
    "InvalidRequestException": BUG,
    "MethodNotAllowedException": BUG,
    "RequestEntityTooLargeException": BUG,
    "ResourceNotFoundException": BUG,
    "UnauthorizedException": BUG,
    "UnsupportedDocumentEncodingException": BUG,
    "ValidationException": BUG,
}
"""AWS code → reason code. What is not listed counts as a bug of ours: it needs a row, so it must be seen.

Source: API references of DynamoDB, IoT data plane and SQS, "Errors". Failed conditions are not errors: the adapter
that writes conditionally reads them itself.
"""


def domain_error(error: ClientError) -> PolarisError:
    """The domain's word for an AWS error."""
    code = error.response.get("Error", {}).get("Code", "")
    reason = AWS_ERROR_CODES.get(code, BUG)
    operation = error.operation_name
    if reason == BUG:
        return ContractViolation(BUG, f"{operation}: {code}")
    return TemporaryError(reason, f"{operation}: {code}")


@contextmanager
def aws_errors() -> Iterator[None]:
    """Turns what botocore raises inside into the domain's errors."""
    try:
        yield
    except ClientError as error:
        raise domain_error(error) from error
    except BotoCoreError as error:  # no connection, timeouts, no credentials: never reached the service
        raise TemporaryError(DOWN, type(error).__name__) from error
