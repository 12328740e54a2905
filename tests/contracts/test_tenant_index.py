"""TenantIndex: one row a tenant, in the commit of every change, listed by filters, search and sort."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from shared.domain.errors import InvalidInput
from shared.domain.limits.entitlement import Entitlement
from shared.domain.limits.plans import PlanVersion
from shared.domain.people.audit import Change
from shared.domain.people.tenant_rows import (
    RowSort,
    RowsWanted,
    RowUsage,
    TenantRow,
    new_row,
    row_tenant,
)
from shared.domain.people.tenants import BillingSummary, Tenant, TenantProfile
from shared.ports import BillingChange, Directory, StaleRow, TenantIndex
from tests.billing_places import BillingPlace, FirestoreBillingPlace, MemoryBillingPlace
from tests.contracts.conftest import Stores
from tests.contracts.test_members import ADA, entry
from tests.sample_billing_accounts import account_of
from tests.sample_events import NOON
from tests.usecases.plain_sums import new_tenant

BY_OPS = Change("platform:gwi_platform_test_abcde", NOON + timedelta(minutes=1), "because")


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def row_of(index: TenantIndex, tenant_id: str = "acme") -> TenantRow:
    row = index.read_row(tenant_id).row
    assert row is not None
    return row


def used(percent: int, *, cost: int = 0, last: datetime | None = None) -> RowUsage:
    return RowUsage(
        tokens=percent,
        runs=1,
        cost_nanousd=cost,
        percent_hundredths=percent * 100,
        over_80=percent >= 80,
        last_event_at=last,
        period_end=datetime(2026, 12, 1, tzinfo=NOON.tzinfo),
        folded_at=NOON,
    )


def test_a_tenant_that_does_not_exist_has_no_row(index: TenantIndex) -> None:
    stored = index.read_row("acme")
    assert (stored.tenant, stored.row) == (None, None)
    assert index.list_rows(RowsWanted(), limit=5).items == []


def test_a_tenant_is_created_with_its_row(stores: Stores) -> None:
    index = stores.tenant_index
    acme = new_tenant(stores.directory)
    own = Tenant(id="own-1", name="Own", plan="free", created_at=NOON)
    stores.members.create_tenant_with_owner(own, ADA, entry("tenant.created", "own-1"))
    assert row_of(index) == new_row(acme)
    assert row_of(index, "own-1") == new_row(own)
    row = row_of(index)
    assert row.usage is not None
    assert (row.tenant.status, row.usage.tokens, row.usage.period_end.month) == ("active", 0, 12)


CHANGES: dict[str, Callable[[Directory], None]] = {
    "the plan": lambda to: to.set_plan(
        "acme", PlanVersion("professional", 1), BY_OPS.entry("acme", "x", None, None)
    ),
    "a suspension": lambda to: to.set_suspended_at("acme", NOON, BY_OPS.entry("acme", "x", None, None)),
    "its end": lambda to: to.set_ended_at("acme", NOON, BY_OPS.entry("acme", "x", None, None)),
    "the name": lambda to: to.set_profile(
        "acme", TenantProfile("ÉCLAIR", {"a.b": "c"}), BY_OPS.entry("acme", "x", None, None)
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_tenant_is_in_its_row_at_once(stores: Stores, change: str) -> None:
    before = new_tenant(stores.directory)
    CHANGES[change](stores.directory)
    tenant = stores.directory.find_tenant("acme")
    assert tenant is not None
    assert tenant != before
    row = row_of(stores.tenant_index)
    assert row.tenant == row_tenant(tenant, BY_OPS.at)
    assert row.tenant != new_row(before).tenant
    assert row.usage == new_row(before).usage, "usage is the fold's"


def test_a_name_and_metadata_change_together_and_nothing_else(directory: Directory) -> None:
    before = new_tenant(directory)
    metadata = {"a.b/`c": "d", "__x__": "", "é": "ü"}
    directory.set_profile("acme", TenantProfile("New", metadata), BY_OPS.entry("acme", "x", None, None))
    assert directory.find_tenant("acme") == replace(before, name="New", metadata=metadata)


def test_changes_at_once_leave_the_row_that_shows_all_of_them(stores: Stores) -> None:
    new_tenant(stores.directory)
    barrier = Barrier(len(CHANGES))

    def run(change: Callable[[Directory], None]) -> None:
        barrier.wait()
        change(stores.directory)

    with ThreadPoolExecutor(len(CHANGES)) as pool:
        list(pool.map(run, CHANGES.values()))
    tenant = stores.directory.find_tenant("acme")
    assert tenant is not None
    assert (tenant.plan, tenant.name, tenant.status) == ("professional", "ÉCLAIR", "ended")
    assert row_of(stores.tenant_index).tenant == row_tenant(tenant, BY_OPS.at)


def index_of(place: BillingPlace) -> TenantIndex:
    if isinstance(place, MemoryBillingPlace):
        return place.store
    assert isinstance(place, FirestoreBillingPlace)
    from shared.adapters.firestore import FirestoreTenantIndex

    return FirestoreTenantIndex(place.rpc)


def test_what_stripe_says_is_in_the_row_with_the_change(place: BillingPlace) -> None:
    new_tenant(place.directory)
    store, index = place.open(), index_of(place)
    then = Entitlement(plan="starter")
    paid = Entitlement(plan="professional", until=at(60), then=then)
    billing = BillingSummary(status="past_due", past_due_since=NOON, scheduled_plan="enterprise")
    account = account_of(store)
    tenant = replace(account.tenant, plan="professional", entitlement=paid, billing=billing)
    store.save_billing(BillingChange(account=replace(account, tenant=tenant), at=NOON))
    row = row_of(index).tenant
    assert (row.plan, row.subscription_status, row.past_due) == ("professional", "past_due", True)
    store.save_billing(BillingChange(account=account_of(store), at=at(61)))
    assert row_of(index).tenant.plan == "starter", "by then the plan has ended"


def test_usage_is_set_with_the_counters_and_its_last_event_never_moves_back(stores: Stores) -> None:
    new_tenant(stores.directory)
    late, early = used(5, cost=7, last=NOON), used(6, cost=8, last=NOON - timedelta(hours=3))
    stores.usage.clear_counters("acme", [], NOON, late)
    assert row_of(stores.tenant_index).usage == late
    stores.usage.clear_counters("acme", [], NOON, early)
    assert row_of(stores.tenant_index).usage == replace(early, last_event_at=NOON)
    stores.usage.clear_counters("acme", [], NOON, used(7))
    assert row_of(stores.tenant_index).usage == used(7, last=NOON)


def test_usage_of_a_tenant_without_a_row_is_dropped(stores: Stores) -> None:
    stores.usage.clear_counters("acme", [], NOON, used(5))
    assert stores.tenant_index.read_row("acme").row is None


def test_a_row_is_saved_if_it_is_as_it_was_read(stores: Stores) -> None:
    index, row = stores.tenant_index, new_row(new_tenant(stores.directory))
    read = index.read_row("acme")
    assert read.tenant == stores.directory.find_tenant("acme")
    changed = replace(row, usage=used(9, last=NOON))
    index.save_row(changed, read)
    assert row_of(index) == changed
    with pytest.raises(StaleRow):
        index.save_row(row, read)
    assert row_of(index) == changed
    missing = index.read_row("bolt")
    index.save_row(replace(row, id="bolt"), missing)
    with pytest.raises(StaleRow):
        index.save_row(replace(row, id="bolt"), missing)


# The list

NAMES = {"ace": "Zeta", "acme": "beta", "bolt": "Acme", "cube": "Écho", "dash": "ACE of bolts"}
USAGES = {
    "ace": used(85, cost=10, last=NOON),
    "acme": used(130, cost=30),
    "bolt": used(0, cost=20, last=at(60)),
    "cube": used(85, cost=0, last=at(120)),
    "dash": used(79, cost=20),
}


@pytest.fixture(scope="module")
def listed(new_stores: Callable[[], Stores]) -> TenantIndex:
    """Five tenants, created one minute after the other, with usage; dash is suspended, cube on plan free.

    Tests only read them.
    """
    stores = new_stores()
    for number, (tenant_id, name) in enumerate(NAMES.items()):
        plan = "free" if tenant_id == "cube" else "starter"
        new_tenant(stores.directory, tenant_id, plan=plan, created_at=at(number))
        audit = BY_OPS.entry(tenant_id, "x", None, None)
        stores.directory.set_profile(tenant_id, TenantProfile(name, {}), audit)
        stores.usage.clear_counters(tenant_id, [], NOON, USAGES[tenant_id])
    stores.directory.set_suspended_at("dash", NOON, BY_OPS.entry("dash", "x", None, None))
    return stores.tenant_index


def ids(index: TenantIndex, wanted: RowsWanted, limit: int = 50) -> list[str]:
    """Return the ids of all pages."""
    found: list[str] = []
    cursor = None
    while True:
        page = index.list_rows(wanted, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        found += [row.id for row in page.items]
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


SORTED: dict[RowSort, Sequence[str]] = {
    "created": ["dash", "cube", "bolt", "acme", "ace"],
    "name": ["dash", "bolt", "acme", "ace", "cube"],
    "usage": ["acme", "cube", "ace", "dash", "bolt"],
    "cost": ["acme", "dash", "bolt", "ace", "cube"],
    "last_event": ["cube", "bolt", "ace", "dash", "acme"],
}


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("sort", SORTED)
def test_rows_are_sorted_and_every_page_goes_on_where_the_last_one_ended(
    listed: TenantIndex, sort: RowSort, limit: int
) -> None:
    assert ids(listed, RowsWanted(sort=sort), limit) == SORTED[sort]


FILTERED = [
    (RowsWanted(plan="free"), ["cube"]),
    (RowsWanted(status="suspended"), ["dash"]),
    (RowsWanted(status="active", sort="usage"), ["acme", "cube", "ace", "bolt"]),
    (RowsWanted(over_80=True, sort="usage"), ["acme", "cube", "ace"]),
    (RowsWanted(over_80=False, sort="cost"), ["dash", "bolt"]),
    (RowsWanted(over_80=True, plan="starter", status="active", sort="name"), ["acme", "ace"]),
    (RowsWanted(past_due=True), []),
    (RowsWanted(past_due=False, plan="free"), ["cube"]),
    (RowsWanted(q="ac"), ["ace", "acme", "dash", "bolt"]),
    (RowsWanted(q="AC"), ["dash", "bolt"]),
    (RowsWanted(q="acm"), ["acme", "bolt"]),
    (RowsWanted(q="bolt"), ["bolt"]),
    (RowsWanted(q="éC"), ["cube"]),
    (RowsWanted(q="ac", plan="starter", status="active", sort="usage"), ["ace", "acme", "bolt"]),
    (RowsWanted(q="ace of bolts!"), []),
    (RowsWanted(q="/x.`"), []),
]


@pytest.mark.parametrize("limit", [1, 2, 50])
@pytest.mark.parametrize(("wanted", "expected"), FILTERED, ids=str)
def test_rows_are_filtered_and_searched_by_the_beginning_of_id_and_name(
    listed: TenantIndex, wanted: RowsWanted, expected: list[str], limit: int
) -> None:
    assert ids(listed, wanted, limit) == expected


def test_a_tenant_found_by_id_and_by_name_is_listed_once(stores: Stores) -> None:
    for tenant_id in ("acme", "acme-2", "acme-3"):
        new_tenant(stores.directory, tenant_id)
    for limit in (1, 2, 3):
        assert ids(stores.tenant_index, RowsWanted(q="acme"), limit) == ["acme", "acme-2", "acme-3"]


@pytest.mark.parametrize("limit", [1, 50])
def test_a_row_without_usage_is_left_out_where_usage_sorts(stores: Stores, limit: int) -> None:
    acme = new_tenant(stores.directory)
    bolt = replace(new_row(acme), id="bolt", usage=None)
    stores.tenant_index.save_row(bolt, stores.tenant_index.read_row("bolt"))
    assert row_of(stores.tenant_index, "bolt") == bolt
    for sort in ("usage", "cost", "last_event"):
        assert ids(stores.tenant_index, RowsWanted(sort=sort), limit) == ["acme"]
    assert ids(stores.tenant_index, RowsWanted(), limit) == ["bolt", "acme"]


OTHER_FILTERS = [
    RowsWanted(sort="usage"),
    RowsWanted(sort="name", plan="starter"),
    RowsWanted(sort="name", status="active"),
    RowsWanted(sort="name", over_80=True),
    RowsWanted(sort="name", past_due=False),
    RowsWanted(sort="name", q="a"),
]


@pytest.mark.parametrize("other", OTHER_FILTERS, ids=str)
def test_a_cursor_of_other_filters_is_refused(listed: TenantIndex, other: RowsWanted) -> None:
    cursor = listed.list_rows(RowsWanted(sort="name"), limit=1).next_cursor
    with pytest.raises(InvalidInput) as refusal:
        listed.list_rows(other, limit=1, cursor=cursor)
    assert refusal.value.code == "invalid_cursor"


@pytest.mark.parametrize("cursor", ["", "x", "!", "e30", "bnVsbA", "W10", "A" * 4000])
def test_a_cursor_that_is_none_is_refused(listed: TenantIndex, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        listed.list_rows(RowsWanted(), limit=1, cursor=cursor)
    assert refusal.value.code == "invalid_cursor"
