"""Documents of billing that were written by an earlier version are read."""

from dataclasses import replace

import grpc
import pytest

from shared.adapters.firestore import FirestoreBillingStore, FirestoreDirectory
from shared.adapters.firestore.people.tenants import change_write
from shared.ports import BillingChange
from tests.billing_places import FirestoreBillingPlace
from tests.sample_billing_accounts import NOW, account_of, corrected_row, paid_account
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
