"""The states of a subscription, and the table of transitions between them."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from typing import Final


class SubscriptionState(StrEnum):
    """The state of a subscription; NONE before anything is known of it."""

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
    """The input of a transition: a status that Stripe reports, or the deletion of the subscription."""

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
"""A subscription never leaves these: the customer needs a new one (API reference, subscription.status)."""

NEVER_PAID: Final = frozenset(
    {SubscriptionState.NONE, SubscriptionState.INCOMPLETE, SubscriptionState.EXPIRED}
)
"""In these states not even the first payment was made."""

TRANSITIONS: Final[Mapping[tuple[SubscriptionState, Trigger], SubscriptionState]] = MappingProxyType(
    {
        (state, trigger): state if state in FINAL_STATES else _LEADS_TO[trigger]
        for state, trigger in product(SubscriptionState, Trigger)
    }
)
"""The newest status counts, because events in between may never arrive; but nothing leaves a final state."""

FINAL_TRIGGERS: Final = frozenset(trigger for trigger in Trigger if _LEADS_TO[trigger] in FINAL_STATES)
