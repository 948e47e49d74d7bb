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
    "ProvisionedThroughputExceeded": BUSY,
    "ThrottlingError": BUSY,
    "TransactionConflict": BUSY,
    "TooManyRequestsException": BUSY,
    "ConflictException": DOWN,
    "InternalErrorException": DOWN,
    "InternalException": DOWN,
    "InternalServerError": DOWN,
    "InternalFailure": DOWN,
    "InternalFailureException": DOWN,
    "ServiceUnavailable": DOWN,
    "ServiceUnavailableException": DOWN,
    "500": DOWN,
    "502": DOWN,
    "503": DOWN,
    "504": DOWN,
    "AccessDeniedException": BUG,
    "ForbiddenException": BUG,
    "InvalidParameterException": BUG,
    "InvalidRequestException": BUG,
    "MethodNotAllowedException": BUG,
    "NotAuthorizedException": BUG,
    "RequestEntityTooLargeException": BUG,
    "ResourceNotFoundException": BUG,
    "UnauthorizedException": BUG,
    "UnsupportedDocumentEncodingException": BUG,
    "ValidationException": BUG,
}
"""AWS code → reason code. What is not listed counts as a bug of ours: it needs a row, so it must be seen.

Source: API references of DynamoDB, IoT data plane, SQS, EventBridge and Cognito user pools, "Errors";
TransactWriteItems, "CancellationReasons"; a bare number is what botocore makes of an answer that no service wrote, such
as a proxy's. Failed conditions are not errors: the adapter that writes conditionally reads them itself.
"""

_CANCELLED = "TransactionCanceledException"


def domain_error(error: ClientError) -> PolarisError:
    """The domain's word for an AWS error."""
    codes = [error.response.get("Error", {}).get("Code", "")]
    if codes == [_CANCELLED]:
        causes = [cause.get("Code", "None") for cause in error.response.get("CancellationReasons", [])]
        codes = [code for code in causes if code != "None"] or codes
    return error_of(error.operation_name, codes)


def error_of(operation: str, codes: list[str]) -> PolarisError:
    """The domain's word for what an operation, or parts of it, failed with."""
    reasons = {AWS_ERROR_CODES.get(code, BUG) for code in codes}
    detail = f"{operation}: {', '.join(codes)}"
    if BUG in reasons:
        return ContractViolation(BUG, detail)
    return TemporaryError(DOWN if DOWN in reasons else BUSY, detail)


@contextmanager
def aws_errors() -> Iterator[None]:
    """Turns what botocore raises inside into the domain's errors."""
    try:
        yield
    except ClientError as error:
        raise domain_error(error) from error
    except BotoCoreError as error:  # no connection, timeouts, no credentials: never reached the service
        raise TemporaryError(DOWN, type(error).__name__) from error
