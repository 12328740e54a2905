"""The fold tells how soon the next one is wanted, from the room to the next threshold and the last rate."""

from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.people.audit import Change
from shared.domain.prices.costs import EventCost
from shared.domain.prices.money import NANOUSD_PER_USD
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.people.manage_limits import set_limits
from tests.plans import THRESHOLDS
from tests.sample_events import NOON, ONE_SHARD, costing, llm_call
from tests.usecases.plain_sums import new_tenant, stored_tenant

QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("first_cents", "then_cents", "minutes"),
    [
        (300, 10, 15),
        # $2.10 of room at $2.90 in 15 minutes last 10.9 minutes, of which half may pass.
        (300, 290, 4),
        (640, 0, 1),
    ],
)
def test_the_next_fold_comes_before_a_threshold_of_the_cost_is_reached(
    first_cents: int, then_cents: int, minutes: int, memory: MemoryStore
) -> None:
    new_tenant(memory)
    set_limits(memory, "acme", {"cost_nanousd": 10 * NANOUSD_PER_USD}, Change("test", NOON))
    folder = TenantFolder(memory, THRESHOLDS.policy_of)
    for number, cents in enumerate((first_cents, then_cents)):
        cost = EventCost("exact", cents * NANOUSD_PER_USD // 100, "client")
        now = NOON + number * QUARTER
        memory.record("acme", [costing(llm_call(f"e{number}", ts=now), cost)], ONE_SHARD, now)
        fold_tenants(folder, ["acme"], now)
    assert stored_tenant(memory).counters.fold_minutes == minutes
