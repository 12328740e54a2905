"""Owns the metering anchor: the instant that a tenant's metering periods are counted from, by its paid life."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from shared.domain.billing.subscription_states import NEVER_PAID
from shared.domain.billing.subscriptions import Subscription

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AnchorSpan:
    """The anchor that holds before `until` (None: without an end known); None is the calendar month."""

    anchor: datetime | None
    until: datetime | None = None


class _Stretch(NamedTuple):
    """The time from the beginning of one subscription to its end: [began, ended)."""

    began: datetime
    ended: datetime
    pays_from: datetime
    """Not before `ended` where the trial was all there was."""


def anchors_of(subscriptions: Iterable[Subscription]) -> list[AnchorSpan]:
    """Return the anchors of the newest paid life, in order, and after it the calendar month.

    A life is the time of subscriptions of which each begins before the others have ended. Its anchor is the
    first instant that is paid for; while nothing but a trial runs, the beginning of the life. Lapses, intervals,
    prices and Stripe's own billing anchor play no part, and the newest life is the only one that can last.
    """
    life = _newest_life(subscriptions)
    if not life:
        return [AnchorSpan(None)]
    began, ended = life[0].began, _end_of(life)
    paid_from = min((each.pays_from for each in life if each.pays_from < each.ended), default=ended)
    spans = [AnchorSpan(began, paid_from)] if began < paid_from else []
    if paid_from < ended:
        spans.append(AnchorSpan(paid_from, None if ended == _NEVER else ended))
    return [*spans, AnchorSpan(None)]


def _newest_life(subscriptions: Iterable[Subscription]) -> list[_Stretch]:
    life: list[_Stretch] = []
    for stretch in sorted(_stretches(subscriptions)):
        if life and stretch.began >= _end_of(life):
            life.clear()
        life.append(stretch)
    return life


def _stretches(subscriptions: Iterable[Subscription]) -> Iterable[_Stretch]:
    """Yield the time of each subscription to a plan, unless not even its first payment was made."""
    for each in subscriptions:
        began, ended = each.snapshot.created, each.ends_at or _NEVER
        if each.plan is not None and each.state not in NEVER_PAID and began < ended:
            yield _Stretch(began, ended, each.pays_from)


def _end_of(life: Iterable[_Stretch]) -> datetime:
    return max(each.ended for each in life)
