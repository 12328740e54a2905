"""The parts of a statement belong to one instant, whatever is recorded while it is read."""

from collections.abc import Callable
from datetime import date, timedelta

from shared.adapters.memory import MemoryStore
from shared.domain.ledger.attribution import attributed
from shared.domain.ledger.counters import sum_totals
from shared.domain.ledger.documents import Wanted
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.ports import Snapshot
from shared.ports.ledger import NOTHING
from shared.usecases.billing.read_statement import MOST_NAMES, Statement, StatementReader
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger
from tests.contracts.test_reading import create_tenant
from tests.sample_events import NOON, ONE_SHARD, llm_call, times

NOVEMBER = date(2026, 11, 1)
DAY = timedelta(days=1)


class Busy(MemoryStore):
    """A store in which something happens after each read."""

    def __init__(self) -> None:
        super().__init__()
        self.after_read: Callable[[], object] = lambda: None

    def read(self, tenant_id: str, wanted: Wanted = NOTHING) -> Snapshot:
        found = super().read(tenant_id, wanted)
        self.after_read()
        return found


def by_user(event_id: str, user: str) -> RecordedEvent:
    return llm_call(event_id)._replace(user_id=user, workflow_id=f"of {user}")


def read(store: MemoryStore, tenant: Tenant) -> Statement:
    return StatementReader(Ledger(store), store).read(tenant, NOVEMBER, NOON)


def test_usage_that_comes_while_a_statement_is_read_is_in_all_of_its_parts_or_in_none() -> None:
    store = Busy()
    tenant = create_tenant(store, "acme")
    store.record("acme", [by_user("e0", "ada")], ONE_SHARD, NOON)
    ids = iter(range(1, 100))
    store.after_read = lambda: store.record("acme", [by_user(f"e{next(ids)}", "bob")], ONE_SHARD, NOON)
    statement = read(store, tenant)
    assert sum_totals(statement.usage.series.values()) == statement.usage.totals
    for rows in statement.names.values():
        assert sum_totals(row.totals for row in rows) == attributed(statement.usage.totals)
        assert rows[-1] == (None, {}), "every event has a user and a workflow"
    (month,) = statement.months
    assert month.totals == statement.usage.totals


def test_late_events_of_a_day_that_is_folded_are_with_their_names_at_once() -> None:
    store = MemoryStore()
    tenant = create_tenant(store, "acme")
    store.record("acme", [by_user("e0", "ada")], ONE_SHARD, NOON)
    fold_tenants(TenantFolder(store), ["acme"], NOON)
    late = [by_user("e1", "bob")._replace(ts=NOON - 3 * DAY)]
    store.record("acme", late, ONE_SHARD, NOON)
    statement = read(store, store.read("acme").tenant or tenant)
    assert {row.name: row.totals for row in statement.names["user"]} == {
        "ada": attributed(times(1)),
        "bob": attributed(times(1)),
        None: {},
    }


def test_names_beyond_the_most_are_in_the_rest() -> None:
    store = MemoryStore()
    tenant = create_tenant(store, "acme")
    events = [by_user(f"e{number}", f"user {number}") for number in range(MOST_NAMES + 3)]
    store.record("acme", events, ONE_SHARD, NOON)
    fold_tenants(TenantFolder(store), ["acme"], NOON)
    rows = read(store, store.read("acme").tenant or tenant).names["user"]
    listed = len(rows) - 1
    assert rows[-1].name is None
    assert rows[-1].totals == attributed(times(MOST_NAMES + 3 - listed))
    assert listed <= MOST_NAMES
