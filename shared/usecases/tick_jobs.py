"""Do what the messages on the tick's topic ask for."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import Unavailable
from shared.domain.ledger.reconciliation import FIRST_STEP
from shared.domain.ledger.tick import TickMessage
from shared.ports import TickPublisher
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.billing.complete_summaries import complete_summaries
from shared.usecases.billing.reconcile_billing import reconcile_tenants
from shared.usecases.billing.refresh_margins import MarginRefresher
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import TENANTS_PER_MESSAGE, fold_days, fold_due, fold_tenants
from shared.usecases.ledger.reconciliation_turns import ReconciliationTurns
from shared.usecases.limits.tenant_rows import TenantRows
from shared.usecases.metering.publish_usage import UsagePublisher
from shared.usecases.notices.deliver import Deliverer, deliver_due
from shared.usecases.notices.raise_overruns import OverrunRaiser
from shared.usecases.platform.compute_overview import OverviewRefresher
from shared.usecases.platform.tick_history import TickHistory

LOGGER = logging.getLogger("gwi_usage")


@dataclass(frozen=True, slots=True, kw_only=True)
class TickJobs:
    """Folds usage, delivers the outbox, and reconciles billing with Stripe."""

    folder: TenantFolder
    deliverer: Deliverer
    billing: BillingDependencies
    publisher: TickPublisher
    turns: ReconciliationTurns
    rows: TenantRows
    margins: MarginRefresher
    history: TickHistory
    overview: OverviewRefresher
    overruns: OverrunRaiser
    usage_publisher: UsagePublisher | None = None
    """None where there is no warehouse."""

    def run(self, message: TickMessage, now: datetime) -> None:
        """Do the job. If it fails, the message has to be sent again."""
        if message.job == "reconcile":
            with self.history.kept("reconcile", now):
                self._reconcile(message, now)
        elif message.job == "deliver":
            self.deliverer.deliver(message.entries)
        elif message.tenants is not None:
            fold_tenants(self.folder, message.tenants, now)
        elif message.due:
            fold_days(self.folder, message.due, now)
        else:
            with self.history.kept("fold", now):
                self._tick(now)

    def _tick(self, now: datetime) -> None:
        """Fold what is due, look at runs, then deliver, also if one of them failed. New alerts leave at once."""
        with ExitStack() as always:
            if self.usage_publisher is not None:
                always.callback(self.usage_publisher.publish, now)
            always.callback(self.overview.refresh_if_due, now)
            always.callback(deliver_due, self.deliverer, self.publisher)
            always.callback(self.overruns.look, now)
            fold_due(self.folder, self.publisher, now)

    def _reconcile(self, message: TickMessage, now: datetime) -> None:
        """Reconcile the tenants that are named, or the next few of all of them and then, by a message, the rest.

        One message at a time is under way, so that Stripe is asked at a steady pace. While a vendor is away, the same
        message comes again. Any other failure would last, so each tenant then gets a message of its own.
        """
        if message.tenants is not None:
            self._reconcile_tenants(message.tenants, now)
            return
        step = message.after or FIRST_STEP
        if not self.turns.begin(step, now):
            LOGGER.warning("a reconciliation is under way: another one is dropped after %r", step)
            return
        try:
            tenant_ids = list(self.billing.store.list_tenants(message.after, TENANTS_PER_MESSAGE))
            failed = self._reconcile_next(tenant_ids, now)
        except Exception:
            self.turns.pass_on(step, step, now)
            raise
        following = tenant_ids[-1] if len(tenant_ids) == TENANTS_PER_MESSAGE else None
        if not self.turns.pass_on(step, following, now):
            LOGGER.warning("the reconciliation after %r has lost its turn to another one", step)
            return
        rest = [] if following is None else [TickMessage(job="reconcile", after=following)]
        try:
            self.publisher.publish(
                [*rest, *(TickMessage(job="reconcile", tenants=(each,)) for each in failed)]
            )
        except Exception:
            if following is not None:
                self.turns.pass_on(following, step, now)
            raise

    def _reconcile_next(self, tenant_ids: Sequence[str], now: datetime) -> Sequence[str]:
        """Reconcile these tenants, and return them if that failed in a way that lasts."""
        failed: list[str] = []
        try:
            self._reconcile_tenants(tenant_ids, now)
        except* Unavailable:
            raise
        except* Exception:
            LOGGER.exception("reconciling failed, and is tried again for each of %s", ", ".join(tenant_ids))
            failed += tenant_ids
        return failed

    def _reconcile_tenants(self, tenant_ids: Sequence[str], now: datetime) -> None:
        """Complete the days of these tenants, also where nothing is recorded any more, and compare their billing.

        Their rows in the platform's list and their margins come last: a period, a plan or a grant may have ended by
        itself, and the comparison may have repaired invoices.
        """
        try:
            fold_tenants(self.folder, tenant_ids, now)
        finally:
            self._compare_billing(tenant_ids, now)
        complete_summaries(self.billing.store, tenant_ids, now)
        self.rows.refresh(tenant_ids, now)
        self.margins.refresh(tenant_ids, now)

    def _compare_billing(self, tenant_ids: Sequence[str], now: datetime) -> None:
        if self.billing.gateway is None:
            LOGGER.warning("billing is not reconciled: STRIPE_API_KEY is missing")
            return
        for tenant_id, drift in reconcile_tenants(self.billing, tenant_ids, repair=True, now=now):
            LOGGER.warning("billing of tenant %s: %s", tenant_id, "; ".join(drift))
