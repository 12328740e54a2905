"""The demo tenant's history: valid, believable, the same every time, and within its plan."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.errors import Problems
from shared.domain.ledger.periods import MAX_AGE, period_at
from shared.domain.metering.events import MeteringEvent, parse_events
from shared.domain.metering.recording import prepare
from tests.plans import PLANS
from tools.dev.demo_events import Event
from tools.dev.demo_history import HISTORY, SUBSCRIBED, demo_events, demo_runs
from tools.dev.demo_workflows import UNPRICED_MODEL
from tools.dev.settings import DEMO_PAID_PLAN

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
# Of 150 instants in 44 days: those of the least usage, of the most, and of the most runs; the ends of a day, a month
# and a year; a weekend.
INSTANTS = [
    NOW,
    datetime(2026, 11, 25, 5, 30, tzinfo=UTC),
    datetime(2026, 11, 25, 19, 30, tzinfo=UTC),
    datetime(2026, 11, 30, 23, 59, tzinfo=UTC),
    datetime(2026, 12, 26, 17, 30, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
]


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return demo_events(NOW)


def parsed(events: list[Event]) -> list[MeteringEvent]:
    problems = Problems()
    good = parse_events(events, problems)
    assert problems.listed == []
    return list(good.values())


def tokens_of(event: MeteringEvent) -> int:
    return event.tokens.pools.total if event.tokens else 0


def test_the_same_instant_gives_the_same_events(events: list[Event]) -> None:
    assert demo_events(NOW) == events


@pytest.mark.parametrize("now", INSTANTS)
def test_every_event_has_an_id_of_its_own_and_may_be_recorded(now: datetime) -> None:
    made = parsed(demo_events(now))
    assert len({event.id for event in made}) == len(made)
    instants = [event.ts for event in made if event.ts]
    assert instants == sorted(instants)
    assert now - MAX_AGE < now - HISTORY <= instants[0] < now - HISTORY + timedelta(days=3)
    assert now - timedelta(minutes=5) < instants[-1] < now


@pytest.mark.parametrize("now", INSTANTS)
def test_a_good_part_of_the_plan_is_used_and_the_soft_limit_is_not_reached(now: datetime) -> None:
    plan = PLANS.find(DEMO_PAID_PLAN)
    assert plan is not None
    start = period_at(now - SUBSCRIBED, now).start
    made = parsed(demo_events(now))
    tokens = sum(tokens_of(event) for event in made if event.ts and event.ts >= start)
    assert plan.token_limit * 60 // 100 < tokens < plan.token_limit * 78 // 100
    assert len(demo_runs(now)) < plan.run_limit * 80 // 100


def test_weekends_are_quieter_than_weekdays() -> None:
    days = Counter(run.begin.date() for run in demo_runs(NOW))
    full = {day: count for day, count in days.items() if NOW.date() - HISTORY < day < NOW.date()}
    assert len(full) == HISTORY.days - 1
    weekend = [count for day, count in full.items() if day.weekday() >= 5]
    assert max(weekend) < min(count for day, count in full.items() if day.weekday() < 5)


def test_every_run_starts_and_all_but_the_last_one_end(events: list[Event]) -> None:
    ends = {
        event["run_id"]: event["status"] for event in events if event["status"] in {"completed", "failed"}
    }
    started = [event["run_id"] for event in events if event["status"] == "started"]
    runs = demo_runs(NOW)
    assert sorted(map(str, started)) == sorted(run.id for run in runs)
    assert {*started} - {*ends} == {runs[-1].id}
    assert Counter(ends.values())["failed"] == sum(run.fails for run in runs) > 5


def test_some_calls_fail_and_say_why(events: list[Event]) -> None:
    errors = [event for event in parsed(events) if event.status == "error"]
    assert len(errors) == sum(run.fails + run.stumbles for run in demo_runs(NOW))
    messages = {str(event.metadata["error"]["message"]) for event in errors if event.metadata}
    assert len(messages) > 1
    assert all(message.endswith("is overloaded, try again later") for message in messages)


def test_there_are_several_providers_models_and_kinds_of_tokens(events: list[Event]) -> None:
    calls = [event for event in parsed(events) if event.category == "llm" and event.tokens]
    assert len({event.provider for event in calls}) >= 7
    assert len({event.model for event in calls}) >= 12
    assert any(event.tokens and event.tokens.cache_read_tokens for event in calls)
    assert any(event.tokens and event.tokens.reasoning_tokens for event in calls)
    assert any(event.category == "tool" for event in parsed(events))


def test_one_model_of_the_demo_has_no_price_and_all_others_have(events: list[Event]) -> None:
    recorded = [prepare(event, "demo", NOW) for event in parsed(events)]
    assert {event.series.model for event in recorded if "unpriced_calls" in event.amounts} == {UNPRICED_MODEL}
    assert sum(event.amounts.get("cost_nanousd", 0) for event in recorded) > 10**9
