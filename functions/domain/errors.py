"""What can go wrong, as one tree.

PolarisError                        carries a reason code (see `reasons`) and a detail for developers
├── CallerError                     the caller must change something; the same request fails again
├── TemporaryError                  the same request may succeed later; carries `retry_after_s`
└── ContractViolation               a side broke the contract: somebody of us must look (alarm, dead letter)
"""

from __future__ import annotations


class PolarisError(Exception):
    """Anything this system says no with."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code
        self.detail = detail


class CallerError(PolarisError):
    """The caller must change something before asking again."""


class TemporaryError(PolarisError):
    """The same request may succeed after `retry_after_s` seconds."""

    def __init__(self, code: str, detail: str = "", *, retry_after_s: int = 2) -> None:
        super().__init__(code, detail)
        self.retry_after_s = retry_after_s


class ContractViolation(PolarisError):  # noqa: N818 - it names what happened, as the tree above does
    """A document or an answer that must not exist."""
