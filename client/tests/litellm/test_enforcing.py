"""Calls that are checked before they are made, in coroutines and in the hooks of LiteLLM's proxy."""

import asyncio
import json
from typing import Any

import litellm
import pytest

from gwi_usage import Meter, context
from gwi_usage.litellm import CallRefused, UsageLogger
from tests.conftest import track
from tests.litellm.conftest import MESSAGES, Agent
from tests.service import Reply, Service, page, problem

PROXIED = {"messages": MESSAGES, "metadata": {}, "proxy_server_request": {"url": "/v1/chat/completions"}}
REASON = "The run has used its 0.50 USD."


def checked(**check: Any) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(check).encode()


@pytest.fixture
def enforcing(meter: Meter) -> UsageLogger:
    enforcing = UsageLogger(meter, enforces=True)
    litellm.callbacks = [enforcing]
    return enforcing


@pytest.fixture
def agent(enforcing: UsageLogger, meter: Meter, service: Service) -> Agent:
    return Agent(meter, service, is_async=True)


def test_a_call_for_which_nothing_is_left_is_not_made(agent: Agent, service: Service, meter: Meter) -> None:
    service.instead = lambda received: checked(allowed=False, code="budget_exceeded", reason=REASON)
    with pytest.raises(CallRefused, match=f"{REASON} \\(budget_exceeded\\)") as refused:
        agent.chat(mock_response="litellm.RateLimitError")  # which the call would raise
    assert (refused.value.status_code, refused.value.check.code) == (402, "budget_exceeded")
    assert (meter.pending, service.events) == (0, {})


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (checked(allowed=False, code="budget_exceeded", reason=REASON), (402, "budget_exceeded")),
        (checked(allowed=False, decided=False, code="usage_unreadable"), (503, "usage_unreadable")),
        (problem(403, "tenant_suspended"), (403, "tenant_suspended")),
        (problem(429, "rate_limited"), (429, "rate_limited")),
        (problem(401, "unauthenticated"), (503, "unauthenticated")),
        (problem(422, "invalid_event"), (503, "invalid_event")),
    ],
)
def test_the_proxy_answers_with_a_status_and_the_code(
    enforcing: UsageLogger, service: Service, answer: Reply, refusal: tuple[int, str]
) -> None:
    service.instead = lambda received: answer
    with pytest.raises(CallRefused) as refused:
        asyncio.run(enforcing.async_pre_call_hook(None, None, PROXIED, "acompletion"))
    assert (refused.value.status_code, refused.value.check.code) == refusal
    assert str(refused.value).endswith(f"({refusal[1]})")


def test_no_refusal_makes_litellms_router_put_a_deployment_aside(agent: Agent, service: Service) -> None:
    service.instead = lambda received: problem(429, "rate_limited")
    with pytest.raises(CallRefused) as refused:
        agent.chat()
    assert refused.value.status_code == 402


def test_what_was_used_before_is_sent_before_a_call_is_checked(
    agent: Agent, meter: Meter, service: Service
) -> None:
    track(meter, category="tool")
    agent.chat()
    agent.chat()
    paths = [received.path for received in service.requests]
    assert paths[:4] == ["/v1/events", "/v1/check", "/v1/events", "/v1/check"]
    assert len(service.events) == 1 + 2


def test_a_check_is_for_whoever_calls(agent: Agent, service: Service) -> None:
    named = {"gwi.run_id": "run-7", "gwi.workflow_id": "support", "gwi.tenant_id": "acme"}
    with context(tags={"feature": "search"}):
        agent.chat(user="ann", metadata=named)
    [check] = service.sent("/v1/check")
    spender = {"user_id": "ann", "workflow_id": "support", "run_id": "run-7", "tags": {"feature": "search"}}
    assert check.content == {"tokens": 1, **spender}
    assert check.tenant == "acme"


@pytest.mark.parametrize("answer", [page(200), page(503), problem(503, "unavailable")])
def test_calls_are_made_while_the_service_does_not_decide(
    agent: Agent, service: Service, answer: Reply
) -> None:
    service.instead = lambda received: answer
    assert agent.chat().choices[0].message.content == "Starter."


def test_a_service_that_does_not_answer_is_not_asked_before_each_call(agent: Agent, service: Service) -> None:
    service.instead = lambda received: page(503) if received.path == "/v1/check" else None
    agent.chat()
    agent.chat()
    assert len(service.sent("/v1/check")) == 1


def test_a_request_to_the_proxy_is_checked_once(enforcing: UsageLogger, service: Service) -> None:
    async def hooks() -> None:
        await enforcing.async_pre_call_hook(None, None, PROXIED, "acompletion")
        await enforcing.async_pre_call_deployment_hook(PROXIED, "acompletion")

    asyncio.run(hooks())
    assert len(service.sent("/v1/check")) == 1


def test_nothing_is_checked_unless_asked_for(meter: Meter, service: Service) -> None:
    litellm.callbacks = [UsageLogger(meter)]
    Agent(meter, service, is_async=True).chat()
    assert service.sent("/v1/check") == []
