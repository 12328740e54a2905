"""Reading over HTTP: plans, and the aggregate."""

import pytest

from tests.http.serving import Functions, Json, token_sums

OPENAI = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "cost_usd_estimate": "0.10"}
AZURE = {"category": "llm", "provider": "azure", "model": "gpt-4.1-mini", "cost_usd_estimate": "0.05"}
SHELL = {"category": "tool", "provider": "shell", "model": "ls", "latency_ms": 7}
UNKNOWN = {"category": "llm", "provider": "tomorrow-ai", "model": "t-1", "tokens": {"total_tokens": 9}}


def three_calls() -> list[Json]:
    """Three calls of two providers in two runs, a tool call, and a failed call of unknown price."""
    return [
        {**OPENAI, "id": "1", "run_id": "run-1", "latency_ms": 300, "tokens": tokens(100, 20)},
        {**OPENAI, "id": "2", "run_id": "run-1", "latency_ms": 500, "tokens": tokens(200, 30)},
        {**AZURE, "id": "3", "run_id": "run-2", "latency_ms": 700, "tokens": tokens(400, 50)},
        {**SHELL, "id": "4", "run_id": "run-2"},
        {**UNKNOWN, "id": "5", "status": "error"},
    ]


UNKNOWN_ROW = {
    "calls": 1,
    "unpriced_calls": 1,
    "incomplete_calls": 0,
    "tokens": 9,
    "cost_usd": "0.00",
    "cost_status": "unknown",
}


def complete_row(calls: int, tokens: int, cost_usd: str) -> Json:
    """Return a row of a breakdown that leaves nothing out."""
    row = {"calls": calls, "tokens": tokens, "cost_usd": cost_usd, "cost_status": "complete"}
    return {**row, "unpriced_calls": 0, "incomplete_calls": 0}


def tokens(input_: int, output: int) -> dict[str, int]:
    return {"input_tokens": input_, "output_tokens": output}


def test_the_aggregate_is_exact_and_complete(functions: Functions, key: str) -> None:
    functions.record(key, *three_calls())
    answer = functions.read(key, "/tenants/acme/usage")
    aggregate = answer["aggregate"]
    series = aggregate.pop("series")
    assert aggregate == {
        "tenant_id": "acme",
        "period_start": "2026-11-01T00:00:00Z",
        "period_end": "2026-12-01T00:00:00Z",
        "updated_at": "2026-11-20T12:00:00Z",
        "total_runs": 2,
        "total_llm_calls": 3 + 1,
        "total_tool_calls": 1,
        "total_errors": 1,
        "total_tokens": token_sums(100 + 200 + 400, 20 + 30 + 50, 120 + 230 + 450 + 9),
        "total_latency_ms": 300 + 500 + 700 + 7,
        "total_cost_usd": "0.25",
        "cost_status": "incomplete",
        "unpriced_calls": 1,
        "incomplete_calls": 0,
        "by_provider": {
            "azure": complete_row(1, 450, "0.05"),
            "openai": complete_row(2, 120 + 230, "0.20"),
            "shell": complete_row(0, 0, "0.00"),
            "tomorrow-ai": UNKNOWN_ROW,
        },
        "by_model": {
            "gpt-4.1-mini": complete_row(3, 120 + 230 + 450, "0.25"),
            "ls": complete_row(0, 0, "0.00"),
            "t-1": UNKNOWN_ROW,
        },
    }
    assert series[1] == {
        "provider": "openai",
        "model": "gpt-4.1-mini",
        "category": "llm",
        "calls": 2,
        "tool_calls": 0,
        "errors": 0,
        "unpriced_calls": 0,
        "incomplete_calls": 0,
        "latency_ms": 300 + 500,
        "tokens": token_sums(100 + 200, 20 + 30),
        "cost_usd": "0.20",
        "cost_status": "complete",
    }
    assert (answer["billing"]["plan"], answer["billing"]["plan_name"]) == ("starter", "Starter")
    assert answer["status"]["tokens_used"] == 120 + 230 + 450 + 9


def test_the_page_says_the_same_before_and_after_a_fold(functions: Functions, key: str) -> None:
    functions.record(key, *three_calls())
    before = functions.usage(key)
    assert functions.tick().status_code == 200
    assert functions.usage(key) == before


def test_the_same_model_at_two_providers_is_not_merged(functions: Functions, key: str) -> None:
    functions.record(key, *three_calls())
    rows = [
        (row["provider"], row["calls"])
        for row in functions.usage(key)["series"]
        if row["model"] == "gpt-4.1-mini"
    ]
    assert rows == [("azure", 1), ("openai", 2)]


def test_a_row_says_whether_it_is_a_model_or_a_tool(functions: Functions, key: str) -> None:
    mark = {"category": "other", "provider": "agents", "model": "runner", "status": "failed"}
    functions.record(key, *three_calls(), mark)
    rows = {(row["model"], row["category"]) for row in functions.usage(key)["series"]}
    assert rows == {("gpt-4.1-mini", "llm"), ("t-1", "llm"), ("ls", "tool"), ("runner", "other")}


def test_a_tenant_without_usage_has_an_aggregate_of_zeros(functions: Functions, key: str) -> None:
    aggregate = functions.usage(key)
    assert (aggregate["total_runs"], aggregate["total_llm_calls"], aggregate["total_cost_usd"]) == (
        0,
        0,
        "0.00",
    )
    assert (aggregate["by_provider"], aggregate["series"]) == ({}, [])


def test_usage_of_two_tenants_stays_apart(functions: Functions, key: str) -> None:
    other = functions.create_tenant("globex")
    functions.record(key, {**OPENAI, "id": "1"})
    functions.record(other, {**OPENAI, "id": "1"}, {**OPENAI, "id": "2"})
    assert functions.usage(key)["total_llm_calls"] == 1
    assert functions.usage(other, "globex")["total_llm_calls"] == 2


def test_the_catalog_lists_every_plan_with_its_limits_and_prices(functions: Functions) -> None:
    answer = functions.get(None, "/plans")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    plans = answer.get_json()["plans"]
    assert [plan["id"] for plan in plans] == ["free", "starter", "professional", "enterprise"]
    assert plans[1] == {
        "id": "starter",
        "version": 1,
        "name": "Starter",
        "is_free": False,
        "tokens_per_period": 500_000,
        "runs_per_period": 100,
        "requests_per_minute": 30,
        "provider_cost_usd_per_period": None,
        "usd_monthly": "29.00",
        "usd_yearly": "290.00",
        "usd_yearly_per_month": "24.166666666",
        "yearly_saving_percent": 17,
    }


@pytest.mark.parametrize("path", ["/plans", "/health", "/openapi.json"])
def test_a_head_request_is_answered_like_a_get_without_its_content(path: str, functions: Functions) -> None:
    answer = functions.usage_api.head(f"/api/v1{path}")
    assert (answer.status_code, answer.data) == (200, b"")
