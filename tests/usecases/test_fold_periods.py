"""Which periods a fold sets: on the day one begins, for runs across two, and while the anchor moves."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.adapters.memory import MemoryStore
from shared.domain.counters import Series
from shared.domain.errors import Unavailable
from shared.domain.periods import period_at
from shared.domain.rollups import start_of
from shared.usecases.fold_usage import fold_tenant
from shared.usecases.live_usage import LiveUsageReader
from tests.sample_events import CALL, NOON, TODAY, llm_call, times
from tests.usecases.cut_off import CutOff, cut, just_before_saving
from tests.usecases.ledger import ReanchoredStore, folded_sums, new_tenant, tick

NOVEMBER = period_at(None, NOON)
SERIES = Series("openai", "gpt-4.1-mini")


def test_a_day_on_which_a_period_begins_is_split_by_the_hour(memory: MemoryStore) -> None:
    tenant = new_tenant(memory, anchor=datetime(2026, 9, 20, 12, 40, tzinfo=UTC))
    instants = [NOON - timedelta(microseconds=1), NOON, NOON + timedelta(hours=2)]
    memory.record("acme", [llm_call(f"e{number}", ts=ts) for number, ts in enumerate(instants)], 1, NOON)
    tick(memory, NOON + timedelta(hours=3))
    assert folded_sums(memory, tenant, instants[0]).totals == CALL
    assert folded_sums(memory, tenant, NOON).totals == times(2)


def test_a_run_counts_in_the_period_in_which_it_began(memory: MemoryStore) -> None:
    tenant = new_tenant(memory)
    november = NOVEMBER.start
    instants = (
        november - timedelta(minutes=1),
        november + timedelta(minutes=1),
        november + timedelta(minutes=2),
    )
    calls = [llm_call(f"e{number}", ts=ts, run_id="r1") for number, ts in enumerate(instants)]
    memory.record("acme", calls, 1, november)
    tick(memory, november + timedelta(hours=1))
    october = folded_sums(memory, tenant, november - timedelta(minutes=1))
    assert (october.runs, october.totals) == (1, CALL)
    assert (folded_sums(memory, tenant, NOON).runs, folded_sums(memory, tenant, NOON).totals) == (0, times(2))


def test_a_new_anchor_makes_a_period_of_the_days_folded_before_it(memory: MemoryStore) -> None:
    store = ReanchoredStore()
    tenant = new_tenant(store)
    store.record("acme", [llm_call(f"e{age}", ts=NOON - timedelta(days=age)) for age in range(4)], 1, NOON)
    tick(store, NOON)
    anchor = start_of(TODAY - timedelta(days=2))
    store.reanchor(anchor, NOON)
    store.record("acme", [llm_call("new", ts=NOON + timedelta(minutes=1))], 1, NOON + timedelta(minutes=1))
    tick(store, NOON + timedelta(minutes=2))
    assert folded_sums(store, replace(tenant, anchor=anchor), NOON).totals == times(3 + 1)


def test_a_late_event_of_the_period_before_hides_no_day_of_a_new_anchors_period(memory: MemoryStore) -> None:
    store = ReanchoredStore()
    tenant = new_tenant(store)
    store.record("acme", [llm_call(f"e{age}", ts=NOON - timedelta(days=age)) for age in range(4)], 1, NOON)
    tick(store, NOON)
    anchor = start_of(TODAY - timedelta(days=2))
    store.reanchor(anchor, NOON)
    store.record("acme", [llm_call("late", ts=NOON - timedelta(days=3))], 1, NOON)
    tick(store, NOON + timedelta(minutes=1))
    reader = LiveUsageReader(store)
    for _ in range(2):  # the first time, the reader does not know what it may leave out
        assert reader.standing("acme", NOON + timedelta(minutes=2)).totals == times(3)
    store.record("acme", [llm_call("new", ts=NOON)], 1, NOON)
    tick(store, NOON + timedelta(minutes=3))
    assert folded_sums(store, replace(tenant, anchor=anchor), NOON).totals == times(3 + 1)


def test_an_anchor_that_moves_away_and_back_loses_no_day(memory: MemoryStore) -> None:
    store = ReanchoredStore()
    tenant = new_tenant(store)
    day = timedelta(days=1)
    for number, anchor in enumerate((None, datetime(2026, 1, 15, tzinfo=UTC), None)):
        now = NOON + number * day
        store.reanchor(anchor, now)
        store.record("acme", [llm_call(f"e{number}", ts=now, model=f"m{number}")], 1, now)
        tick(store, now + timedelta(minutes=1))
    folded = folded_sums(store, tenant, NOON)
    assert folded.totals == times(3)
    assert folded.series == {Series("openai", f"m{number}"): CALL for number in range(3)}


def test_a_fold_that_began_before_the_anchor_moved_and_ended_after_it_loses_nothing() -> None:
    store = ReanchoredStore()
    tenant = new_tenant(store)
    store.record("acme", [llm_call("e1", model="m1"), llm_call("e2", ts=NOON - timedelta(days=1))], 1, NOON)
    tick(store, NOON)
    anchor = start_of(TODAY - timedelta(days=2))

    def move_and_fold_yesterday() -> None:
        store.reanchor(anchor, NOON + timedelta(minutes=1))
        store.record("acme", [llm_call("e3", ts=NOON - timedelta(days=1))], 1, NOON)
        two_reads_and_a_fold = [
            "dirty_shards",
            "read",
            "read",
            "read",
            "count_runs",
            "count_runs",
            "save_rollups",
            "clear_dirty",
        ]
        with suppress(Unavailable):
            fold_tenant(cut(store, CutOff(len(two_reads_and_a_fold), False)), "acme", NOON)

    store.record("acme", [llm_call("e4", model="m2")], 1, NOON)
    fold_tenant(just_before_saving(store, move_and_fold_yesterday), "acme", NOON)
    assert store.dirty_shards("acme") == []
    store.record("acme", [llm_call("e5", model="m3")], 1, NOON)
    tick(store, NOON + timedelta(minutes=2))
    folded = folded_sums(store, replace(tenant, anchor=anchor), NOON)
    assert folded.totals == times(5)
    assert folded.series == {Series("openai", f"m{number}"): CALL for number in (1, 2, 3)} | {
        SERIES: times(2)
    }
