"""What a broker that is not believed means: a certificate that a person must replace, or a clock that will be set."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from device_agent.tls import needs_a_person, ours_is_refused, trusting
from tests.support.certificates import make_certificate

if TYPE_CHECKING:
    from pathlib import Path


def greeted(folder: Path) -> ssl.SSLCertVerificationError:
    """What shaking hands with a broker that shows this folder's certificate fails with."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    broker = server.wrap_bio(there, back, server_side=True)
    board = trusting(folder / "cert.pem").wrap_bio(back, there, server_hostname="localhost")
    for side in (board, broker):
        with pytest.raises(ssl.SSLWantReadError):
            side.do_handshake()
    with pytest.raises(ssl.SSLCertVerificationError) as raised:
        board.do_handshake()
    return raised.value


@pytest.mark.parametrize(
    ("since_days", "days", "person"), [(-1, 2, False), (2, -1, True)], ids=["not yet valid", "expired"]
)
def test_a_broker_that_is_not_valid_yet_waits_for_the_boards_clock_and_not_for_a_person(
    tmp_path: Path, since_days: float, days: float, *, person: bool
) -> None:
    make_certificate(tmp_path, "localhost", days=days, since_days=since_days)
    error = greeted(tmp_path)
    assert needs_a_person(error) is person
    assert not ours_is_refused(error)
