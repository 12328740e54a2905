"""The calls of billing, counted at the gRPC layer: three per webhook at most, one of them a write."""

from typing import Any

import pytest

from shared.adapters.firestore import FirestoreBillingStore, FirestoreDirectory
from shared.domain.billing.stripe_events import StripeEvent
from shared.usecases.billing.apply_stripe_event import APPLIED, DUPLICATE, IGNORED, UNOWNED
from shared.usecases.billing.stripe_changes import read_stripe_event
from tests.adapters.conftest import Connect
from tests.adapters.interceptors import RecordedCalls
from tests.golden.stripe_payloads import webhooks
from tests.plans import PLANS
from tests.usecases.billing.billing_scenarios import (
    CREATED,
    SESSION,
    STARTED,
    billing_on,
    deliver,
    event_of,
    subscription_event,
)
from tests.usecases.billing.stripe_account import StripeAccount
from tests.usecases.plain_sums import new_tenant

READ, WRITE = "BatchGetDocuments", "Commit"


@pytest.fixture
def calls() -> RecordedCalls:
    """Return the recorded calls."""
    return RecordedCalls()


@pytest.fixture
def store(connect: Connect, calls: RecordedCalls) -> FirestoreBillingStore:
    """Return a store with tenant acme that records its calls."""
    rpc = connect(calls)
    new_tenant(FirestoreDirectory(rpc), plan="free")
    calls.requests.clear()
    return FirestoreBillingStore(rpc)


def effects(calls: RecordedCalls) -> list[str]:
    """Return the collections that the last commit wrote to."""
    names = [write.update.name or write.delete for write in calls.requests[-1][1].writes]
    return sorted(name.split("/")[-2] for name in names)


GOLDEN = [read_stripe_event(payload, PLANS) for payload in webhooks("endive")]


@pytest.mark.parametrize("has_key", [False, True], ids=["from-payloads", "from-the-api"])
@pytest.mark.parametrize("event", GOLDEN, ids=lambda event: f"{event.id}-{event.type}")
def test_an_event_costs_two_reads_and_one_commit(
    store: FirestoreBillingStore, calls: RecordedCalls, event: StripeEvent, has_key: bool
) -> None:
    gateway = StripeAccount(event.payload) if has_key else None
    assert deliver(billing_on(store, gateway), [event]) == [APPLIED]
    assert calls.methods == [READ, READ, WRITE]
    assert effects(calls).count("stripe_events") == 1, "in the same commit as the effect"


def test_a_first_event_writes_all_its_effects_in_one_commit(
    store: FirestoreBillingStore, calls: RecordedCalls
) -> None:
    deliver(billing_on(store), [CREATED])
    # The audit of the plan, the status and the customer's link, and the notice of the plan.
    assert effects(calls) == [
        *["audit"] * 3,
        *("outbox", "stripe_customers", "stripe_events", "stripe_failures", "tenant_index", "tenants"),
    ]


def test_the_mail_of_an_ending_trial_costs_no_extra_call(
    store: FirestoreBillingStore, calls: RecordedCalls
) -> None:
    deliver(billing_on(store), [event_of("checkout.session.completed", SESSION, STARTED)])
    calls.requests.clear()
    trial: dict[str, Any] = {"status": "trialing", "trial_end": "2026-10-18T09:30:20Z"}
    deliver(billing_on(store), [subscription_event("trial_will_end", STARTED, **trial)])
    assert calls.methods == [READ, READ, WRITE]
    assert effects(calls).count("outbox") == 2  # the notice of the plan too


def test_a_repetition_costs_one_read(store: FirestoreBillingStore, calls: RecordedCalls) -> None:
    deliver(billing_on(store), [CREATED])
    calls.requests.clear()
    assert deliver(billing_on(store), [CREATED]) == [DUPLICATE]
    assert calls.methods == [READ]


def test_an_ignored_event_costs_one_commit_which_ends_its_failure(
    store: FirestoreBillingStore, calls: RecordedCalls
) -> None:
    ignored = event_of("product.created", {"id": "prod_1", "object": "product"}, STARTED)
    assert deliver(billing_on(store), [ignored]) == [IGNORED]
    assert (calls.methods, effects(calls)) == ([WRITE], ["stripe_events", "stripe_failures"])


def test_an_unknown_customers_event_costs_one_read_and_one_commit_when_it_is_reported(
    store: FirestoreBillingStore, calls: RecordedCalls
) -> None:
    stranger = subscription_event("created", STARTED, metadata={})
    assert deliver(billing_on(store), [stranger]) == [UNOWNED]
    assert calls.methods == [READ, WRITE]
    assert effects(calls) == ["outbox", "stripe_events", "stripe_failures"]


def test_listing_a_few_tenants_reads_no_more_of_them(
    store: FirestoreBillingStore, calls: RecordedCalls
) -> None:
    assert list(store.list_tenants(None, 5)) == ["acme"]
    assert [request.structured_query.limit.value for _, request in calls.requests] == [5]
