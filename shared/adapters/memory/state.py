"""The data of the in-memory store, and the lock that makes each of its methods atomic."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import RLock

from shared.domain.billing.billing_account import BillingAccount
from shared.domain.billing.invoices import InvoiceRow
from shared.domain.ledger.attribution import Attribution, AttributionRef, Names, merge_names
from shared.domain.ledger.budget_counts import BudgetHours, merge_hours
from shared.domain.ledger.counters import Cells, ShardRef, add
from shared.domain.ledger.holds import Holds, RunKey, Tree, run_key
from shared.domain.ledger.reconciliation import ReconciliationStep
from shared.domain.ledger.rollups import DayRollup, MonthRollup
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.refused_runs import RefusedRuns
from shared.domain.metering.corrections import Correction
from shared.domain.metering.deltas import DayDelta
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.runs import Run
from shared.domain.metering.sealed_batches import SealedBatch
from shared.domain.notices.alerts import UsageAlert
from shared.domain.notices.endpoints import Endpoint
from shared.domain.notices.entries import Outgoing
from shared.domain.notices.outbox import OutboxEntry
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ApiKey
from shared.domain.people.members import Invitation, Member
from shared.domain.people.operators import Operator
from shared.domain.people.receipts import Receipt
from shared.domain.people.tenant_rows import TenantRow, row_tenant
from shared.domain.people.tenants import Tenant
from shared.domain.platform.failures import StripeFailure
from shared.domain.prices.price_book import EMPTY_BOOK
from shared.ports import AlreadyAnswered, FeedCursor, MailAddress


@dataclass(slots=True, kw_only=True)
class CounterDocument:
    """A counter document, changed in place; `version` grows with every commit."""

    cells: Cells = field(default_factory=dict)
    keys: Names = field(default_factory=dict)
    attributed: int = 0
    commits: int = 0
    events: int = 0
    run_hours: set[int] = field(default_factory=set)
    budgets: BudgetHours = field(default_factory=dict)
    late_days: set[date] = field(default_factory=set)
    fold_due: datetime | None = None
    """The time of its next fold; None if nothing was recorded since the last one."""
    version: int = 0

    def add(self, delta: DayDelta, fold_due: datetime) -> None:
        """Add a commit, and mark the counter as not folded."""
        for cell, amounts in delta.cells.items():
            add(self.cells.setdefault(cell, {}), amounts)
        merge_names(self.keys, delta.keys)
        self.commits += 1
        self.events += delta.events
        self.run_hours |= delta.run_hours
        self.budgets = merge_hours([self.budgets, delta.budgets])
        self.late_days |= delta.late_days
        self.fold_due = min(self.fold_due or fold_due, fold_due)
        self.version += 1


@dataclass(slots=True, kw_only=True)
class TenantUsage:
    """All usage of one tenant."""

    events: dict[str, RecordedEvent] = field(default_factory=dict)
    batches: dict[str, SealedBatch] = field(default_factory=dict)
    recorded_at: dict[str, datetime] = field(default_factory=dict)
    """When each event was recorded, by its identity."""
    counters: dict[ShardRef, CounterDocument] = field(default_factory=dict)
    attribution: dict[AttributionRef, Attribution] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    unmeasured: set[str] = field(default_factory=set)
    """The ids of the runs that have changed since they were measured."""
    runs_begun: Counter[datetime] = field(default_factory=Counter)
    """The number of runs by the hour in which they began: periods consist of whole hours."""
    days: dict[date, DayRollup] = field(default_factory=dict)
    months: dict[date, MonthRollup] = field(default_factory=dict)
    alerts: dict[str, UsageAlert] = field(default_factory=dict)
    corrections: dict[str, Correction] = field(default_factory=dict)
    """By the identity of their events."""
    run_ids: dict[RunKey, str] = field(default_factory=dict)
    holds: Holds = field(default_factory=Holds)
    trees: dict[RunKey, Tree] = field(default_factory=dict)
    refusals: dict[date, dict[str, tuple[RefusedRuns, dict[int, int]]]] = field(default_factory=dict)
    """By day and limit: the last refusal, and the count of each place."""
    look_due: dict[str, datetime] = field(default_factory=dict)
    """When a tick has to look at admitted runs."""

    def all_events(self) -> Iterator[RecordedEvent]:
        """Yield the events of both kinds."""
        yield from self.events.values()
        for batch in self.batches.values():
            yield from batch.events

    def add_run(self, part: Run) -> Run:
        """Add a part of a run, and return the whole run."""
        run = self.runs.setdefault(part.id, part)
        self.run_ids[run_key(part.id)] = part.id
        self.unmeasured.add(part.id)
        if run is not part:
            self.runs_begun[_hour_of(run.began_at)] -= 1
            run.merge(part)
        self.runs_begun[_hour_of(run.began_at)] += 1
        return run


@dataclass(slots=True)
class TenantBilling:
    """All billing of one tenant; `account.tenant` is unused, because tenants are stored on their own."""

    account: BillingAccount
    version: int = 0
    invoices: dict[str, InvoiceRow] = field(default_factory=dict)


class Tenants(dict[str, Tenant]):
    """Tenants by their ids; each has a new version whenever anything of it is stored."""

    def __init__(self) -> None:
        super().__init__()
        self._versions = 0

    def __setitem__(self, tenant_id: str, tenant: Tenant) -> None:
        self._versions += 1
        super().__setitem__(tenant_id, replace(tenant, version=self._versions))


def copied(run: Run) -> Run:
    """Return a run that does not change with the stored one."""
    return replace(run, totals=dict(run.totals), budgets=dict(run.budgets))


def _hour_of(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


class MemoryState:
    """The dictionaries that the parts of the store share."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._usage: dict[str, TenantUsage] = {}
        self._tenants = Tenants()
        self._rows: dict[str, TenantRow] = {}
        self._keys: dict[str, ApiKey] = {}
        self._audit: list[AuditEntry] = []
        self._receipts: dict[str, Receipt] = {}
        self._billing: dict[str, TenantBilling] = {}
        self._customers: dict[str, str] = {}
        self._stripe_events: dict[str, str] = {}
        self._stripe_failures: dict[str, StripeFailure] = {}
        self._members: dict[str, dict[str, Member]] = {}
        self._operators: dict[str, Operator] = {}
        self._invitations: dict[str, dict[str, Invitation]] = {}
        self._outbox: dict[str, OutboxEntry] = {}
        self._quotas: Counter[str] = Counter()
        self._addresses: dict[str, MailAddress] = {}
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self._plans: PlanCatalog | None = None
        self._plan_changes: list[AuditEntry] = []
        self._prices = EMPTY_BOOK
        self._price_changes: list[AuditEntry] = []
        self._reconciliation: ReconciliationStep | None = None
        self._feed_cursor = FeedCursor()
        self._versions = 0

    def _record(self, audit: AuditEntry) -> None:
        """Store an audit entry with its receipt; raise AlreadyAnswered, before anything else is changed."""
        if receipt := audit.receipt:
            stored = self._receipts.get(receipt.id)
            if (stored.version if stored else None) != receipt.version:
                raise AlreadyAnswered("a request with this Idempotency-Key has just been answered")
            self._receipts[receipt.id] = replace(receipt, version=self._next_version())
        self._audit.append(replace(audit, receipt=None))

    def _put_tenant(self, tenant: Tenant, at: datetime) -> None:
        """Store a tenant with its part of its row in the platform's list."""
        self._tenants[tenant.id] = tenant
        row = self._rows.get(tenant.id)
        self._rows[tenant.id] = TenantRow(
            id=tenant.id, tenant=row_tenant(tenant, at), usage=row.usage if row else None
        )

    def _is_new(self, outgoing: Outgoing) -> bool:
        """Return whether no entry exists yet, and no quota was used since it was read."""
        quotas = all(self._quotas.get(use.quota.id, 0) == use.version for use in outgoing.quotas)
        return quotas and not any(entry.id in self._outbox for entry in outgoing.entries)

    def _put_outgoing(self, outgoing: Outgoing) -> None:
        for entry in outgoing.entries:
            self._put_entry(entry)
        self._quotas.update(use.quota.id for use in outgoing.quotas)

    def _put_entry(self, entry: OutboxEntry) -> OutboxEntry:
        stored = replace(entry, version=self._next_version())
        self._outbox[entry.id] = stored
        return stored

    def _next_version(self) -> int:
        self._versions += 1
        return self._versions
