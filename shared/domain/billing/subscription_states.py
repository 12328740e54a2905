"""Owns the states of a subscription, and the one table of what leads from one to the next."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from typing import Final


class SubscriptionState(StrEnum):
    """What a subscription is to us; NONE before anything was seen of it."""

    NONE = "none"
    INCOMPLETE = "incomplete"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"
    EXPIRED = "expired"


class Trigger(StrEnum):
    """What moves a subscription: a status that Stripe reports, or that it was deleted."""

    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"
    DELETED = "deleted"


_LEADS_TO: Final[Mapping[Trigger, SubscriptionState]] = {
    Trigger.INCOMPLETE: SubscriptionState.INCOMPLETE,
    Trigger.INCOMPLETE_EXPIRED: SubscriptionState.EXPIRED,
    Trigger.TRIALING: SubscriptionState.TRIALING,
    Trigger.ACTIVE: SubscriptionState.ACTIVE,
    Trigger.PAST_DUE: SubscriptionState.PAST_DUE,
    Trigger.UNPAID: SubscriptionState.UNPAID,
    Trigger.PAUSED: SubscriptionState.PAUSED,
    Trigger.CANCELED: SubscriptionState.CANCELED,
    Trigger.DELETED: SubscriptionState.CANCELED,
}

FINAL_STATES: Final = frozenset({SubscriptionState.CANCELED, SubscriptionState.EXPIRED})
"""Stripe never revives these: the customer subscribes anew (API reference, subscription.status)."""

NEVER_PAID: Final = frozenset(
    {SubscriptionState.NONE, SubscriptionState.INCOMPLETE, SubscriptionState.EXPIRED}
)
"""Of these not even the first payment was made."""

TRANSITIONS: Final[Mapping[tuple[SubscriptionState, Trigger], SubscriptionState]] = MappingProxyType(
    {
        (state, trigger): state if state in FINAL_STATES else _LEADS_TO[trigger]
        for state, trigger in product(SubscriptionState, Trigger)
    }
)
"""Stripe's newest word counts, because what lay between may never arrive; but nothing leaves a final state."""

FINAL_TRIGGERS: Final = frozenset(trigger for trigger in Trigger if _LEADS_TO[trigger] in FINAL_STATES)
