"""Events with their corrections: what stands of an event, and what a correction changes in the sums. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Final, NamedTuple

from shared.domain.ledger.counters import Totals, sum_totals
from shared.domain.ledger.periods import MAX_AGE
from shared.domain.metering.amounts import Measures, amounts_of
from shared.domain.metering.corrections import Correction
from shared.domain.metering.recording import RecordedEvent
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import TokenPools

_ID_BYTES: Final = 12


class CorrectedEvent(NamedTuple):
    """A correction to be stored, and the event with the amounts that the sums change by.

    The difference counts at its time. It is an event of its own, an adjustment, if it `adjusts` another.
    """

    correction: Correction
    difference: RecordedEvent


def amendment_id(identity: str) -> str:
    """Return the id of the event that replaces another, of which there is one at most."""
    return f"amendment-{_hash(identity)}"


def uncorrected(event: RecordedEvent) -> Correction:
    """Return what a first correction of `event` begins with."""
    return Correction(
        identity=event.identity,
        ts=event.ts,
        run_id=event.run_id,
        state="unvoided",
        reason="",
        by="",
        at=event.ts,
        revision=0,
        counted=event.amounts,
    )


def correct(
    event: RecordedEvent, before: Correction | None, after: Correction, now: datetime
) -> CorrectedEvent:
    """Return what changes when the correction of `event`, as it was recorded, becomes `after`.

    The counters of an event that is older than MAX_AGE may have expired: the difference counts today.
    """
    change = _difference(standing(event, before), standing(event, after))
    counted = event.amounts if before is None else before.counted
    if now - event.ts > MAX_AGE:
        adjusting = _adjustment(event, after, change, now)
        return CorrectedEvent(replace(after, counted=counted), adjusting)
    return CorrectedEvent(
        replace(after, counted=sum_totals((counted, change))), event._replace(amounts=change)
    )


def standing(event: RecordedEvent, correction: Correction | None) -> Totals:
    """Return what an event adds to the sums, after its correction."""
    if correction is None:
        return event.amounts
    if not correction.stands:
        return {}
    return event.amounts if correction.cost is None else _amounts_at(event, correction.cost)


def with_corrections(
    events: Iterable[RecordedEvent], corrections: Mapping[str, Correction]
) -> list[RecordedEvent]:
    """Return the events with their corrections, at their corrected cost, and with what their hour counts of them."""
    return [_with_correction(event, corrections.get(event.identity)) for event in events]


def _with_correction(event: RecordedEvent, correction: Correction | None) -> RecordedEvent:
    if correction is None:
        return event
    return event._replace(
        correction=correction, cost=correction.cost or event.cost, amounts=dict(correction.counted)
    )


def _amounts_at(event: RecordedEvent, cost: EventCost) -> Totals:
    return amounts_of(Measures(event.category, event.status, event.tokens, event.latency_ms, cost))


def _difference(before: Totals, after: Totals) -> Totals:
    return sum_totals((after, {metric: -amount for metric, amount in before.items()}))


def _adjustment(event: RecordedEvent, after: Correction, change: Totals, now: datetime) -> RecordedEvent:
    """Return the event that counts a late difference: with the names of the corrected one, and the time of now."""
    event_id = f"adjustment-{_hash(f'{after.revision} {event.identity}')}"
    cost = after.cost or event.cost
    return event._replace(
        id=event_id,
        identity=event_id,
        ts=now,
        status=None,
        tokens=_pools_of(change),
        latency_ms=change.get("latency_ms"),
        cost=cost._replace(nanousd=change.get("cost_nanousd"), unread=(), catalog_nanousd=None),
        request_id=None,
        kind=None,
        metadata_json=None,
        metadata_cut=False,
        redactions=0,
        fingerprint=event_id,
        amounts=change,
        adjusts=event.id,
        correction=None,
    )


def _pools_of(change: Totals) -> TokenPools | None:
    pools = TokenPools(
        input=change.get("input_tokens", 0),
        output=change.get("output_tokens", 0),
        total=change.get("total_tokens", 0),
        cache_read=change.get("cache_read_tokens", 0),
        cache_write=change.get("cache_write_tokens", 0),
        reasoning=change.get("reasoning_tokens", 0),
    )
    return pools if any(pools) else None


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=_ID_BYTES).hexdigest()
