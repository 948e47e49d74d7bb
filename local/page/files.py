"""The page's files, as a browser asks for them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from infra.page import CONTENT_TYPES, INDEX, REVALIDATE
from local.page.messages import NOT_FOUND, Answer, problem

if TYPE_CHECKING:
    from pathlib import Path

PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
"""A name of a file or folder of the page. Nothing that leads elsewhere, is hidden, or means something to a shell."""

ETAG_DIGITS = 32


def file_at(root: Path, url_path: str) -> Path | None:
    """The file of the page that a URL's path names; None if it names none, or anything that is not of the page."""
    names = unquote(url_path).removeprefix("/").split("/")
    if names == [""]:
        names = [INDEX]
    if not all(PLAIN_NAME.fullmatch(name) for name in names):
        return None
    path = root.joinpath(*names)
    if path.suffix not in CONTENT_TYPES or not path.is_file():
        return None
    # A link inside the folder may still lead out of it.
    return path if path.resolve().is_relative_to(root.resolve()) else None


def serve_file(root: Path, url_path: str, if_none_match: str) -> Answer:
    """The file, or 304 if the browser has it; read anew each time, so that who works on the page sees it at once."""
    path = file_at(root, url_path)
    if path is None:
        return problem(NOT_FOUND, url_path)
    content = path.read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:ETAG_DIGITS]}"'
    headers = {"etag": etag, "cache-control": REVALIDATE}
    if _names(if_none_match, etag):
        return Answer(304, headers)
    return Answer(200, headers | {"content-type": CONTENT_TYPES[path.suffix]}, content)


def _names(if_none_match: str, etag: str) -> bool:
    """Whether the header names this tag; a weak mark does not matter for it (RFC 9110, 13.1.2)."""
    given = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in given or "*" in given
