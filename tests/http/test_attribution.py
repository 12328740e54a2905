"""Usage by user, workflow, API key and tag over HTTP: who spent most, over time, and as CSV."""

import csv
import io
from typing import Any

import pytest

from shared.domain.people.keys import key_id
from tests.http.serving import Functions, refused

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
TOP, SERIES = "/tenants/acme/usage/top", "/tenants/acme/usage/series"


def call(day: int, cost: str = "0.10", **fields: Any) -> dict[str, Any]:
    tokens = {"input_tokens": 80, "output_tokens": 20}
    return {**CALL, "ts": f"2026-11-{day}T09:00:00Z", "tokens": tokens, "cost_usd_estimate": cost, **fields}


@pytest.fixture(params=["live", "folded"])
def recorded(request: pytest.FixtureRequest, functions: Functions, key: str) -> Functions:
    """Usage of two users, without a user, with tags, and with errors; the answers do not depend on the fold."""
    functions.record(
        key,
        call(18, user_id="ada", workflow_id="triage", tags={"team": "search", "env": "prod"}),
        call(19, user_id="ada", workflow_id="triage", tags={"team": "search"}),
        call(19, "0.50", user_id="bob", tags={"team": "ads"}, status="error"),
        call(19, "0.05"),
        {
            k: v
            for k, v in call(19, model="unheard-of", user_id="bob", tokens={"total_tokens": 7}).items()
            if k != "cost_usd_estimate"
        },
    )
    if request.param == "folded":
        assert functions.tick().status_code == 200
    return functions


def top(functions: Functions, key: str, query: str) -> list[tuple[str | None, str]]:
    return [(row["name"], row["cost_usd"]) for row in functions.read(key, f"{TOP}?{query}")["names"]]


def test_the_users_who_cost_most_come_first_and_the_rest_last(recorded: Functions, key: str) -> None:
    answer = recorded.read(key, f"{TOP}?group_by=user")
    assert answer == {
        "from": "2026-11-01T00:00:00Z",
        "to": "2026-12-01T00:00:00Z",
        "group_by": "user",
        "tag_names": answer["tag_names"],
        "totals": {
            "calls": 5,
            "errors": 1,
            "unpriced_calls": 1,
            "incomplete_calls": 0,
            "tokens": {"input": 4 * 80, "output": 4 * 20, "total": 4 * 100 + 7},
            "cost_usd": "0.75",
            "cost_status": "incomplete",
        },
        "names": [
            {
                "name": "bob",
                "label": None,
                "calls": 2,
                "errors": 1,
                "unpriced_calls": 1,
                "incomplete_calls": 0,
                "tokens": {"input": 80, "output": 20, "total": 100 + 7},
                "cost_usd": "0.50",
                "cost_status": "incomplete",
            },
            {
                "name": "ada",
                "label": None,
                "calls": 2,
                "errors": 0,
                "unpriced_calls": 0,
                "incomplete_calls": 0,
                "tokens": {"input": 160, "output": 40, "total": 200},
                "cost_usd": "0.20",
                "cost_status": "complete",
            },
            {
                "name": None,
                "label": None,
                "calls": 1,
                "errors": 0,
                "unpriced_calls": 0,
                "incomplete_calls": 0,
                "tokens": {"input": 80, "output": 20, "total": 100},
                "cost_usd": "0.05",
                "cost_status": "complete",
            },
        ],
    }


def test_the_usage_page_has_the_names_that_are_asked_for(recorded: Functions, key: str) -> None:
    page = recorded.read(key, "/tenants/acme/usage?group_by=user")
    assert page["by_name"] == recorded.read(key, f"{TOP}?group_by=user")
    assert page["by_name"]["totals"]["cost_usd"] == page["aggregate"]["total_cost_usd"]
    previous = recorded.read(key, "/tenants/acme/usage?group_by=user&period=previous")["by_name"]
    assert (previous["from"], previous["totals"]["calls"]) == ("2026-10-01T00:00:00Z", 0)
    assert recorded.read(key, "/tenants/acme/usage")["by_name"] is None


def test_by_workflow_and_by_tag(recorded: Functions, key: str) -> None:
    assert top(recorded, key, "group_by=workflow") == [("triage", "0.20"), (None, "0.55")]
    assert top(recorded, key, "group_by=tag:team") == [
        ("ads", "0.50"),
        ("search", "0.20"),
        (None, "0.05"),
    ]
    assert top(recorded, key, "group_by=tag:nobody-has-it") == [(None, "0.75")]


def test_keys_have_their_labels(recorded: Functions, key: str) -> None:
    ours, rest = recorded.read(key, f"{TOP}?group_by=key")["names"]
    assert (ours["name"], ours["calls"], rest["calls"]) == (key_id(key), 5, 0)
    assert ours["label"]


def test_each_event_names_the_key_that_recorded_it(functions: Functions, key: str) -> None:
    owner, other = functions.sign_in("ada@example.com"), functions.create_key("usage:write")
    functions.record(key, call(18, id="ours"))
    functions.record(other, call(18, id="theirs"), call(18, id="theirs too"))
    keys = functions.read(owner, "/tenants/acme/api-keys")["api_keys"]
    prefixes = {each["id"]: each["prefix"] for each in keys}
    events = functions.read(owner, "/tenants/acme/events")["events"]
    recorded_by = {each["id"]: prefixes[each["api_key"]] for each in events}
    first, second = key[: len(prefixes[key_id(key)])], other[: len(prefixes[key_id(other)])]
    assert recorded_by == {"ours": first, "theirs": second, "theirs too": second}
    top_keys = functions.read(owner, f"{TOP}?group_by=key")["names"]
    assert {each["name"]: each["calls"] for each in top_keys if each["calls"]} == {
        key_id(key): 1,
        key_id(other): 2,
    }


def test_names_beyond_the_limit_are_in_the_rest(recorded: Functions, key: str) -> None:
    assert top(recorded, key, "group_by=user&limit=1") == [("bob", "0.50"), (None, "0.25")]


def test_an_interval_counts_its_days_whole(recorded: Functions, key: str) -> None:
    query = "group_by=user&from=2026-11-18T08:00:00Z&to=2026-11-18T09:00:00Z"
    assert top(recorded, key, query) == [("ada", "0.10"), (None, "0.00")]
    answer = recorded.read(key, f"{TOP}?{query}")
    assert (answer["from"], answer["to"]) == ("2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z")
    assert top(recorded, key, "group_by=user&period=previous") == [(None, "0.00")]


def test_over_time_by_user(recorded: Functions, key: str) -> None:
    answer = recorded.read(key, f"{SERIES}?group_by=user&fill=none&from=2026-11-18")
    assert {name: answer[name] for name in ("from", "to", "granularity", "group_by", "time_zone")} == {
        "from": "2026-11-18T00:00:00Z",
        "to": "2026-11-21T00:00:00Z",
        "granularity": "day",
        "group_by": "user",
        "time_zone": "UTC",
    }
    assert [(each["label"], each["name"], each["cost_usd"]) for each in answer["points"]] == [
        ("2026-11-18", "ada", "0.10"),
        ("2026-11-19", "ada", "0.10"),
        ("2026-11-19", "bob", "0.50"),
        ("2026-11-19", None, "0.05"),
    ]


def test_a_filled_series_has_a_row_for_each_name_in_each_step(recorded: Functions, key: str) -> None:
    answer = recorded.read(key, f"{SERIES}?group_by=user&from=2026-11-18&to=2026-11-20")
    assert [(each["label"], each["name"], each["calls"]) for each in answer["points"]] == [
        ("2026-11-18", "ada", 1),
        ("2026-11-18", "bob", 0),
        ("2026-11-18", None, 0),
        ("2026-11-19", "ada", 1),
        ("2026-11-19", "bob", 2),
        ("2026-11-19", None, 1),
    ]


@pytest.mark.parametrize(("granularity", "label"), [("week", "2026-11-16"), ("month", "2026-11")])
def test_by_week_and_by_month(granularity: str, label: str, recorded: Functions, key: str) -> None:
    query = f"group_by=workflow&fill=none&granularity={granularity}&from=2026-11-17"
    points = recorded.read(key, f"{SERIES}?{query}")["points"]
    assert [(each["label"], each["name"], each["calls"]) for each in points] == [
        (label, "triage", 2),
        (label, None, 3),
    ]


def test_as_csv(recorded: Functions, key: str) -> None:
    for path, columns, first in (
        (f"{TOP}?group_by=user", ["name", "label"], ["bob", ""]),
        (f"{SERIES}?group_by=user&fill=none", ["label", "name"], ["2026-11-18", "ada"]),
    ):
        answer = recorded.get(key, f"{path}&format=csv")
        assert answer.mimetype == "text/csv"
        assert "by-user.csv" in answer.headers["Content-Disposition"]
        lines = list(csv.reader(io.StringIO(answer.get_data(as_text=True))))
        assert lines[0] == [
            *columns,
            *("calls", "errors", "unpriced_calls", "incomplete_calls", "cost_usd", "cost_status"),
            *("input_tokens", "output_tokens", "total_tokens"),
        ]
        assert lines[1][:2] == first


def test_a_name_that_is_a_formula_or_html_is_text(functions: Functions, key: str) -> None:
    functions.record(key, call(19, user_id="=1+1"), call(19, tags={"team": "<img src=x>"}))
    text = functions.get(key, f"{TOP}?group_by=user&format=csv").get_data(as_text=True)
    assert text.splitlines()[1].startswith('"\'=1+1"')
    assert top(functions, key, "group_by=tag:team")[0][0] == "<img src=x>"


def test_a_bad_tag_refuses_its_event_and_loses_no_other(functions: Functions, key: str) -> None:
    answer = functions.record(
        key,
        call(19, id="a", tags={"<b>": "x"}),
        call(19, id="b", tags={"team": "x" * 10_000}),
        call(19, id="c", tags=dict.fromkeys("abcdef", "x")),
        call(19, id="d", tags={"team": "x"}),
    )
    assert answer["ids"] == ["d"]
    assert [(each["index"], each["field"]) for each in answer["rejected"]] == [
        (0, "tags.<b>.[key]"),
        (1, "tags.team"),
        (2, "tags"),
    ]


def test_another_tenants_names_are_refused(functions: Functions, key: str) -> None:
    functions.create_tenant("bolt")
    refused(functions.get(key, "/tenants/bolt/usage/top?group_by=user"), 403, "foreign_tenant")
