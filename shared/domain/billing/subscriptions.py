"""Merge Stripe's events and API responses into one subscription, with the same result in any order."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from functools import reduce
from typing import Final, NamedTuple

from shared.domain.billing.stripe_events import EventReference
from shared.domain.billing.stripe_subscription_shapes import SubscriptionSnapshot, SubscriptionStatus
from shared.domain.billing.subscription_states import (
    FINAL_STATES,
    FINAL_TRIGGERS,
    TRANSITIONS,
    SubscriptionState,
    Trigger,
)

SUBSCRIPTION_CREATED: Final = "customer.subscription.created"
SUBSCRIPTION_DELETED: Final = "customer.subscription.deleted"

MAX_PAST_DUE_OBSERVATIONS: Final = 50
_ONE_DAY: Final = timedelta(days=1)
_PAID_STATUSES: Final[frozenset[SubscriptionStatus]] = frozenset({"active", "past_due", "unpaid"})
"""In these statuses a trial is over; a paused or canceled subscription may still have been in its trial."""


class _Rank(IntEnum):
    """The order of observations within one second: Stripe's clock has whole seconds, a creation takes less."""

    CREATED = 0
    INCOMPLETE = 1
    RUNNING = 2
    STATUS_CHANGED = 3
    FINAL = 4
    FETCHED = 5


class StatusObservation(NamedTuple):
    """A status that Stripe reported. Sorts by Stripe's clock, then by rank, then arbitrarily."""

    at: datetime
    """The creation of the event, by Stripe's clock; never compared with ours."""
    rank: int
    asked_at: datetime
    """The instant of the API request, by our clock; for an event's own payload, `at` again."""
    event_id: str
    trigger: Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionObservation:
    """A subscription in the payload of one event; `kind` is the event's type.

    `changed_status` is true if the event itself changed the status. Of several events in one second, such an
    event is the newest: those before it show the previous status, those after it the same one.
    """

    event_id: str
    created: datetime
    kind: str
    snapshot: SubscriptionSnapshot
    changed_status: bool = False

    @property
    def status(self) -> StatusObservation:
        """The status, with the event's place in the order."""
        is_deleted = self.kind == SUBSCRIPTION_DELETED
        trigger = Trigger.DELETED if is_deleted else Trigger(self.snapshot.status)
        return StatusObservation(
            at=self.created,
            rank=self._rank(trigger),
            asked_at=self.created,
            event_id=self.event_id,
            trigger=trigger,
        )

    def _rank(self, trigger: Trigger) -> _Rank:
        if trigger in FINAL_TRIGGERS:
            return _Rank.FINAL
        if self.kind == SUBSCRIPTION_CREATED:
            return _Rank.CREATED
        if trigger == Trigger.INCOMPLETE:
            return _Rank.INCOMPLETE
        return _Rank.STATUS_CHANGED if self.changed_status else _Rank.RUNNING


@dataclass(frozen=True, slots=True)
class ApiSnapshot:
    """A subscription as Stripe's API returned it; `asked_at` is the instant just before the request."""

    snapshot: SubscriptionSnapshot
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """The stored state of a subscription: a function of the set of events, not of their order.

    `plan` comes from `plan_observed`, the newest observation whose price maps to a plan: a price that maps to
    none keeps the previous plan. `history` holds only what the state and `past_due_since` depend on.
    `paid_since` is the earliest `pays_from` of the observations after its first trial: a second trial, of which
    Stripe keeps the start of the first, does not move it.
    """

    snapshot: SubscriptionSnapshot
    latest: StatusObservation
    plan: str | None
    plan_version: int = 1
    plan_observed: StatusObservation | None
    history: tuple[StatusObservation, ...]
    paid_since: datetime | None

    @property
    def id(self) -> str:
        return self.snapshot.id

    @property
    def state(self) -> SubscriptionState:
        return _follow((*self.history, self.latest))

    @property
    def pays_from(self) -> datetime:
        """The instant from which it is paid for, or will be if its trial goes on as planned."""
        return self.paid_since or self.snapshot.pays_from

    @property
    def ends_at(self) -> datetime | None:
        """The instant of its end or planned cancellation, or None. A lapse does not end a subscription."""
        if self.state in FINAL_STATES:
            return self.snapshot.ended_at or self.history[0].at
        return self.snapshot.planned_end

    @property
    def is_first_payment_due(self) -> bool:
        """True if its trial is over and nothing was paid for it since, as far as the observations show."""
        settled = {each.trigger for each in self.history if each.trigger != Trigger.PAST_DUE}
        is_first_period = self.snapshot.period_start <= self.snapshot.pays_from
        had_a_trial = self.snapshot.trial_end is not None
        return had_a_trial and is_first_period and settled <= {Trigger.TRIALING}

    @property
    def past_due_since(self) -> datetime | None:
        """The start of the current payment failure, by Stripe's clock; None if it is not past due.

        If the event of that start was not received, the earliest possible instant: otherwise a customer could
        extend the grace period by causing new events.
        """
        if self.state != SubscriptionState.PAST_DUE:
            return None
        unpaid = [each.at for each in self.history if each.trigger == Trigger.PAST_DUE]
        settled = [each.at for each in self.history if each.trigger != Trigger.PAST_DUE]
        if not unpaid:
            return max([self.snapshot.period_start, *settled])
        return unpaid[0] if len(unpaid) <= MAX_PAST_DUE_OBSERVATIONS else min(settled + unpaid)


def observe(
    previous: Subscription | None, observation: SubscriptionObservation, fetched: ApiSnapshot | None = None
) -> Subscription:
    """Return the subscription after one more event; any order and repetition of the same calls ends the same.

    Without `fetched`, the payload of the newest event decides. With it, the object that the API returned for
    the newest event decides, and payloads only date the payment failure. Raise ValueError for an event of
    another subscription.
    """
    subscription = _merged(previous, observation.status, observation.snapshot)
    if fetched is None:
        return subscription
    status = _fetched_status(fetched, EventReference(observation.created, observation.event_id))
    return _merged(subscription, status, fetched.snapshot)


def reconcile(
    previous: Subscription | None, fetched: ApiSnapshot, event: EventReference | None = None
) -> Subscription:
    """Return the subscription with the API's state, fetched for `event` (of another object) or for none."""
    created = previous.latest.at if previous else fetched.snapshot.created
    status = _fetched_status(fetched, event or EventReference(created, "reconcile"))
    return _merged(previous, status, fetched.snapshot)


def trial_days_left(observation: SubscriptionObservation) -> int | None:
    """Return the days from the event to the end of the trial, rounded up; None without a trial."""
    end = observation.snapshot.trial_end
    return None if end is None else max(0, -((observation.created - end) // _ONE_DAY))


def _fetched_status(fetched: ApiSnapshot, event: EventReference) -> StatusObservation:
    return StatusObservation(
        at=event.at,
        rank=_Rank.FETCHED,
        asked_at=fetched.asked_at,
        event_id=event.event_id,
        trigger=Trigger(fetched.snapshot.status),
    )


def _merged(
    previous: Subscription | None, status: StatusObservation, snapshot: SubscriptionSnapshot
) -> Subscription:
    """Return `previous` with one more observation; the newest decides everything but the history."""
    plan_observed = status if snapshot.plan is not None else None
    paid_from = snapshot.pays_from if snapshot.status in _PAID_STATUSES else None
    if previous is None:
        return Subscription(
            snapshot=snapshot,
            latest=status,
            plan=snapshot.plan,
            plan_version=snapshot.plan_version,
            plan_observed=plan_observed,
            history=_relevant([status]),
            paid_since=paid_from,
        )
    if previous.id != snapshot.id:
        raise ValueError(f"subscription is {previous.id}, but the event is about {snapshot.id}")
    paid_since = min((at for at in (previous.paid_since, paid_from) if at), default=None)
    merged = replace(previous, history=_relevant([*previous.history, status]), paid_since=paid_since)
    if status > merged.latest:
        merged = replace(merged, snapshot=snapshot, latest=status)
    if plan_observed is not None and (merged.plan_observed is None or plan_observed > merged.plan_observed):
        merged = replace(
            merged,
            plan=snapshot.plan,
            plan_version=snapshot.plan_version,
            plan_observed=plan_observed,
        )
    return merged


def _relevant(observations: Iterable[StatusObservation]) -> tuple[StatusObservation, ...]:
    """Return the observations that the state or `past_due_since` may still depend on, in order.

    These are the first final one, which nothing follows; else the newest that was not past due, and those past
    due after it, up to one more than MAX_PAST_DUE_OBSERVATIONS, which shows that some are missing. Each is a
    maximum or a minimum of a set, so it does not matter when it is taken.
    """
    # An API snapshot has its event's time but may be from later: it can end a failure, not date one.
    ordered = sorted({each for each in observations if not _is_fetched_failure(each)})
    for each in ordered:
        if each.trigger in FINAL_TRIGGERS:
            return (each,)
    is_settled = [each.trigger != Trigger.PAST_DUE for each in ordered]
    newest_settled = max((at for at, settled in enumerate(is_settled) if settled), default=-1)
    unpaid = ordered[newest_settled + 1 :]
    return (*ordered[: newest_settled + 1][-1:], *unpaid[-MAX_PAST_DUE_OBSERVATIONS - 1 :])


def _is_fetched_failure(observation: StatusObservation) -> bool:
    return observation.rank == _Rank.FETCHED and observation.trigger == Trigger.PAST_DUE


def _follow(observations: Iterable[StatusObservation]) -> SubscriptionState:
    triggers = (each.trigger for each in observations)
    return reduce(lambda state, trigger: TRANSITIONS[state, trigger], triggers, SubscriptionState.NONE)
