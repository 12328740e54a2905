"""Store what tenants pay now, where their billing was stored before that was kept."""

from collections.abc import Iterable
from datetime import datetime

from shared.domain.billing.billing_account import with_recurring_revenue
from shared.ports import BillingChange, BillingStore
from shared.usecases.billing.billing_dependencies import retry_if_stale


def complete_summaries(store: BillingStore, tenant_ids: Iterable[str], now: datetime) -> None:
    """Make the summary of each tenant's billing say what its subscriptions cost; write only what differs."""
    for tenant_id in tenant_ids:
        _complete(store, tenant_id, now)


def _complete(store: BillingStore, tenant_id: str, now: datetime) -> None:
    def attempt() -> None:
        stored = store.read_account(tenant_id)
        if stored is None:
            return
        account = with_recurring_revenue(stored.account)
        if account.tenant != stored.account.tenant:
            store.save_billing(BillingChange(account=account, at=now))

    retry_if_stale(attempt, f"the billing of tenant {tenant_id}")
