"""The rate of a tenant's events: those between two folds, as the fold writes it into the tenant's row."""

from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.ledger.tick import DueDay
from shared.domain.people.audit import Change
from shared.domain.people.tenant_rows import EventRate
from shared.domain.people.tenants import TenantProfile
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_days, fold_tenants
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.tenant_rows import TenantRows
from tests.plans import THRESHOLDS
from tests.sample_events import NOON, ONE_SHARD, llm_call
from tests.usecases.plain_sums import new_tenant

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def record(memory: MemoryStore, name: str, count: int, minutes: int) -> None:
    at = NOON + minutes * MINUTE
    memory.record("acme", [llm_call(f"{name}{each}", ts=at) for each in range(count)], ONE_SHARD, at)


def fold(memory: MemoryStore, minutes: int) -> None:
    fold_tenants(TenantFolder(memory, THRESHOLDS.policy_of), ["acme"], NOON + minutes * MINUTE)


def rate(memory: MemoryStore) -> EventRate | None:
    row = memory.read_row("acme").row
    assert row is not None
    assert row.usage is not None
    return row.usage.rate


@pytest.mark.parametrize(
    ("minutes", "per_hour"),
    [
        (15, 30 * 60 // 15),
        (2, 30 * 60 // 2),
        # No event waits longer than 15 minutes for its fold, so these came at the end of the night.
        (5 * 60, 30 * 60 // 15),
        # A moment says nothing about a minute.
        (0, 30 * 60),
    ],
)
def test_new_events_are_divided_by_the_time_since_the_fold_before(
    memory: MemoryStore, minutes: int, per_hour: int
) -> None:
    new_tenant(memory)
    record(memory, "a", 7, 0)
    fold(memory, 0)
    record(memory, "b", 30, minutes)
    fold(memory, minutes)
    assert rate(memory) == EventRate(per_hour, NOON + minutes * MINUTE)


def test_before_its_first_events_a_tenant_has_no_rate(memory: MemoryStore) -> None:
    new_tenant(memory)
    fold(memory, 0)
    assert rate(memory) is None


def test_late_events_of_yesterday_leave_the_rate_as_it_was(memory: MemoryStore) -> None:
    new_tenant(memory)
    record(memory, "a", 15, 0)
    fold(memory, 0)
    before = rate(memory)
    assert before == EventRate(60, NOON)
    memory.record("acme", [llm_call("late", ts=NOON - 20 * HOUR)], ONE_SHARD, NOON + MINUTE)
    yesterday = DueDay("acme", (NOON - 20 * HOUR).date(), 1)
    fold_days(TenantFolder(memory, THRESHOLDS.policy_of), [yesterday], NOON + MINUTE)
    row = memory.read_row("acme").row
    assert row is not None
    assert row.usage is not None
    assert row.usage.folded_at == NOON + MINUTE
    assert rate(memory) == before


def test_the_daily_job_and_changes_of_the_tenant_leave_the_rate_as_it_was(memory: MemoryStore) -> None:
    new_tenant(memory)
    record(memory, "a", 15, 0)
    fold(memory, 0)
    before = rate(memory)
    entry = Change("test", NOON).entry("acme", "x", None, None)
    memory.set_profile("acme", TenantProfile("New", {}), entry)
    rows = TenantRows(memory, Ledger(memory), lambda _: None)
    rows.refresh(["acme"], NOON + 30 * 24 * HOUR)
    assert rate(memory) == before == EventRate(60, NOON)
