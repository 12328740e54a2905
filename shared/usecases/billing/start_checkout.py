"""Send a tenant to Stripe's pages: checkout for its first subscription, the portal for later changes."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.billing.billing_account import BillingAccount, with_customer, without_customer
from shared.domain.billing.plan_mapping import SoldInterval, price_of
from shared.domain.billing.subscription_states import FINAL_STATES, NEVER_PAID, SubscriptionState
from shared.domain.billing.subscriptions import Subscription
from shared.domain.billing.trials import person_of
from shared.domain.errors import Conflict, FieldProblem, InvalidInput, NotFound, Unavailable
from shared.domain.limits.plans import FREE_PLAN_ID, Plan
from shared.domain.people.audit import Change
from shared.ports import BillingChange, CheckoutOrder, PortalOrder, StoredAccount
from shared.usecases.billing.billing_dependencies import (
    BillingDependencies,
    audited,
    retry_if_stale,
    with_stripe_state,
)
from shared.usecases.billing.living_orders import close_other_orders

_CHANGEABLE = frozenset({SubscriptionState.ACTIVE, SubscriptionState.TRIALING})


@dataclass(frozen=True, slots=True)
class ReturnPages:
    """The pages that Stripe returns a tenant to: always on our own origin, never chosen by the caller."""

    origin: str
    tenant_id: str

    @property
    def tenant_home(self) -> str:
        """The page after the portal."""
        return f"{self.origin}/t/{self.tenant_id}"

    @property
    def success(self) -> str:
        """The page after a payment, which waits for the webhook to confirm it."""
        return f"{self.tenant_home}/upgrade?checkout=success"

    @property
    def canceled(self) -> str:
        """The page after a canceled checkout."""
        return f"{self.tenant_home}/upgrade?checkout=canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """The plan that a tenant wants to subscribe to, and the interval of its payments."""

    tenant_id: str
    plan: str
    interval: SoldInterval
    trial_days: int = 0
    """Unless the plan has its own; for the first subscription of the tenant, and of the person who orders."""
    email: str | None = None
    """The verified address of who orders. A key has none, so it gets no trial."""


def start_checkout(
    billing: BillingDependencies, pages: ReturnPages, purchase: Purchase, now: datetime
) -> str:
    """Return the URL of Checkout, or of the portal's page that confirms the change of a subscription.

    The plan Free confirms the end of the subscription. Look the subscriptions up in Stripe: a tenant that has just
    paid may return before the webhook arrives. Raise Conflict while a bank debit is under way.
    """
    account = with_stripe_state(billing, _read(billing, purchase.tenant_id).account, now)
    current = _current_subscription(account)
    if current is not None:
        return billing.stripe.create_portal(_change(billing, pages, purchase, current))
    _refuse_while_paying(account)
    key, price_id = _price(billing, purchase)
    trial_days = _trial_days(billing, purchase, account, now)
    order = CheckoutOrder(
        tenant_id=purchase.tenant_id,
        customer_id=account.customer_id or _new_customer(billing, account, now),
        price_id=price_id,
        trial_days=trial_days,
        terms=f"{key} {trial_days or 0}",
        success_url=pages.success,
        cancel_url=pages.canceled,
    )
    return _checkout_page(billing, account, order)


def _refuse_while_paying(account: BillingAccount) -> None:
    """Raise Conflict while a bank debit pays for a subscription: another one would be paid for too."""
    if any(each.snapshot.is_payment_pending for each in account.known_subscriptions.values()):
        raise Conflict("your bank is still paying for a plan, which takes a few days", code="payment_pending")


def _trial_days(
    billing: BillingDependencies, purchase: Purchase, account: BillingAccount, now: datetime
) -> int | None:
    """Return the length of the trial of this order; None without one: each tenant and each person has one trial."""
    had_a_plan = any(each.state not in NEVER_PAID for each in account.known_subscriptions.values())
    of_plan = _sold_plan(billing, purchase).trial_days
    days = purchase.trial_days if of_plan is None else of_plan
    if had_a_plan or not days or purchase.email is None:
        return None
    is_first = billing.store.claim_trial(person_of(purchase.email), purchase.tenant_id, now)
    return days if is_first else None


def _checkout_page(billing: BillingDependencies, account: BillingAccount, order: CheckoutOrder) -> str:
    """Return the page of this order that is still open, or a new one; close every other order of the tenant."""
    known = billing.stripe.list_checkouts(order.customer_id)
    same = next((page for page in known if page.is_open and page.terms == order.terms and page.url), None)
    close_other_orders(billing, account, [page for page in known if page is not same])
    if same is not None and same.url:
        return same.url
    # Clicks at once have seen the same newest page, so they share the next one.
    newest = known[0].id if known else "first"
    return billing.stripe.create_checkout(order, f"gwi-{order.customer_id}-{order.terms}-{newest}")


def _change(
    billing: BillingDependencies, pages: ReturnPages, purchase: Purchase, current: Subscription
) -> PortalOrder:
    """Return the portal's page that confirms the plan that was chosen; its first one for what it cannot confirm.

    Those are a subscription that is not paid for, one with a scheduled change, and a change to the plan that it has.
    """
    page = PortalOrder(customer_id=current.snapshot.customer_id, return_url=pages.tenant_home)
    if current.state not in _CHANGEABLE or current.snapshot.scheduled is not None:
        return page
    if purchase.plan == FREE_PLAN_ID:
        return replace(page, subscription_id=current.id, done_url=pages.success)
    plan = _sold_plan(billing, purchase)
    had = (current.snapshot.plan, current.snapshot.plan_version, current.snapshot.interval)
    if (plan.id, plan.version, purchase.interval) == had:
        return page
    _key, price_id = _price(billing, purchase)
    return replace(page, subscription_id=current.id, price_id=price_id, done_url=pages.success)


def _price(billing: BillingDependencies, purchase: Purchase) -> tuple[str, str]:
    """Return the lookup key and the id of the price to pay, that of the plan's newest version."""
    spec = price_of(_sold_plan(billing, purchase), purchase.interval)
    if spec is None:
        raise _not_for_sale("interval", f"{purchase.plan!r} is not sold by the {purchase.interval}")
    key = spec.lookup_key
    price_id = billing.stripe.find_price(key)
    if price_id is None:
        raise Unavailable(f"Stripe has no price {key}: run `python -m tools.admin stripe sync-catalog`")
    return key, price_id


def open_portal(billing: BillingDependencies, pages: ReturnPages, tenant_id: str) -> str:
    """Return the URL of the tenant's portal. Raise Conflict for a tenant without a customer in Stripe."""
    account = _read(billing, tenant_id).account
    current = _current_subscription(account)
    customer_id = current.snapshot.customer_id if current else _customer(account)
    if billing.stripe.find_customer(customer_id) is None:
        customer_id = _customer(without_customer(account, customer_id))
    return billing.stripe.create_portal(PortalOrder(customer_id=customer_id, return_url=pages.tenant_home))


def _sold_plan(billing: BillingDependencies, purchase: Purchase) -> Plan:
    found = billing.current_plans().find(purchase.plan)
    if found is None or not found.is_sold:
        raise _not_for_sale("plan", f"{purchase.plan!r} is not for sale")
    return found


def _not_for_sale(field: str, why: str) -> InvalidInput:
    message = f"{field}: {why}"
    return InvalidInput(message, (FieldProblem(field=field, code="not_for_sale", message=message),))


def _read(billing: BillingDependencies, tenant_id: str) -> StoredAccount:
    stored = billing.store.read_account(tenant_id)
    if stored is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    return stored


def _current_subscription(account: BillingAccount) -> Subscription | None:
    """Return a subscription that has begun and not ended; one without a first payment can be replaced."""
    not_running = FINAL_STATES | {SubscriptionState.INCOMPLETE}
    return next(
        (each for each in account.known_subscriptions.values() if each.state not in not_running), None
    )


def _customer(account: BillingAccount) -> str:
    if account.customer_id is None:
        raise Conflict(
            "this tenant has no billing account yet: subscribe to a plan first", code="no_customer"
        )
    return account.customer_id


def _new_customer(billing: BillingDependencies, account: BillingAccount, now: datetime) -> str:
    """Create and link the tenant's customer; `account` shows Stripe's state, in which it has none."""
    tenant_id, previous_id = account.tenant.id, account.previous_customer_id
    return retry_if_stale(
        lambda: _create_customer(billing, tenant_id, previous_id, now), "this tenant's billing"
    )


def _create_customer(
    billing: BillingDependencies, tenant_id: str, previous_id: str | None, now: datetime
) -> str:
    stored = _read(billing, tenant_id)
    account = stored.account
    if account.customer_id not in (None, previous_id):
        return str(account.customer_id)
    customer_id = billing.stripe.create_customer(tenant_id, account.tenant.name, previous_id)
    _, owner = billing.store.find_owner(None, customer_id)
    fresh = replace(account, customer_id=None, previous_customer_id=previous_id)
    linked = with_customer(fresh, customer_id)
    change = BillingChange(account=linked, at=now, link_customer_id=None if owner else customer_id)
    billing.store.save_billing(audited(billing, change, stored, Change("checkout", now, "first checkout")))
    return customer_id
