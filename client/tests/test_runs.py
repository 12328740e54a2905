"""Runs: admitted with a budget, attributed, and ended after everything they used is recorded."""

import asyncio

import pytest

from gwi_usage import NotAnswered, RunRefused, context
from tests.conftest import NewMeter, track
from tests.service import Service, page, problem

BUDGET = "2.50"


def paths(service: Service) -> list[str]:
    return [each.path for each in service.requests]


def test_a_run_is_admitted_and_ended_after_its_events(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter()
    with meter.run("run-1", budget_usd=BUDGET, user_id="ann") as run:
        assert run.hold == {"usd": BUDGET}
        track(meter, 2)
    assert paths(service) == ["/v1/runs", "/v1/events", "/v1/runs/run-1/end"]
    assert service.requests[0].content == {"run_id": "run-1", "budget_usd": BUDGET, "user_id": "ann"}
    assert service.requests[2].content == {"status": "completed"}
    assert [(each["run_id"], each["user_id"]) for each in service.events.values()] == [("run-1", "ann")] * 2


def test_a_coroutine_has_a_run_too(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter()

    async def work() -> None:
        async with meter.run("run-1", hold_tokens=1000) as run:
            track(meter)
            await run.aextend(budget_usd="3")
            assert run.hold == {"usd": "3"}
        await meter.aclose()

    asyncio.run(work())
    assert paths(service) == ["/v1/runs", "/v1/runs/run-1/extend", "/v1/events", "/v1/runs/run-1/end"]


def test_a_run_inside_another_takes_from_its_hold(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter()
    with meter.run("outer", budget_usd=BUDGET, workflow_id="index"), meter.run("inner", budget_usd="1"):
        track(meter)
    admitted = service.sent("/v1/runs")[1].content
    assert admitted == {
        "run_id": "inner",
        "parent_run_id": "outer",
        "budget_usd": "1",
        "workflow_id": "index",
    }
    event = next(iter(service.events.values()))
    assert (event["run_id"], event["parent_run_id"]) == ("inner", "outer")


def test_a_run_without_a_budget_asks_nobody_and_ends_by_an_event(
    new_meter: NewMeter, service: Service
) -> None:
    meter = new_meter()
    with meter.run("outer"), meter.run("inner", budget_usd="1"):
        track(meter)
    assert "parent_run_id" not in service.sent("/v1/runs")[0].content
    assert paths(service)[-1] == "/v1/events"
    last = list(service.events.values())[-1]
    assert (last["run_id"], last["kind"]) == ("outer", "run.completed")


def test_runs_have_ids_of_their_own(new_meter: NewMeter) -> None:
    meter = new_meter()
    assert meter.run().id != meter.run().id


def test_a_run_that_fails_says_so_and_the_error_is_the_agents_own(
    new_meter: NewMeter, service: Service
) -> None:
    meter = new_meter()
    with pytest.raises(KeyError, match="lost"), meter.run("run-1", budget_usd=BUDGET):
        raise KeyError("lost")
    with pytest.raises(KeyError, match="lost"), meter.run("run-2"):
        raise KeyError("lost")
    assert service.sent("/v1/runs/run-1/end")[0].content == {"status": "failed", "error": "KeyError: 'lost'"}
    event = next(iter(service.events.values()))
    assert (event["kind"], event["metadata"]) == ("run.failed", {"error": "KeyError: 'lost'"})


def test_a_refused_run_does_not_begin(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter()
    service.instead = lambda received: problem(402, "budget_exceeded")
    with pytest.raises(RunRefused, match="budget exceeded") as refused, meter.run(budget_usd=BUDGET):
        raise AssertionError("the block ran")
    assert (refused.value.code, refused.value.status) == ("budget_exceeded", 402)
    track(meter)
    service.instead = None
    meter.flush()
    assert service.values("run_id") == [None]


def test_an_extension_that_is_refused_leaves_the_run_as_it_is(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter()
    with meter.run("run-1", budget_usd=BUDGET) as run:
        service.instead = lambda received: problem(402, "budget_exceeded")
        with pytest.raises(RunRefused):
            run.extend(budget_usd="9")
        service.instead = None
        assert run.hold == {"usd": BUDGET}


def test_admission_is_asked_again_until_it_is_decided(new_meter: NewMeter, service: Service) -> None:
    meter, replies = new_meter(), iter([page(502), problem(503, "unavailable"), page(200)])
    service.instead = lambda received: next(replies, None)
    with meter.run("run-1", budget_usd=BUDGET) as run:
        assert run.hold == {"usd": BUDGET}


def test_a_run_with_a_budget_does_not_begin_without_an_answer(new_meter: NewMeter) -> None:
    meter = new_meter(url="http://127.0.0.1:1", timeout=0.1)
    with pytest.raises(NotAnswered, match="no answer"), meter.run(budget_usd=BUDGET):
        raise AssertionError("the block ran")


def test_a_run_without_a_budget_begins_through_an_outage(new_meter: NewMeter) -> None:
    meter = new_meter(url="http://127.0.0.1:1")
    with meter.run():
        track(meter)
    assert meter.pending == 2


def test_an_end_that_cannot_be_sent_is_sent_by_the_next_process(
    new_meter: NewMeter, service: Service
) -> None:
    meter = new_meter()
    with meter.run("run-1", budget_usd=BUDGET):
        track(meter)
        service.instead = lambda received: page(502)
    service.instead = None
    assert new_meter().flush()
    assert paths(service)[-2:] == ["/v1/events", "/v1/runs/run-1/end"]


def test_a_page_of_a_proxy_ends_no_run(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter()
    with meter.run("run-1", budget_usd=BUDGET):
        service.instead = lambda received: page(200)
    assert len(service.sent("/v1/runs/run-1/end")) == 1
    service.instead = None
    assert meter.flush()
    assert len(service.sent("/v1/runs/run-1/end")) == 2


def test_an_end_that_is_refused_is_logged(
    new_meter: NewMeter, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    meter = new_meter()
    with meter.run("run-1", budget_usd=BUDGET):
        service.instead = lambda received: problem(404, "unknown_run")
    assert "The end of run run-1 was refused: 404 (unknown run)" in caplog.text
    assert meter.flush()


def test_a_run_is_of_the_tenant_of_its_block(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter()
    with context(tenant_id="acme"), meter.run("run/1", budget_usd=BUDGET):
        track(meter)
    assert [each.tenant for each in service.requests] == ["acme"] * 3
    assert paths(service)[-1] == "/v1/runs/run%2F1/end"


def test_a_key_that_is_revoked_under_way_leaves_the_agent_unharmed(
    new_meter: NewMeter, service: Service
) -> None:
    meter = new_meter()
    with meter.run("run-1", budget_usd=BUDGET):
        service.instead = lambda received: problem(401, "invalid_key")
        track(meter)
    assert meter.pending == 1
    assert not meter.check(tokens=1).decided
