"""Two people of one tenant order, pay, change and cancel: what is paid for is granted, and nothing is paid twice."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
import stripe
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from shared.domain.billing.entitlements import SecondSubscription
from shared.domain.billing.plan_mapping import SoldInterval
from shared.domain.errors import UsageError
from shared.usecases.billing.reconcile_billing import reconcile_tenant
from tests.tools.test_stripe_double.shop import browse
from tests.usecases.billing.double_shop import DoubleShop, open_shop

PLANS = ("free", "starter", "professional", "enterprise")
LIVING = ("active", "trialing", "past_due")


@dataclass(frozen=True)
class Step:
    """What one of the two people does, with the plan and the interval that it is about."""

    action: str
    person: int = 0
    plan: str = "starter"
    interval: SoldInterval = "month"

    @property
    def lookup_key(self) -> str:
        """The price that it is about."""
        return f"gwi_{self.plan}_{self.interval}"


class Buyers:
    """Two people with one page of Stripe's each, the last that they asked for."""

    def __init__(self, shop: DoubleShop) -> None:
        self.shop = shop
        self.v1 = shop.client.v1
        self.pages: dict[int, str] = {}

    def take(self, step: Step) -> None:
        """Take one step; what Stripe or we refuse changes nothing."""
        with suppress(UsageError, stripe.StripeError):
            ACTIONS[step.action](self, step)

    def living(self) -> list[stripe.Subscription]:
        """Return the subscriptions that cost something or will, newest first."""
        return [each for each in self.shop.subscriptions() if each.status in LIVING]

    def order(self, step: Step) -> None:
        """Ask us for a page."""
        email = f"p{step.person}@example.com"
        self.pages[step.person] = self.shop.start(step.plan, step.interval, email=email)

    def submit(self, step: Step) -> None:
        """Press the button of the page that the action names."""
        if step.person in self.pages:
            browse(self.pages[step.person], action=step.action)

    def buy(self, step: Step) -> None:
        """Order and pay."""
        self.order(step)
        browse(self.pages[step.person], action="pay")

    def switch(self, step: Step) -> None:
        """Change the plan, as the portal does."""
        for each in self.living()[:1]:
            self.shop.switch(each.id, step.lookup_key)

    def cancel(self, _step: Step) -> None:
        """End the newest subscription now."""
        for each in self.living()[:1]:
            self.v1.subscriptions.cancel(each.id)

    def end_later(self, _step: Step) -> None:
        """End the newest subscription when its period ends."""
        for each in self.living()[:1]:
            self.v1.subscriptions.update(each.id, {"cancel_at_period_end": True})

    def expire(self, _step: Step) -> None:
        """Let time run out for every page."""
        for page in self.shop.sessions():
            with suppress(stripe.StripeError):
                self.v1.checkout.sessions.expire(page.id)

    def refund(self, _step: Step) -> None:
        """Give the newest payment back."""
        for charge in self.v1.charges.list({"limit": 1}).data:
            self.v1.refunds.create({"charge": charge.id})

    def month(self, _step: Step) -> None:
        """Let a month pass, with its renewals."""
        self.shop.control("clock/advance", seconds=31 * 86_400)

    def card(self, step: Step) -> None:
        """Let the card fail from now on, or work again."""
        outcome = "decline" if step.action == "card_fails" else "success"
        for customer in self.shop.customers():
            self.shop.control(f"customers/{customer.id}/card", outcome=outcome)

    def by_hand(self, step: Step) -> None:
        """Sell a subscription in Stripe's own dashboard."""
        for customer in self.shop.customers():
            price: Any = {"price": self.shop.api.find_price(step.lookup_key)}
            self.v1.subscriptions.create({"customer": customer.id, "items": [price]})

    def webhooks(self, _step: Step) -> None:
        """Deliver every event so far, also those delivered before."""
        self.shop.deliver_webhooks()


ACTIONS: dict[str, Callable[[Buyers, Step], None]] = {
    "buy": Buyers.buy,
    "order": Buyers.order,
    "pay": Buyers.submit,
    "confirm": Buyers.submit,
    "decline": Buyers.submit,
    "switch": Buyers.switch,
    "by_hand": Buyers.by_hand,
    "webhooks": Buyers.webhooks,
    "end_later": Buyers.end_later,
    "month": Buyers.month,
    "card_fails": Buyers.card,
    "card_works": Buyers.card,
    "refund": Buyers.refund,
    "expire": Buyers.expire,
    "cancel": Buyers.cancel,
}
STEPS = st.lists(
    st.builds(
        Step,
        action=st.sampled_from(list(ACTIONS)),
        person=st.integers(0, 1),
        plan=st.sampled_from(PLANS[1:]),
        interval=st.sampled_from(("month", "year")),
    ),
    min_size=3,
    max_size=14,
)


def possible_plans(living: Iterable[stripe.Subscription]) -> set[str]:
    """Return the plans that a tenant may have: the highest that is paid for, or one in its days of grace."""
    plans = {
        state: [_plan(each) for each in living if each.status in state] for state in (LIVING, LIVING[:2])
    }
    paid = max(plans[LIVING[:2]], key=PLANS.index, default="free")
    return {paid, max([paid, *plans[LIVING]], key=PLANS.index)}


def _plan(subscription: stripe.Subscription) -> str:
    key = str(subscription["items"].data[0].price.lookup_key)
    return key.split("_")[1]


SECOND_BY_HAND = [Step("buy"), Step("by_hand", plan="enterprise")]


@pytest.mark.parametrize("policy", ["alert", "cancel_newer"])
@settings(max_examples=settings().max_examples // 5)
@example(steps=SECOND_BY_HAND)
@given(steps=STEPS)
def test_one_reconciliation_leaves_one_subscription_or_reports_more(
    policy: SecondSubscription, steps: list[Step]
) -> None:
    with open_shop() as shop:
        shop.billing = replace(shop.billing, second_subscription=policy)
        buyers = Buyers(shop)
        for step in [Step("buy"), *steps]:
            buyers.take(step)
        reconcile_tenant(shop.billing, "acme", repair=True, now=shop.now)
        living = buyers.living()
        event(f"{len(living)} living")
        reported = [each.alert.kind for each in shop.billing.store.list_billing_alerts("acme")]
        assert ("several_subscriptions" in reported) == (len(living) > 1)
        assert len(living) <= 1 or policy == "alert"
        assert shop.plan in possible_plans(living)
