"""The AWS SDK's clients, made without what the SDK does for programs that use all of AWS."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    # botocore otherwise puts one together twice for each call: a fifth of the call's processor time (ADR 0024).
    user_agent="polaris-express",
)
"""A driver waits for the answer: a call that takes seconds is better tried again within the function's time. Both
writes of the stop path may be repeated safely: the record's is conditional, the shadow's writes the same document."""


class _OneService(Loader):
    """Reads a service's description, and takes our word that there is one.

    botocore would first list the folders of all four hundred services: a twentieth of a cold start (ADR 0024).
    """

    service = ""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's signature
        return [self.service]


@cache
def session() -> Session:
    """What all clients of this process are made from."""
    made = Session()
    made.register_component("data_loader", _OneService())
    return made


@cache
def client(service: str, endpoint_url: str | None = None) -> Any:
    """The client of a service, at the region's endpoint unless another one is named."""
    session().get_component("data_loader").service = service
    return session().create_client(service, config=_CONFIG, endpoint_url=endpoint_url)
