"""Refusals are counted in memory, and written rarely; a write that fails changes nobody's answer."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.limits.refused_runs import MOST_LIMITS, RefusedRuns
from shared.domain.limits.runs import Refusal
from shared.usecases.limits.keep_refusals import WRITTEN_AT_ONCE, RefusalKeeper
from tests.sample_events import NOON

SECOND = timedelta(seconds=1)
PLAN = Refusal(code="token_limit_exceeded", reason="Too much.", scope="plan")


class CountedStore(MemoryStore):
    """A store that counts its writes, and can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.is_away = False

    def save_refusals(self, tenant_id: str, refused: Sequence[RefusedRuns], place: int) -> None:
        if self.is_away:
            raise Unavailable("the store is away")
        self.writes += 1
        super().save_refusals(tenant_id, refused, place)

    def counts(self) -> dict[str, int]:
        """What is stored of the day."""
        return {each.key: each.count for each in self.read_refusals("acme", NOON.date())}


def test_few_refusals_are_all_stored_at_once() -> None:
    store = CountedStore()
    keeper = RefusalKeeper(store)
    for number in range(3):
        keeper.keep("acme", PLAN, NOON + number * SECOND)
    assert store.counts() == {"token_limit_exceeded plan": 3}


def test_a_flood_is_written_once_a_minute_and_counted_in_full() -> None:
    store = CountedStore()
    keeper = RefusalKeeper(store)
    for number in range(1_000):
        keeper.keep("acme", PLAN, NOON + number * SECOND)
    assert store.writes == WRITTEN_AT_ONCE + (999 - WRITTEN_AT_ONCE + 1) // 60
    keeper.keep("acme", PLAN, NOON + 2_000 * SECOND)
    assert store.counts() == {"token_limit_exceeded plan": 1_001}


def test_a_write_that_fails_is_logged_and_made_good_by_the_next(caplog: pytest.LogCaptureFixture) -> None:
    store = CountedStore()
    keeper = RefusalKeeper(store)
    store.is_away = True
    keeper.keep("acme", PLAN, NOON)
    assert "not kept" in caplog.text
    store.is_away = False
    keeper.keep("acme", PLAN, NOON + SECOND)
    assert store.counts() == {"token_limit_exceeded plan": 2}


def test_the_refusals_of_all_runs_are_one_and_a_tenant_has_few_kinds() -> None:
    store = CountedStore()
    keeper = RefusalKeeper(store)
    for number in range(5):
        run = Refusal(code="parent_budget_exceeded", reason="", scope=f"run:{number}")
        keeper.keep("acme", run, NOON + number * SECOND)
    assert store.counts() == {"parent_budget_exceeded run": 5}
    for number in range(2 * MOST_LIMITS):
        budget = Refusal(code="budget_exceeded", reason="", scope=f"budget:{number}")
        keeper.keep("acme", budget, NOON + timedelta(minutes=number))
    assert len(store.counts()) == MOST_LIMITS


def test_the_next_day_begins_anew() -> None:
    store = CountedStore()
    keeper = RefusalKeeper(store)
    keeper.keep("acme", PLAN, NOON)
    tomorrow = NOON + timedelta(days=1)
    keeper.keep("acme", PLAN, tomorrow)
    assert [each.count for each in store.read_refusals("acme", tomorrow.date())] == [1]


def test_instances_count_apart() -> None:
    store = CountedStore()
    one, other = RefusalKeeper(store), RefusalKeeper(store)
    one._place, other._place = 1, 2
    for keeper in (one, other, other):
        keeper.keep("acme", PLAN, NOON)
    assert store.counts() == {"token_limit_exceeded plan": 3}
