"""Admit runs with a hold, extend it, and end them. Requests of a tenant that wait together share a commit."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from shared.domain.errors import NotFound, UsageError
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import run_key
from shared.domain.limits.hold_book import HoldBook
from shared.domain.limits.run_left import drawn_of, left_of
from shared.domain.limits.runs import Admitted, End, Ended, Extension, RunLeft, RunRefused, RunRequest
from shared.domain.people.tenants import Tenant
from shared.ports import AdmissionChange, Admissions
from shared.usecases.ledger.ledger import read_documents
from shared.usecases.ledger.run_count_memory import BegunRuns
from shared.usecases.limits.admission_draft import UNKNOWN_RUN, AdmissionDraft
from shared.usecases.limits.admission_limits import AdmissionLimits
from shared.usecases.limits.admission_queues import AdmissionQueues, Outcome
from shared.usecases.limits.check_limits import Limits
from shared.usecases.limits.decide_admissions import AdmissionDecider
from shared.usecases.limits.end_runs import end_run
from shared.usecases.limits.held_runs import PRICE_UNKNOWN, HeldRun, taken_below
from shared.usecases.limits.known_holds import KnownHolds
from shared.usecases.limits.read_admissions import AdmissionDocuments, AdmissionReader, Asked


class RunAdmitter:
    """Admits runs within the limits of their tenants, however many ask at once, on however many instances.

    Each commit has the precondition that the tenant's holds are as they were read. Any method raises NotFound for
    an unknown run, Conflict if the run's state forbids the request, RunRefused if the hold does not fit.
    """

    def __init__(
        self, limits: Limits, admissions: Admissions, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._limits = limits
        self._admissions = admissions
        self._reader = AdmissionReader(limits.ledger)
        self._known = KnownHolds()
        self._queues = AdmissionQueues(self._decide, sleep)

    def admit(self, tenant: Tenant, request: RunRequest, now: datetime) -> Admitted:
        """Let a run begin, and set its hold aside; return the hold again for an equal request."""
        return cast("Admitted", self._queues.ask(tenant, Asked(request, now)))

    def extend(self, tenant: Tenant, extension: Extension, now: datetime) -> Admitted:
        """Set the totals of a run's hold."""
        return cast("Admitted", self._queues.ask(tenant, Asked(extension, now)))

    def end(self, tenant: Tenant, end: End, now: datetime) -> Ended:
        """End a run with the runs below it, and release their holds; return the same again if it has ended."""
        return cast("Ended", self._queues.ask(tenant, Asked(end, now)))

    def left(self, tenant: Tenant, run_id: str, now: datetime) -> RunLeft:
        """Return what a run may still use of its hold."""
        key, store = run_key(run_id), self._limits.ledger.store
        _, found = read_documents(store, tenant.id, Wanted(runs=frozenset({key}), trees=frozenset({key})))
        run = found.runs.get(key)
        if run is None:
            raise NotFound(f"there is no run {run_id!r}", code=UNKNOWN_RUN)
        below = taken_below(store, tenant.id, HeldRun(run_id, run), found.trees)
        return left_of(run, below, now)

    def _decide(self, tenant: Tenant, group: Sequence[Asked]) -> Sequence[Outcome]:
        """Decide a group and commit it; raise StaleHolds if the holds have changed meanwhile."""
        now = max(asked.now for asked in group)
        known = self._known.find(tenant.id)
        self._known.forget(tenant.id)
        documents = self._reader.read(tenant, group, known, now)
        draft, outcomes = self._draft(documents, group, now)
        if known is not None and not all(map(_is_granted, outcomes)):
            # Nothing is refused, or answered without a commit, on holds that may have changed.
            documents = self._reader.read(tenant, group, None, now)
            draft, outcomes = self._draft(documents, group, now)
        has_holds = bool(documents.holds.by_run)
        if has_holds and any(map(_lacks_room, outcomes)) and self._known.may_look(tenant.id, now):
            documents = self._reader.look_at_runs(documents, group, now)
            draft, outcomes = self._draft(documents, group, now, sees_runs=True)
        if not draft.is_empty:
            change = _change(draft, documents)
            saved = self._admissions.save_admission(tenant.id, change, documents.holds)
            self._known.keep(tenant.id, draft.book.after(saved.version))
            if saved.counter and documents.usage:
                runs = sum(run.begins is not None for run in change.runs)
                begun = BegunRuns(saved.counter, saved.commits, runs, change.now)
                self._limits.ledger.add_begun(documents.usage, begun)
        return outcomes

    def _draft(
        self,
        documents: AdmissionDocuments,
        group: Sequence[Asked],
        now: datetime,
        *,
        sees_runs: bool = False,
    ) -> tuple[AdmissionDraft, list[Outcome]]:
        """Decide the requests of a group: ends first, because they make room."""
        book = HoldBook(documents.holds, documents.trees, now)
        draft = AdmissionDraft(book=book, runs=dict(documents.runs), drawn=documents.drawn)
        _settle_expired(draft, documents)
        if sees_runs:
            _see_runs(draft, documents)
        decider = None
        if documents.usage:
            limits = AdmissionLimits(limits=self._limits, usage=documents.usage, now=now)
            decider = AdmissionDecider(draft, limits)
        by_index: dict[int, Outcome] = {}
        for index in sorted(range(len(group)), key=lambda each: not isinstance(group[each].request, End)):
            by_index[index] = _outcome(draft, decider, group[index])
        return draft, [by_index[index] for index in range(len(group))]


def _outcome(draft: AdmissionDraft, decider: AdmissionDecider | None, asked: Asked) -> Outcome:
    try:
        match asked.request:
            case End():
                return end_run(draft, asked.request)
            case RunRequest() if decider:
                return decider.admit(asked.request)
            case Extension() if decider:
                return decider.extend(asked.request)
    except UsageError as error:
        return error
    raise AssertionError("the usage is read for all but ends")


def _settle_expired(draft: AdmissionDraft, documents: AdmissionDocuments) -> None:
    for root, tree in documents.trees.items():
        if draft.book.find(root, None) is None:
            continue
        drawn = {
            run: documents.drawn[run] for run in tree.unsettled(draft.book.now) if run in documents.drawn
        }
        if drawn:
            draft.book.settle(root, drawn)


def _see_runs(draft: AdmissionDraft, documents: AdmissionDocuments) -> None:
    """Take note of how much the open runs have used of their holds."""
    drawn = {run: drawn_of(sums.totals) for run, sums in documents.runs.items()}
    for run, hold in documents.holds.by_run.items():
        if hold.parent is None and draft.book.find(run, None):
            draft.book.see(run, drawn)


def _change(draft: AdmissionDraft, documents: AdmissionDocuments) -> AdmissionChange:
    return AdmissionChange(
        now=draft.book.now,
        settings=documents.tenant.counters,
        begun={slot: frozenset(runs) for slot, runs in draft.begun.items()},
        runs=list(draft.changes.values()),
        holds=draft.book.changed,
        trees=draft.book.changed_trees,
        is_first=not documents.tenant.has_holds,
    )


def _is_granted(outcome: Outcome) -> bool:
    """Return whether the outcome is part of the commit, which proves that the holds were as they were read."""
    return not isinstance(outcome, UsageError) and outcome.is_new


def _lacks_room(outcome: Outcome) -> bool:
    return isinstance(outcome, RunRefused) and outcome.code != PRICE_UNKNOWN
