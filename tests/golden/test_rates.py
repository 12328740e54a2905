"""H10: requests per minute are enforced within the stated bound; a flood of events is stopped for the day."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from shared.adapters.memory import MemoryStore
from shared.domain.limits.rates import CEILING_FACTOR
from shared.stores import process_memory
from tests.http.serving import Clock, Functions, bearer, refused, succeeded

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
FREE_PER_MINUTE = 10
CEILING = FREE_PER_MINUTE * 20


@pytest.fixture
def key(functions: Functions) -> str:
    """The key of a tenant on the free plan: 10 requests per minute."""
    return functions.create_tenant(plan="free")


def check(functions: Functions, key: str) -> TestResponse:
    return functions.record_usage.post("/v1/check", json={}, headers=bearer(key))


def record(functions: Functions, key: str) -> TestResponse:
    return functions.post_events(key, CALL)


Ask = Callable[[Functions, str], TestResponse]


def allowed(ask: Callable[[], TestResponse], times: int) -> int:
    return sum(ask().status_code == 200 for _ in range(times))


@pytest.mark.parametrize("ask", [check, record])
def test_h10_a_burst_passes_up_to_the_ceiling_of_each_instance(
    ask: Ask, functions: Functions, key: str
) -> None:
    assert CEILING == FREE_PER_MINUTE * CEILING_FACTOR
    assert allowed(lambda: ask(functions, key), CEILING + 50) == CEILING
    other = functions.another()
    assert allowed(lambda: ask(other, key), CEILING + 50) == CEILING


@pytest.mark.parametrize("ask", [check, record])
def test_h10_afterwards_the_rate_is_allowed_in_each_minute(
    ask: Ask, functions: Functions, key: str, clock: Clock
) -> None:
    allowed(lambda: ask(functions, key), CEILING)
    for _ in range(3):
        clock.pass_by(timedelta(minutes=1))
        assert allowed(lambda: ask(functions, key), CEILING + 50) == CEILING


@pytest.mark.parametrize("ask", [check, record])
def test_h10_a_refusal_says_when_to_come_back(ask: Ask, functions: Functions, key: str, clock: Clock) -> None:
    first = ask(functions, key)
    assert first.headers["RateLimit-Limit"] == str(CEILING)
    assert first.headers["RateLimit-Remaining"] == str(CEILING - 1)
    allowed(lambda: ask(functions, key), CEILING)
    answer = ask(functions, key)
    refused(answer, 429, "rate_limited")
    assert answer.headers["RateLimit-Remaining"] == "0"
    assert answer.headers["RateLimit-Reset"] == "60"
    clock.pass_by(timedelta(seconds=int(answer.headers["Retry-After"])))
    assert ask(functions, key).status_code == 200


def test_h10_checks_and_recordings_are_counted_apart_and_tenants_too(functions: Functions, key: str) -> None:
    allowed(lambda: check(functions, key), CEILING + 1)
    assert record(functions, key).status_code == 200
    other = functions.create_tenant("other", plan="free")
    assert check(functions, other).status_code == 200


def test_h10_a_refused_recording_stores_nothing(functions: Functions, key: str) -> None:
    allowed(lambda: record(functions, key), CEILING)
    refused(functions.post_events(key, CALL | {"id": "late"}), 429, "rate_limited")
    assert functions.usage(key)["total_llm_calls"] == CEILING


@pytest.fixture
def few_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the limits of a day that these tests reach."""
    monkeypatch.setenv("GWI_MAX_EVENTS_PER_DAY", "1000")
    monkeypatch.setenv("GWI_MAX_NAMES_PER_DAY", "20")


@pytest.mark.usefixtures("few_a_day")
@pytest.mark.parametrize(
    "flood",
    [
        pytest.param([CALL] * 500, id="calls"),
        pytest.param([CALL | {"category": "other"}] * 500, id="events that count as nothing"),
        pytest.param([CALL | {"model": f"m-{number}"} for number in range(20)] * 25, id="names"),
    ],
)
def test_a_flood_is_stopped_after_the_next_fold_until_midnight(
    flood: list[dict[str, str]], functions: Functions, clock: Clock
) -> None:
    flooded = functions.another()
    key, other = flooded.create_tenant(), flooded.create_tenant("other")
    for _ in range(2):
        assert succeeded(flooded.post_events(key, flood))["accepted"] == 500
    assert flooded.tick().status_code == 200
    clock.pass_by(timedelta(seconds=61))
    answer = flooded.post_events(key, CALL)
    refused(answer, 429, "too_many_events")
    assert answer.headers["RateLimit-Remaining"] == "0"
    assert check(flooded, key).status_code == 200, "only recording is stopped"
    assert succeeded(flooded.post_events(other, CALL))["accepted"] == 1
    clock.pass_by(timedelta(seconds=int(answer.headers["Retry-After"])))
    assert (clock.now.hour, clock.now.minute) == (0, 0)
    assert succeeded(flooded.post_events(key, CALL))["accepted"] == 1


@pytest.mark.usefixtures("few_a_day")
def test_a_day_below_its_limits_stops_nobody(functions: Functions, clock: Clock) -> None:
    busy = functions.another()
    key = busy.create_tenant()
    busy.post_events(key, [CALL] * 499)
    busy.post_events(key, [CALL] * 500)
    busy.tick()
    clock.pass_by(timedelta(seconds=61))
    assert succeeded(busy.post_events(key, CALL))["accepted"] == 1
    store: MemoryStore = process_memory()
    tenant = store.find_tenant("acme")
    assert tenant is not None
    assert tenant.counters.full_until is None
