"""Writes the generated documents of the repository: `python -m local.documents`; with `--check` it only compares.

They are contract/schema/*.json (the wire documents), docs/events/*.json (the domain events) and docs/openapi.json (the
API).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from contract.schemas import schema_texts
from functions.domain.event_documents import event_schema_texts
from functions.openapi.document import openapi

ROOT = Path(__file__).parent.parent


def documents() -> dict[Path, str]:
    """Every generated file and what must stand in it."""
    schemas = {ROOT / "contract" / "schema" / name: text for name, text in schema_texts().items()}
    events = {ROOT / "docs" / "events" / name: text for name, text in event_schema_texts().items()}
    return {**schemas, **events, ROOT / "docs" / "openapi.json": json.dumps(openapi(), indent=2) + "\n"}


def main(arguments: list[str]) -> int:
    """Write what differs, or with `--check` name it; the exit code of a check is the number of files that differ."""
    stale = {path: text for path, text in documents().items() if not path.exists() or path.read_text() != text}
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date: run `make schema`")
        return len(stale)
    for path, text in stale.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
