"""Owns the parameters and the blank form of subscriptions."""

from tools.stripe_double.account import StripeObject, nulls
from tools.stripe_double.parameters import (
    EXPAND,
    INSTANT,
    LISTING,
    Reader,
    Schema,
    clearable,
    count,
    each,
    flag,
    keyword_or,
    metadata,
    one_of,
    text,
)

STATUSES = (
    *("active", "canceled", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid"),
)
END_BEHAVIOR = Schema({"missing_payment_method": one_of("cancel", "create_invoice", "pause")})
TRIAL_SETTINGS = Schema({"end_behavior": END_BEHAVIOR}, required=("end_behavior",))
TRIAL_DAYS = count(1, 730)
CANCELLATION_DETAILS = Schema(
    {
        "comment": clearable(text),
        "feedback": clearable(
            one_of(
                *("customer_service", "low_quality", "missing_features", "other", "switched_service"),
                *("too_complex", "too_expensive", "unused"),
            )
        ),
    }
)
_CANCEL_AT = keyword_or(("min_period_end", "max_period_end"), INSTANT)
_PRORATION = one_of("always_invoice", "create_prorations", "none")
_ANCHOR = Schema({"type": one_of("now", "unchanged")}, required=("type",))
_ITEM: dict[str, Reader] = {"price": text, "quantity": count(0, 999_999)}
_COMMON: dict[str, Reader] = {
    **EXPAND,
    "cancel_at_period_end": flag,
    "description": clearable(text),
    "metadata": metadata,
    "off_session": flag,
    "proration_behavior": _PRORATION,
    "trial_end": keyword_or(("now",), INSTANT),
    "trial_settings": TRIAL_SETTINGS,
}
CREATE = Schema(
    {
        **_COMMON,
        "cancel_at": _CANCEL_AT,
        "customer": text,
        "items": each(Schema({**_ITEM, "metadata": metadata}), most=20),
        "payment_behavior": one_of("allow_incomplete", "default_incomplete", "error_if_incomplete"),
        "trial_period_days": TRIAL_DAYS,
    },
    required=("customer", "items"),
)
UPDATE = Schema(
    {
        **_COMMON,
        "billing_cycle_anchor": _ANCHOR,
        "cancel_at": clearable(_CANCEL_AT),
        "cancellation_details": CANCELLATION_DETAILS,
        "items": each(Schema({**_ITEM, "deleted": flag, "id": text, "metadata": metadata}), most=20),
        "payment_behavior": one_of("allow_incomplete", "error_if_incomplete"),
    }
)
CANCEL = Schema({**EXPAND, "cancellation_details": CANCELLATION_DETAILS})
LIST = Schema(
    {**LISTING, "customer": text, "price": text, "status": one_of(*STATUSES, "all", "ended")},
)

_NULLS = nulls(
    "application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at canceled_at"
    " customer_account days_until_due default_payment_method default_source description ended_at"
    " latest_invoice next_pending_invoice_item_invoice on_behalf_of pause_collection"
    " pending_invoice_item_interval pending_setup_intent pending_update presentment_details schedule"
    " status_details test_clock transfer_data trial_end trial_start"
)


def blank_subscription() -> StripeObject:
    """Return the fields of a subscription that nobody has said anything about."""
    return {
        **_NULLS,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_mode": {"flexible": None, "type": "flexible", "updated_at": None},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": dict.fromkeys(("comment", "feedback", "feedback_option", "reason")),
        "collection_method": "charge_automatically",
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": {"account_tax_ids": None, "issuer": {"account": None, "type": "self"}},
        "managed_payments": {"enabled": False},
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
    }
