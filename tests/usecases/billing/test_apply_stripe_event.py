"""Stripe's events, from golden payloads to the tenant's plan, with and without Stripe's API."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.billing.stripe_events import StripeEvent
from shared.domain.billing.stripe_fields import InvalidStripeObject
from shared.domain.errors import Unavailable
from shared.domain.ledger.periods import period_at
from shared.usecases.billing.apply_stripe_event import (
    APPLIED,
    DUPLICATE,
    IGNORED,
    UNKNOWN_FOR,
    apply_stripe_event,
)
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.billing.stripe_changes import read_stripe_event
from tests.billing_places import BillingPlace, MemoryBillingPlace, SentMail
from tests.golden.stripe_payloads import SHAPES, changed, read_cases, webhook, webhooks
from tests.plans import PLANS, current_plans
from tests.usecases.billing.billing_scenarios import (
    CREATED,
    DELIVERED_AT,
    ENDIVE,
    SESSION,
    STARTED,
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

CASES = read_cases("stripe_scenarios")


def cases(group: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['behaviour']}-{case['name']}") for case in CASES[group]]


def events_of(case: Mapping[str, Any]) -> list[StripeEvent]:
    sent = [
        {"id": f"evt_{at}", "type": f"customer.subscription.{event['kind']}", **event}
        for at, event in enumerate(case["events"])
    ]
    return [
        read_stripe_event(webhook(each, ENDIVE["subscription"], ENDIVE["api_version"]), PLANS)
        for each in sent
    ]


@pytest.mark.parametrize("has_key", [False, True], ids=["from-payloads", "from-the-api"])
@pytest.mark.parametrize("case", cases("scenarios"))
def test_a_scenario_ends_in_its_plan(place: BillingPlace, case: dict[str, Any], has_key: bool) -> None:
    scenario = events_of(case)
    newest = max(scenario, key=lambda event: (event.created, event.type.endswith("deleted"), event.id))
    gateway = StripeAccount(newest.payload) if has_key else None
    grace = timedelta(days=case.get("grace_days", 7))
    assert deliver(BillingDependencies(place.open(), gateway, grace, current_plans), reversed(scenario)) == [
        APPLIED
    ] * len(scenario)
    tenant = place.directory.find_tenant("acme")
    assert tenant is not None
    assert tenant.billing.status == case["state"]
    assert [[at, plan_at(place, at)] for at, _ in case["granted"]] == case["granted"]
    assert list(place.alerts("acme")) == case.get("alerts", [])


@pytest.mark.parametrize("shape", [pytest.param(shape, id=f"B18-{shape}") for shape in SHAPES])
def test_every_shape_of_the_golden_scenario_leaves_the_same(place: BillingPlace, shape: str) -> None:
    events = [read_stripe_event(payload, PLANS) for payload in webhooks(shape)]
    deliver(billing_on(place.open()), events)
    other = MemoryBillingPlace()
    new_tenant(other.directory, plan="free")
    expected = [read_stripe_event(payload, PLANS) for payload in webhooks("endive")]
    deliver(billing_on(other.open()), expected)
    assert stored_state(place, events) == stored_state(other, expected)
    assert stored_state(place, events).tenant.billing.status == "canceled"


@pytest.mark.parametrize("case", cases("renewals"))
def test_a_renewal_moves_the_period(place: BillingPlace, case: dict[str, Any]) -> None:
    renewed_at = datetime.fromisoformat(case["at"])
    renewal = {"kind": "updated", "created": case["at"], "changes": case["changes"]}
    deliver(billing_on(place.open()), [CREATED, *events_of({"events": [renewal]})])
    tenant = place.directory.find_tenant("acme")
    assert tenant is not None
    period = period_at(tenant.at(renewed_at).anchor, renewed_at)
    assert [period.start, period.end] == [datetime.fromisoformat(at) for at in case["after"]]
    last_hour = period_at(tenant.anchor, renewed_at - timedelta(hours=1))
    assert [last_hour.start, last_hour.end] == [datetime.fromisoformat(at) for at in case["before"]]


@pytest.mark.parametrize("case", cases("trials"))
def test_the_end_of_a_trial_queues_one_mail(place: BillingPlace, case: dict[str, Any]) -> None:
    billing = billing_on(place.open())
    ending = subscription_event(
        "trial_will_end", case["created"], status="trialing", trial_end=case["trial_end"]
    )
    deliver(billing, [event_of("checkout.session.completed", SESSION, STARTED), ending, ending])
    left = "1 day" if case["days_left"] == 1 else f"{case['days_left']} days"
    assert place.mails() == [SentMail("owner@example.com", f"Your trial ends in {left}")]


@pytest.mark.parametrize("method", ["pm_1", None], ids=["with-a-card", "without"])
def test_the_mail_about_a_trial_names_the_amount_and_the_card(
    place: BillingPlace, method: str | None
) -> None:
    ending = subscription_event(
        "trial_will_end",
        "2026-10-26T09:30:20Z",
        status="trialing",
        trial_end="2026-10-29T09:30:20Z",
        default_payment_method=method,
    )
    deliver(billing_on(place.open()), [event_of("checkout.session.completed", SESSION, STARTED), ending])
    (text,) = place.mail_texts()
    assert "ends on 29 October 2026." in text
    assert "$29.00 per month before taxes and discounts" in text
    assert ("charge" in text, "Add a payment method" in text) == (method is not None, method is None)


@pytest.mark.parametrize("has_key", [False, True], ids=["from-payloads", "from-the-api"])
@pytest.mark.parametrize("case", cases("invoices"))
def test_the_events_of_an_invoice_leave_one_row(
    place: BillingPlace, case: dict[str, Any], has_key: bool
) -> None:
    events = [
        event_of(f"invoice.{kind}", changed(ENDIVE["invoice"], changes), "2026-11-15T10:30:20Z")
        for kind, changes in case["kinds"].items()
    ]
    gateway = StripeAccount(events[-1].payload) if has_key else None
    deliver(billing_on(place.open(), gateway), [*reversed(events), *events])
    (row,) = place.open().list_invoices("acme", limit=10).items
    times = {name: datetime.fromisoformat(at) for name, at in case["row"].items() if str(at).endswith("Z")}
    assert {name: getattr(row.invoice, name) for name in case["row"]} == case["row"] | times
    assert (row.failed_at is not None) == ("payment_failed" in case["kinds"])
    assert plan_at(place, STARTED) == "free", "invoices decide no plan"


@pytest.mark.parametrize("case", cases("refused_periods"))
def test_a_subscription_without_a_period_is_refused_until_it_has_one(
    place: BillingPlace, case: dict[str, Any]
) -> None:
    broken = changed(ENDIVE["subscription"], case["changes"])
    with pytest.raises(InvalidStripeObject, match="current_period"):
        event_of("customer.subscription.created", broken, STARTED, "evt_1")
    deliver(billing_on(place.open()), [subscription_event("created", STARTED, event_id="evt_1")])
    assert plan_at(place, STARTED) == "starter", "the resent event is applied"


def test_b14_the_same_event_twice_changes_nothing_the_second_time(place: BillingPlace) -> None:
    billing = billing_on(place.open())
    for event in [read_stripe_event(payload, PLANS) for payload in webhooks("endive")]:
        assert deliver(billing, [event]) == [APPLIED]
        once, audited = stored_state(place, []), audited_changes(place)
        assert deliver(billing, [event, event]) == [DUPLICATE, DUPLICATE]
        assert (stored_state(place, []), audited_changes(place)) == (once, audited)


@pytest.mark.parametrize(
    "kind", ["product.created", "customer.created", "invoice.created", "v2.unknown.type"]
)
def test_b26_an_unknown_type_is_recorded_as_ignored(place: BillingPlace, kind: str) -> None:
    event, billing = event_of(kind, {"id": "x_1", "object": "x"}, STARTED, "evt_1"), billing_on(place.open())
    before = stored_state(place, [])
    assert deliver(billing, [event, event]) == [IGNORED, IGNORED]
    assert place.open().find_owner("evt_1", None) == ("ignored", None)
    assert stored_state(place, []) == before


def test_nothing_is_stored_while_stripe_is_unavailable_and_the_repetition_is_applied(
    place: BillingPlace,
) -> None:
    gateway = StripeAccount(CREATED.payload)
    gateway.is_unavailable = True
    billing, before = billing_on(place.open(), gateway), stored_state(place, [CREATED])
    with pytest.raises(Unavailable):
        apply_stripe_event(billing, CREATED, DELIVERED_AT)
    assert (stored_state(place, [CREATED]), audited_changes(place)) == (before, [])
    gateway.is_unavailable = False
    assert deliver(billing, [CREATED]) == [APPLIED]


def test_b37_an_object_that_stripe_does_not_know_is_retried_and_then_grants_nothing(
    place: BillingPlace,
) -> None:
    billing = billing_on(place.open(), StripeAccount())
    with pytest.raises(Unavailable, match="unknown to Stripe"):
        deliver(billing, [CREATED], CREATED.created + UNKNOWN_FOR - timedelta(seconds=1))
    assert deliver(billing, [CREATED], CREATED.created + UNKNOWN_FOR) == [IGNORED]
    assert plan_at(place, STARTED) == "free"


@pytest.mark.parametrize("foreign", [{"account": "acct_1"}, {"livemode": True}], ids=str)
def test_b36_an_event_of_a_connected_account_or_of_the_other_mode_changes_nothing(
    place: BillingPlace, foreign: dict[str, Any]
) -> None:
    stripe = StripeAccount(CREATED.payload)
    event = replace(CREATED, **foreign)
    assert deliver(billing_on(place.open(), stripe), [event]) == [IGNORED]
    assert plan_at(place, STARTED) == "free"


def test_without_a_key_events_of_both_modes_count(place: BillingPlace) -> None:
    assert deliver(billing_on(place.open()), [replace(CREATED, livemode=True)]) == [APPLIED]
