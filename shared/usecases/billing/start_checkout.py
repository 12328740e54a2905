"""Leads a tenant to the page on which it subscribes, or changes what it has subscribed to."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.billing.billing_account import Account, without_customer
from shared.domain.billing.plan_mapping import SoldInterval, lookup_key
from shared.domain.billing.subscription_states import FINAL_STATES, SubscriptionState
from shared.domain.billing.subscriptions import Subscription
from shared.domain.errors import Conflict, FieldProblem, InvalidInput, NotFound, Unavailable
from shared.domain.limits.plans import find_plan
from shared.ports import AccountRead, BillingChange, CheckoutOrder, StaleAccount
from shared.usecases.billing.billing_parts import MAX_TRIES, Billing, as_stripe_says
from shared.usecases.billing.billing_trail import Cause, traced

SAME_ORDER_WITHIN = timedelta(days=1)
"""Two clicks on one button are one order, which Stripe answers with one page; a page stays open for a day."""
_CHANGEABLE = frozenset({SubscriptionState.ACTIVE, SubscriptionState.TRIALING})


@dataclass(frozen=True, slots=True)
class ReturnPages:
    """Where Stripe's pages lead a tenant back to. Only our own origin: no caller says where a browser goes."""

    origin: str
    tenant_id: str

    @property
    def settled(self) -> str:
        """After the portal."""
        return f"{self.origin}/t/{self.tenant_id}"

    @property
    def success(self) -> str:
        """After paying; the page there waits for the webhook and believes nothing else."""
        return f"{self.settled}/upgrade?checkout=success"

    @property
    def canceled(self) -> str:
        """After turning back."""
        return f"{self.settled}/upgrade?checkout=canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """The plan that a tenant wants to subscribe to, and how often it wants to pay."""

    tenant_id: str
    plan: str
    interval: SoldInterval
    trial_days: int = 0
    """Only for the tenant's first subscription."""


def start_checkout(billing: Billing, pages: ReturnPages, purchase: Purchase, now: datetime) -> str:
    """Return the URL to go to: for a tenant with a subscription the portal's page to change it, never a second one.

    Stripe is asked for it: who has just paid may be back before the webhook is here.
    """
    key = lookup_key(_sold_plan(purchase.plan), purchase.interval)
    account = as_stripe_says(billing, _read(billing, purchase.tenant_id).account, now)
    living = _living(account)
    if living is not None:
        changed = living.id if living.state in _CHANGEABLE else None
        return billing.stripe.create_portal(_customer(account), pages.settled, changed)
    price_id = billing.stripe.find_price(key)
    if price_id is None:
        raise Unavailable(f"Stripe has no price {key}: run `python -m tools.admin stripe sync-catalog`")
    customer_id = account.customer_id or _new_customer(billing, account, now)
    started = int(now.timestamp() // SAME_ORDER_WITHIN.total_seconds())
    trial_days = None if account.known_subscriptions else purchase.trial_days or None
    order = CheckoutOrder(
        tenant_id=purchase.tenant_id,
        customer_id=customer_id,
        price_id=price_id,
        trial_days=trial_days,
        success_url=pages.success,
        cancel_url=pages.canceled,
        idempotency_key=f"gwi-{customer_id}-{key}-{len(account.known_subscriptions)}-{trial_days}-{started}",
    )
    return billing.stripe.create_checkout(order)


def open_portal(billing: Billing, pages: ReturnPages, tenant_id: str) -> str:
    """The URL of the tenant's portal; Conflict for a tenant that is no customer."""
    account = _read(billing, tenant_id).account
    customer_id = _customer(account)
    if billing.stripe.find_customer(customer_id) is None:
        customer_id = _customer(without_customer(account, customer_id))
    return billing.stripe.create_portal(customer_id, pages.settled, None)


def _sold_plan(plan: str) -> str:
    found = find_plan(plan)
    if found is None or not found.monthly_price_nanousd:
        message = f"plan: {plan!r} is not for sale"
        raise InvalidInput(message, (FieldProblem(field="plan", code="not_for_sale", message=message),))
    return found.id


def _read(billing: Billing, tenant_id: str) -> AccountRead:
    read = billing.store.read_account(tenant_id)
    if read is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    return read


def _living(account: Account) -> Subscription | None:
    """A subscription that is not over; one whose first payment is still open may be begun anew."""
    over = FINAL_STATES | {SubscriptionState.INCOMPLETE}
    return next((each for each in account.known_subscriptions.values() if each.state not in over), None)


def _customer(account: Account) -> str:
    if account.customer_id is None:
        raise Conflict(
            "this tenant has no billing account yet: subscribe to a plan first", code="no_customer"
        )
    return account.customer_id


def _new_customer(billing: Billing, asked: Account, now: datetime) -> str:
    """The tenant's customer, made and linked; `asked` is the account by Stripe's word: without one."""
    for _ in range(MAX_TRIES):
        read = _read(billing, asked.tenant.id)
        account, former_id = read.account, asked.former_customer_id
        if account.customer_id not in (None, former_id):
            return str(account.customer_id)
        name = account.tenant.name
        customer_id = billing.stripe.create_customer(account.tenant.id, name, former_id)
        _, owner = billing.store.find_owner(None, customer_id)
        linked = replace(account, customer_id=customer_id, former_customer_id=former_id)
        link = None if owner else customer_id
        change = BillingChange(account=linked, at=now, link_customer_id=link)
        try:
            billing.store.save_billing(traced(change, read, Cause("checkout", "first checkout")))
        except StaleAccount:
            continue
        return customer_id
    raise Unavailable("this tenant's billing is being changed by many requests at once")
