"""The link from a Stripe customer to its tenant: created once and never moved."""

from datetime import timedelta
from itertools import permutations

import pytest

from shared.domain.billing.correction_shapes import read_charge
from shared.domain.billing.stripe_events import StripeEvent
from shared.domain.errors import Unavailable
from shared.usecases.billing.apply_stripe_event import APPLIED, DUPLICATE, IGNORED, UNOWNED
from shared.usecases.billing.stripe_changes import read_stripe_event
from tests.billing_places import BillingPlace, MemoryBillingPlace
from tests.golden.stripe_payloads import changed, webhooks
from tests.plans import PLANS
from tests.usecases.billing.billing_scenarios import (
    CREATED,
    CUSTOMER,
    CUSTOMER_ID,
    ENDIVE,
    SESSION,
    STARTED,
    account_of,
    audited_changes,
    billing_on,
    deliver,
    event_of,
    plan_at,
    stored_state,
    subscription_event,
)
from tests.usecases.billing.stripe_account import StripeAccount
from tests.usecases.plain_sums import new_tenant

FOREIGN_PRICE = {
    "items__data__0__price__lookup_key": None,
    "items__data__0__price__product": "prod_newsletter",
}


def test_b6_an_unowned_customer_is_retried_for_a_day_and_then_reported(place: BillingPlace) -> None:
    billing, stranger = billing_on(place.open()), subscription_event("created", STARTED, metadata={})
    before = stored_state(place, [])
    for hours in (0, 23):
        with pytest.raises(Unavailable, match=f"customer {CUSTOMER_ID} of .* belongs to no tenant yet"):
            deliver(billing, [stranger], stranger.created + timedelta(hours=hours))
        assert place.open().find_owner(stranger.id, CUSTOMER_ID) == (None, None)
    assert deliver(billing, [stranger], stranger.created + timedelta(hours=24)) == [UNOWNED]
    assert stored_state(place, []) == before
    assert deliver(billing, [stranger], stranger.created + timedelta(hours=25)) == [DUPLICATE]


@pytest.mark.parametrize(
    "event",
    [
        subscription_event(
            "created", STARTED, metadata={"tenant_id": "acme", "plan": "pro"}, **FOREIGN_PRICE
        ),
        event_of("customer.updated", CUSTOMER, STARTED),
        event_of("invoice.finalized", changed(ENDIVE["invoice"], {"parent": None}), STARTED),
        event_of("checkout.session.completed", SESSION | {"metadata": {}}, STARTED),
    ],
    ids=lambda event: event.type,
)
def test_b39_a_foreign_customers_event_is_ignored_at_once(place: BillingPlace, event: StripeEvent) -> None:
    before = stored_state(place, [])
    assert deliver(billing_on(place.open()), [event], event.created) == [IGNORED]
    assert stored_state(place, []) == before


def test_b40_an_ignored_event_is_applied_when_it_is_sent_again_after_the_link(place: BillingPlace) -> None:
    billing, late = billing_on(place.open()), event_of("customer.updated", CUSTOMER, STARTED)
    assert deliver(billing, [late, late]) == [IGNORED, DUPLICATE]
    deliver(billing, [CREATED])
    assert deliver(billing, [late, late]) == [APPLIED, DUPLICATE]
    assert account_of(place.open()).email == "new@example.com"


def test_b6_an_event_that_precedes_its_link_is_applied_when_it_is_resent(place: BillingPlace) -> None:
    billing, early = billing_on(place.open()), subscription_event("created", STARTED, metadata={})
    with pytest.raises(Unavailable):
        deliver(billing, [early], early.created)
    session = event_of("checkout.session.completed", SESSION, STARTED)
    assert deliver(billing, [session, early], early.created) == [APPLIED, APPLIED]
    assert plan_at(place, STARTED) == "starter"


@pytest.mark.parametrize("named", ["nobody", "../acme", "acme/invoices/in_1", "__x__", "a" * 65])
def test_b6_a_tenant_that_does_not_exist_owns_nothing(place: BillingPlace, named: str) -> None:
    event = subscription_event("created", STARTED, metadata={"gwi_tenant_id": named})
    with pytest.raises(Unavailable, match="belongs to no tenant yet"):
        deliver(billing_on(place.open()), [event], event.created)
    assert place.open().find_owner(event.id, CUSTOMER_ID) == (None, None)


@pytest.mark.parametrize(
    "event",
    [
        CREATED,
        event_of("checkout.session.completed", SESSION, STARTED),
        event_of("invoice.finalized", changed(ENDIVE["invoice"], {"status": "open"}), STARTED),
        event_of("customer.updated", CUSTOMER | {"metadata": {"gwi_tenant_id": "acme"}}, STARTED),
    ],
    ids=lambda event: f"B23-{event.type}",
)
def test_the_first_event_that_names_the_tenant_links_the_customer(
    place: BillingPlace, event: StripeEvent
) -> None:
    deliver(billing_on(place.open()), [event])
    assert place.open().find_owner(None, CUSTOMER_ID) == (None, "acme")
    assert account_of(place.open()).customer_id == CUSTOMER_ID
    assert ("billing.customer_linked", None, CUSTOMER_ID) in audited_changes(place)
    anonymous = subscription_event("updated", "2026-10-15T09:30:21Z", metadata={})
    assert deliver(billing_on(place.open()), [anonymous]) == [APPLIED]
    assert plan_at(place, STARTED) == "starter"


def test_b24_a_customer_never_moves_to_another_tenant(place: BillingPlace) -> None:
    new_tenant(place.directory, "other", plan="free")
    claim = subscription_event("updated", "2026-10-16T00:00:00Z", metadata={"gwi_tenant_id": "other"})
    session = SESSION | {"metadata": {"gwi_tenant_id": "other"}}
    claims = [claim, event_of("checkout.session.completed", session, "2026-10-16T00:00:00Z")]
    deliver(billing_on(place.open()), [CREATED, *claims])
    assert place.open().find_owner(None, CUSTOMER_ID) == (None, "acme")
    assert account_of(place.open(), "other").customer_id is None
    other = place.directory.find_tenant("other")
    assert other is not None
    assert (plan_at(place, STARTED), other.plan) == ("starter", "free")


def test_b25_the_customer_survives_every_later_event(place: BillingPlace) -> None:
    billing = billing_on(place.open())
    deliver(billing, [CREATED])
    for event in [read_stripe_event(payload, PLANS) for payload in webhooks("endive")]:
        deliver(billing, [event])
        assert account_of(place.open()).customer_id == CUSTOMER_ID
    second = subscription_event("created", STARTED, event_id="evt_second", customer="cus_2", id="sub_2")
    deliver(billing, [second])
    assert account_of(place.open()).customer_id == CUSTOMER_ID
    assert place.open().find_owner(None, "cus_2") == (None, "acme")


def test_a_late_event_does_not_restore_a_deleted_customer(place: BillingPlace) -> None:
    ended = subscription_event("deleted", "2026-10-16T00:00:00Z", status="canceled")
    gone = event_of(
        "customer.deleted", CUSTOMER | {"metadata": {"gwi_tenant_id": "acme"}}, "2026-10-16T00:00:00Z"
    )
    late = subscription_event("updated", "2026-10-15T09:30:21Z")
    deliver(billing_on(place.open()), [CREATED, gone, ended, late])
    account = account_of(place.open())
    assert (account.customer_id, account.previous_customer_id) == (None, CUSTOMER_ID)
    assert place.open().find_owner(None, CUSTOMER_ID) == (None, "acme")
    assert ("billing.customer_deleted", CUSTOMER_ID, None) in audited_changes(place)
    assert plan_at(place, "2026-10-16T00:00:00Z") == "free"


def test_every_order_around_a_deletion_ends_the_same() -> None:
    named = CUSTOMER | {"metadata": {"gwi_tenant_id": "acme"}}
    scenario = [
        CREATED,
        event_of("customer.updated", named, "2026-10-15T12:00:00Z"),
        subscription_event("deleted", "2026-10-16T00:00:00Z", status="canceled"),
        event_of("customer.deleted", named, "2026-10-16T00:00:00Z"),
    ]
    for order in permutations(scenario):
        place = MemoryBillingPlace()
        new_tenant(place.directory, plan="free")
        deliver(billing_on(place.open()), order)
        left = stored_state(place, scenario)
        assert (left.customer_id, left.owner, left.email) == (None, "acme", "new@example.com")
        assert (left.tenant.plan, len(left.processed)) == ("free", len(scenario))


def test_the_newest_address_counts_even_if_it_arrives_first(place: BillingPlace) -> None:
    session = event_of("checkout.session.completed", SESSION, STARTED)
    newest = event_of("customer.updated", CUSTOMER, "2026-10-17T00:00:00Z")
    older = event_of("customer.updated", CUSTOMER, "2026-10-16T00:00:00Z", email="old@example.com")
    without = event_of("customer.updated", CUSTOMER, "2026-10-18T00:00:00Z", email=None)
    deliver(billing_on(place.open()), [CREATED, newest, older, session, without])
    assert account_of(place.open()).email == "new@example.com"


CHARGE = {"id": "ch_1", "object": "charge", "customer": CUSTOMER_ID}
DISPUTE = {"id": "dp_1", "object": "dispute", "charge": "ch_1"}


@pytest.mark.parametrize(
    ("kind", "stripe_object"),
    [
        ("charge.refunded", CHARGE),
        ("charge.dispute.created", DISPUTE),
        ("charge.dispute.closed", DISPUTE),
    ],
)
def test_a_refund_or_dispute_is_audited_and_changes_no_plan(
    place: BillingPlace, kind: str, stripe_object: dict[str, str]
) -> None:
    deliver(billing_on(place.open()), [CREATED])
    event = event_of(kind, stripe_object, "2026-10-17T00:00:00Z")
    billing = billing_on(place.open(), StripeAccount(read_charge(CHARGE)))
    assert deliver(billing, [event, event]) == [APPLIED, DUPLICATE]
    assert audited_changes(place).count((kind, None, stripe_object["id"])) == 1
    assert plan_at(place, "2026-10-17T00:00:00Z") == "starter"


def test_a_dispute_without_a_known_customer_is_reported(place: BillingPlace) -> None:
    event = event_of("charge.dispute.created", DISPUTE, STARTED)
    assert deliver(billing_on(place.open()), [event], event.created) == [IGNORED]
    assert audited_changes(place) == []
