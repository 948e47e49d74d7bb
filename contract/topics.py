"""Where documents travel: names of things, shadows and MQTT topics, in one place for both sides and for the policy."""

from __future__ import annotations

import re

SHADOW_PREFIX = "evse-"
EVENTS_RULE = "polaris_session_events"
"""Name of the topic rule that takes session events in; Basic Ingest puts it into the topic."""
AUTHORISATIONS_RULE = "polaris_authorisations"
"""Name of the topic rule that takes questions about cards in."""

_EVENTS = re.compile(rf"(?:\$aws/rules/{EVENTS_RULE}/)?polaris/v1/([^/]+)/([^/]+)/events")
_SHADOW = re.compile(rf"{SHADOW_PREFIX}([1-9][0-9]?)")


def shadow_name(evse_id: int) -> str:
    """Name of the shadow of one EVSE: one named shadow each, so that their versions and deltas do not mix."""
    return f"{SHADOW_PREFIX}{evse_id}"


def evse_of_shadow(name: str) -> int | None:
    """The EVSE a shadow belongs to, or None if the name is not one of ours."""
    match = _SHADOW.fullmatch(name)
    return int(match.group(1)) if match else None


def shadow_topic(charger_id: str, evse_id: int, suffix: str) -> str:
    """A topic of one EVSE's shadow; `suffix` is for example `update`, `update/delta` or `get/accepted`."""
    return f"$aws/things/{charger_id}/shadow/name/{shadow_name(evse_id)}/{suffix}"


def events_topic(charger_id: str, evse_id: int) -> str:
    """Where an EVSE's session events go: Basic Ingest, straight to the rule, without a broker's fee."""
    return f"$aws/rules/{EVENTS_RULE}/polaris/v1/{charger_id}/{evse_id}/events"


def source_of_events(topic: str) -> tuple[str, str] | None:
    """Charger and EVSE of an events topic, as they stand there, or None; the rules engine drops its prefix."""
    match = _EVENTS.fullmatch(topic)
    return (match[1], match[2]) if match else None


def watch_topic(charger_id: str, evse_id: int) -> str:
    """Where the cloud hints that an EVSE's session is to be sampled often. A lost hint only means slower samples."""
    return f"polaris/v1/{charger_id}/{evse_id}/watch"


def authorise_topic(charger_id: str) -> str:
    """Where a charger asks whether a card may charge: Basic Ingest, as session events."""
    return f"$aws/rules/{AUTHORISATIONS_RULE}/polaris/v1/{charger_id}/authorise"


def authorised_topic(charger_id: str) -> str:
    """Where the cloud answers that."""
    return f"polaris/v1/{charger_id}/authorised"
