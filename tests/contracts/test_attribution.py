"""Usage by name: each name's plain sum, and with the rest exactly the ledger's totals, folded or not."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.attribution import Dimension, Names, attributed
from shared.domain.ledger.counters import Totals, add, sum_totals
from shared.domain.ledger.periods import Period, start_of
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.domain.prices.costs import EventCost
from shared.ports import Directory, UsageStore
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.ledger.read_attribution import AttributedUsage, read_attribution, top_names
from tests.contracts.test_reading import create_tenant
from tests.properties import ON_EACH_STORE
from tests.sample_events import (
    CALL,
    NOON,
    ONE_SHARD,
    TODAY,
    costing,
    llm_call,
    mark,
    sum_of_amounts,
    times,
    writing,
)

DAY = timedelta(days=1)
LAST_WEEK = Period(start_of(TODAY - 6 * DAY), start_of(TODAY + DAY))
DIMENSIONS: dict[Dimension, Callable[[RecordedEvent], str | None]] = {
    "user": lambda event: event.user_id,
    "workflow": lambda event: event.workflow_id,
    "key": lambda event: event.key,
    "tag:team": lambda event: (event.tags or {}).get("team"),
    "tag:env-2": lambda event: (event.tags or {}).get("env-2"),
}
NAMES = ("ada", "bob", "other", "a.b`c", "日本|%", "__x__", "<b>")


def named(event: RecordedEvent, **names: object) -> RecordedEvent:
    return event._replace(**names)  # type: ignore[arg-type]


def by_name(events: Iterable[RecordedEvent], dimension: Dimension) -> Names:
    """Add up by hand what each name used."""
    sums: Names = {}
    for event in events:
        name = DIMENSIONS[dimension](event)
        if name is not None and (amounts := attributed(event.amounts)):
            add(sums.setdefault(name, {}), amounts)
    return sums


def reading(
    store: UsageStore, tenant: Tenant, dimension: Dimension, within: Period = LAST_WEEK
) -> AttributedUsage:
    return read_attribution(Ledger(store), tenant, (dimension, within), NOON)


def listed(usage: AttributedUsage) -> tuple[Names, Totals]:
    """Return what each name used, and the rest."""
    *rows, rest = top_names(usage, 10_000)
    assert rest.name is None
    return {row.name: row.totals for row in rows if row.name is not None}, rest.totals


def fold(store: UsageStore, tenant: Tenant) -> None:
    fold_tenants(TenantFolder(store), [tenant.id], NOON)


def known(store: UsageStore, tenant: Tenant) -> Tenant:
    return store.read(tenant.id).tenant or tenant


EVENTS: dict[str, Callable[[str, datetime], RecordedEvent]] = {
    "call": lambda event_id, ts: llm_call(event_id, ts=ts),
    "unpriced": lambda event_id, ts: costing(llm_call(event_id, ts=ts), EventCost("unknown")),
    "start": lambda event_id, ts: mark(event_id, "run-1", "started", ts=ts),
    "failure": lambda event_id, ts: mark(event_id, "run-1", "failed", ts=ts),
}
optional_names = st.none() | st.sampled_from(NAMES)
some_events = st.builds(
    lambda day, names, kind: named(
        EVENTS[kind](uuid4().hex, NOON - day * DAY),
        user_id=names[0],
        workflow_id=names[1],
        key=names[2],
        tags={name: value for name, value in zip(("team", "env-2"), names[3:], strict=True) if value} or None,
    ),
    st.integers(0, 5),
    st.tuples(*[optional_names] * 5),
    st.sampled_from(sorted(EVENTS)),
)


@ON_EACH_STORE
@given(
    steps=st.lists(st.lists(some_events, min_size=1, max_size=6) | st.none(), max_size=5),
    shards=st.integers(1, 3),
)
def test_names_and_the_rest_add_up_to_the_ledgers_totals(
    store: UsageStore, directory: Directory, steps: list[list[RecordedEvent] | None], shards: int
) -> None:
    tenant = create_tenant(directory, f"t{uuid4().hex[:12]}", counters=writing(shards))
    events: list[RecordedEvent] = []
    for step in steps:
        if step is None:
            fold(store, tenant)
        else:
            store.record(tenant.id, step, known(store, tenant).counters, NOON)
            events += step
    fold_is_due = any(step is not None for step in steps[-1:])
    for is_folded in (False, True):
        for dimension in DIMENSIONS:
            usage = reading(store, tenant, dimension)
            names, rest = listed(usage)
            total = sum_totals([*names.values(), rest])
            assert min([0, *rest.values()]) == 0
            if is_folded:
                assert names == by_name(events, dimension)
                assert total == attributed(sum_of_amounts(events))
            elif not fold_is_due:
                assert total == attributed(sum_of_amounts(events))
        fold(store, tenant)


def test_new_usage_shows_by_name_before_any_fold(store: UsageStore, directory: Directory) -> None:
    tenant = create_tenant(directory, "acme")
    events = [
        named(llm_call("e1"), user_id="ada", key="k"),
        named(llm_call("e2"), user_id="ada"),
        llm_call("e3"),
    ]
    store.record("acme", events, ONE_SHARD, NOON)
    assert listed(reading(store, tenant, "user")) == ({"ada": attributed(times(2))}, attributed(CALL))
    assert listed(reading(store, tenant, "key")) == ({"k": attributed(CALL)}, attributed(times(2)))
    assert listed(reading(store, tenant, "workflow")) == ({}, attributed(times(3)))


def test_a_repeated_event_counts_once_for_its_names(store: UsageStore, directory: Directory) -> None:
    tenant = create_tenant(directory, "acme")
    event = named(llm_call("e1"), user_id="ada", tags={"team": "x"})
    for _ in range(3):
        store.record("acme", [event, event], ONE_SHARD, NOON)
    assert listed(reading(store, tenant, "user")) == ({"ada": attributed(CALL)}, {})
    assert listed(reading(store, tenant, "tag:team")) == ({"x": attributed(CALL)}, {})


def test_a_late_event_of_a_complete_day_shows_by_name_after_the_next_fold(
    store: UsageStore, directory: Directory
) -> None:
    tenant = create_tenant(directory, "acme")
    first = named(llm_call("e1", ts=NOON - 2 * DAY), user_id="ada")
    store.record("acme", [first], ONE_SHARD, NOON)
    fold(store, tenant)
    late = named(llm_call("e2", ts=NOON - 2 * DAY), user_id="bob")
    store.record("acme", [late], known(store, tenant).counters, NOON)
    assert listed(reading(store, tenant, "user")) == ({"ada": attributed(CALL)}, {})
    fold(store, tenant)
    assert listed(reading(store, tenant, "user")) == ({"ada": attributed(CALL), "bob": attributed(CALL)}, {})


@pytest.mark.parametrize("is_folded_first", [False, True])
def test_the_usage_of_a_sixth_tag_name_is_recorded_and_is_the_rest(
    store: UsageStore, directory: Directory, is_folded_first: bool
) -> None:
    tenant = create_tenant(directory, "acme")
    five = [named(llm_call(f"{name}{n}"), tags={name: "x"}) for name in "abcde" for n in range(2)]
    sixth = named(llm_call("f"), tags={"sixth": "x"})
    store.record("acme", five if is_folded_first else [sixth, *five], ONE_SHARD, NOON)
    fold(store, tenant)
    assert known(store, tenant).counters.tag_names == ("a", "b", "c", "d", "e")
    if is_folded_first:
        store.record("acme", [sixth], known(store, tenant).counters, NOON)
    assert listed(reading(store, tenant, "tag:sixth")) == ({}, attributed(times(11)))
    assert listed(reading(store, tenant, "tag:a")) == ({"x": attributed(times(2))}, attributed(times(9)))


def test_tenants_see_no_names_of_each_other(store: UsageStore, directory: Directory) -> None:
    acme, bolt = create_tenant(directory, "acme"), create_tenant(directory, "bolt")
    store.record("acme", [named(llm_call("e1"), user_id="ada")], ONE_SHARD, NOON)
    assert listed(reading(store, bolt, "user")) == ({}, {})
    assert listed(reading(store, acme, "user"))[0] == {"ada": attributed(CALL)}


def test_a_day_outside_of_the_interval_is_left_out(store: UsageStore, directory: Directory) -> None:
    tenant = create_tenant(directory, "acme")
    events = [named(llm_call(f"e{n}", ts=NOON - n * DAY), user_id="ada") for n in range(3)]
    store.record("acme", events, ONE_SHARD, NOON)
    yesterday = Period(start_of(TODAY - DAY), start_of(TODAY))
    assert listed(reading(store, tenant, "user", yesterday)) == ({"ada": attributed(CALL)}, {})
