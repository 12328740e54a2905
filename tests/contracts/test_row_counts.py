"""TenantIndex: the rates in rows, and the rows of all tenants, counted by kind and summed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.domain.people.tenant_rows import EventRate, RowCounts, RowUsage, new_row
from shared.ports import TenantIndex
from tests.contracts.conftest import Stores
from tests.contracts.test_tenant_index import at, row_of, used
from tests.sample_events import NOON
from tests.usecases.plain_sums import new_tenant


def test_a_write_of_usage_without_a_rate_keeps_the_rate_that_is_stored(stores: Stores) -> None:
    new_tenant(stores.directory)
    rated = replace(used(5), rate=EventRate(60, NOON))
    stores.usage.clear_counters("acme", [], NOON, rated)
    assert row_of(stores.tenant_index).usage == rated
    stores.usage.clear_counters("acme", [], NOON, used(6))
    assert row_of(stores.tenant_index).usage == replace(used(6), rate=rated.rate)
    newer = replace(used(7), rate=EventRate(0, at(15)))
    stores.usage.clear_counters("acme", [], NOON, newer)
    assert row_of(stores.tenant_index).usage == newer


def test_rows_are_counted_by_kind_and_summed(stores: Stores) -> None:
    index, now = stores.tenant_index, at(20)
    kinds: dict[str, tuple[dict[str, Any], RowUsage | None]] = {
        "acme": ({"mrr_nanousd": 29 * 10**9}, replace(used(79), rate=EventRate(60, NOON))),
        "bolt": ({"mrr_nanousd": 2, "past_due": True}, replace(used(80), rate=EventRate(30, now))),
        "cube": ({"has_second_subscription": True}, used(100)),
        "dash": ({"status": "suspended"}, replace(used(130), rate=EventRate(9, NOON - timedelta(seconds=1)))),
        "edge": ({"status": "ended"}, None),
    }
    for tenant_id, (changes, usage) in kinds.items():
        row = new_row(new_tenant(stores.directory, tenant_id))
        changed = replace(row, tenant=replace(row.tenant, **changes), usage=usage)
        index.save_row(changed, index.read_row(tenant_id))
    counts = index.count_rows(now)
    assert counts == RowCounts(
        active=3,
        suspended=1,
        ended=1,
        paying=2,
        past_due=1,
        over_80=3,
        over_limit=2,
        second_subscriptions=1,
        mrr_nanousd=29 * 10**9 + 2,
        events_per_hour=60 + 30,
    )
    assert counts.total == len(kinds)


def test_no_rows_are_counted_as_none(index: TenantIndex) -> None:
    counts = index.count_rows(NOON)
    assert (counts.total, counts.paying, counts.mrr_nanousd, counts.events_per_hour) == (0, 0, 0, 0)
