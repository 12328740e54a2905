"""Checks of a tenant with many counters: none reads while it is far from every cap, and each does near one."""

from dataclasses import replace

import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.memory import MemoryStore
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.periods import start_of
from shared.domain.limits.metrics import UsageRequest
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.domain.prices.costs import EventCost
from shared.domain.prices.money import NANOUSD_PER_USD
from shared.ports import Directory
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.check_limits import Limits, Planned
from shared.usecases.people.manage_limits import set_limits
from tests.plans import THRESHOLDS
from tests.sample_events import NOON, TODAY, costing, llm_call
from tests.usecases.conftest import RETENTION
from tests.usecases.fault_injection import counted
from tests.usecases.plain_sums import new_tenant, tick

MANY = CounterSettings(shards=64, complete_until=start_of(TODAY))


@pytest.mark.parametrize(
    ("spent_cents", "asked", "reads"),
    [
        (100, UsageRequest(), False),
        (719, UsageRequest(tokens=1), False),
        (720, UsageRequest(tokens=1), True),
        (100, UsageRequest(cost_nanousd=7 * NANOUSD_PER_USD), True),
        (1_200, UsageRequest(), True),
    ],
)
def test_a_second_check_reads_nothing_unless_the_cost_is_near_a_cap(
    spent_cents: int, asked: UsageRequest, reads: bool, memory: MemoryStore
) -> None:
    # 90 % of the soft cap, which is 80 % of ten dollars.
    tenant = limited_tenant(memory, MANY)
    spend(memory, tenant, spent_cents)
    store, calls = counted(memory)
    limits = Limits(Ledger(store), THRESHOLDS)
    limits.check(tenant, Planned(request=asked), NOON)
    calls.clear()
    limits.check(tenant, Planned(request=asked), NOON)
    assert (calls["read"] > 0) is reads


@pytest.mark.parametrize("shards", [1, 64])
def test_a_check_of_the_cost_takes_at_most_two_rpcs(firestore_rpc: FirestoreRpc, shards: int) -> None:
    counters = replace(MANY, shards=shards)
    tenant = limited_tenant(FirestoreDirectory(firestore_rpc), counters)
    counting_rpc, rpcs = counted(firestore_rpc)
    store = FirestoreUsageStore(counting_rpc, RETENTION)
    spend(store, tenant, 900)
    tick(store, NOON)
    spend(store, tenant, 99)
    rpcs.clear()
    limits = Limits(Ledger(store), THRESHOLDS)
    planned = Planned(request=UsageRequest(cost_nanousd=NANOUSD_PER_USD // 100 + 1))
    asked = limits.check(tenant, planned, NOON)
    assert asked.code == "cost_limit_exceeded"
    assert rpcs == {"batch_get": 1, "count": 1}


def limited_tenant(directory: Directory, counters: CounterSettings) -> Tenant:
    """Return a tenant that may cost ten dollars in a period."""
    new_tenant(directory, counters=counters)
    limits = {"cost_nanousd": 10 * NANOUSD_PER_USD}
    return set_limits(directory, "acme", limits, Change("test", NOON))


def spend(store: MemoryStore | FirestoreUsageStore, tenant: Tenant, cents: int) -> None:
    """Record one call that costs this much."""
    cost = EventCost("exact", cents * NANOUSD_PER_USD // 100, "client")
    store.record(tenant.id, [costing(llm_call(f"cents-{cents}"), cost)], tenant.counters, NOON)
