"""Every order, repetition, loss and concurrency of a subscription's events ends in one state of the tenant."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import permutations
from math import factorial
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
from tests.usecases.billing.billing_scenarios import DELIVERED_AT, Kept, billing_on, deliver, kept, trail
from tests.usecases.billing.stripe_account import StripeAccount
from tests.usecases.fault_injection import CutOff
from tests.usecases.plain_sums import new_tenant

GOLDEN = [read_stripe_event(payload) for payload in webhooks("endive")]
CREATE, PAY, FAIL_INVOICE, FAIL, PAY_INVOICE, RECOVER, DELETE = (GOLDEN[at] for at in (0, 1, 4, 5, 6, 7, 9))
LIFE = [CREATE, PAY, FAIL_INVOICE, FAIL, PAY_INVOICE, RECOVER, DELETE]
"""Created, paid, a renewal fails and recovers, deleted: of a subscription, and of the invoice in between."""
ENDS = {"deleted": LIFE, "recovered": LIFE[:6], "past-due": LIFE[:4]}
SAMPLE_ON_EMULATOR = 25
THREADS = 8


def api_after(life: Iterable[StripeEvent]) -> StripeAccount:
    """Stripe when all of it has happened."""
    account = StripeAccount()
    for event in life:
        account.put(event.payload)
    return account


def new_memory_place() -> MemoryBillingPlace:
    place = MemoryBillingPlace()
    new_tenant(place.directory, plan="free")
    return place


def deliver_badly(
    place: BillingPlace, order: Iterable[StripeEvent], gateway: StripeGateway | None, choice: Random
) -> None:
    """Every event arrives; some twice, some after a process that broke off somewhere in the middle of it."""
    late: list[StripeEvent] = []
    for event in order:
        if choice.random() < 0.3:
            broken = place.open(CutOff(choice.randrange(4), choice.random() < 0.5))
            with suppress(Unavailable):
                apply_stripe_event(billing_on(broken, gateway), event, DELIVERED_AT)
            late.append(event)
        else:
            deliver(billing_on(place.open(), gateway), [event])
        if choice.random() < 0.2:
            late.append(event)
    choice.shuffle(late)
    deliver(billing_on(place.open(), gateway), late)


def expected_after(life: list[StripeEvent], gateway: StripeGateway | None) -> Kept:
    place = new_memory_place()
    assert deliver(billing_on(place.open(), gateway), life) == [APPLIED] * len(life)
    return kept(place, life)


@pytest.mark.parametrize("has_key", [False, True], ids=["B12-from-payloads", "B12-from-the-api"])
@pytest.mark.parametrize("life", ENDS.values(), ids=ENDS)
def test_every_order_with_losses_and_repetitions_ends_the_same(
    life: list[StripeEvent], has_key: bool
) -> None:
    gateway, choice = (api_after(life) if has_key else None), Random(12)
    expected, orders = expected_after(life, gateway), 0
    for order in permutations(life):
        place = new_memory_place()
        deliver_badly(place, order, gateway, choice)
        assert kept(place, life) == expected, [event.id for event in order]
        orders += 1
    assert orders == factorial(len(life))


@pytest.mark.parametrize("life", ENDS.values(), ids=ENDS)
def test_the_trail_of_any_order_is_a_chain_that_ends_at_the_plan(life: list[StripeEvent]) -> None:
    choice = Random(13)
    for _ in range(100):
        place = new_memory_place()
        deliver_badly(place, choice.sample(life, len(life)), None, choice)
        links = [entry for entry in trail(place) if entry[0] == "plan.changed"]
        plans = ["free", *[after for _, _, after in links]]
        assert [before for _, before, _ in links] == plans[:-1]
        assert plans[-1] == kept(place, []).tenant.plan


@pytest.mark.parametrize("has_key", [False, True], ids=["B12-from-payloads", "B12-from-the-api"])
def test_in_firestore_a_sample_of_orders_ends_the_same(
    firestore_channel: grpc.Channel, has_key: bool
) -> None:
    gateway, choice = (api_after(LIFE) if has_key else None), Random(14)
    expected = expected_after(LIFE, gateway)
    for _ in range(SAMPLE_ON_EMULATOR):
        place = FirestoreBillingPlace(firestore_channel)
        new_tenant(place.directory, plan="free")
        deliver_badly(place, choice.sample(LIFE, len(LIFE)), gateway, choice)
        assert kept(place, LIFE) == expected


def until_taken(place: BillingPlace, event: StripeEvent) -> str:
    """What Stripe does: send it again as long as the answer is no success."""
    for _ in range(10):
        with suppress(Unavailable):
            return apply_stripe_event(billing_on(place.open()), event, DELIVERED_AT)
    raise AssertionError(f"{event.id} was never taken")


def test_concurrent_deliveries_of_a_life_end_the_same(place: BillingPlace) -> None:
    deliveries = Random(15).sample(LIFE * 4, len(LIFE) * 4)
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(lambda event: until_taken(place, event), deliveries))
    assert kept(place, LIFE) == expected_after(LIFE, None)
    assert sorted(outcomes) == [APPLIED] * len(LIFE) + [DUPLICATE] * 3 * len(LIFE)


def test_b14_of_fifty_concurrent_deliveries_of_one_event_one_has_an_effect(place: BillingPlace) -> None:
    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(lambda event: until_taken(place, event), [PAY] * 50))
    assert sorted(outcomes) == [APPLIED] + [DUPLICATE] * 49
    told = ["billing.customer_linked", "billing.status_changed", "plan.changed"]
    assert sorted(action for action, _, _ in trail(place)) == told


@pytest.mark.parametrize("took_effect", [False, True], ids=["B15-lost-on-its-way", "B15-answer-lost"])
@pytest.mark.parametrize("after_calls", range(4), ids=lambda calls: f"B15-after-{calls}-calls")
def test_a_crash_is_healed_by_the_redelivery(
    place: BillingPlace, after_calls: int, took_effect: bool
) -> None:
    broken = billing_on(place.open(CutOff(after_calls, took_effect)))
    whole = after_calls == 3
    if whole:
        assert deliver(broken, [PAY]) == [APPLIED]
    else:
        with pytest.raises(Unavailable):
            apply_stripe_event(broken, PAY, DELIVERED_AT)
    landed = whole or (after_calls == 2 and took_effect)
    assert deliver(billing_on(place.open()), [PAY]) == [DUPLICATE if landed else APPLIED]
    assert kept(place, [PAY]) == expected_after([PAY], None)
    assert len(trail(place)) == 3, "one change, told once"
