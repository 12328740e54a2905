"""GET …/usage/explain: the events behind a number, which add up to it to the nano-dollar."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.people.keys import key_id
from tests.http.serving import Functions, Json, refused

CALL: Json = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
OTHER: Json = {"category": "llm", "provider": "anthropic", "model": "claude-sonnet-4-5"}
PATH = "/tenants/acme/usage/explain"


def explained(functions: Functions, key: str, **query: str | int) -> tuple[list[Json], Json]:
    """Return the events of all pages, and the last page."""
    events: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = functions.read(key, f"{PATH}?{urlencode({**query, **cursor})}")
        events += page["events"]
        if page["next_cursor"] is None:
            return events, page
        cursor = {"cursor": page["next_cursor"]}


def cost_of(events: list[Json]) -> Decimal:
    return sum((Decimal(event["cost_usd"] or 0) for event in events), Decimal(0))


def tokens_of(events: list[Json]) -> int:
    return sum(event["tokens"]["total_tokens"] for event in events)


def record(functions: Functions, key: str, count: int = 12) -> None:
    """Record calls a minute apart, by two users, with two models."""
    for number in range(count):
        functions.clock.pass_by(timedelta(minutes=1))
        event = (OTHER if number % 3 else CALL) | {"user_id": "ada" if number % 2 else "bob"}
        functions.record(key, event | {"tokens": {"input_tokens": 100 + number, "output_tokens": 7}})


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"provider": "openai"},
        {"model": "claude-sonnet-4-5"},
        {"provider": "anthropic", "model": "claude-sonnet-4-5"},
    ],
)
def test_the_events_add_up_to_the_number_that_usage_shows(
    query: dict[str, str], functions: Functions, key: str
) -> None:
    record(functions, key)
    usage = functions.usage(key)
    events, page = explained(functions, key, limit=5, **query)
    assert page["sum_is_complete"]
    assert Decimal(page["sum"]["cost_usd"]) == cost_of(events)
    assert page["sum"]["tokens"]["total"] == tokens_of(events)
    if not query:
        assert page["sum"]["cost_usd"] == usage["total_cost_usd"]
    elif "provider" in query:
        assert page["sum"]["cost_usd"] == usage["by_provider"][query["provider"]]["cost_usd"]


def test_a_combination_is_summed_over_its_pages(functions: Functions, key: str) -> None:
    record(functions, key)
    first = functions.read(key, f"{PATH}?user_id=ada&provider=anthropic&limit=2")
    assert (len(first["events"]), first["sum_is_complete"]) == (2, False)
    events, last = explained(functions, key, user_id="ada", provider="anthropic", limit=2)
    assert {(event["user_id"], event["provider"]) for event in events} == {("ada", "anthropic")}
    assert last["sum_is_complete"]
    assert Decimal(last["sum"]["cost_usd"]) == cost_of(events) > 0
    assert last["sum"]["calls"] == len(events) == 4


def test_a_tag_an_api_key_and_errors_are_explained_by_their_own_events(
    functions: Functions, key: str
) -> None:
    other = functions.create_key("usage:write")
    functions.record(key, CALL | {"id": "a", "tags": {"team": "x:y"}}, CALL | {"id": "b", "status": "error"})
    functions.record(other, CALL | {"id": "c", "tags": {"team": "x"}}, CALL | {"id": "d", "status": "failed"})
    for query, ids in (
        ({"tag": "team:x:y"}, {"a"}),
        ({"tag": "team:none"}, set()),
        ({"api_key": key_id(other)}, {"c", "d"}),
        ({"errors": "true"}, {"b", "d"}),
        ({"errors": "true", "status": "ok"}, set()),
        ({"errors": "true", "api_key": key_id(key)}, {"b"}),
    ):
        events, page = explained(functions, key, **query)
        assert {event["id"] for event in events} == ids, query
        assert page["sum_is_complete"]
    assert explained(functions, key, errors="true")[1]["sum"]["errors"] == 2


def test_an_interval_is_explained_by_its_own_events(functions: Functions, key: str) -> None:
    functions.record(key, CALL | {"id": "old", "ts": "2026-11-18T09:59:59Z"})
    functions.record(key, CALL | {"id": "in", "ts": "2026-11-18T10:00:00Z"})
    functions.record(key, CALL | {"id": "new", "ts": "2026-11-18T11:00:00Z"})
    query: dict[str, Any] = {"from": "2026-11-18T10:00:00Z", "to": "2026-11-18T11:00:00Z"}
    events, page = explained(functions, key, **query)
    assert [event["id"] for event in events] == ["in"]
    assert page["sum"]["calls"] == 1


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("from=2026-11-18", 422, "missing"),
        ("from=2026-11-18&to=2026-11-17", 422, "empty_range"),
        ("from=2026-10-01&to=2026-11-20", 422, "range_too_long"),
        ("status=lost", 422, "literal_error"),
        ("provider=", 422, "string_too_short"),
        ("tag=team", 422, "string_pattern_mismatch"),
        ("errors=perhaps", 422, "bool_parsing"),
        ("limit=501", 422, "less_than_equal"),
        ("cursor=x", 400, "invalid_cursor"),
        ("cursor=WyJ4IiwgeyJjYWxscyI6IDEuNX1d", 400, "invalid_cursor"),
        ("cursor=WyJ4IiwgeyJuYW1lIjogMX1d", 400, "invalid_cursor"),
        ("cursor=WyJ4IiwgeyJjYWxscyI6IDF9XQ==", 400, "invalid_cursor"),
        ("tenant=bolt", 422, "extra_forbidden"),
    ],
)
def test_a_bad_question_is_reported(
    query: str, status: int, code: str, functions: Functions, key: str
) -> None:
    functions.record(key, CALL)
    document = refused(functions.get(key, f"{PATH}?{query}"), status)
    assert code in (document["code"], *(each["code"] for each in document.get("errors", ())))


def test_a_name_that_is_html_matches_nothing_and_breaks_nothing(functions: Functions, key: str) -> None:
    functions.record(key, CALL)
    events, page = explained(functions, key, user_id="<img src=x onerror=alert(1)>")
    assert (events, page["sum"]["calls"], page["sum_is_complete"]) == ([], 0, True)


@given(
    st.lists(
        st.tuples(st.sampled_from([CALL, OTHER]), st.sampled_from(["ada", "bob"]), st.integers(0, 10**6)),
        max_size=12,
    ),
    st.sampled_from(
        [{}, {"provider": "openai"}, {"user_id": "ada"}, {"user_id": "bob", "provider": "openai"}]
    ),
)
def test_whatever_was_recorded_the_pages_add_up_to_the_sum(
    functions: Functions, recorded: list[tuple[Json, str, int]], query: dict[str, str]
) -> None:
    tenant_id = f"t{functions.clock.now.timestamp():.6f}".replace(".", "-")
    functions.clock.pass_by(timedelta(microseconds=1))
    key = functions.create_tenant(tenant_id)
    for call, user, tokens in recorded:
        functions.record(
            key, call | {"user_id": user, "tokens": {"input_tokens": tokens, "output_tokens": 1}}
        )
    path = f"/tenants/{tenant_id}/usage/explain"
    events: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = functions.read(key, f"{path}?{urlencode({**query, **cursor, 'limit': 3})}")
        events += page["events"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert page["sum_is_complete"]
    assert Decimal(page["sum"]["cost_usd"]) == cost_of(events)
    assert page["sum"]["calls"] == len(events)
