"""A driver's sessions as a table for spreadsheets: RFC 4180, one row for each session.

Shape: the same figures as `Session` and its receipt have, under the same names and units; what is not known is empty.
Times are RFC 3339 in UTC, `total` is in minor units of `currency`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from functions.api_models.sessions import Session

COLUMNS = (
    "sessionId",
    "chargerId",
    "chargerName",
    "evseId",
    "startedBy",
    "status",
    "createdAt",
    "startedAt",
    "endedAt",
    "durationS",
    "startMeterWh",
    "endMeterWh",
    "energyWh",
    "endReason",
    "method",
    "estimated",
    "corrected",
    "currency",
    "total",
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet takes for a formula (OWASP, "CSV Injection")."""


def sessions_csv(sessions: Iterable[Session]) -> str:
    """The table, with its header, lines ended by CR LF."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)  # the module's own dialect is RFC 4180's
    rows.writerow(COLUMNS)
    rows.writerows(_row(session) for session in sessions)
    return text.getvalue()


def _row(session: Session) -> list[str]:
    receipt, cost = session.receipt, session.cost
    return [
        _cell(value)
        for value in (
            session.session_id,
            session.charger_id,
            session.charger_name,
            session.evse_id,
            session.started_by,
            session.status,
            session.created_at,
            session.started_at,
            session.ended_at,
            receipt.duration_s if receipt else None,
            receipt.start_meter_wh if receipt else None,
            receipt.end_meter_wh if receipt else None,
            session.energy_wh,
            receipt.end_reason.value if receipt else None,
            receipt.method.value if receipt else None,
            session.estimated,
            receipt.corrected if receipt else None,
            cost.currency if cost else None,
            cost.total if cost else None,
        )
    ]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
