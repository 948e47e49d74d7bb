"""Whatever a caller sends is answered with a document or a problem, and never with a 500."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from functions.account_api.handler import handler as account
from functions.cards_api.handler import handler as cards
from functions.chargers_api.handler import handler as chargers
from functions.operator_api.handler import handler as operator
from functions.sessions_api.handler import handler as sessions
from functions.sharing_api.handler import handler as sharing
from functions.start_session.handler import handler as start
from functions.stop_session.handler import handler as stop
from tests.support import builders
from tests.support.api_events import LambdaContext, api_event, problem_code
from tests.support.builders import CARD, CHARGER, OWNER, SESSION
from tests.support.cloud import Cloud

TEXT = st.text(max_size=40) | st.sampled_from([SESSION, CHARGER, "1", "", "\x00", "\ud800", "%2e%2e", "a,b", "9" * 400])
NAMES = st.sampled_from(
    ["limit", "resolutionS", "cursor", "status", "from", "to", "sessionId", "chargerId", "evseId", "x"]
)
WORDS = st.dictionaries(NAMES | TEXT, TEXT, max_size=4)
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "Prefer", "if-none-match", "Idempotency-Key", "accept", "x-odd"]),
    TEXT | st.sampled_from(["application/json", "wait=1", "wait=\u0665", "multipart/form-data; boundary", 'W/""', "*"]),
    max_size=4,
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
BODIES = st.none() | TEXT | st.binary(max_size=60) | JSON.map(json.dumps)
PATHS = st.sampled_from(
    [
        "/v1/sessions",
        "/v1/sessions.csv",
        f"/v1/sessions/{SESSION}",
        f"/v1/sessions/{SESSION}/timeline",
        f"/v1/sessions/{SESSION}/meter-values",
        f"/v1/sessions/{SESSION}/stop",
        "/v1/chargers",
        f"/v1/chargers/{CHARGER}",
        f"/v1/chargers/{CHARGER}/evses/1/sessions",
        f"/v1/sessions/{SESSION}/stop-right",
        "/v1/shared-sessions",
        f"/v1/shared-sessions/{SESSION}",
        "/v1/cards",
        f"/v1/cards/{CARD}",
        f"/v1/cards/{CARD}/lost",
        "/v1/me",
        "/v1/operator/sessions",
        f"/v1/operator/sessions/{SESSION}/stop",
        f"/v1/operator/chargers/{CHARGER}/out-of-service",
        "/v1/operator/dead-letters/reports/redrive",
        "/v1/operator/audit",
    ]
) | TEXT.map(lambda text: f"/{text}")
GROUPS = st.sampled_from(["[operators]", "[operators]", None]) | TEXT
GOOD_PARAMS = (
    st.just({"sessionId": SESSION}) | st.just({"chargerId": CHARGER, "evseId": "1"}) | st.just({"cardId": CARD})
)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    event = api_event(
        draw(st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD"])),
        draw(PATHS),
        owner=draw(st.sampled_from([OWNER, None, ""])),
        params=draw(GOOD_PARAMS | WORDS),
        query=draw(WORDS),
        headers=draw(HEADERS),
        body=draw(BODIES),
    )
    if "authorizer" in event["requestContext"]:
        event["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:groups"] = draw(GROUPS)
    return event


@effort(max_examples=300)
@given(requests())
def test_whatever_is_asked_is_answered(event: dict[str, Any]) -> None:
    cloud = Cloud()
    cloud.keep(builders.charger(), builders.evse(), builders.active_session(), builders.card())
    context = LambdaContext()
    for answer in (
        stop(event, context, cloud.stopping),
        start(event, context, cloud.starting),
        sessions(event, context, cloud.reading),
        chargers(event, context, cloud.browsing),
        cards(event, context, cloud.card_keeping),
        sharing(event, context, (cloud.lending, cloud.patience)),
        account(event, context, cloud.leaving),
        operator(event, context, cloud.operating),
    ):
        assert 200 <= answer["statusCode"] < 500
        if answer["statusCode"] >= 400:
            assert problem_code(answer) != "internal"
