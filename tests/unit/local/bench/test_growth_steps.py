"""No route of the API goes unmeasured."""

from __future__ import annotations

from functions.openapi.document import ROUTES
from local.bench.growth import LEAVING
from local.bench.growth_steps import STEPS


def test_every_route_is_measured_as_the_past_grows() -> None:
    measured = [name for name, _ in STEPS if not name.startswith("(")] + [LEAVING]
    for route in ROUTES:
        address = f"{route.method.upper()} {route.path}"
        assert [name for name in measured if name.removeprefix(address)[:1] in ("", ",", " ") and address in name]
    assert len(set(measured)) == len(measured)
