"""Read what a group of admissions, extensions and ends is decided on: holds first, then runs, then counters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from shared.domain.ledger.documents import RunSums, Wanted
from shared.domain.ledger.holds import Amounts, Holds, RunKey, RunSpender, Tree, run_key
from shared.domain.limits.run_left import drawn_of
from shared.domain.limits.runs import AdmissionRequest, End, Extension, RunRequest
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import BudgetUsage, Ledger, read_documents
from shared.usecases.ledger.reading_plans import AskedBudgets
from shared.usecases.limits.admission_limits import spender_of
from shared.usecases.limits.read_budgets import ask_for, budgets_of


class Asked(NamedTuple):
    """A request of a tenant, and when it arrived."""

    request: AdmissionRequest
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionDocuments:
    """The documents that a group is decided on."""

    tenant: Tenant
    holds: Holds
    runs: Mapping[RunKey, RunSums] = field(default_factory=dict)
    trees: Mapping[RunKey, Tree] = field(default_factory=dict)
    drawn: Mapping[RunKey, Amounts] = field(default_factory=dict)
    usage: BudgetUsage | None = None
    """None if only ends are asked."""


class AdmissionReader:
    """Reads the documents of a group of requests of one tenant, in as few round trips as they allow.

    The order is what makes decisions exact. A run that uses a part of its hold between two reads is then seen with
    too much, never with too little.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._store = ledger.store

    def read(
        self, tenant: Tenant, group: Sequence[Asked], known: Holds | None, now: datetime
    ) -> AdmissionDocuments:
        """Return the documents of a group. `known` are the holds as this instance last wrote them."""
        requests = [asked.request for asked in group]
        if all(isinstance(each, RunRequest) and each.parent_run_id is None for each in requests):
            holds = None if known is None else AdmissionDocuments(tenant=tenant, holds=known)
            return self._with_usage(tenant, requests, holds, now)
        found = self._with_runs(tenant, requests, known, now)
        if all(isinstance(each, End) for each in requests):
            return found
        return self._with_usage(found.tenant, requests, found, now)

    def look_at_runs(
        self, documents: AdmissionDocuments, group: Sequence[Asked], now: datetime
    ) -> AdmissionDocuments:
        """Read all open runs, and after them the usage again, to learn how much of their holds they have used."""
        holds = documents.holds.by_run
        roots = frozenset(run for run, hold in holds.items() if hold.has_children and hold.parent is None)
        trees = self._trees(documents.tenant.id, roots)
        members = {run for tree in trees.values() for run, hold in tree.by_run.items() if not hold.is_ended}
        every = frozenset({*documents.runs, *holds, *members})
        runs = {**dict.fromkeys(every, RunSums(totals={})), **documents.runs}
        found = replace(documents, trees=trees, runs=runs)
        return self._with_usage(documents.tenant, [asked.request for asked in group], found, now)

    def _with_runs(
        self, tenant: Tenant, requests: Sequence[AdmissionRequest], known: Holds | None, now: datetime
    ) -> AdmissionDocuments:
        """Read the runs and their trees, and the runs below those that end."""
        wanted = Wanted(holds=known is None, runs=_run_keys(requests))
        current, found = read_documents(self._store, tenant.id, wanted)
        holds = found.holds if known is None else known
        roots = {
            root
            for key, run in found.runs.items()
            if (root := (run.admission and run.admission.root) or key) in holds.by_run
            and holds.by_run[root].has_children
        }
        trees = self._trees(tenant.id, frozenset(roots))
        ends = {run_key(each.run_id) for each in requests if isinstance(each, End)}
        below = {run for tree in trees.values() for run in _to_settle(tree, ends, now)}
        drawn = self._drawn(tenant.id, frozenset(below))
        return AdmissionDocuments(tenant=current, holds=holds, runs=found.runs, trees=trees, drawn=drawn)

    def _with_usage(
        self,
        tenant: Tenant,
        requests: Sequence[AdmissionRequest],
        found: AdmissionDocuments | None,
        now: datetime,
    ) -> AdmissionDocuments:
        """Read the runs again with the usage; without `found`, the holds before them."""
        runs = found.runs if found else {}
        keys = frozenset({*_run_keys(requests), *runs, *_parents_of(requests, runs)})
        spenders = {*_spenders(requests, runs)}

        def ask(known: Tenant) -> AskedBudgets:
            budgets = [
                each for spender in spenders for each in budgets_of(known, spender_of(spender), "any run")
            ]
            asked = ask_for(known, dict.fromkeys(budgets), None, now)
            return replace(asked, runs=keys, holds=found is None)

        usage = self._ledger.budgets(tenant, ask, now)
        return AdmissionDocuments(
            tenant=usage.current.tenant,
            holds=found.holds if found else usage.current.holds,
            runs=usage.runs,
            trees=found.trees if found else {},
            drawn=found.drawn if found else {},
            usage=usage,
        )

    def _trees(self, tenant_id: str, roots: frozenset[RunKey]) -> Mapping[RunKey, Tree]:
        return self._store.read(tenant_id, Wanted(trees=roots)).documents.trees if roots else {}

    def _drawn(self, tenant_id: str, runs: frozenset[RunKey]) -> Mapping[RunKey, Amounts]:
        found = self._store.read(tenant_id, Wanted(runs=runs)).documents.runs if runs else {}
        return {run: drawn_of(sums.totals) for run, sums in found.items()}


def _run_keys(requests: Iterable[AdmissionRequest]) -> frozenset[RunKey]:
    named = [each.run_id for each in requests]
    parents = [each.parent_run_id for each in requests if isinstance(each, RunRequest) and each.parent_run_id]
    return frozenset(map(run_key, [*named, *parents]))


def _parents_of(requests: Iterable[AdmissionRequest], runs: Mapping[RunKey, RunSums]) -> Iterable[RunKey]:
    """Yield the parents of the runs that are extended."""
    for each in requests:
        run = runs.get(run_key(each.run_id)) if isinstance(each, Extension) else None
        if run and run.admission and run.admission.parent_run_id:
            yield run_key(run.admission.parent_run_id)


def _spenders(requests: Iterable[AdmissionRequest], runs: Mapping[RunKey, RunSums]) -> Iterable[RunSpender]:
    for each in requests:
        run = runs.get(run_key(each.run_id))
        if isinstance(each, RunRequest):
            yield each.spender
        elif isinstance(each, Extension) and run and run.admission:
            yield run.admission.spender


def _to_settle(tree: Tree, ends: Iterable[RunKey], now: datetime) -> Iterable[RunKey]:
    """Yield the runs of a tree that end with one of `ends`, or whose hold has expired."""
    for run in ends:
        if run in tree.by_run:
            yield from (each for each in tree.below(run) if not tree.by_run[each].is_ended)
    yield from tree.unsettled(now)
