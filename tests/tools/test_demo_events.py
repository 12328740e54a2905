"""The demo tenant's events: valid, realistic, and the same every time."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.events import MeteringEvent, parse_events
from shared.domain.recording import admit
from tools.dev.demo_events import FAILED_RUN, OPEN_RUN, RUNS, SPREAD, Event, demo_events

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
STARTER_TOKENS = 500_000
STARTER_RUNS = 100


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return demo_events(NOW)


@pytest.fixture(scope="module")
def parsed(events: list[Event]) -> list[MeteringEvent]:
    good, problems = parse_events(events)
    assert problems == []
    return list(good.values())


def test_the_same_instant_gives_the_same_events(events: list[Event]) -> None:
    assert demo_events(NOW) == events


def test_every_event_has_an_id_of_its_own(events: list[Event]) -> None:
    assert len({event["id"] for event in events}) == len(events)


def test_events_lie_in_the_last_hours(parsed: list[MeteringEvent]) -> None:
    instants = [event.ts for event in parsed if event.ts]
    assert instants == sorted(instants)
    assert instants[0] == NOW - SPREAD
    assert instants[-1] < NOW
    assert NOW - instants[-1] < timedelta(minutes=30)


def test_every_run_starts_and_all_but_one_end(parsed: list[MeteringEvent]) -> None:
    ends = {event.run_id: event.status for event in parsed if event.status in {"completed", "failed"}}
    started = {event.run_id for event in parsed if event.status == "started"}
    assert len(started) == RUNS
    assert started - set(ends) == {f"demo-run-{OPEN_RUN:02}"}
    assert Counter(ends.values()) == {"completed": RUNS - 2, "failed": 1}
    assert ends[f"demo-run-{FAILED_RUN:02}"] == "failed"


def test_there_are_several_providers_models_and_kinds_of_tokens(parsed: list[MeteringEvent]) -> None:
    calls = [event for event in parsed if event.category == "llm" and event.tokens]
    assert len({event.provider for event in calls}) >= 4
    assert len({event.model for event in calls}) >= 6
    assert any(event.tokens and event.tokens.cache_read_tokens for event in calls)
    assert any(event.tokens and event.tokens.reasoning_tokens for event in calls)
    assert any(event.category == "tool" for event in parsed)
    assert [event.metadata for event in parsed if event.status == "error"] == [
        {"error": {"name": "OverloadedError", "message": "ollama is overloaded, try again later"}}
    ]


def test_the_demo_uses_a_good_part_of_its_plan_and_stays_below_the_soft_limit(
    parsed: list[MeteringEvent],
) -> None:
    tokens = sum(event.tokens.pools.total for event in parsed if event.tokens)
    assert STARTER_TOKENS * 30 // 100 < tokens < STARTER_TOKENS * 80 // 100
    assert RUNS < STARTER_RUNS * 80 // 100


def test_every_call_of_the_demo_has_a_price(parsed: list[MeteringEvent]) -> None:
    recorded = [admit(event, "demo", NOW) for event in parsed]
    assert [event.series for event in recorded if "unpriced_calls" in event.amounts] == []
    assert sum(event.amounts.get("cost_nanousd", 0) for event in recorded) > 0
