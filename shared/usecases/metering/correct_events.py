"""Correct recorded events: void one, take that back, or replace one; each correction leaves an audit entry."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from shared.domain.errors import Conflict, FieldProblem, InvalidInput
from shared.domain.ledger.periods import MAX_AGE
from shared.domain.limits.budgets import BudgetMatcher, Spender
from shared.domain.metering.corrected_events import (
    CorrectedEvent,
    amendment_id,
    correct,
    uncorrected,
    with_corrections,
)
from shared.domain.metering.corrections import Action, Correction, CorrectionState, state_after
from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.recording import RecordedEvent, prepare
from shared.domain.metering.refusals import RefusedEvent
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.ports import CorrectionChange, StaleCorrection
from shared.usecases.ledger.read_corrections import existing_event
from shared.usecases.metering.record_events import EventRecorder

_MAX_TRIES: Final = 3

T = TypeVar("T")


class EventCorrector:
    """Corrects the events of a tenant. A correction that the event is in no state for raises Conflict."""

    def __init__(self, events: EventRecorder) -> None:
        self._events = events
        self._ledger = events.ledger
        self._store = events.ledger.store

    def void(self, tenant: Tenant, identity: str, change: Change) -> RecordedEvent:
        """Let an event no longer count; return it. Raise NotFound."""
        return self._set_state(tenant, identity, "void", change)

    def unvoid(self, tenant: Tenant, identity: str, change: Change) -> RecordedEvent:
        """Let an event that is void count again; return it. Raise NotFound."""
        return self._set_state(tenant, identity, "unvoid", change)

    def amend(self, tenant: Tenant, identity: str, sent: MeteringEvent, change: Change) -> RecordedEvent:
        """Void an event and record `sent` instead of it, both or neither; return the new event.

        Raise NotFound, or InvalidInput if `sent` cannot be recorded, or names another id or tenant.
        """
        tenant.refuse_recording()

        def attempt() -> RecordedEvent:
            event = existing_event(self._store, tenant.id, identity)
            corrected = self._corrected(tenant, event, "amend", change)
            recorded = self._amendment(tenant, event, sent, change.at)
            amended = replace(corrected.correction, replaced_by=recorded.id)
            replacing = _replacing(event, recorded, change)
            audit = change.entry(tenant.id, "event.amended", event.id, recorded.id)
            self._ledger.correct(
                tenant,
                CorrectionChange(
                    corrections=[amended, replacing],
                    differences=[corrected.difference],
                    recorded=[recorded],
                    audits=[audit],
                ),
                change.at,
            )
            return recorded._replace(correction=replacing)

        return _until_current(attempt)

    def _set_state(self, tenant: Tenant, identity: str, action: Action, change: Change) -> RecordedEvent:
        def attempt() -> RecordedEvent:
            event = existing_event(self._store, tenant.id, identity)
            correction, difference = self._corrected(tenant, event, action, change)
            audit = change.entry(tenant.id, f"event.{correction.state}", None, event.id)
            self._ledger.correct(
                tenant,
                CorrectionChange(corrections=[correction], differences=[difference], audits=[audit]),
                change.at,
            )
            (shown,) = with_corrections([event], {identity: correction})
            return shown

        return _until_current(attempt)

    def _corrected(
        self, tenant: Tenant, event: RecordedEvent, action: Action, change: Change
    ) -> CorrectedEvent:
        if event.adjusts is not None:
            message = f"an adjustment is corrected by correcting the event that it adjusts, {event.adjusts!r}"
            raise Conflict(message, code="is_adjustment")
        before = self._store.find_correction(tenant.id, event.identity)
        return correct(event, before, next_correction(event, before, action, change), change.at)

    def _amendment(
        self, tenant: Tenant, event: RecordedEvent, sent: MeteringEvent, now: datetime
    ) -> RecordedEvent:
        """Return the event that replaces another. It counts at the time of that one, or now if that is too old."""
        if sent.id not in (None, event.id):
            message = "id: the new event gets an id of its own; leave this out, or send the id of the old one"
            problem = FieldProblem(field="id", code="id_mismatch", message=message)
            raise InvalidInput(message, (problem,), code="id_mismatch")
        ts = sent.ts or (event.ts if now - event.ts <= MAX_AGE else now)
        named = sent.model_copy(update={"id": amendment_id(event.identity), "ts": ts})
        try:
            ready = prepare(named, tenant.id, now, self._events.terms(tenant, now))
        except RefusedEvent as refusal:
            problem = refusal.problem
            raise InvalidInput(problem.message, (problem,), code=problem.code) from refusal
        spender = Spender(ready.user_id, ready.workflow_id, event.key, ready.tags)
        budgets = BudgetMatcher.of(tenant.budgets).counting(spender, now)
        return ready._replace(key=event.key, budgets=budgets)


def next_correction(
    event: RecordedEvent, before: Correction | None, action: Action, change: Change
) -> Correction:
    """Return the correction of an event after `action`; raise Conflict if the event is in no state for it."""
    return _changed(before or uncorrected(event), state_after(action, before), change)


def _changed(known: Correction, state: CorrectionState, change: Change) -> Correction:
    return replace(
        known,
        state=state,
        reason=change.reason,
        by=change.actor,
        at=change.at,
        revision=known.revision + 1,
    )


def _replacing(event: RecordedEvent, recorded: RecordedEvent, change: Change) -> Correction:
    return replace(_changed(uncorrected(recorded), "amendment", change), replaces=event.id)


def _until_current(attempt: Callable[[], T]) -> T:
    """Return the result of `attempt`; repeat it while somebody else corrects the same event."""
    for _ in range(_MAX_TRIES):
        try:
            return attempt()
        except StaleCorrection:
            continue
    raise Conflict("somebody else is correcting this event", code="corrected_meanwhile")
