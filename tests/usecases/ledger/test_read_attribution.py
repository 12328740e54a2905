"""Usage by name under concurrency and in numbers: nothing is lost, counted twice, or more than the totals."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.ledger.attribution import (
    MAX_DIMENSION_BYTES,
    Attribution,
    attributed,
    chosen_tags,
    rollup_of,
)
from shared.domain.ledger.counters import sum_totals
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.periods import Period, start_of
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.ports import Snapshot
from shared.ports.ledger import NOTHING
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.ledger.read_attribution import NamedTotals, read_attribution, top_names
from shared.usecases.ledger.reading_names import MAX_LIVE_DOCUMENTS
from tests.contracts.test_reading import create_tenant
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, llm_call, times, writing

WEEK = Period(start_of(TODAY - timedelta(days=6)), start_of(TODAY + timedelta(days=1)))


class Interleaved(MemoryStore):
    """A store in which something happens just after the names of a day were read."""

    def __init__(self) -> None:
        super().__init__()
        self.after_names: Callable[[], object] = lambda: None

    def read(self, tenant_id: str, wanted: Wanted = NOTHING) -> Snapshot:
        found = super().read(tenant_id, wanted)
        if wanted.attribution and not wanted.dimensions:
            after, self.after_names = self.after_names, lambda: None
            after()
        return found


def by_user(event_id: str, user: str) -> RecordedEvent:
    return llm_call(event_id)._replace(user_id=user)


def top(store: MemoryStore, tenant: Tenant, most: int = 10) -> list[NamedTotals]:
    return top_names(read_attribution(Ledger(store), tenant, ("user", WEEK), NOON), most)


def fold(store: MemoryStore, hours: int = 0) -> None:
    fold_tenants(TenantFolder(store), ["acme"], NOON + timedelta(hours=hours))


def fold_one(store: MemoryStore, event: RecordedEvent) -> None:
    """Fold an event, so that the day and its month exist."""
    store.record("acme", [event], ONE_SHARD, NOON)
    fold(store)


def test_what_comes_while_a_day_is_folded_is_never_more_than_the_totals_and_has_its_name_at_last() -> None:
    store = Interleaved()
    tenant = create_tenant(store, "acme", counters=writing(MAX_LIVE_DOCUMENTS + 1))
    fold_one(store, by_user("e1", "ada"))
    store.record("acme", [by_user("e2", "ada")], ONE_SHARD, NOON)
    store.after_names = lambda: store.record("acme", [by_user("e3", "bob")], ONE_SHARD, NOON)
    fold(store, 24)
    later = NOON + timedelta(hours=24)
    usage = read_attribution(Ledger(store), tenant, ("user", WEEK), later)
    assert usage.totals == attributed(times(3))
    assert top_names(usage, 10) == [
        NamedTotals("ada", attributed(times(2))),
        NamedTotals(None, attributed(CALL)),
    ]
    fold(store, 24)
    assert [row.name for row in top(store, tenant)] == ["ada", "bob", None]


def test_a_day_of_many_documents_shows_names_as_of_the_last_fold() -> None:
    store = MemoryStore()
    tenant = create_tenant(store, "acme", counters=writing(64))
    for number in range(40):
        store.record("acme", [by_user(f"e{number}", "ada")], writing(64), NOON)
    assert top(store, tenant) == [NamedTotals(None, attributed(times(40)))]
    fold(store)
    assert top(store, tenant) == [NamedTotals("ada", attributed(times(40))), NamedTotals(None, {})]
    store.record("acme", [by_user("new", "ada")], writing(64), NOON)
    assert top(store, tenant) == [
        NamedTotals("ada", attributed(times(40))),
        NamedTotals(None, attributed(CALL)),
    ]


def test_twenty_thousand_users_in_a_day_add_up() -> None:
    store = MemoryStore()
    tenant = create_tenant(store, "acme", counters=writing(64))
    for first in range(0, 20_000, 500):
        events = [by_user(f"e{n}", f"user-{n}") for n in range(first, first + 500)]
        store.record("acme", [*events, by_user(f"x{first}", "ada")], writing(64), NOON)
    fold(store)
    first_row, *rows = top(store, tenant, 500)
    assert first_row == NamedTotals("ada", attributed(times(40)))
    assert sum_totals([first_row.totals, *(row.totals for row in rows)]) == attributed(times(20_000 + 40))
    assert 300 < len(rows) < 501


@pytest.mark.parametrize("name", ["u", "u" * 250, "\U0001f600" * 250, "%" * 250])
def test_a_rollup_keeps_the_names_that_cost_most_and_fits_into_a_document(name: str) -> None:
    names = {f"{name}{n:05}": {**CALL, "cost_nanousd": n + 1} for n in range(2_000)}
    tags = tuple(f"tag-{n}" for n in range(5))
    found: Attribution = {"user": names, "workflow": names, **{f"tag:{tag}": names for tag in tags}}
    kept = rollup_of(found, tags)
    assert kept.keys() == found.keys()
    assert list(kept["user"]) == [f"{name}{n:05}" for n in range(1_999, 1_999 - len(kept["user"]), -1)]
    assert 30 < len(kept["user"]) < 600
    assert 7 * MAX_DIMENSION_BYTES < 1024 * 1024 - 100_000


def test_the_first_five_tags_stay_and_new_ones_are_taken_by_use() -> None:
    found: Attribution = {
        f"tag:{tag}": {"x": times(count)} for tag, count in zip("abcdefg", range(1, 8), strict=True)
    }
    assert chosen_tags((), found) == ("g", "f", "e", "d", "c")
    assert chosen_tags(("z", "a"), found) == ("z", "a", "g", "f", "e")
    assert chosen_tags(("z", "y", "x", "w", "v"), found) == ("z", "y", "x", "w", "v")
