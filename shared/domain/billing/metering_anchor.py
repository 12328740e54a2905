"""The metering anchor: the instant from which a tenant's metering periods are counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from shared.domain.billing.subscription_states import NEVER_PAID
from shared.domain.billing.subscriptions import Subscription

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AnchorSpan:
    """An anchor and the end of its validity, if known; the anchor None means calendar months."""

    anchor: datetime | None
    until: datetime | None = None


class _Stretch(NamedTuple):
    """The time of one subscription: [began, ended)."""

    began: datetime
    ended: datetime
    pays_from: datetime
    """At or after `ended` if the subscription ended in its trial."""


def anchors_of(subscriptions: Iterable[Subscription]) -> list[AnchorSpan]:
    """Return the anchors of the newest paid life, in order, followed by the calendar month.

    A paid life is an unbroken chain of subscriptions, each of which begins before the previous ones have ended.
    Its anchor is the first instant that is paid for; until then, during a trial, the beginning of the life.
    Lapses, intervals, prices and Stripe's billing anchor do not move it. Only the newest life can still run.
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
