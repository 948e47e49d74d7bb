"""What every document of the API shares: its form, its times, and how it explains what went wrong."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from functions.domain.reasons import Reason, reason


def when(ms: int) -> datetime:
    """A time of the records as the API shows it."""
    return datetime.fromtimestamp(ms / 1000, tz=UTC)


def when_known(ms: int | None) -> datetime | None:
    """A time of the records, if there is one."""
    return None if ms is None else when(ms)


class ApiModel(BaseModel):
    """A document of the API: camelCase, frozen, nothing undeclared."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        json_schema_serialization_defaults_required=True,
        defer_build=True,  # at first use: a function answers with few of the documents it loads
    )


class Problem(ApiModel):
    """An error, RFC 9457. `title` fits a banner, `advice` says what the driver can do, `detail` is for developers."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    advice: str
    retryable: bool
    retry_after_s: int | None = None

    @classmethod
    def of(cls, row: Reason, detail: str, retry_after_s: int | None = None) -> Problem:
        """The problem a row of the reason table makes."""
        return cls(
            type=f"urn:polaris:problem:{row.code}",
            title=row.title,
            status=row.http_status,
            detail=detail or row.title,
            code=row.code,
            advice=row.advice,
            retryable=row.retryable,
            retry_after_s=retry_after_s,
        )


class Explanation(ApiModel):
    """Why something is as it is, from the reason table: a title for the banner and advice for the driver."""

    code: str
    title: str
    advice: str
    retryable: bool

    @classmethod
    def of(cls, code: str) -> Explanation:
        """The explanation of a reason code."""
        row = reason(code)
        return cls(code=row.code, title=row.title, advice=row.advice, retryable=row.retryable)
