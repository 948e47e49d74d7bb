"""Keys, signing requests and certificates, by `cryptography`.

That library keeps its memory for as long as the process lives, so a running agent has this done by another one:
`python -m device_agent.provisioning.papers` (see `apart`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from device_agent.identity import write_secret
from device_agent.provisioning.life import Life


def make_request(key: Path, name: str) -> str:
    """Make a key pair on this board, keep the private key in a new file, and ask for a certificate on the public one.

    Returns:
        The signing request in PEM. The private key is in the file and nowhere else.
    """
    private_key = ec.generate_private_key(ec.SECP256R1())
    pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_secret(key, pem)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(private_key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode("ascii")


def read_life(certificate: Path) -> Life:
    """From when until when a certificate is valid.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no certificate.
    """
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    return Life(found.not_valid_before_utc.timestamp(), found.not_valid_after_utc.timestamp())


def main() -> int:
    """`request KEY NAME` prints a signing request; `life CERTIFICATE` prints two times in epoch seconds."""
    match sys.argv[1:]:
        case ["request", key, name]:
            answer = json.dumps(make_request(Path(key), name))
        case ["life", certificate]:
            life = read_life(Path(certificate))
            answer = json.dumps([life.not_before_s, life.not_after_s])
        case _:
            return 2
    print(answer)  # noqa: T201  (the answer to the process that started this one)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
