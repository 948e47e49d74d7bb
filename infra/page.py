"""What the driver's page is served with, wherever it is served: which files it has, and the headers of every answer.

The local server (`local.web_server`) and CloudFront (`infra.web`) both take them from here, so that a page that works
on one machine works when deployed. It imports no CDK for that reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent / "web"
INDEX = "index.html"

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
}
"""What may be served. A file of any other kind in `web/` is for those who work on the page, and stays there."""

REVALIDATE = "no-cache"
"""For every file: its name does not change with its content, so a browser asks each time, and gets a 304."""

NEVER_STORED = "no-store"
"""For what is not a file: settings and tokens."""

_CONTENT_SECURITY_POLICY: Mapping[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'",),
    "connect-src": ("'self'",),
    "manifest-src": ("'self'",),
    "base-uri": ("'none'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
}

SECURITY_HEADERS: Mapping[str, str] = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # The list of chargers may ask where the driver is, to show the nearest first; nothing else of the phone is used.
    "permissions-policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Of every answer, besides the content security policy."""

STRICT_TRANSPORT_S = 365 * 24 * 3600
"""How long a browser remembers to come by TLS only, in seconds. Not for plain HTTP on one machine (RFC 6797, 7.2)."""


def content_security_policy(*connect_to: str) -> str:
    """What the page may load and whom it may call: its own origin, and the origins in `connect_to`."""
    directives = dict(_CONTENT_SECURITY_POLICY)
    directives["connect-src"] += connect_to
    return "; ".join(" ".join((name, *sources)) for name, sources in directives.items())


def page_files(root: Path = ROOT) -> Iterator[Path]:
    """Every file of the page, in a steady order."""
    return (path for path in sorted(root.rglob("*")) if path.is_file() and path.suffix in CONTENT_TYPES)
