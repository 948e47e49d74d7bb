"""A board's settings file."""

from __future__ import annotations

from pathlib import Path

import tomli_w


def agent_toml(folder: Path, **changes: object) -> Path:
    """Settings of a charger with one simulated EVSE and all its files in this folder; `changes` replace sections."""
    settings: dict[str, object] = {
        "charger_id": "PX-0001",
        "link": {
            "host": "localhost",
            "port": 8883,
            "ca": "ca.pem",
            "certificate": "cert.pem",
            "private_key": "key.pem",
        },
        "journal": {"path": "journal.sqlite3"},
        "driver": {"kind": "simulated", "socket": "plant.sock"},
        "evses": [{"id": 1}],
    }
    path = folder / "agent.toml"
    path.write_text(tomli_w.dumps(settings | changes))
    return path
