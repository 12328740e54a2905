"""Runs that start runs: the parent that an event names, and the tree that the API shows."""

import pytest

from tests.http.serving import Functions, Json, refused, token_sums

CALL: Json = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "cost_usd_estimate": "0.10"}
TOKENS: Json = {"tokens": {"input_tokens": 100, "output_tokens": 20}}
TREE = "/tenants/acme/runs/top/tree"


def test_a_tree_has_each_run_with_its_own_figures_and_the_sum_of_its_branch(
    functions: Functions, key: str
) -> None:
    functions.record(key, CALL | TOKENS | {"run_id": "top"})
    functions.record(key, CALL | TOKENS | {"run_id": "a/b", "parent_run_id": "top"})
    functions.record(key, CALL | TOKENS | {"run_id": "c", "parent_run_id": "a/b", "status": "completed"})
    tree = functions.read(key, TREE)
    rows = [(row["run"]["id"], row["run"]["parent_run_id"], row["depth"]) for row in tree["runs"]]
    assert rows == [("top", None, 0), ("a/b", "top", 1), ("c", "a/b", 2)]
    assert [row["run"]["cost_usd"] for row in tree["runs"]] == ["0.10"] * 3
    assert [row["sum"]["cost_usd"] for row in tree["runs"]] == ["0.30", "0.20", "0.10"]
    assert tree["runs"][0]["sum"]["tokens"] == token_sums(3 * 100, 3 * 20)
    assert tree["is_cut"] is False
    assert functions.read(key, "/tenants/acme/runs/a%2Fb/tree")["runs"][0]["run"]["id"] == "a/b"


def test_the_tree_of_an_unknown_or_anothers_run_is_not_found(functions: Functions, key: str) -> None:
    bolt = functions.create_tenant("bolt")
    functions.record(bolt, CALL | {"run_id": "top"})
    refused(functions.get(key, TREE), 404, "not_found")
    functions.record(key, CALL | {"run_id": "child", "parent_run_id": "top"})
    refused(functions.get(key, TREE), 404, "not_found")
    assert len(functions.read(bolt, "/tenants/bolt/runs/top/tree")["runs"]) == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"parent_run_id": "p"}, "parent_without_run"),
        ({"parent_run_id": "p", "run_id": "p"}, "own_parent"),
        ({"parent_run_id": "", "run_id": "r"}, "string_too_short"),
        ({"parent_run_id": "p" * 129, "run_id": "r"}, "string_too_long"),
    ],
)
def test_a_parent_that_cannot_be_is_refused(fields: Json, code: str, functions: Functions, key: str) -> None:
    document = refused(functions.post_events(key, CALL | fields), 422)
    assert [(each["field"], each["code"]) for each in document["errors"]] == [("parent_run_id", code)]


def test_the_error_of_a_failed_event_is_reported(functions: Functions, key: str) -> None:
    stated = {"metadata": {"error": {"name": "RateLimitError", "message": "slow down"}}}
    functions.record(key, CALL | stated | {"id": "failed", "status": "error"})
    functions.record(key, CALL | stated | {"id": "fine"})
    functions.record(key, CALL | {"id": "silent", "status": "error", "metadata": {"attempt": 3}})
    events = functions.read(key, "/tenants/acme/events?metadata=true")["events"]
    assert {event["id"]: event["error"] for event in events} == {
        "failed": {"name": "RateLimitError", "message": "slow down"},
        "fine": None,
        "silent": None,
    }
    assert functions.read(key, "/tenants/acme/events")["events"][0]["error"] is None
