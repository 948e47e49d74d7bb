"""The floor under a stop: the stack's own routes, topic rules and queues, leading to functions that only forward.

Nothing is deployed twice. For as long as the floor is `open`, whatever leads to `stop_session`, `sessions_api` and
`charger_reports` leads to a function of `floor_handlers` instead, which has the role, environment and memory of the one
in whose place it stands. So API, rules and queues of both sides are the same ones, in the same run.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.bench import floor_handlers
from local.settings import REPO
from local.stack import Stack

FORWARDS: Mapping[str, Callable[..., object]] = {
    "stop_session": floor_handlers.stop,
    "sessions_api": floor_handlers.show,
    "charger_reports": floor_handlers.store,
}
"""The functions on the way from the tap to the shown end, and what stands in for each."""

SHARED = ("functions/__init__.py", "functions/adapters/__init__.py", "functions/adapters/clients.py")
"""What the floor's archive has of ours: how clients are made."""

SETTLED_S = 1.0
"""What follows a stop, as the report of the freed cable, reaches by then the function that it is for."""


@dataclass(frozen=True)
class Floor:
    """Our functions on the way, and those that only forward, by ARN."""

    stack: Stack
    instead: Mapping[str, str]

    @contextmanager
    def open(self) -> Iterator[None]:
        """For now everything that leads to our functions leads to the floor's."""
        time.sleep(SETTLED_S)
        self._lead(self.instead)
        try:
            yield
            time.sleep(SETTLED_S)
        finally:
            self._lead({forwards: ours for ours, forwards in self.instead.items()})

    def _lead(self, instead: Mapping[str, str]) -> None:
        led = _lead_routes(self.stack, instead) | _lead_queues(self.stack, instead)
        if missed := set(instead) - led:
            raise RuntimeError(f"nothing leads to {', '.join(sorted(missed))}")


def lay(stack: Stack) -> Floor:
    """Make the functions of the floor beside ours."""
    functions = stack.emulator.client("lambda")
    listed = functions.get_paginator("list_functions").paginate().build_full_result()["Functions"]
    ours = {each["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: each for each in listed}
    instead = {}
    for name, handler in FORWARDS.items():
        like = ours[name]
        made = functions.create_function(
            FunctionName=f"floor-{name}",
            Handler=f"{Path(floor_handlers.__file__).stem}.{handler.__name__}",
            Code={"ZipFile": archive()},
            **{field: like[field] for field in ("Runtime", "Role", "Environment", "Timeout", "MemorySize")},
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=made["FunctionName"])
        instead[like["FunctionArn"]] = made["FunctionArn"]
    return Floor(stack, instead)


def archive() -> bytes:
    """What the floor's functions are made of."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        handlers = Path(floor_handlers.__file__)
        file.write(handlers, handlers.name)
        for name in SHARED:
            file.write(REPO / name, name)
    return content.getvalue()


def _lead_routes(stack: Stack, instead: Mapping[str, str]) -> set[str]:
    """Let the API's integrations call the other functions; the ones that were called by one."""
    api, api_id = stack.emulator.client("apigatewayv2"), stack.run.api_host.partition(".")[0]
    led = set()
    for integration in api.get_integrations(ApiId=api_id)["Items"]:
        uri: str = integration["IntegrationUri"]
        for before, after in instead.items():
            if before in uri:
                to = uri.replace(before, after)
                api.update_integration(ApiId=api_id, IntegrationId=integration["IntegrationId"], IntegrationUri=to)
                led.add(before)
    return led


def _lead_queues(stack: Stack, instead: Mapping[str, str]) -> set[str]:
    """Let the queues be read by the other functions; the ones that read one."""
    functions = stack.emulator.client("lambda")
    mappings: list[dict[str, Any]] = functions.list_event_source_mappings()["EventSourceMappings"]
    found = [mapping for mapping in mappings if mapping["FunctionArn"] in instead]
    for mapping in found:
        functions.update_event_source_mapping(UUID=mapping["UUID"], FunctionName=instead[mapping["FunctionArn"]])
    return {mapping["FunctionArn"] for mapping in found}
