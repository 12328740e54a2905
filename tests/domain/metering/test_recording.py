"""Preparing events: tenant, time, id and price."""

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.ledger.counters import Series
from shared.domain.ledger.periods import MAX_AGE, MAX_AHEAD
from shared.domain.metering.event_costs import RecordingTerms
from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.recording import RecordedEvent, prepare
from shared.domain.metering.refusals import RefusedEvent
from tests.sample_events import NOON, sum_of_amounts

STEP = timedelta(microseconds=1)


def _event(**fields: Any) -> MeteringEvent:
    return MeteringEvent(**({"category": "llm", "provider": "nobody", "model": "unheard-of"} | fields))


def _prepared(**fields: Any) -> RecordedEvent:
    return prepare(_event(**fields), "acme", NOON)


def _refusal(**fields: Any) -> tuple[str, str]:
    with pytest.raises(RefusedEvent) as refused:
        _prepared(**fields)
    problem = refused.value.problem
    assert problem.index is None
    return problem.field, problem.code


# Tenant and time


def test_an_event_of_no_tenant_or_of_the_keys_tenant_is_prepared() -> None:
    assert _prepared().series == _prepared(tenant_id="acme").series == Series("nobody", "unheard-of")


def test_an_event_of_another_tenant_is_refused() -> None:
    assert _refusal(tenant_id="bolt") == ("tenant_id", "tenant_mismatch")
    with pytest.raises(RefusedEvent, match="'bolt'"):
        _prepared(tenant_id="bolt")


def test_an_event_without_a_time_gets_the_current_time() -> None:
    assert _prepared().ts == NOON


@pytest.mark.parametrize("ts", [NOON - MAX_AGE, NOON + MAX_AHEAD, NOON])
def test_both_edges_of_the_window_are_inside(ts: datetime) -> None:
    assert _prepared(ts=ts).ts == ts


@pytest.mark.parametrize(
    ("ts", "code"), [(NOON - MAX_AGE - STEP, "ts_too_old"), (NOON + MAX_AHEAD + STEP, "ts_in_future")]
)
def test_one_microsecond_beyond_the_window_is_refused(ts: datetime, code: str) -> None:
    assert _refusal(ts=ts) == ("ts", code)


def test_a_time_of_any_offset_is_stored_in_utc() -> None:
    ts = datetime(2026, 11, 20, 1, 30, tzinfo=timezone(timedelta(hours=14)))
    stored = _prepared(ts=ts).ts
    assert stored == ts
    assert stored.utcoffset() == timedelta(0)
    assert stored.date() == date(2026, 11, 19)


# Ids


def test_a_given_id_is_kept() -> None:
    assert _prepared(id="e1", request_id="req-1").id == "e1"


def test_an_id_is_derived_from_provider_and_request() -> None:
    assert _prepared(request_id="req-1").id == "nobody:req-1"


def test_an_event_without_an_id_or_a_request_gets_a_random_id() -> None:
    assert _prepared().id != _prepared().id


# Price, usage and metadata


def test_a_clients_estimate_is_kept_with_client_as_its_source() -> None:
    event = _prepared(tokens={"total_tokens": 5}, cost_usd_estimate=Decimal("0.10"))
    assert (event.cost.nanousd, event.cost.source) == (100_000_000, "client")
    assert "unpriced_calls" not in event.amounts


def test_ten_times_ten_cents_are_exactly_one_dollar() -> None:
    events = [_prepared(cost_usd_estimate=0.1) for _ in range(10)]
    assert sum_of_amounts(events)["cost_nanousd"] == 1_000_000_000


def test_an_unknown_model_is_recorded_unpriced() -> None:
    event = _prepared(tokens={"input_tokens": 7, "output_tokens": 3})
    assert (event.cost.nanousd, event.cost.source) == (None, None)
    assert event.amounts == {
        "calls": 1,
        "unpriced_calls": 1,
        "input_tokens": 7,
        "output_tokens": 3,
        "total_tokens": 10,
    }


def test_a_known_model_is_priced_by_the_catalog() -> None:
    event = _prepared(
        provider="openai", model="gpt-4.1-mini", tokens={"input_tokens": 1_000, "output_tokens": 0}
    )
    # $0.40 for a million input tokens is 400 nano-USD for each.
    assert event.cost.nanousd == 1_000 * 400
    assert event.cost.source not in (None, "client", "local")


@pytest.mark.parametrize(
    ("provider", "model", "series"),
    [
        ("Vertex_AI", "models/gemini-2.5-flash", ("google", "gemini-2.5-flash")),
        (
            "bedrock",
            "us.anthropic.claude-opus-4-5-20251101-v1:0",
            ("aws", "regional.anthropic.claude-opus-4-5-v1:0"),
        ),
        ("openai", "gpt-4o-2024-08-06", ("openai", "gpt-4o")),
        ("open_ai", "no-such-model", ("open_ai", "no-such-model")),
        ("litellm", "openai/gpt-4o", ("litellm", "openai/gpt-4o")),
        ("Nobody", "Heard-Of", ("Nobody", "Heard-Of")),
        ("ollama", "llama3:70b", ("ollama", "llama3:70b")),
    ],
)
def test_a_series_has_the_catalogs_names_or_both_as_sent(
    provider: str, model: str, series: tuple[str, str]
) -> None:
    event = _prepared(provider=provider, model=model)
    assert (event.provider, event.model, event.series) == (provider, model, Series(*series))


def test_a_deployment_is_counted_as_the_model_that_answered() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 1}
    response = {"choices": [], "model": "gpt-4o-2024-08-06", "usage": usage}
    event = _prepared(provider="azure", model="my-deployment", response=response)
    assert (event.model, event.served_model) == ("my-deployment", "gpt-4o-2024-08-06")
    assert event.series == Series("azure", "gpt-4o")


def test_a_raw_response_is_measured() -> None:
    response = {
        "type": "message",
        "model": "claude-sonnet-4-5",
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 90, "output_tokens": 5},
    }
    event = _prepared(provider="anthropic", response=response, response_format="anthropic.messages")
    assert event.tokens is not None
    assert (event.tokens.input, event.tokens.cache_read, event.tokens.output) == (10 + 90, 90, 5)


def test_tokens_together_with_a_response_are_refused() -> None:
    assert _refusal(tokens={"total_tokens": 1}, response={}) == ("response", "tokens_and_response")


def test_a_format_without_a_response_is_refused() -> None:
    assert _refusal(response_format="ollama") == ("response_format", "response_missing")


def test_a_response_without_usage_is_refused() -> None:
    assert _refusal(response={"nothing": 1}, response_format="openai.chat")[0] == "response"


def test_an_estimate_that_is_not_taken_leaves_the_price_to_the_catalog() -> None:
    call = _event(provider="openai", model="gpt-5", tokens={"input_tokens": 100}, cost_usd_estimate="9")
    ignored = prepare(call, "acme", NOON, RecordingTerms(takes_estimates=False))
    assert ignored.cost == _prepared(provider="openai", model="gpt-5", tokens={"input_tokens": 100}).cost
    assert ignored.fingerprint == prepare(call, "acme", NOON).fingerprint


def test_the_order_of_prices_is_client_provider_catalog() -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "cost": 0.5}
    call = {
        "provider": "openrouter",
        "model": "openai/gpt-4.1-mini",
        "response": {"choices": [], "usage": usage},
    }
    catalog_nanousd = 100 * 400 + 10 * 1_600
    assert _prepared(**call, cost_usd_estimate="0.7").cost == ("client", 700_000_000, "client", (), None)
    assert _prepared(**call).cost == ("exact", 500_000_000, "provider", (), catalog_nanousd)
    del usage["cost"]
    assert _prepared(**call).cost[:2] == ("exact", catalog_nanousd)


STREAM = [
    {"type": "message_start", "message": {"usage": {"input_tokens": 50, "output_tokens": 1}}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 20}},
]
CLAUDE = {"provider": "anthropic", "model": "claude-opus-4-5"}


def test_t12_a_whole_stream_costs_what_its_response_costs() -> None:
    whole = _prepared(**CLAUDE, response_stream=STREAM)
    assert (whole.cost.status, whole.cost.nanousd) == ("exact", 50 * 5_000 + 20 * 25_000)


def test_t12_an_aborted_stream_costs_at_least_what_it_said() -> None:
    aborted = _prepared(**CLAUDE, response_stream=STREAM[:1])
    assert aborted.cost == (
        "incomplete",
        50 * 5_000 + 25_000,
        aborted.cost.source,
        ("response_stream",),
        None,
    )
    assert aborted.amounts["incomplete_calls"] == aborted.amounts["calls"] == 1


@pytest.mark.parametrize("stream", [[], "", "data: {", [{"type": "ping"}]])
def test_t12_a_stream_that_said_nothing_is_recorded_as_incomplete(stream: list[Any] | str) -> None:
    aborted = _prepared(**CLAUDE, response_stream=stream)
    assert (aborted.tokens, aborted.cost) == (None, ("incomplete", None, None, ("response_stream",), None))
    assert aborted.amounts == {"calls": 1, "incomplete_calls": 1}


def test_a_stream_that_ended_without_its_usage_is_refused() -> None:
    end = {"object": "chat.completion.chunk", "choices": [{"delta": {}, "finish_reason": "stop"}]}
    text = f"data: {json.dumps(end)}\n\ndata: [DONE]\n\n"
    assert _refusal(provider="openai", response_stream=text) == ("response_stream", "no_usage_in_response")


def test_one_source_of_usage_is_taken() -> None:
    assert _refusal(response={}, response_stream=[]) == ("response_stream", "response_and_stream")
    assert _refusal(tokens={"total_tokens": 1}, response_stream=[]) == (
        "response_stream",
        "tokens_and_response",
    )


@pytest.mark.parametrize("category", ["tool", "storage", "compute", "other"])
def test_an_event_that_cannot_cost_has_no_status_and_is_not_unpriced(category: str) -> None:
    event = _prepared(category=category)
    assert event.cost == (None, None, None, (), None)
    assert not {"unpriced_calls", "incomplete_calls"} & set(event.amounts)
    assert _prepared(category=category, cost_usd_estimate="1").cost.status == "client"


def test_an_unknown_price_is_said_whatever_was_used() -> None:
    assert _prepared(units={"pages": 3}).cost == ("unknown", None, None, (), None)
    assert _prepared(tokens={"total_tokens": 9}, provider="openai", model="gpt-5").cost.status == "unknown"


def test_metadata_is_kept_as_json_and_empty_metadata_is_dropped() -> None:
    assert _prepared(metadata={"a.b": [1, None, "é"]}).metadata_json == '{"a.b":[1,null,"é"]}'
    assert _prepared(metadata={}).metadata_json is None
