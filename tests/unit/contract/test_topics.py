"""Names of shadows and topics: the same on both sides, and nothing else is taken for one of ours."""

from __future__ import annotations

import pytest

from contract import topics


@pytest.mark.parametrize("evse_id", [1, 2, 9, 10, 32, 99])
def test_a_shadows_name_leads_back_to_its_evse(evse_id: int) -> None:
    assert topics.evse_of_shadow(topics.shadow_name(evse_id)) == evse_id


@pytest.mark.parametrize(
    "name",
    ["", "evse", "evse-", "evse-0", "evse-01", "evse-100", "evse-1a", "EVSE-1", "x-evse-1", "evse-1\n", "evse-\u0661"],
)
def test_a_name_that_is_not_ours_is_no_evse(name: str) -> None:
    assert topics.evse_of_shadow(name) is None


def test_topics_are_where_the_rules_and_the_policy_expect_them() -> None:
    assert topics.shadow_topic("PX-0001", 2, "update/delta") == "$aws/things/PX-0001/shadow/name/evse-2/update/delta"
    assert topics.events_topic("PX-0001", 2) == "$aws/rules/polaris_session_events/polaris/v1/PX-0001/2/events"
    assert topics.watch_topic("PX-0001", 2) == "polaris/v1/PX-0001/2/watch"
    assert topics.authorise_topic("PX-0001") == "$aws/rules/polaris_authorisations/polaris/v1/PX-0001/authorise"
    assert topics.authorised_topic("PX-0001") == "polaris/v1/PX-0001/authorised"


def test_an_events_topic_leads_back_to_its_evse_with_its_rules_prefix_and_without() -> None:
    topic = topics.events_topic("PX-0001", 2)
    assert topics.source_of_events(topic) == ("PX-0001", "2")
    assert topics.source_of_events(topic.removeprefix("$aws/rules/polaris_session_events/")) == ("PX-0001", "2")
    for other in ("", "polaris/v1/PX-0001/2/watch", f"x/{topic}", "polaris/v1/PX-0001/2/3/events", f"{topic}\n"):
        assert topics.source_of_events(other) is None


def test_two_evses_share_no_topic() -> None:
    assert topics.events_topic("PX-0001", 1) != topics.events_topic("PX-0001", 11)
    assert topics.watch_topic("PX-0001", 1) != topics.watch_topic("PX-0001", 11)
    assert topics.shadow_topic("PX-0001", 1, "get") != topics.shadow_topic("PX-0001", 11, "get")
