"""A meter records for the context it is in, and sends by size, age and end."""

import asyncio
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from gwi_usage import Meter, context
from tests.conftest import NewMeter, track
from tests.service import Service

NOON = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)


def test_an_event_waits_until_it_is_sent(meter: Meter, service: Service) -> None:
    track(meter)
    assert (meter.pending, service.requests) == (1, [])
    assert meter.flush()
    assert (meter.pending, service.values("tokens")) == (0, [{"input_tokens": 100}])


def test_ids_name_the_batch_and_the_place_in_it(meter: Meter, service: Service) -> None:
    for _ in range(2):
        track(meter, 2)
        meter.flush()
    producer = next(iter(service.events)).split(".")[1]
    assert len(producer) == 96 / 6
    assert list(service.events) == [f"gwi1.{producer}.{batch}.{n}" for batch in (0, 1) for n in (0, 1)]


def test_a_batch_has_events_of_one_tenant_and_one_day(meter: Meter, service: Service) -> None:
    for days, tenant in ((0, "a"), (0, "b"), (1, "a"), (0, "a")):
        track(meter, ts=NOON + timedelta(days=days), tenant_id=tenant)
    meter.flush()
    sent = [(each.tenant, [event["ts"][8:10] for event in each.content]) for each in service.requests]
    assert sent == [("a", ["26", "26"]), ("b", ["26"]), ("a", ["27"])]


def test_a_batch_has_500_events_at_the_most(meter: Meter, service: Service) -> None:
    track(meter, 499)
    assert service.requests == []
    track(meter, 2)
    meter.flush()
    assert [len(each.content) for each in service.requests] == [500, 1]


def test_a_batch_has_two_megabytes_at_the_most(meter: Meter, service: Service) -> None:
    track(meter, 3, metadata={"text": "x" * 1_000_000})
    meter.flush()
    assert [len(each.content) for each in service.requests] == [2, 1]


def test_track_sends_when_an_event_is_old_enough(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter(send_seconds=0)
    track(meter)
    assert meter.pending == 0


def test_a_context_says_whose_events_they_are(meter: Meter, service: Service) -> None:
    with context(user_id="ann", tags={"feature": "search"}):
        with context(workflow_id="index", tags={"team": "a"}):
            track(meter)
        track(meter, user_id="bob")
    track(meter)
    meter.flush()
    names = ("user_id", "workflow_id", "tags")
    assert [tuple(event.get(name) for name in names) for event in service.events.values()] == [
        ("ann", "index", {"feature": "search", "team": "a"}),
        ("bob", None, {"feature": "search"}),
        (None, None, None),
    ]


def test_tasks_have_contexts_of_their_own(meter: Meter, service: Service) -> None:
    async def work(user: str) -> None:
        with context(user_id=user):
            await asyncio.sleep(0.01)
            track(meter)

    async def both() -> None:
        await asyncio.gather(work("ann"), work("bob"))
        await meter.aflush()

    asyncio.run(both())
    assert sorted(service.values("user_id")) == ["ann", "bob"]


def test_an_event_loop_is_not_kept_waiting(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter(send_events=2)

    async def work() -> None:
        track(meter, 2)
        assert service.requests == []
        while meter.pending:
            await asyncio.sleep(0.01)
        await meter.aclose()

    asyncio.run(work())
    assert len(service.events) == 2


def test_amounts_are_exact(meter: Meter, service: Service) -> None:
    track(meter, cost_usd_estimate=Decimal("0.10"))
    meter.flush()
    assert service.values("cost_usd_estimate") == ["0.10"]


def test_a_value_that_is_no_json_is_sent_as_text(meter: Meter, service: Service) -> None:
    track(meter, metadata={"when": NOON, "names": {"a"}, "what": Decimal(1)})
    meter.flush()
    assert service.values("metadata") == [{"when": NOON.isoformat(), "names": ["a"], "what": "1"}]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (float("nan"), "nan"),
        ({"rates": [float("inf"), 1.5]}, {"rates": ["inf", 1.5]}),
        ("half \ud800", "half \ufffd"),
        ("whole \U0001f600", "whole \U0001f600"),
        ({1: (2, NOON)}, {"1": [2, NOON.isoformat()]}),
    ],
)
def test_a_value_that_json_has_no_word_for_costs_no_event(
    value: object, sent: object, meter: Meter, service: Service
) -> None:
    track(meter, metadata={"value": value})
    meter.flush()
    assert service.values("metadata") == [{"value": sent}]


def test_a_value_that_contains_itself_costs_no_event(meter: Meter, service: Service) -> None:
    endless: dict[str, object] = {}
    endless["self"] = endless
    track(meter, metadata=endless)
    assert meter.flush()
    assert len(service.events) == 1


def test_an_id_of_the_callers_own_is_logged_and_not_sent(
    meter: Meter, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    track(meter, id="mine")
    meter.flush()
    assert "use request_id" in caplog.text
    assert next(iter(service.events)).startswith("gwi1.")


def test_a_handler_of_a_serverless_framework_sends_when_it_returns(meter: Meter, service: Service) -> None:
    @meter.flush_after
    def handle(count: int) -> str:
        track(meter, count)
        return "done"

    @meter.flush_after
    async def handle_async() -> str:
        track(meter)
        return "done, too"

    assert (handle(2), len(service.events)) == ("done", 2)
    assert (asyncio.run(handle_async()), len(service.events)) == ("done, too", 3)


def test_a_check_answers_whether_usage_would_fit(meter: Meter, service: Service) -> None:
    with context(user_id="ann", tenant_id="acme"):
        assert meter.check(tokens=10).allowed
        assert not asyncio.run(meter.acheck(tokens=2000)).allowed
    first = service.requests[0]
    assert (first.tenant, first.content) == ("acme", {"user_id": "ann", "tokens": 10})


def test_a_check_without_an_answer_allows_and_decides_nothing(new_meter: NewMeter) -> None:
    check = new_meter(url="http://127.0.0.1:1").check(tokens=2000)
    assert (check.allowed, check.decided) == (True, False)
    assert "no answer" in str(check.reason)
