"""The operators' routes over HTTP, with an operator's token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

TIMEOUT_S = 30.0
"""As long as API Gateway waits for a function."""
PAGES_AT_MOST = 50
"""Of one list: filters that find little make short pages."""

Json = dict[str, Any]


class OperatorError(Exception):
    """Something that the operator has to be told, in one sentence or two."""


class OperatorApi:
    """The calls of the operators' API. Whatever is not the answer that was wanted is an `OperatorError`."""

    def __init__(self, address: str, token: str, *, host: str | None = None) -> None:
        """`host`: the name to ask for where the address does not say it (one machine)."""
        headers = {"Authorization": f"Bearer {token}"} | ({"Host": host} if host else {})
        self._http = httpx.Client(
            base_url=f"{address}/v1/operator", headers=headers, timeout=TIMEOUT_S, trust_env=host is None
        )

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Json:
        """A document."""
        return self._ask("GET", path, params={name: _word(value) for name, value in (query or {}).items()})

    def post(self, path: str, document: Json) -> Json:
        """An act; whether it is a dry run is in the document."""
        return self._ask("POST", path, json=document)

    def listed(self, path: str, key: str, query: Mapping[str, Any], *, limit: int) -> Iterator[Json | None]:
        """The entries of a list, page after page; after the last of them None, if there are more than `limit`."""
        left, cursor = limit, None
        for _ in range(PAGES_AT_MOST):
            page = self.get(path, {**query, "limit": min(left, 50), **({"cursor": cursor} if cursor else {})})
            yield from page[key]
            left, cursor = left - len(page[key]), page["cursor"]
            if cursor is None:
                return
            if not left:
                break
        yield None

    def _ask(self, method: str, path: str, **options: Any) -> Json:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise OperatorError(f"The API gives no answer: {type(error).__name__}.") from error
        if answer.status_code == httpx.codes.OK:
            document: Json = answer.json()
            return document
        raise OperatorError(_why(answer))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _why(answer: httpx.Response) -> str:
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return "The token is not valid, or not any more: sign in again."
    is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    problem: Json = answer.json() if is_problem else {}
    if problem.get("code") == "route_not_found":
        return "There is nothing at this address for you: is this account in the group of operators?"
    if not problem:
        return f"The API answered {answer.status_code}, without an explanation."
    return f"{problem['title']} ({problem['code']}): {problem['detail']} {problem['advice']}"
