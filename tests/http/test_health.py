"""How far the fold is behind, as everybody may read it: how long the most overdue fold is overdue."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.errors import Unavailable
from shared.stores import process_memory
from tests.http.serving import Clock, Functions, Json, refused

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
IDLE = {"status": "ok", "fold_lag_seconds": 0.0, "oldest_dirty_at": None}
LIMIT = 500_000  # tokens of plan starter


def health(functions: Functions) -> Json:
    """The answer of an instance that was not asked in the last ten seconds."""
    vars(functions.container("usage_api")).pop("fold_lag", None)
    return functions.read(None, "/health")


def overdue(*, minutes: int) -> Json:
    return {**IDLE, "fold_lag_seconds": minutes * 60.0}


def folded_once(functions: Functions, clock: Clock, key: str, tokens: int = 1) -> None:
    """The first usage, at noon, is folded; the next is recorded a minute later, when the key is looked up again."""
    functions.record(key, {**CALL, "tokens": {"total_tokens": tokens}})
    functions.tick()
    clock.pass_by(timedelta(minutes=1))


def test_the_first_fold_of_a_tenant_is_due_at_once(functions: Functions, clock: Clock, key: str) -> None:
    assert health(functions) == IDLE
    functions.record(key, CALL)
    assert health(functions) == IDLE, "due now is not overdue"
    clock.pass_by(timedelta(seconds=60))
    functions.record(key, CALL)
    assert health(functions) == overdue(minutes=1)
    functions.tick()
    assert health(functions) == IDLE


def test_usage_of_today_is_overdue_after_a_quarter_of_an_hour(
    functions: Functions, clock: Clock, key: str
) -> None:
    folded_once(functions, clock, key)
    for _ in range(15):
        functions.record(key, CALL)
        assert health(functions) == IDLE
        clock.pass_by(timedelta(minutes=1))
    assert health(functions) == IDLE, "12:16, when the counter that first changed at 12:01 is due"
    clock.pass_by(timedelta(minutes=2))
    assert health(functions) == overdue(minutes=2)
    functions.tick()
    assert health(functions) == IDLE


def test_usage_near_a_limit_is_overdue_after_a_minute(functions: Functions, clock: Clock, key: str) -> None:
    folded_once(functions, clock, key, LIMIT * 8 // 10 * 8 // 10)
    functions.record(key, CALL)
    clock.pass_by(timedelta(minutes=1))
    assert health(functions) == IDLE, "due now"
    clock.pass_by(timedelta(minutes=1))
    assert health(functions) == overdue(minutes=1)


def test_a_late_event_of_a_complete_day_is_overdue_at_once(
    functions: Functions, clock: Clock, key: str
) -> None:
    folded_once(functions, clock, key)
    functions.record(key, CALL, {**CALL, "ts": "2026-11-19T12:00:00Z"})
    clock.pass_by(timedelta(minutes=1))
    assert health(functions) == overdue(minutes=1)
    functions.tick()
    assert health(functions) == IDLE


def test_the_most_overdue_of_all_tenants_is_reported(functions: Functions, clock: Clock) -> None:
    for name in ("globex", "acme", "initech"):
        functions.record(functions.create_tenant(name), CALL)
        clock.pass_by(timedelta(minutes=1))
    for name, minutes in (("globex", 3), ("acme", 2), ("initech", 1)):
        assert health(functions) == overdue(minutes=minutes)
        functions.tick([name])
    assert health(functions) == IDLE


@pytest.mark.parametrize("ahead", [timedelta(seconds=2), timedelta(minutes=5)])
def test_a_writer_whose_clock_is_ahead_makes_no_negative_lag(
    ahead: timedelta, functions: Functions, clock: Clock, key: str
) -> None:
    clock.pass_by(ahead)
    functions.record(key, CALL)
    clock.pass_by(-ahead)
    assert health(functions) == IDLE


def test_on_firestore_it_is_the_same(functions_on_firestore: Functions) -> None:
    functions, clock = functions_on_firestore, functions_on_firestore.clock
    key = functions.create_tenant()
    assert health(functions) == IDLE
    folded_once(functions, clock, key)
    functions.record(key, CALL)
    clock.now = datetime(2026, 11, 20, 12, 16, tzinfo=UTC)
    assert health(functions) == IDLE
    clock.pass_by(timedelta(seconds=90))
    assert health(functions) == overdue(minutes=1), "not the second in which somebody used the service"
    functions.tick()
    clock.pass_by(timedelta(hours=1))
    assert health(functions) == IDLE


def test_the_store_is_asked_once_in_ten_seconds_however_many_ask(
    functions: Functions, clock: Clock, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime] = []
    most_overdue = process_memory().most_overdue

    def count() -> datetime | None:
        asked.append(clock.now)
        return most_overdue()

    monkeypatch.setattr(process_memory(), "most_overdue", count)
    functions.record(key, CALL)
    for _ in range(30):
        functions.read(None, "/health")
        clock.pass_by(timedelta(seconds=1))
    assert [(at - asked[0]).total_seconds() for at in asked] == [0, 10, 20]


def test_a_store_that_is_away_is_not_asked_more_often(
    functions: Functions, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime] = []

    def fail() -> None:
        asked.append(clock.now)
        raise Unavailable("the store is away")

    with monkeypatch.context() as away:
        away.setattr(process_memory(), "most_overdue", fail)
        for _ in range(5):
            refused(functions.get(None, "/health"), 503, "unavailable")
    assert len(asked) == 1
    clock.pass_by(timedelta(seconds=10))
    assert functions.read(None, "/health") == IDLE


def test_nothing_of_a_tenant_is_shown(functions: Functions, clock: Clock, key: str) -> None:
    functions.record(key, CALL)
    clock.pass_by(timedelta(hours=1, seconds=17))
    assert health(functions) == {"status": "ok", "fold_lag_seconds": 3600.0, "oldest_dirty_at": None}
