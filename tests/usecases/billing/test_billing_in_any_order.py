"""Every order, repetition, loss and concurrency of a subscription's events ends in one state of the tenant."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import permutations
from random import Random

import grpc
import pytest

from shared.domain.billing.stripe_events import StripeEvent
from shared.domain.errors import Unavailable
from shared.ports import StripeGateway
from shared.usecases.billing.apply_stripe_event import APPLIED, DUPLICATE, apply_stripe_event
from shared.usecases.billing.stripe_changes import read_stripe_event
from tests.billing_places import BillingPlace, FirestoreBillingPlace, MemoryBillingPlace
from tests.golden.stripe_payloads import webhooks
from tests.plans import PLANS
from tests.usecases.billing.billing_scenarios import (
    CHARGE,
    CREDIT_NOTE,
    DELIVERED_AT,
    DISPUTE,
    StoredState,
    audited_changes,
    billing_on,
    deliver,
    event_of,
    stored_state,
    subscription_event,
)
from tests.usecases.billing.stripe_account import StripeAccount
from tests.usecases.fault_injection import Fault
from tests.usecases.plain_sums import new_tenant

GOLDEN = [read_stripe_event(payload, PLANS) for payload in webhooks("endive")]
CREATE, PAY, FAIL_INVOICE, FAIL, PAY_INVOICE, RECOVER, DELETE = (GOLDEN[at] for at in (0, 1, 4, 5, 6, 7, 9))
SCENARIO = [CREATE, PAY, FAIL_INVOICE, FAIL, PAY_INVOICE, RECOVER, DELETE]
"""A subscription is created and paid, a renewal and its invoice fail and recover, and it is deleted."""
REFUNDED = [
    CREATE,
    PAY_INVOICE,
    event_of("charge.refunded", CHARGE, "2026-11-19T09:00:00Z", amount_refunded=400),
    event_of("charge.refunded", CHARGE, "2026-11-20T09:00:00Z", amount_refunded=900),
    event_of("credit_note.created", CREDIT_NOTE, "2026-11-20T09:00:00Z"),
    event_of("charge.dispute.created", DISPUTE, "2026-11-21T09:00:00Z"),
    event_of("charge.dispute.closed", DISPUTE, "2026-11-29T09:00:00Z", status="lost"),
]
"""A renewal is paid, two parts of it are refunded, one is credited, and the rest is lost by a dispute."""
_NEXT_PRICE = {
    "id": "price_1Starter29Month",
    "object": "price",
    "lookup_key": "gwi_starter_month",
    "product": "gwi_starter",
    "recurring": {"interval": "month"},
}
_SCHEDULE = {
    "id": "sub_sched_1",
    "object": "subscription_schedule",
    "phases": [{"start_date": 1_795_000_000, "items": [{"price": _NEXT_PRICE}]}],
}
SECOND = [
    CREATE,
    PAY,
    subscription_event("updated", "2026-11-16T09:00:00Z", status="active", schedule=_SCHEDULE),
    subscription_event("created", "2026-11-17T09:00:00Z", id="sub_second", status="incomplete"),
    subscription_event("updated", "2026-11-17T09:01:00Z", id="sub_second", status="active"),
    PAY_INVOICE,
    event_of("charge.refunded", CHARGE, "2026-11-20T09:00:00Z", amount_refunded=900),
]
"""A downgrade is scheduled, a second subscription begins, and a part of an invoice is refunded."""
ENDS = {
    "deleted": SCENARIO,
    "recovered": SCENARIO[:6],
    "past-due": SCENARIO[:4],
    "refunded": REFUNDED,
    "second": SECOND,
}
SAMPLE = 60
ALL = os.environ.get("FAULTS") == "all"
SAMPLE_ON_EMULATOR = 6
THREADS = 8


def api_after(scenario: Iterable[StripeEvent]) -> StripeAccount:
    """Return Stripe's state after all events."""
    account = StripeAccount()
    for event in scenario:
        account.put(event.payload)
    return account


def new_memory_place() -> MemoryBillingPlace:
    place = MemoryBillingPlace()
    new_tenant(place.directory, plan="free")
    return place


def deliver_badly(
    place: BillingPlace, order: Iterable[StripeEvent], gateway: StripeGateway | None, choice: Random
) -> None:
    """Deliver every event, some of them twice or after a process that failed in the middle."""
    late: list[StripeEvent] = []
    for event in order:
        if choice.random() < 0.3:
            broken = place.open(Fault(choice.randrange(4), choice.random() < 0.5))
            with suppress(Unavailable):
                apply_stripe_event(billing_on(broken, gateway), event, DELIVERED_AT)
            late.append(event)
        else:
            deliver(billing_on(place.open(), gateway), [event])
        if choice.random() < 0.2:
            late.append(event)
    choice.shuffle(late)
    deliver(billing_on(place.open(), gateway), late)


def expected_after(scenario: list[StripeEvent], gateway: StripeGateway | None) -> StoredState:
    place = new_memory_place()
    assert deliver(billing_on(place.open(), gateway), scenario) == [APPLIED] * len(scenario)
    return stored_state(place, scenario)


@pytest.mark.parametrize("has_key", [False, True], ids=["B12-from-payloads", "B12-from-the-api"])
@pytest.mark.parametrize("scenario", ENDS.values(), ids=ENDS)
def test_every_order_with_losses_and_repetitions_ends_the_same(
    scenario: list[StripeEvent], has_key: bool
) -> None:
    gateway, choice = (api_after(scenario) if has_key else None), Random(12)
    expected = expected_after(scenario, gateway)
    orders = list(permutations(scenario))
    # `make faults` tries all 5,040.
    for order in orders if ALL else choice.sample(orders, min(SAMPLE, len(orders))):
        place = new_memory_place()
        deliver_badly(place, order, gateway, choice)
        assert stored_state(place, scenario) == expected, [event.id for event in order]


def test_the_second_subscription_and_the_scheduled_change_are_reported() -> None:
    end = expected_after(SECOND, api_after(SECOND))
    assert end.alerts == {"several_subscriptions": tuple(sorted(end.subscriptions))}
    scheduled = [snapshot.scheduled for snapshot, *_ in end.subscriptions.values()]
    assert [change.plan for change in scheduled if change] == ["starter"]
    assert len(scheduled) == 2


@pytest.mark.parametrize(("has_key", "lost"), [(False, 0), (True, 1_000)], ids=["payloads", "the-api"])
def test_what_was_taken_back_is_known_in_any_order(has_key: bool, lost: int) -> None:
    """Without a key nothing leads from a dispute to its invoice."""
    gateway = api_after(REFUNDED) if has_key else None
    ((_, _, _, taken, net_total),) = expected_after(REFUNDED, gateway).invoices
    assert (taken.refunded, taken.credited, taken.lost) == (900, 500, lost)
    assert net_total == 2_900 - 900 - 500 - lost


@pytest.mark.parametrize("scenario", ENDS.values(), ids=ENDS)
def test_the_audited_plans_of_any_order_form_a_chain_that_ends_at_the_plan(
    scenario: list[StripeEvent],
) -> None:
    choice = Random(13)
    for _ in range(SAMPLE):
        place = new_memory_place()
        deliver_badly(place, choice.sample(scenario, len(scenario)), None, choice)
        links = [entry for entry in audited_changes(place) if entry[0] == "plan.changed"]
        plans = ["free", *[after for _, _, after in links]]
        assert [before for _, before, _ in links] == plans[:-1]
        assert plans[-1] == stored_state(place, []).tenant.plan


@pytest.mark.parametrize("has_key", [False, True], ids=["B12-from-payloads", "B12-from-the-api"])
@pytest.mark.parametrize("scenario", [SCENARIO, REFUNDED], ids=["deleted", "refunded"])
def test_in_firestore_a_sample_of_orders_ends_the_same(
    firestore_channel: grpc.Channel, scenario: list[StripeEvent], has_key: bool
) -> None:
    gateway, choice = (api_after(scenario) if has_key else None), Random(14)
    expected = expected_after(scenario, gateway)
    for _ in range(SAMPLE_ON_EMULATOR):
        place = FirestoreBillingPlace(firestore_channel)
        new_tenant(place.directory, plan="free")
        deliver_badly(place, choice.sample(scenario, len(scenario)), gateway, choice)
        assert stored_state(place, scenario) == expected


def until_taken(place: BillingPlace, event: StripeEvent) -> str:
    """Resend the event, as Stripe does, until the response is a success."""
    for _ in range(10):
        with suppress(Unavailable):
            return apply_stripe_event(billing_on(place.open()), event, DELIVERED_AT)
    raise AssertionError(f"{event.id} was never taken")


def test_concurrent_deliveries_of_a_scenario_end_the_same(each_place: BillingPlace) -> None:
    deliveries = Random(15).sample(SCENARIO * 4, len(SCENARIO) * 4)
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(lambda event: until_taken(each_place, event), deliveries))
    assert stored_state(each_place, SCENARIO) == expected_after(SCENARIO, None)
    assert sorted(outcomes) == [APPLIED] * len(SCENARIO) + [DUPLICATE] * 3 * len(SCENARIO)


def test_b14_one_of_fifty_concurrent_deliveries_of_an_event_has_an_effect(each_place: BillingPlace) -> None:
    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(lambda event: until_taken(each_place, event), [PAY] * 50))
    assert sorted(outcomes) == [APPLIED] + [DUPLICATE] * 49
    actions = ["billing.customer_linked", "billing.status_changed", "plan.changed"]
    assert sorted(action for action, _, _ in audited_changes(each_place)) == actions


@pytest.mark.parametrize("took_effect", [False, True], ids=["B15-lost-on-its-way", "B15-answer-lost"])
@pytest.mark.parametrize("after_calls", range(4), ids=lambda calls: f"B15-after-{calls}-calls")
def test_the_redelivery_repairs_a_crash(
    each_place: BillingPlace, after_calls: int, took_effect: bool
) -> None:
    broken = billing_on(each_place.open(Fault(after_calls, took_effect)))
    whole = after_calls == 3
    if whole:
        assert deliver(broken, [PAY]) == [APPLIED]
    else:
        with pytest.raises(Unavailable):
            apply_stripe_event(broken, PAY, DELIVERED_AT)
    landed = whole or (after_calls == 2 and took_effect)
    assert deliver(billing_on(each_place.open()), [PAY]) == [DUPLICATE if landed else APPLIED]
    assert stored_state(each_place, [PAY]) == expected_after([PAY], None)
    assert len(audited_changes(each_place)) == 3, "one change, audited once"
