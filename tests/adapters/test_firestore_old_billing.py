"""Documents of billing that were written by an earlier version are read."""

from dataclasses import replace

import grpc
import pytest

from shared.adapters.firestore import FirestoreBillingStore, FirestoreDirectory, FirestoreTenantIndex
from shared.adapters.firestore.people.tenants import change_write
from shared.ports import BillingChange
from shared.usecases.billing.complete_summaries import complete_summaries
from tests.billing_places import FirestoreBillingPlace
from tests.sample_billing_accounts import NOW, account_of, corrected_row, paid_account, row_of
from tests.sample_subscriptions import PERIOD, START, observed, subscription_after
from tests.usecases.plain_sums import new_tenant


@pytest.fixture
def place(emulator_channel: grpc.Channel) -> FirestoreBillingPlace:
    place = FirestoreBillingPlace(emulator_channel)
    new_tenant(place.directory)
    return place


def without(place: FirestoreBillingPlace, path: str, *fields: str) -> None:
    """Remove fields from a document."""
    name = f"{place.rpc.documents}/{path}"
    write = change_write(name, {})
    write.update_mask.field_paths.extend(fields)
    place.rpc.commit([write])


def test_a_cancellation_without_ends_at_ends_with_its_period(place: FirestoreBillingPlace) -> None:
    store = FirestoreBillingStore(place.rpc)
    ending = subscription_after([observed(0, "created", cancel_at_period_end=True)])
    running = subscription_after([observed(0, "created")])
    for subscription, ends_at in ((ending, START + PERIOD), (running, None)):
        store.save_billing(BillingChange(account=paid_account(store, subscription), at=NOW))
        without(place, "tenants/acme", "billing.ends_at")
        tenant = FirestoreDirectory(place.rpc).find_tenant("acme")
        assert tenant is not None
        assert tenant.billing.ends_at == ends_at


def test_an_invoice_without_lines_and_corrections_is_read(place: FirestoreBillingPlace) -> None:
    store, row = FirestoreBillingStore(place.rpc), corrected_row("in_1")
    store.save_billing(BillingChange(account=account_of(store), at=NOW, invoice=row))
    without(place, "tenants/acme/invoices/in_1", "lines", "has_more_lines", "corrections")
    plain = replace(row.invoice, lines=(), has_more_lines=False)
    assert store.list_invoices("acme", limit=5).items == [replace(row, snapshot=plain, corrections=())]


def test_an_invoice_without_its_tax_is_read_with_its_total(place: FirestoreBillingPlace) -> None:
    store, row = FirestoreBillingStore(place.rpc), row_of("in_1", total_excluding_tax=2_437)
    store.save_billing(BillingChange(account=account_of(store), at=NOW, invoice=row))
    (stored,) = store.list_invoices_since("acme", START)
    assert stored.invoice.total_without_tax == 2_437
    without(place, "tenants/acme/invoices/in_1", "total_excluding_tax")
    (stored,) = store.list_invoices_since("acme", START)
    assert stored.invoice.total_without_tax == 2_900


def test_what_a_tenant_pays_is_0_until_the_daily_job_has_completed_it(place: FirestoreBillingPlace) -> None:
    store, index = FirestoreBillingStore(place.rpc), FirestoreTenantIndex(place.rpc)
    paid = subscription_after([observed(0, "created", unit_amount=29_00, currency="usd")])
    second = subscription_after([observed(0, "created", id="sub_2", unit_amount=29_00, currency="usd")])
    store.save_billing(BillingChange(account=paid_account(store, paid, second), at=NOW))
    fields = ("mrr_nanousd", "has_second_subscription")
    without(place, "tenants/acme", *(f"billing.{name}" for name in fields))
    without(place, "tenant_index/acme", *fields)

    def shown() -> tuple[int, bool]:
        row = index.read_row("acme").row
        assert row is not None
        return row.tenant.mrr_nanousd, row.tenant.has_second_subscription

    assert shown() == (0, False)
    for _ in range(2):
        complete_summaries(store, ["acme", "nobody"], NOW)
        assert shown() == (2 * 29_00 * 10**7, True)
    before = index.read_row("acme").version
    complete_summaries(store, ["acme"], NOW)
    assert index.read_row("acme").version == before, "nothing differs, so nothing is written"
