"""Leads a tenant to the page on which it subscribes, or changes what it has subscribed to."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.accounts import Account
from shared.domain.billing import FINAL_STATES, Subscription, SubscriptionState
from shared.domain.errors import Conflict, FieldProblem, InvalidInput, NotFound, Unavailable
from shared.domain.plan_mapping import SoldInterval, lookup_key
from shared.domain.plans import find_plan
from shared.domain.tenants import AuditEntry
from shared.ports import BillingChange, CheckoutOrder, StaleAccount
from shared.usecases.billing_parts import MAX_TRIES, Billing

SAME_ORDER_WITHIN = timedelta(minutes=10)
"""Two clicks on one button are one order: Stripe answers both with one page."""
_CHANGEABLE = frozenset({SubscriptionState.ACTIVE, SubscriptionState.TRIALING})


@dataclass(frozen=True, slots=True)
class ReturnPages:
    """Where Stripe's pages lead back to. Only our own origin: no caller says where a browser goes."""

    origin: str

    @property
    def success(self) -> str:
        """After paying; the page there waits for the webhook and believes nothing else."""
        return f"{self.origin}/upgrade?checkout=success"

    @property
    def canceled(self) -> str:
        """After turning back."""
        return f"{self.origin}/upgrade?checkout=canceled"

    @property
    def settled(self) -> str:
        """After the portal."""
        return f"{self.origin}/usage"


def start_checkout(
    billing: Billing,
    pages: ReturnPages,
    tenant_id: str,
    plan: str,
    interval: SoldInterval,
    trial_days: int,
    now: datetime,
) -> str:
    """The URL to go to. A tenant with a subscription gets the portal's page to change it, never a second one.

    `trial_days` (0: none) are for a tenant's first subscription only.
    """
    key = lookup_key(_sold_plan(plan), interval)
    account = _account(billing, tenant_id)
    living = _living(account)
    if living is not None:
        changed = living.id if living.state in _CHANGEABLE else None
        return billing.stripe.create_portal(_customer(account), pages.settled, changed)
    price_id = billing.stripe.find_price(key)
    if price_id is None:
        raise Unavailable(f"Stripe has no price {key}: run `python -m tools.admin stripe sync-catalog`")
    customer_id = _with_customer(billing, tenant_id, now)
    started = int(now.timestamp() // SAME_ORDER_WITHIN.total_seconds())
    trial = trial_days if trial_days and not account.known_subscriptions else None
    order_id = f"gwi-{tenant_id}-{key}-{len(account.known_subscriptions)}-{trial}-{started}"
    order = CheckoutOrder(tenant_id, customer_id, price_id, trial, pages.success, pages.canceled, order_id)
    return billing.stripe.create_checkout(order)


def open_portal(billing: Billing, pages: ReturnPages, tenant_id: str) -> str:
    """The URL of the tenant's portal; Conflict for a tenant that has never been a customer."""
    return billing.stripe.create_portal(_customer(_account(billing, tenant_id)), pages.settled, None)


def _sold_plan(plan: str) -> str:
    found = find_plan(plan)
    if found is None or not found.monthly_price_nanousd:
        message = f"plan: {plan!r} is not for sale"
        raise InvalidInput(message, (FieldProblem("plan", "not_for_sale", message),))
    return found.id


def _account(billing: Billing, tenant_id: str) -> Account:
    read = billing.store.read_account(tenant_id)
    if read is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    return read.account


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


def _with_customer(billing: Billing, tenant_id: str, now: datetime) -> str:
    """The tenant's customer, made and linked if there is none."""
    for _ in range(MAX_TRIES):
        account = _account(billing, tenant_id)
        if account.customer_id is not None:
            return account.customer_id
        customer_id = billing.stripe.create_customer(tenant_id, account.tenant.name)
        _, owner = billing.store.find_owner(None, customer_id)
        audit = AuditEntry(
            tenant_id, now, "checkout", "billing.customer_linked", None, customer_id, "first checkout"
        )
        linked = replace(account, customer_id=customer_id)
        try:
            billing.store.save_billing(
                BillingChange(linked, now, link_customer_id=None if owner else customer_id, audits=[audit])
            )
        except StaleAccount:
            continue
        return customer_id
    raise Unavailable("this tenant's billing is being changed by many requests at once")
