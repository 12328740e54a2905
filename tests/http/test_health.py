"""How far the fold is behind, as everybody may read it: how long the most overdue fold is overdue."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.http.serving import Clock, Functions, Json

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
IDLE = {"status": "ok", "fold_lag_seconds": 0.0, "oldest_dirty_at": None}
LIMIT = 500_000  # tokens of plan starter


def health(functions: Functions) -> Json:
    return functions.read(None, "/health")


def overdue(seconds: float, since: str) -> Json:
    return {"status": "ok", "fold_lag_seconds": seconds, "oldest_dirty_at": since}


def folded_once(functions: Functions, clock: Clock, key: str, tokens: int = 1) -> None:
    """The first usage, at noon, is folded; the next is recorded a minute later, when the key is looked up again."""
    functions.record(key, {**CALL, "tokens": {"total_tokens": tokens}})
    functions.tick()
    clock.pass_by(timedelta(minutes=1))


def test_the_first_fold_of_a_tenant_is_due_at_once(functions: Functions, clock: Clock, key: str) -> None:
    assert health(functions) == IDLE
    functions.record(key, CALL)
    assert health(functions) == IDLE, "due now is not overdue"
    clock.pass_by(timedelta(seconds=45))
    functions.record(key, CALL)
    assert health(functions) == overdue(45.0, "2026-11-20T12:00:00Z")
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
    assert health(functions) == overdue(120.0, "2026-11-20T12:16:00Z")
    functions.tick()
    assert health(functions) == IDLE


def test_usage_near_a_limit_is_overdue_after_a_minute(functions: Functions, clock: Clock, key: str) -> None:
    folded_once(functions, clock, key, LIMIT * 8 // 10 * 8 // 10)
    functions.record(key, CALL)
    clock.pass_by(timedelta(minutes=1, seconds=30))
    assert health(functions) == overdue(30.0, "2026-11-20T12:02:00Z")


def test_a_late_event_of_a_complete_day_is_overdue_at_once(
    functions: Functions, clock: Clock, key: str
) -> None:
    folded_once(functions, clock, key)
    functions.record(key, CALL, {**CALL, "ts": "2026-11-19T12:00:00Z"})
    clock.pass_by(timedelta(seconds=10))
    assert health(functions) == overdue(10.0, "2026-11-20T12:01:00Z")
    functions.tick()
    assert health(functions) == IDLE


def test_the_most_overdue_of_all_tenants_is_told(functions: Functions, clock: Clock) -> None:
    for name in ("globex", "acme", "initech"):
        functions.record(functions.create_tenant(name), CALL)
        clock.pass_by(timedelta(minutes=1))
    for name, minutes, since in (("globex", 3, "12:00"), ("acme", 2, "12:01"), ("initech", 1, "12:02")):
        assert health(functions) == overdue(minutes * 60.0, f"2026-11-20T{since}:00Z")
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
    assert health(functions) == overdue(90.0, "2026-11-20T12:16:00Z")
    functions.tick()
    clock.pass_by(timedelta(hours=1))
    assert health(functions) == IDLE
