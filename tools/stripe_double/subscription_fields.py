"""Owns the parameters and the blank form of subscriptions."""

from tools.stripe_double.account import StripeObject
from tools.stripe_double.parameters import (
    EXPAND,
    INSTANT,
    Reader,
    Schema,
    clearable,
    count,
    each,
    flag,
    metadata,
    one_of,
    text,
)

TRIAL_DAYS = count(1, 730)
_ITEM: dict[str, Reader] = {"price": text, "quantity": count(0, 999_999)}
CREATE = Schema(
    {
        **EXPAND,
        "customer": text,
        "items": each(Schema(_ITEM), most=20),
        "metadata": metadata,
        "payment_behavior": one_of("allow_incomplete", "default_incomplete"),
        "trial_period_days": TRIAL_DAYS,
    },
    required=("customer", "items"),
)
UPDATE = Schema(
    {
        **EXPAND,
        "cancel_at": clearable(INSTANT),
        "cancel_at_period_end": flag,
        "items": each(Schema({**_ITEM, "id": text}, required=("id",)), most=20),
        "metadata": metadata,
        "proration_behavior": one_of("always_invoice", "create_prorations", "none"),
    }
)


def blank_subscription() -> StripeObject:
    """Return the fields of a subscription that nobody has said anything about."""
    unset = ("cancel_at", "canceled_at", "default_payment_method", "ended_at", "latest_invoice", "schedule")
    return {
        **dict.fromkeys(unset),
        "cancel_at_period_end": False,
        "cancellation_details": {"reason": None},
        "collection_method": "charge_automatically",
    }
