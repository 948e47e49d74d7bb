"""The TLS side of a connection to the broker."""

from __future__ import annotations

import ssl
from pathlib import Path


class _Closing(ssl.SSLSocket):
    """A socket that is closed when its handshake fails: paho loses sight of it then."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002  (the library's own signature)
        """Shake hands, or be gone."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def trusting(authority: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer, with a broker whose certificate this authority vouches for and carries its name.

    Raises:
        OSError: the authority's file cannot be used.
    """
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(authority))
    context.sslsocket_class = _Closing
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


NOT_YET_VALID = 9
"""What OpenSSL calls a certificate that begins in the future (X509_V_ERR_CERT_NOT_YET_VALID)."""


def needs_a_person(error: OSError) -> bool:
    """Whether a failed connection is about certificates, and not a network or a clock that comes right by itself."""
    if isinstance(error, ssl.SSLCertVerificationError) and getattr(error, "verify_code", 0) == NOT_YET_VALID:
        return False  # the board's clock is behind: NTP may set it at any moment
    broken_off = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
    return isinstance(error, ssl.SSLError) and not isinstance(error, broken_off)


def ours_is_refused(error: OSError) -> bool:
    """Whether another certificate of ours may do better: not where it is the broker's that is not believed."""
    return isinstance(error, FileNotFoundError) or (
        needs_a_person(error) and not isinstance(error, ssl.SSLCertVerificationError)
    )
