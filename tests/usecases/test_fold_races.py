"""A fold that learned of its tenant just before another one changed everything."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime

from shared.adapters.memory import MemoryStore
from shared.domain.periods import Period, period_at
from shared.domain.tenants import Tenant
from shared.ports import ShardRef, Snapshot
from shared.usecases.fold_usage import fold_tenant
from tests.sample_events import NOON, TODAY, llm_call


class MeanwhileStore(MemoryStore):
    """A memory store in which something happens right after a fold has first read its tenant."""

    meanwhile: Callable[[], None] | None = None

    def read(
        self,
        tenant_id: str,
        *,
        periods: Collection[Period] = (),
        days: Collection[date] = (),
        shards: Collection[ShardRef] = (),
    ) -> Snapshot:
        """The snapshot, and then what happens meanwhile, once."""
        snapshot = super().read(tenant_id, periods=periods, days=days, shards=shards)
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()
        return snapshot


def tenant_of(store: MemoryStore, tenant: Tenant) -> None:
    """Put a tenant into the store."""
    store._tenants[tenant.id] = tenant  # a race has no public door


def test_does_not_lose_a_shard_that_another_fold_has_seen_first() -> None:
    store = MeanwhileStore()
    tenant_of(
        store, Tenant(id="acme", name="Acme", plan="free", created_at=datetime(2026, 11, 1, tzinfo=UTC))
    )
    store.record("acme", [llm_call("a")], 1, NOON)

    def another_fold() -> None:
        store.raise_counter_shards("acme", 64)
        for number in range(20):
            store.record("acme", [llm_call(f"b{number}")], 64, NOON)
        fold_tenant(store, "acme", NOON)

    store.meanwhile = another_fold
    fold_tenant(store, "acme", NOON)
    period = period_at(None, NOON)
    snapshot = store.read("acme", periods=[period], days=[TODAY])
    assert snapshot.periods[period].totals["calls"] == 1 + 20
