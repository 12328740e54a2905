"""Calls of the real `litellm`, which answers them itself, as they arrive at the service."""

import logging
import time
from typing import Any

import litellm
import pytest
from litellm.caching.caching import Cache
from litellm.exceptions import RateLimitError

from gwi_usage import Meter, context
from gwi_usage.litellm import UsageLogger
from tests.conftest import NewMeter
from tests.litellm.conftest import SECONDS, Agent
from tests.service import Service, problem

USAGE = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 10 + 20}
"""What litellm states for an answer of its own."""


def test_a_call_is_recorded_once_with_the_usage_of_its_response(agent: Agent) -> None:
    answer = agent.chat()
    [event] = agent.recorded()
    assert (event["category"], event["provider"], event["model"]) == ("llm", "openai", "gpt-4.1-mini")
    assert event["response"]["usage"] == USAGE
    assert event["response_format"] == "litellm"
    assert event["latency_ms"] >= 0
    assert event["request_id"] == answer._hidden_params["litellm_call_id"]
    assert "Starter" not in str(event)


def test_a_stream_that_asks_for_its_usage_is_recorded_once(agent: Agent) -> None:
    agent.chat(stream=True, stream_options={"include_usage": True})
    [event] = agent.recorded()
    assert event["response"]["usage"]["total_tokens"] > 0
    assert event["response"]["choices"][0]["finish_reason"] == "stop"


def test_the_usage_of_a_stream_that_litellm_counts_itself_is_incomplete(agent: Agent) -> None:
    agent.chat(stream=True)
    [event] = agent.recorded()
    assert "response" not in event
    [chunk] = event["response_stream"]
    assert chunk["usage"]["total_tokens"] > 0
    assert chunk["choices"] == []


def test_the_streams_of_some_providers_always_state_their_usage(agent: Agent) -> None:
    agent.chat(model="anthropic/claude-sonnet-4-5", stream=True)
    [event] = agent.recorded()
    assert (event["provider"], event["model"]) == ("anthropic", "claude-sonnet-4-5")
    assert event["response"]["usage"]["total_tokens"] > 0


def test_embeddings_are_recorded_without_a_total_that_nobody_stated(agent: Agent) -> None:
    agent.call(
        "embedding", model="openai/text-embedding-3-small", input=["plans"], mock_response=[0.25, 0.5, 0.75]
    )
    [event] = agent.recorded()
    assert event["model"] == "text-embedding-3-small"
    assert event["response"]["usage"] == {"prompt_tokens": 10, "completion_tokens": 0}


def test_a_call_by_the_responses_api_has_its_provider_and_its_output(agent: Agent) -> None:
    agent.call("responses", model="openai/gpt-4.1-mini", input="Which plan?", mock_response="Starter.")
    [event] = agent.recorded()
    assert (event["provider"], event["model"]) == ("openai", "gpt-4.1-mini")
    usage = event["response"]["usage"]
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]
    assert [item["type"] for item in event["response"]["output"]] == ["message"]


def test_a_failed_call_is_recorded_once_and_its_error_reaches_the_agent(agent: Agent) -> None:
    with pytest.raises(RateLimitError):
        agent.chat(mock_response="litellm.RateLimitError")
    [event] = agent.recorded()
    assert (event["status"], event["metadata"]) == ("error", {"error": "RateLimitError"})
    assert "response" not in event
    assert "response_stream" not in event


def test_a_response_without_usage_is_a_call_without_a_price(agent: Agent) -> None:
    silent = litellm.ModelResponse(model="gpt-4.1-mini", choices=[{"message": {"content": "Starter."}}])
    agent.chat(mock_response=silent)
    [event] = agent.recorded()
    assert (event["provider"], event["model"]) == ("openai", "gpt-4.1-mini")
    assert not {"response", "response_stream", "status"} & event.keys()


def test_an_answer_from_the_cache_costs_nothing(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litellm, "cache", Cache())
    agent.chat(caching=True)
    agent.chat(caching=True)
    agent.chat(model="openai/gpt-4.1", caching=True)
    assert [event["model"] for event in agent.recorded(2)] == ["gpt-4.1-mini", "gpt-4.1"]


def test_calls_with_one_id_of_the_callers_own_are_all_recorded(agent: Agent) -> None:
    agent.chat(litellm_call_id="mine")
    agent.chat(litellm_call_id="mine")
    assert [event["request_id"] for event in agent.recorded(2)] == ["mine", "mine"]


def test_a_call_that_is_logged_to_a_thread_and_to_a_coroutine_is_recorded_once(
    agent: Agent, logger: UsageLogger, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = logger._record

    def record_twice(*call: Any) -> None:
        record(*call)
        record(*call)

    monkeypatch.setattr(logger, "_record", record_twice)
    agent.chat()
    assert len(agent.recorded()) == 1


def test_the_context_of_the_agent_holds_also_where_litellm_logs_in_a_thread(agent: Agent) -> None:
    with context(user_id="ann", tags={"feature": "search"}):
        agent.chat(stream=True)
    [event] = agent.recorded()
    assert (event["user_id"], event["tags"]) == ("ann", {"feature": "search"})


def test_a_run_and_its_calls_belong_together(agent: Agent, meter: Meter) -> None:
    with meter.run("run-7"):
        agent.chat(stream=True)
        agent.recorded(1)
    assert {event["run_id"] for event in agent.recorded(2)} == {"run-7"}


def test_a_service_that_is_away_or_refuses_does_not_harm_the_call(
    agent: Agent, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.instead = lambda received: problem(503, "unavailable")
    assert agent.chat().choices[0].message.content == "Starter."
    service.instead, service.refuse = None, lambda event: "contradictory_tokens"
    with caplog.at_level(logging.ERROR, "gwi_usage"):
        agent.chat()
        agent.recorded(2)
    assert "contradictory_tokens" in caplog.text


def test_a_failure_of_the_callback_is_logged_and_harms_no_call(
    agent: Agent, new_meter: NewMeter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    litellm.callbacks = [UsageLogger(new_meter(raises=False))]
    monkeypatch.setattr("gwi_usage.litellm.calls.answered", lambda *call: 1 / 0)
    with caplog.at_level(logging.ERROR, "gwi_usage"):
        assert agent.chat().choices[0].message.content == "Starter."
        until_logged(caplog)
    assert "ZeroDivisionError" in caplog.text


def until_logged(caplog: pytest.LogCaptureFixture) -> None:
    until = time.monotonic() + SECONDS
    while not caplog.records and time.monotonic() < until:
        time.sleep(0.01)
