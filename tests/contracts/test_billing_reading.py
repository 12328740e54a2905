"""BillingStore: an account, its invoices and the tenants are read as they were written."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.billing.billing_account import with_subscription
from shared.domain.billing.entitlements import DEFAULT_GRACE, BillingAlert, BillingTerms
from shared.domain.billing.invoices import InvoiceRow
from shared.domain.billing.stripe_events import EventReference
from shared.domain.errors import InvalidInput
from shared.domain.limits.entitlement import FREE
from shared.domain.people.audit import AuditEntry
from shared.ports import BillingChange, BillingStore, Directory, ProcessedEvent
from tests.billing_places import BillingPlace
from tests.plans import PLANS
from tests.sample_billing_accounts import NOW, account_of, corrected_row, paid_account, row_of
from tests.sample_subscriptions import observed, on_day, subscription_after
from tests.usecases.plain_sums import new_tenant

PROCESSED = ProcessedEvent(
    event_id="evt_1", event_type="customer.subscription.updated", outcome="applied", at=NOW
)
ALERT = BillingAlert("unmapped_price", ("sub_1",), "price price_x of sub_1 maps to no plan")
AUDIT = AuditEntry(
    tenant_id="acme",
    at=NOW,
    actor="stripe",
    action="plan.changed",
    before="free",
    after="starter",
    reason="evt_1 because",
)


@pytest.fixture
def store(place: BillingPlace) -> BillingStore:
    """Return the billing of all tenants; there is one tenant, `acme`, on plan starter."""
    new_tenant(place.directory)
    return place.open()


def test_an_unknown_tenant_customer_and_event_are_none(place: BillingPlace) -> None:
    store = place.open()
    assert store.find_owner("evt_1", "cus_1") == (None, None)
    assert store.find_owner(None, None) == (None, None)
    assert store.read_account("acme") is None
    assert store.list_invoices("acme", limit=10).items == []
    assert list(store.list_tenants()) == []


def test_a_new_tenant_has_no_billing(store: BillingStore) -> None:
    read = store.read_account("acme", "in_1")
    assert read is not None
    assert (read.account.customer_id, read.account.email, read.account.previous_customer_id) == (None,) * 3
    assert dict(read.account.known_subscriptions) == {}
    assert (read.invoice, read.invoice_version) == (None, None)
    assert (read.account.tenant.plan, read.account.tenant.entitlement) == ("starter", None)


def test_an_account_is_read_as_it_was_written(store: BillingStore) -> None:
    unpaid = [observed(day, "past_due", price_id="price_`x`", plan=None) for day in (30, 32, 34)]
    scenario = [
        observed(0, "created", plan="professional"),
        observed(1, "active", plan="professional"),
        *unpaid,
    ]
    first = subscription_after(scenario)
    second = subscription_after(
        [observed(2, "trialing", id="sub_2", trial_end=on_day(16), cancel_at=on_day(60.5))]
    )
    ended = subscription_after([observed(3, "deleted", id="sub_3", interval="year", tenant_id=None)])
    account = replace(
        paid_account(store, first, second, ended),
        email="owner@example.com",
        email_event=EventReference(on_day(3), "evt_3"),
        previous_customer_id="cus_0",
    )
    store.save_billing(BillingChange(account=account, at=NOW))
    read = account_of(store)
    assert replace(read, version=None) == replace(account, version=None)
    granted = read.tenant.entitlement
    assert granted is not None
    assert granted.then is not None
    lapsed = replace(FREE, anchor=on_day(0))
    assert [granted.plan, granted.then.plan, granted.then.then] == ["professional", "starter", lapsed]
    assert (granted.until, granted.then.until) == (on_day(30) + DEFAULT_GRACE, on_day(60.5))


def test_hundreds_of_subscriptions_are_stored(store: BillingStore) -> None:
    scenarios = [[observed(day, "past_due") for day in range(60)]]
    scenarios += [[observed(0, "deleted", id=f"sub_{number}")] for number in range(2, 300)]
    account = replace(paid_account(store, *[subscription_after(scenario) for scenario in scenarios]))
    store.save_billing(BillingChange(account=account, at=NOW))
    assert account_of(store).known_subscriptions == account.known_subscriptions
    assert len(account.known_subscriptions) == 299


def test_invoices_are_paged_newest_first(place: BillingPlace, store: BillingStore) -> None:
    new_tenant(place.directory, "other")
    store.save_billing(BillingChange(account=account_of(store, "other"), at=NOW, invoice=row_of("in_other")))
    made = [row_of(f"in_{number}", days=number // 2) for number in range(7)]
    for row in made:
        store.save_billing(BillingChange(account=account_of(store), at=NOW, invoice=row))
    listed: list[InvoiceRow] = []
    page = store.list_invoices("acme", limit=3)
    while page.next_cursor:
        listed += page.items
        page = store.list_invoices("acme", limit=3, cursor=page.next_cursor)
    assert [*listed, *page.items] == made[::-1]
    assert len(page.items) == 7 - 2 * 3


def test_an_invoice_is_read_with_its_lines_and_corrections(store: BillingStore) -> None:
    row = corrected_row("in_1")
    store.save_billing(BillingChange(account=account_of(store), at=NOW, invoice=row))
    read = store.read_account("acme", "in_1")
    assert read is not None
    assert read.invoice == row
    assert store.list_invoices("acme", limit=10).items == [row]


def test_an_invoice_with_nothing_to_show_is_read_and_not_listed(store: BillingStore) -> None:
    unknown = replace(corrected_row("in_2"), snapshot=None, latest=None)
    deleted = replace(corrected_row("in_3", days=1), snapshot=None)
    for row in (row_of("in_1"), unknown, deleted, row_of("in_4", days=2)):
        store.save_billing(BillingChange(account=account_of(store), at=NOW, invoice=row))
    for row in (unknown, deleted):
        read = store.read_account("acme", row.id)
        assert read is not None
        assert read.invoice == row
    assert [row.id for row in store.list_invoices("acme", limit=2).items] == ["in_4", "in_1"]
    assert store.list_invoices("acme", limit=2).next_cursor is None


@pytest.mark.parametrize("cursor", ["", "nonsense", "W10=", "é"])
def test_a_cursor_of_another_list_is_refused(store: BillingStore, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        store.list_invoices("acme", limit=3, cursor=cursor)
    assert refused.value.code == "invalid_cursor"


def test_every_tenant_is_listed_also_beyond_a_page(place: BillingPlace) -> None:
    names = [f"t-{number:03}" for number in range(301)]
    for name in names:
        new_tenant(place.directory, name)
    store = place.open()
    assert list(store.list_tenants()) == names
    assert list(store.list_tenants("t-298")) == names[299:]
    for limit in (0, 5, 300, 301, 302):
        assert list(store.list_tenants(limit=limit)) == names[:limit]
        assert list(store.list_tenants("t-007", limit)) == names[8 : 8 + limit]


def test_grace_is_stored_to_the_microsecond(store: BillingStore) -> None:
    grace = timedelta(days=3, microseconds=1)
    failed = subscription_after([observed(0, "created"), observed(30, "past_due")])
    account = with_subscription(account_of(store), failed, BillingTerms(PLANS, grace), NOW)
    store.save_billing(BillingChange(account=account, at=NOW))
    read = account_of(store).tenant.entitlement
    assert read is not None
    assert read.until == on_day(30) + grace


def test_a_directory_sees_what_billing_wrote(place: BillingPlace, store: BillingStore) -> None:
    directory: Directory = place.directory
    store.save_billing(BillingChange(account=paid_account(store), at=NOW))
    tenant = directory.find_tenant("acme")
    assert tenant is not None
    assert (tenant.plan, tenant.billing.status, tenant.billing.subscription_id) == (
        "starter",
        "active",
        "sub_1",
    )
    assert tenant.at(on_day(1000)).plan == "starter"


def test_the_invoices_since_an_instant_are_all_of_them_newest_first(store: BillingStore) -> None:
    rows = [row_of(f"in_{day}", day) for day in range(4)]
    deleted = InvoiceRow(id="in_9", corrections=corrected_row("in_9").corrections)
    for row in (*rows, deleted):
        store.save_billing(BillingChange(account=account_of(store), at=NOW, invoice=row))
    assert store.list_invoices_since("acme", on_day(1)) == rows[:0:-1]
    assert store.list_invoices_since("acme", on_day(9)) == []
    assert store.list_invoices_since("nobody", on_day(0)) == []


def test_the_total_without_tax_is_read_as_it_was_written(store: BillingStore) -> None:
    row = row_of("in_1", total_excluding_tax=2_437)
    store.save_billing(BillingChange(account=account_of(store), at=NOW, invoice=row))
    (found,) = store.list_invoices_since("acme", on_day(0))
    assert found.invoice.total_without_tax == 2_437, "it is not compared"
