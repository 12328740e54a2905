"""Owns what is known of a subscription: the same for any order and repetition of Stripe's events."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from functools import reduce
from typing import Final, NamedTuple

from shared.domain.billing.stripe_shapes import SubscriptionSnapshot, SubscriptionStatus
from shared.domain.billing.subscription_states import (
    FINAL_STATES,
    FINAL_TRIGGERS,
    TRANSITIONS,
    SubscriptionState,
    Trigger,
)

SUBSCRIPTION_CREATED: Final = "customer.subscription.created"
SUBSCRIPTION_DELETED: Final = "customer.subscription.deleted"

MOST_PAST_DUE_SIGHTINGS: Final = 50
_ONE_DAY: Final = timedelta(days=1)
_PAID_STATUSES: Final[frozenset[SubscriptionStatus]] = frozenset({"active", "past_due", "unpaid"})
"""Of these a trial is over; one that is paused or canceled may still have been in its trial."""


class _Rank(IntEnum):
    """What comes first in a life. Stripe's clock has whole seconds, and a creation takes less than one."""

    CREATED = 0
    INCOMPLETE = 1
    LIVING = 2
    STATUS_CHANGED = 3
    FINAL = 4
    REFETCHED = 5


class Sighting(NamedTuple):
    """When which status was seen. Sorts by Stripe's clock, then by place in a life, then arbitrarily."""

    at: datetime
    """When the event was created, by Stripe's clock; never compared with ours."""
    rank: int
    asked_at: datetime
    """When the API was asked, by our clock; of an event's own payload, `at` again."""
    event_id: str
    trigger: Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A subscription as the payload of one event shows it; `kind` is the event's type.

    `changed_status`: whether the event says that it changed the status. Of several events in one second that
    one is the newest to us: those before it show the former status, those after it the same one.
    """

    event_id: str
    created: datetime
    kind: str
    snapshot: SubscriptionSnapshot
    changed_status: bool = False

    @property
    def sighting(self) -> Sighting:
        """What is kept of it."""
        is_deleted = self.kind == SUBSCRIPTION_DELETED
        trigger = Trigger.DELETED if is_deleted else Trigger(self.snapshot.status)
        return Sighting(
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
        return _Rank.STATUS_CHANGED if self.changed_status else _Rank.LIVING


@dataclass(frozen=True, slots=True)
class Refetch:
    """A subscription as Stripe's API gave it; `asked_at` is the instant just before the request."""

    snapshot: SubscriptionSnapshot
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What is kept of a subscription: a function of the set of events seen, not of their order.

    `plan` is that of the newest sighting whose price mapped to one, seen at `plan_seen`: a price that maps to
    none keeps the former plan. `history` holds no more than the state and `past_due_since` depend on.
    `paid_since` is the earliest `pays_from` of the sightings after its first trial: a second trial, of which
    Stripe keeps the start of the first, does not move it.
    """

    snapshot: SubscriptionSnapshot
    seen: Sighting
    plan: str | None
    plan_seen: Sighting | None
    history: tuple[Sighting, ...]
    paid_since: datetime | None

    @property
    def id(self) -> str:
        """Stripe's id of it."""
        return self.snapshot.id

    @property
    def state(self) -> SubscriptionState:
        """Where its history and the newest sighting lead."""
        return _follow((*self.history, self.seen))

    @property
    def pays_from(self) -> datetime:
        """The instant from which it is paid for, or will be if its trial goes on as planned."""
        return self.paid_since or self.snapshot.pays_from

    @property
    def ends_at(self) -> datetime | None:
        """The instant at which it ended or is to be canceled; None if no end is known. A lapse is no end."""
        if self.state in FINAL_STATES:
            return self.snapshot.ended_at or self.history[0].at
        return self.snapshot.planned_end

    @property
    def past_due_since(self) -> datetime | None:
        """When the failure began that still lasts, by Stripe's clock; None if it is not past due.

        Where the event that would say it was not seen, the earliest instant possible: the grace that starts
        here must not be gained by making events.
        """
        if self.state != SubscriptionState.PAST_DUE:
            return None
        unpaid = [seen.at for seen in self.history if seen.trigger == Trigger.PAST_DUE]
        settled = [seen.at for seen in self.history if seen.trigger != Trigger.PAST_DUE]
        if not unpaid:
            return max([self.snapshot.period_start, *settled])
        return unpaid[0] if len(unpaid) <= MOST_PAST_DUE_SIGHTINGS else min(settled + unpaid)


def observe(
    former: Subscription | None, observation: Observation, refetch: Refetch | None = None
) -> Subscription:
    """What is known after one more event: any order and any repetition of the same calls ends the same.

    Without `refetch` the payload of the newest event is the truth. With it, the object that the API gave while
    handling the newest event is, and payloads only tell since when it has been past due. Raises ValueError for
    an event of another subscription.
    """
    seen = observation.sighting
    subscription = _seen(former, seen, observation.snapshot)
    if refetch is None:
        return subscription
    return _seen(subscription, _refetched(seen.at, observation.event_id, refetch), refetch.snapshot)


def reconcile(
    former: Subscription | None, refetch: Refetch, told_by: tuple[datetime, str] | None = None
) -> Subscription:
    """What is known after asking the API unasked, or by an event of something else (`told_by`: its time and id)."""
    at, event_id = told_by or (former.seen.at if former else refetch.snapshot.created, "reconcile")
    return _seen(former, _refetched(at, event_id, refetch), refetch.snapshot)


def trial_days_left(observation: Observation) -> int | None:
    """Days from the event to the end of the trial, a begun day counting as one; None without a trial."""
    end = observation.snapshot.trial_end
    return None if end is None else max(0, -((observation.created - end) // _ONE_DAY))


def _refetched(at: datetime, event_id: str, refetch: Refetch) -> Sighting:
    return Sighting(
        at=at,
        rank=_Rank.REFETCHED,
        asked_at=refetch.asked_at,
        event_id=event_id,
        trigger=Trigger(refetch.snapshot.status),
    )


def _seen(former: Subscription | None, seen: Sighting, snapshot: SubscriptionSnapshot) -> Subscription:
    """`former` with one more sighting; the newest has the word on everything but the history."""
    plan_seen = seen if snapshot.plan is not None else None
    shown_since = snapshot.pays_from if snapshot.status in _PAID_STATUSES else None
    if former is None:
        return Subscription(
            snapshot=snapshot,
            seen=seen,
            plan=snapshot.plan,
            plan_seen=plan_seen,
            history=_kept([seen]),
            paid_since=shown_since,
        )
    if former.id != snapshot.id:
        raise ValueError(f"subscription is {former.id}, but the event is about {snapshot.id}")
    paid_since = min((at for at in (former.paid_since, shown_since) if at), default=None)
    known = replace(former, history=_kept([*former.history, seen]), paid_since=paid_since)
    if seen > known.seen:
        known = replace(known, snapshot=snapshot, seen=seen)
    if plan_seen is not None and (known.plan_seen is None or plan_seen > known.plan_seen):
        known = replace(known, plan=snapshot.plan, plan_seen=plan_seen)
    return known


def _kept(sightings: Iterable[Sighting]) -> tuple[Sighting, ...]:
    """The sightings that the state or `past_due_since` may still depend on, in order.

    The first final one, which nothing follows; else the newest that was not past due, and those past due after
    it, up to one more than MOST_PAST_DUE_SIGHTINGS, which tells that some are missing. Each is a maximum or a
    minimum of a set, so it does not matter when it is taken.
    """
    # A refetch is placed at its event's time but tells of a later one: it can end a failure, not date one.
    ordered = sorted({seen for seen in sightings if not _is_late_word_of_failure(seen)})
    for seen in ordered:
        if seen.trigger in FINAL_TRIGGERS:
            return (seen,)
    is_settled = [seen.trigger != Trigger.PAST_DUE for seen in ordered]
    newest_settled = max((at for at, settled in enumerate(is_settled) if settled), default=-1)
    unpaid = ordered[newest_settled + 1 :]
    return (*ordered[: newest_settled + 1][-1:], *unpaid[-MOST_PAST_DUE_SIGHTINGS - 1 :])


def _is_late_word_of_failure(seen: Sighting) -> bool:
    return seen.rank == _Rank.REFETCHED and seen.trigger == Trigger.PAST_DUE


def _follow(sightings: Iterable[Sighting]) -> SubscriptionState:
    triggers = (seen.trigger for seen in sightings)
    return reduce(lambda state, trigger: TRANSITIONS[state, trigger], triggers, SubscriptionState.NONE)
