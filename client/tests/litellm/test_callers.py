"""The caller of a call is read from LiteLLM's metadata; callers of its proxy are not trusted."""

from typing import Any

import pytest

from gwi_usage.contexts import Context
from gwi_usage.litellm.callers import caller_of

OF_PROXY = {"proxy_server_request": {"url": "/v1/chat/completions"}}
OF_KEY = {"gwi.tenant_id": "acme", "gwi.user_id": "ann"}
OF_TEAM = {"gwi.tenant_id": "team", "gwi.workflow_id": "support"}
FORGED = {"gwi.tenant_id": "beta", "user_api_key_metadata": {"gwi.tenant_id": "beta"}}


def test_an_agent_names_everything_itself() -> None:
    named = {
        "gwi.tenant_id": "acme",
        "gwi.user_id": "ann",
        "gwi.workflow_id": "support",
        "gwi.run_id": "run-7",
        "gwi.parent_run_id": "run-6",
        "gwi.tags.feature": "search",
        "other": "left alone",
    }
    assert caller_of({"metadata": named, "user": "bob"}) == Context(
        tenant_id="acme",
        user_id="ann",
        workflow_id="support",
        run_id="run-7",
        parent_run_id="run-6",
        tags={"feature": "search"},
    )


@pytest.mark.parametrize("place", ["metadata", "litellm_metadata"])
def test_the_keys_metadata_comes_before_its_teams_and_both_before_the_requests(place: str) -> None:
    stated = {"user_api_key_metadata": OF_KEY, "user_api_key_team_metadata": OF_TEAM}
    asked = {"gwi.user_id": "bob", "gwi.run_id": "run-7", "gwi.tenant_id": "beta"}
    caller = caller_of({**OF_PROXY, place: {**asked, **stated}})
    assert (caller.tenant_id, caller.user_id, caller.workflow_id) == ("acme", "ann", "support")
    assert caller.run_id == "run-7"


@pytest.mark.parametrize(
    "call",
    [
        {"metadata": {**FORGED, "user_api_key_metadata": {}}},
        {"metadata": {"requester_metadata": FORGED}},
        {"metadata": FORGED, "litellm_metadata": {"user_api_key_metadata": {}}},
        {"metadata": FORGED, "litellm_metadata": {"requester_metadata": FORGED}},
    ],
)
def test_a_request_to_the_proxy_cannot_name_a_tenant(call: dict[str, Any]) -> None:
    assert caller_of({**OF_PROXY, **call}).tenant_id is None


@pytest.mark.parametrize(
    ("call", "user_id"),
    [
        ({"user": "ann"}, "ann"),
        ({"metadata": {"user_api_key_end_user_id": "ann", "user_api_key_user_id": "owner"}}, "ann"),
        ({"metadata": {"user_api_key_user_id": "owner"}}, "owner"),
        ({"metadata": {"user_api_key_user_id": "default_user_id"}}, None),
        ({"user": 7}, "7"),
        ({"user": "", "metadata": None}, None),
    ],
)
def test_a_user_is_found_where_litellm_has_one(call: dict[str, Any], user_id: str | None) -> None:
    assert caller_of(call).user_id == user_id


def test_names_that_the_service_would_refuse_are_cut_so_that_the_call_is_metered() -> None:
    named = {"gwi.run_id": "r" * 200, "gwi.workflow_id": "a\x00b\n", "gwi.user_id": {"not": "a name"}}
    caller = caller_of({"metadata": named, "user": "u" * 300})
    assert caller == Context(run_id="r" * 128, workflow_id="ab", user_id="u" * 256)


def test_tags_of_litellm_that_read_as_name_and_value_are_tags() -> None:
    own = ["feature:search", "bare", "User-Agent: curl", "empty:", 7, "link:a:b"]
    caller = caller_of({"metadata": {"tags": own, "gwi.tags.feature": "chat"}})
    assert caller.tags == {"feature": "chat", "link": "a:b"}


def test_no_more_tags_are_kept_than_an_event_may_have() -> None:
    caller = caller_of({"metadata": {"tags": [f"tag{number}:{number}" for number in range(9)]}})
    assert len(caller.tags) == 5


@pytest.mark.parametrize("metadata", [None, "text", ["a"], {"tags": "a:b"}, {"user_api_key_metadata": "x"}])
def test_metadata_of_any_shape_is_read(metadata: object) -> None:
    assert caller_of({**OF_PROXY, "metadata": metadata}) == Context()
