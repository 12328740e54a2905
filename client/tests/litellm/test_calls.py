"""The fields of an event are read from the details that LiteLLM passes to its callbacks."""

from datetime import datetime, timedelta, timezone
from typing import Any

import litellm
import pytest
from litellm.router import Router

from gwi_usage import Meter
from gwi_usage.litellm import calls
from gwi_usage.litellm.calls import Times
from tests.litellm.conftest import MESSAGES, Agent
from tests.service import Service

BEGAN = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)
TIMES = Times(BEGAN, BEGAN + timedelta(seconds=1.5))
CHAT: dict[str, Any] = {"call_type": "acompletion", "model": "gpt-4.1-mini", "custom_llm_provider": "openai"}
USAGE = litellm.Usage(prompt_tokens=10, completion_tokens=2, total_tokens=10 + 2)


@pytest.mark.parametrize(
    "kind",
    [
        "completion",
        "acompletion",
        "aembedding",
        "anthropic_messages",
        "aresponses",
        litellm.CallTypes.arerank,
    ],
)
def test_calls_of_models_are_recorded(kind: object) -> None:
    assert calls.is_call_of_model({"call_type": kind})


@pytest.mark.parametrize(
    "details",
    [
        {"call_type": "aget_responses"},  # it states again what another call used
        {"call_type": "acreate_file"},
        {"call_type": None},
        {},
        {**CHAT, "cache_hit": True},
        {**CHAT, "litellm_no_upstream_llm_call": True},
    ],
)
def test_nothing_else_is_recorded(details: dict[str, Any]) -> None:
    assert not calls.is_call_of_model(details)


def test_what_an_interrupted_call_used_is_sent_as_a_stream_without_an_end() -> None:
    stopped = {**CHAT, "exception": TimeoutError(), "combined_usage_object": USAGE, "response_cost": 0.01}
    event = calls.failed(stopped, TIMES)
    assert (event["status"], event["metadata"]) == ("error", {"error": "TimeoutError"})
    assert [chunk["usage"]["prompt_tokens"] for chunk in event["response_stream"]] == [10]
    assert event["latency_ms"] == 1500


def test_a_stream_whose_reader_left_the_proxy_is_aborted_and_its_usage_is_an_estimate() -> None:
    left = {**CHAT, "optional_params": {"stream_options": {"include_usage": True}}, "stream": True}
    response = litellm.ModelResponse(model="gpt-4.1-mini-2025-04-14", usage=USAGE)
    event = calls.answered({**left, "metadata": {"client_disconnected": True}}, response, TIMES)
    assert event["metadata"] == {"aborted": True}
    assert [chunk["model"] for chunk in event["response_stream"]] == ["gpt-4.1-mini-2025-04-14"]
    assert "response" in calls.answered(left, response, TIMES)


def test_usage_that_litellm_assumes_for_a_refused_call_is_not_sent() -> None:
    refused = {**CHAT, "exception": ValueError(), "combined_usage_object": USAGE, "response_cost": 0.0}
    assert "response_stream" not in calls.failed(refused, TIMES)


def test_the_deployment_of_a_router_is_named_by_its_model(meter: Meter, service: Service) -> None:
    parameters = {"model": "anthropic/claude-sonnet-4-5", "api_key": "sk-test", "mock_response": "Starter."}
    router = Router([{"model_name": "claude", "litellm_params": parameters}])
    agent = Agent(meter, service, is_async=True)
    for function in ("completion", "anthropic_messages"):
        agent.call(function, owner=router, model="claude", messages=MESSAGES, max_tokens=10)
    events = agent.recorded(2)
    assert {(event["provider"], event["model"]) for event in events} == {("anthropic", "claude-sonnet-4-5")}


@pytest.mark.parametrize(
    ("call_id", "named"), [("mine", {"mine"}), ("", set()), ("\x81\n", set()), (None, set())]
)
def test_an_id_that_the_service_would_refuse_is_left_out(call_id: object, named: set[str]) -> None:
    event = calls.answered({**CHAT, "litellm_call_id": call_id}, None, TIMES)
    assert {event[name] for name in ("request_id",) if name in event} == named


def test_a_provider_that_nobody_knows_is_left_to_the_service() -> None:
    event = calls.answered({"call_type": "completion", "model": "acme/llm"}, None, TIMES)
    assert (event["provider"], event["model"]) == ("litellm", "acme/llm")
