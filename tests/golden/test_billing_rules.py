"""Golden behaviours of billing, as rules: B1 to B5, B7 to B14, B16 to B19 and B30."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from itertools import permutations
from math import factorial
from random import Random
from typing import Any

import pytest

from shared.domain.billing.entitlements import DEFAULT_GRACE, BillingTerms, billing_alerts, entitlement
from shared.domain.billing.invoices import InvoiceObservation, InvoiceRow, merge_invoice
from shared.domain.billing.stripe_events import StripeEvent
from shared.domain.billing.stripe_fields import InvalidStripeObject
from shared.domain.billing.stripe_invoice_shapes import InvoiceSnapshot, read_invoice
from shared.domain.billing.stripe_subscription_shapes import SubscriptionSnapshot, read_subscription
from shared.domain.billing.subscriptions import (
    ApiSnapshot,
    Subscription,
    SubscriptionObservation,
    observe,
    trial_days_left,
)
from shared.domain.ledger.periods import period_at
from shared.usecases.billing.stripe_changes import read_stripe_event
from tests.golden.stripe_payloads import SHAPES, changed, read_cases, webhook, webhooks
from tests.plans import PLANS, TERMS

CASES = read_cases("stripe_scenarios")
ENDIVE = read_cases("stripe_endive")
SCENARIO = [read_stripe_event(payload, PLANS) for payload in webhooks("endive")]
ASKED_AT = datetime.fromisoformat("2026-12-20T00:00:00Z")


def cases(group: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['behaviour']}-{case['name']}") for case in CASES[group]]


def subscription_events(scenario: Iterable[StripeEvent]) -> list[SubscriptionObservation]:
    return [
        SubscriptionObservation(
            event_id=each.id,
            created=each.created,
            kind=each.type,
            snapshot=each.payload,
            changed_status="status" in each.changed,
        )
        for each in scenario
        if isinstance(each.payload, SubscriptionSnapshot)
    ]


def invoice_events(scenario: Iterable[StripeEvent]) -> list[InvoiceObservation]:
    return [
        InvoiceObservation(event_id=each.id, created=each.created, kind=each.type, snapshot=each.payload)
        for each in scenario
        if isinstance(each.payload, InvoiceSnapshot)
    ]


def after(
    observations: Iterable[SubscriptionObservation], fetched: ApiSnapshot | None = None
) -> Subscription:
    nothing: Subscription | None = None
    known = reduce(lambda previous, each: observe(previous, each, fetched), observations, nothing)
    assert known is not None
    return known


def row_after(observations: Iterable[InvoiceObservation]) -> InvoiceRow:
    nothing: InvoiceRow | None = None
    row = reduce(merge_invoice, observations, nothing)
    assert row is not None
    return row


def events_of(case: dict[str, Any]) -> list[SubscriptionObservation]:
    """Return the case's events, each a change of the golden subscription."""
    events = [
        {"id": f"evt_{at}", "type": f"customer.subscription.{event['kind']}", **event}
        for at, event in enumerate(case["events"])
    ]
    sent = [webhook(event, ENDIVE["subscription"], ENDIVE["api_version"]) for event in events]
    return subscription_events(read_stripe_event(payload, PLANS) for payload in sent)


@pytest.mark.parametrize("case", cases("scenarios"))
def test_a_scenario_ends_in_its_state_with_its_plan(case: dict[str, Any]) -> None:
    grace = timedelta(days=case["grace_days"]) if "grace_days" in case else DEFAULT_GRACE
    for order in permutations(events_of(case)):
        subscription = after(order)
        assert subscription.state == case["state"]
        granted = entitlement([subscription], BillingTerms(PLANS, grace))
        plans = [[at, granted.at(datetime.fromisoformat(at)).plan] for at, _ in case["granted"]]
        assert plans == case["granted"]
        assert [alert.kind for alert in billing_alerts([subscription], "acme", PLANS)] == case.get(
            "alerts", []
        )


@pytest.mark.parametrize("case", cases("renewals"))
def test_a_renewal_begins_a_new_metering_period(case: dict[str, Any]) -> None:
    renewed_at = datetime.fromisoformat(case["at"])
    renewal = {"kind": "updated", "created": case["at"], "changes": case["changes"]}
    created = {"kind": "created", "created": "2026-10-15T09:30:20Z", "changes": {}}
    granted = entitlement([after(events_of({"events": [created, renewal]}))], TERMS)
    hour_before = period_at(granted.anchor, renewed_at - timedelta(hours=1))
    renewed = period_at(granted.anchor, renewed_at)
    assert [hour_before.start, hour_before.end] == [datetime.fromisoformat(at) for at in case["before"]]
    assert [renewed.start, renewed.end] == [datetime.fromisoformat(at) for at in case["after"]]


@pytest.mark.parametrize("case", cases("trials"))
def test_the_end_of_a_trial_is_announced_with_the_days_left(case: dict[str, Any]) -> None:
    changes = {"status": "trialing", "trial_end": case["trial_end"]}
    event = {"kind": "trial_will_end", "created": case["created"], "changes": changes}
    (announced,) = events_of({"events": [event]})
    assert trial_days_left(announced) == case["days_left"]


@pytest.mark.parametrize("has_key", [False, True], ids=["B12-from-payloads", "B12-from-the-api"])
@pytest.mark.parametrize("events", [7, 6, 4], ids=["to-the-end", "canceling", "past-due"])
def test_every_order_and_repetition_of_a_scenario_ends_in_the_same_state(events: int, has_key: bool) -> None:
    scenario = subscription_events(SCENARIO)[:events]
    fetched = ApiSnapshot(scenario[-1].snapshot, ASKED_AT) if has_key else None
    expected, choice = after(scenario, fetched), Random(12)
    orders = list(permutations(scenario))
    assert len(orders) == factorial(events)
    for order in orders:
        assert after([*order, *choice.choices(order, k=3)], fetched) == expected
    assert expected.state == scenario[-1].snapshot.status
    assert expected.past_due_since == (scenario[-1].created if expected.state == "past_due" else None)


@pytest.mark.parametrize("events", [1, 2, 4, 6, 7], ids=lambda events: f"B14-after-{events}-events")
def test_the_same_event_twice_changes_nothing_the_second_time(events: int) -> None:
    scenario = subscription_events(SCENARIO)[:events]
    once = after(scenario)
    assert [observe(once, again) for again in scenario] == [once] * events


@pytest.mark.parametrize("case", cases("invoices"))
def test_the_events_of_an_invoice_update_one_row(case: dict[str, Any]) -> None:
    observations = [
        InvoiceObservation(
            event_id=f"evt_{at}",
            created=ASKED_AT,
            kind=f"invoice.{kind}",
            snapshot=read_invoice(changed(ENDIVE["invoice"], changes)),
        )
        for at, (kind, changes) in enumerate(case["kinds"].items())
    ]
    (row,) = {row_after(order) for order in permutations(observations)}
    shown = {name: getattr(row.invoice, name) for name in case["row"]}
    times = {name: datetime.fromisoformat(at) for name, at in case["row"].items() if str(at).endswith("Z")}
    assert shown == case["row"] | times


def test_b17_a_failed_payment_keeps_its_attempt_after_the_invoice_is_paid() -> None:
    row = row_after(invoice_events(SCENARIO))
    assert (row.invoice.status, row.invoice.attempt_count, row.invoice.next_payment_attempt) == (
        "paid",
        2,
        None,
    )
    assert row.failed_at == datetime.fromisoformat("2026-11-15T10:30:21Z")


@pytest.mark.parametrize("shape", [pytest.param(shape, id=f"B18-{shape}") for shape in SHAPES])
def test_every_shape_of_a_scenario_gives_the_same_state(shape: str) -> None:
    scenario = [read_stripe_event(payload, PLANS) for payload in webhooks(shape)]
    assert after(subscription_events(scenario)) == after(subscription_events(SCENARIO))
    assert row_after(invoice_events(scenario)) == row_after(invoice_events(SCENARIO))


@pytest.mark.parametrize("shape", [pytest.param(shape, id=f"B18-{shape}") for shape in SHAPES])
def test_every_shape_of_an_object_names_the_plan(shape: str) -> None:
    case = read_cases(f"stripe_{shape}")
    subscription, invoice = read_subscription(case["subscription"], PLANS), read_invoice(case["invoice"])
    assert (subscription.plan, subscription.interval, subscription.tenant_id) == ("starter", "month", "acme")
    assert (invoice.subscription_id, invoice.customer_id) == (subscription.id, subscription.customer_id)
    assert subscription.period_end == invoice.period_start == datetime.fromisoformat("2026-11-15T09:30:20Z")
    assert invoice.period_end == datetime.fromisoformat("2026-12-15T09:30:20Z")


@pytest.mark.parametrize("case", cases("refused_periods"))
def test_a_subscription_without_a_valid_period_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidStripeObject) as refused:
        read_subscription(changed(ENDIVE["subscription"], case["changes"]), PLANS)
    assert refused.value.message == case["message"]
