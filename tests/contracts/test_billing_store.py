"""BillingStore: a change is written as a whole or not at all, and a customer never moves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from shared.adapters.firestore import FirestoreUsageStore
from shared.domain.billing.entitlements import BillingAlert
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.periods import period_at
from shared.domain.notices.alerts import UsageAlert
from shared.domain.notices.entries import NOTHING_OUTGOING
from shared.domain.people.audit import AuditEntry
from shared.ports import BillingChange, BillingStore, ProcessedEvent, RaisedAlert, StaleAccount, UsageStore
from tests.audit_trail import trail_of
from tests.billing_places import BillingPlace, FirestoreBillingPlace, MemoryBillingPlace, SentMail
from tests.outgoing_fixtures import MAIL, outgoing
from tests.plans import ENTERPRISE
from tests.sample_billing_accounts import NOW, account_of, paid_account, row_of
from tests.sample_events import writing
from tests.sample_subscriptions import DAY
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


def everything(store: BillingStore) -> BillingChange:
    """Return a change with a value in every field."""
    return BillingChange(
        account=paid_account(store),
        at=NOW,
        processed_event=PROCESSED,
        link_customer_id="cus_1",
        invoice=row_of("in_1"),
        audits=[AUDIT],
        alerts=[ALERT],
        outgoing=outgoing(MAIL),
    )


def nothing_is_stored(place: BillingPlace, store: BillingStore) -> None:
    """Check that none of `everything` was written."""
    assert store.find_owner("evt_1", "cus_1") == (None, None)
    assert account_of(store).tenant.billing.status == "none"
    assert store.list_invoices("acme", limit=10).items == []
    assert [each.action for each in trail_of(place.directory)] == ["tenant.created"]
    assert (place.alerts("acme"), place.mails()) == ({}, [])


def test_a_person_has_one_trial_in_the_tenant_that_claims_it_first(store: BillingStore) -> None:
    assert [store.claim_trial("p1", tenant, NOW) for tenant in ("acme", "bolt", "acme")] == [
        True,
        False,
        True,
    ]
    assert store.claim_trial("p2", "bolt", NOW)


def test_of_two_tenants_at_once_one_gets_the_trial(store: BillingStore) -> None:
    barrier = Barrier(2)

    def claim(tenant: str) -> bool:
        barrier.wait()
        return store.claim_trial("p1", tenant, NOW)

    with ThreadPoolExecutor(2) as threads:
        claimed = list(threads.map(claim, ("acme", "bolt")))
    assert sorted(claimed) == [False, True]


def test_all_of_a_change_is_written(place: BillingPlace, store: BillingStore) -> None:
    change = everything(store)
    store.save_billing(change)
    assert store.find_owner("evt_1", "cus_1") == ("applied", "acme")
    assert account_of(store).tenant == place.directory.find_tenant("acme") == change.account.tenant
    assert store.list_invoices("acme", limit=10).items == [row_of("in_1")]
    assert trail_of(place.directory)[1:] == [AUDIT]
    assert place.alerts("acme") == {"unmapped_price": ("sub_1",)}
    assert place.mails() == [SentMail(MAIL.to, MAIL.subject)]


def test_fields_left_out_of_a_change_stay_unchanged(place: BillingPlace, store: BillingStore) -> None:
    store.save_billing(everything(store))
    before = account_of(store)
    store.save_billing(BillingChange(account=before, at=NOW))
    after = account_of(store)
    assert replace(after, version=None) == replace(before, version=None)
    assert store.find_owner("evt_1", "cus_1") == ("applied", "acme")
    assert store.list_invoices("acme", limit=10).items == [row_of("in_1")]
    assert (len(place.alerts("acme")), len(place.mails())) == (1, 1)


Spoil = Callable[[BillingPlace, BillingStore], object]
SPOILERS: dict[str, Spoil] = {
    "another-event-changed-the-account": lambda place, store: store.save_billing(
        BillingChange(account=replace(account_of(store), email="new@example.com"), at=NOW)
    ),
    "the-plan-was-set-by-hand": lambda place, store: place.directory.set_plan(
        "acme", ENTERPRISE.named_version, AUDIT
    ),
    "the-event-was-processed": lambda place, store: store.save_processed_event(PROCESSED),
    "the-customer-is-another-tenants": lambda place, store: store.save_billing(
        BillingChange(account=account_of(store, "other"), at=NOW, link_customer_id="cus_1")
    ),
    "the-invoice-exists-meanwhile": lambda place, store: store.save_billing(
        BillingChange(account=account_of(store), at=NOW, invoice=row_of("in_1", total=1))
    ),
}


@pytest.mark.parametrize("spoil", SPOILERS.values(), ids=SPOILERS)
def test_nothing_of_a_stale_change_is_written(place: BillingPlace, store: BillingStore, spoil: Spoil) -> None:
    new_tenant(place.directory, "other")
    change = everything(store)
    spoil(place, store)
    before = account_of(store), store.list_invoices("acme", limit=10), trail_of(place.directory)
    with pytest.raises(StaleAccount):
        store.save_billing(change)
    after = account_of(store), store.list_invoices("acme", limit=10), trail_of(place.directory)
    assert after == before
    assert (place.alerts("acme"), place.mails()) == ({}, [])


def test_an_invoice_that_has_changed_since_it_was_read_is_stale(store: BillingStore) -> None:
    store.save_billing(BillingChange(account=account_of(store), at=NOW, invoice=row_of("in_1")))
    slow, quick = store.read_account("acme", "in_1"), store.read_account("acme", "in_1")
    assert slow is not None
    assert quick is not None
    assert slow.invoice == row_of("in_1")
    paid = row_of("in_1", status="paid")
    store.save_billing(
        BillingChange(account=quick.account, at=NOW, invoice=paid, invoice_version=quick.invoice_version)
    )
    with pytest.raises(StaleAccount):
        store.save_billing(
            BillingChange(
                account=slow.account, at=NOW, invoice=row_of("in_1"), invoice_version=slow.invoice_version
            )
        )
    assert store.list_invoices("acme", limit=10).items == [paid]


def test_b24_a_customer_never_moves_to_another_tenant(place: BillingPlace, store: BillingStore) -> None:
    new_tenant(place.directory, "other")
    store.save_billing(BillingChange(account=account_of(store), at=NOW, link_customer_id="cus_1"))
    for tenant_id in ("other", "acme"):
        with pytest.raises(StaleAccount):
            store.save_billing(
                BillingChange(account=account_of(store, tenant_id), at=NOW, link_customer_id="cus_1")
            )
    assert store.find_owner(None, "cus_1") == (None, "acme")


def test_a_processed_event_alone_is_stored_and_may_be_written_again(
    place: BillingPlace, store: BillingStore
) -> None:
    ignored = replace(PROCESSED, outcome="ignored")
    store.save_processed_event(ignored)
    store.save_processed_event(ignored)
    assert store.find_owner("evt_1", "cus_1") == ("ignored", None)
    assert store.find_owner("evt_2", None) == (None, None)
    assert [each.action for each in trail_of(place.directory)] == ["tenant.created"]


def test_one_of_several_concurrent_changes_of_one_version_is_written(store: BillingStore) -> None:
    account, together = account_of(store), Barrier(8)

    def save(number: int) -> bool:
        change = BillingChange(
            account=replace(account, email=f"{number}@example.com"),
            at=NOW,
            processed_event=replace(PROCESSED, event_id=f"evt_{number}"),
        )
        together.wait()
        try:
            store.save_billing(change)
        except StaleAccount:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(save, range(8)))
    assert sum(saved) == 1
    assert account_of(store).email == f"{saved.index(True)}@example.com"
    assert [store.find_owner(f"evt_{number}", None)[0] is not None for number in range(8)] == saved


def test_billing_does_not_overwrite_fields_of_others(place: BillingPlace, store: BillingStore) -> None:
    before = place.directory.find_tenant("acme")
    change = everything(store)
    counters = CounterSettings()
    renamed = replace(
        change.account.tenant, name="Other", counters=counters, created_at=NOW, suspended_at=NOW
    )
    store.save_billing(replace(change, account=replace(change.account, tenant=renamed)))
    after = place.directory.find_tenant("acme")
    assert before is not None
    assert after is not None
    mine = {"plan", "plan_version", "least_versions", "anchor", "entitlement", "billing", "version"}
    unchanged = {name for name in before.__slots__ if getattr(before, name) == getattr(after, name)}
    assert unchanged >= set(before.__slots__) - mine
    assert after.plan == "starter"


def test_counter_shards_raised_meanwhile_stay_raised(place: BillingPlace, store: BillingStore) -> None:
    account = paid_account(store)
    raise_shards(place, 8)
    with pytest.raises(StaleAccount):
        store.save_billing(BillingChange(account=account, at=NOW))
    store.save_billing(BillingChange(account=paid_account(store), at=NOW))
    tenant = place.directory.find_tenant("acme")
    assert tenant is not None
    assert (tenant.counters.shards, tenant.billing.status) == (8, "active")


NOVEMBER = period_at(None, NOW)
USAGE_ALERT = UsageAlert(
    period=NOVEMBER, metric="tokens", threshold_percent=80, used=41_000, limit=50_000, reached_at=NOW
)


def usage_store(place: BillingPlace) -> UsageStore:
    """Return the usage of the same tenants."""
    if isinstance(place, MemoryBillingPlace):
        return place.store
    assert isinstance(place, FirestoreBillingPlace)
    return FirestoreUsageStore(place.rpc, DAY)


def raise_shards(place: BillingPlace, counter_shards: int) -> None:
    usage = usage_store(place)
    usage.save_counter_settings("acme", writing(counter_shards), usage.read("acme").version)


def test_an_alert_is_replaced_and_settled(place: BillingPlace, store: BillingStore) -> None:
    other = BillingAlert("several_subscriptions", ("sub_1", "sub_2"), "2 subscriptions run at once")
    store.save_billing(BillingChange(account=account_of(store), at=NOW, alerts=[ALERT, other]))
    again = replace(ALERT, subscription_ids=("sub_2",))
    settled: tuple[Any, ...] = ("several_subscriptions",)
    store.save_billing(
        BillingChange(account=account_of(store), at=NOW, alerts=[again], settled_alerts=settled)
    )
    assert place.alerts("acme") == {"unmapped_price": ("sub_2",)}
    store.save_billing(
        BillingChange(account=account_of(store), at=NOW, settled_alerts=("unmapped_price", *settled))
    )
    assert place.alerts("acme") == {}


def test_alerts_are_listed_with_the_instant_at_which_they_were_raised(
    place: BillingPlace, store: BillingStore
) -> None:
    new_tenant(place.directory, "other")
    other = BillingAlert("several_subscriptions", ("sub_1", "sub_2"), "2 subscriptions run at once")
    assert store.list_billing_alerts("acme") == []
    store.save_billing(BillingChange(account=account_of(store), at=NOW, alerts=[ALERT]))
    store.save_billing(BillingChange(account=account_of(store), at=NOW + DAY, alerts=[other]))
    store.save_billing(BillingChange(account=account_of(store, "other"), at=NOW, alerts=[ALERT]))
    usage_store(place).save_alerts("acme", [USAGE_ALERT], NOTHING_OUTGOING)
    assert store.list_billing_alerts("acme") == [RaisedAlert(other, NOW + DAY), RaisedAlert(ALERT, NOW)]
    assert [each.alert for each in store.list_billing_alerts("other")] == [ALERT]


def test_a_change_of_a_tenant_that_is_gone_is_stale(place: BillingPlace, store: BillingStore) -> None:
    nobody = replace(account_of(store), tenant=replace(account_of(store).tenant, id="nobody"))
    with pytest.raises(StaleAccount):
        store.save_billing(BillingChange(account=nobody, at=NOW, processed_event=PROCESSED))
    nothing_is_stored(place, store)
