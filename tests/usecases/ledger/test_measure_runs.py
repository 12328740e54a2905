"""A fold measures the runs that have changed, so that a list by duration is exact."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.metering.events import Status
from shared.domain.metering.run_lists import RunsWanted
from shared.ports import UsageStore
from shared.usecases.ledger import measure_runs
from tests.sample_events import NOON, ONE_SHARD, llm_call, mark
from tests.usecases.plain_sums import new_tenant, tick

MINUTE = timedelta(minutes=1)
BY_DURATION = RunsWanted(sort="duration")


def durations(store: UsageStore) -> dict[str, int | None]:
    """Return the measured durations in the order of the list."""
    return {run.id: run.measured_ms for run in store.list_runs("acme", BY_DURATION, limit=500).items}


def test_a_run_that_has_ended_is_listed_by_its_duration_after_the_next_fold(memory: MemoryStore) -> None:
    new_tenant(memory)
    short = [mark("s1", "short", "started"), mark("s2", "short", "completed", ts=NOON + MINUTE)]
    long = [llm_call("l1", run_id="long"), mark("l2", "long", "failed", ts=NOON + 2 * MINUTE)]
    memory.record("acme", [*short, *long, llm_call("o", run_id="open")], ONE_SHARD, NOON)
    assert durations(memory) == {}
    tick(memory, NOON + 3 * MINUTE)
    assert durations(memory) == {"long": 120_000, "short": 60_000}
    memory.record("acme", [llm_call("late", run_id="short", ts=NOON - MINUTE * 1_500)], ONE_SHARD, NOON)
    tick(memory, NOON + 4 * MINUTE)
    assert durations(memory) == {"short": 1_501 * 60_000, "long": 120_000}


@given(
    st.lists(
        st.one_of(
            st.just("fold"),
            st.tuples(st.sampled_from("abc"), st.integers(min_value=0, max_value=40 * 60), st.booleans()),
        ),
        max_size=12,
    )
)
def test_after_a_fold_every_ended_run_is_listed_by_its_duration(
    steps: list[str | tuple[str, int, bool]],
) -> None:
    store = MemoryStore()
    new_tenant(store)
    begun: dict[str, list[int]] = {}
    ended: set[str] = set()
    for number, step in enumerate([*steps, "fold"]):
        if isinstance(step, str):
            tick(store, NOON + number * MINUTE)
            continue
        run, age, is_end = step
        begun.setdefault(run, []).append(age)
        status: Status = "completed" if is_end else "started"
        store.record("acme", [mark(f"e{number}", run, status, ts=NOON - age * MINUTE)], ONE_SHARD, NOON)
        if is_end:
            ended.add(run)
    expected = {run: (max(begun[run]) - min(begun[run])) * 60_000 for run in ended}
    found = durations(store)
    assert found == expected
    assert list(found.values()) == sorted(expected.values(), reverse=True)


def test_a_fold_with_too_many_runs_leaves_the_rest_to_the_next(
    memory: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure_runs, "RUNS_AT_ONCE", 2)
    monkeypatch.setattr(measure_runs, "MOST_RUNS", 4)
    new_tenant(memory)
    memory.record("acme", [mark(f"e{n}", f"r{n}", "completed") for n in range(7)], ONE_SHARD, NOON)
    tick(memory, NOON)
    assert (len(durations(memory)), len(memory.dirty_counters("acme"))) == (4, 1)
    tick(memory, NOON + MINUTE)
    assert (len(durations(memory)), len(memory.dirty_counters("acme"))) == (7, 0)
