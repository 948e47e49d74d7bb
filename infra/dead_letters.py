"""Every dead-letter queue of the stack by its short name, as operators read and redrive them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sqs as sqs

    from infra.device_link import DeviceLink
    from infra.domain_events import DomainEvents
    from infra.sweeper import Sweeper


@dataclass(frozen=True, slots=True)
class Letters:
    """A dead-letter queue, and the queue its letters go back to; None: nobody waits for them any more."""

    queue: sqs.IQueue
    back_to: sqs.IQueue | None = None


def dead_letters(link: DeviceLink, sweeper: Sweeper, events: DomainEvents) -> dict[str, Letters]:
    """All of them: a test fails if the stack has one that is not here."""
    return {
        "reports": Letters(link.reports.dead_letters, link.reports.queue),
        "presence": Letters(link.presence.dead_letters, link.presence.queue),
        # Who held a card to a charger has walked on; the next sweep does what one did not.
        "authorisations": Letters(link.authorisations.dead_letters),
        "sweeper": Letters(sweeper.dead_letters),
        # What is in it came from a stream or a rule, which take nothing back.
        "events": Letters(events.dead_letters),
    }


def as_setting(letters: Mapping[str, Letters]) -> str:
    """What `operator_api` is told of them (functions/settings.py)."""
    return json.dumps(
        {
            name: {"url": each.queue.queue_url} | ({"back_to": each.back_to.queue_url} if each.back_to else {})
            for name, each in letters.items()
        }
    )
