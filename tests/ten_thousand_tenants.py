"""Put the rows of 10,000 tenants into Firestore within seconds, by commits of their documents."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from shared.adapters.firestore import FirestoreRpc
from shared.adapters.firestore.people.tenant_rows import row_fields, row_name
from shared.adapters.firestore.people.tenants import set_write
from shared.domain.ledger.periods import period_at
from shared.domain.limits.limits import LimitPolicy
from shared.domain.people.tenant_rows import TenantRow, Used, new_row, row_usage
from shared.domain.people.tenants import Tenant
from tests.plans import FREE, STARTER

TENANTS, A_COMMIT = 10_000, 500
OVER_80 = TENANTS - 8_000
"""The rows have used each number of hundredths of a percent below 10,000 once."""


def rows(now: datetime) -> Iterator[TenantRow]:
    """Yield rows that have used 0 to 9,999 hundredths of a percent, in an order of their own.

    Every other tenant is on the starter plan.
    """
    for number in range(TENANTS):
        plan = STARTER if number % 2 else FREE
        tenant = Tenant(id=f"t-{number:05}", name=f"Tenant {number:05}", plan=plan.id, created_at=now)
        policy = LimitPolicy(token_limit=plan.token_limit, run_limit=plan.run_limit)
        tokens = plan.token_limit // 10_000 * (number * 7_919 % TENANTS)
        period = Used.of(period_at(None, now), {"total_tokens": tokens}, 0, None)
        yield TenantRow(id=tenant.id, tenant=new_row(tenant).tenant, usage=row_usage(policy, period, now))


def commit_all(rpc: FirestoreRpc, writes: Sequence[Any]) -> None:
    """Commit many writes, some hundred at a time."""
    for start in range(0, len(writes), A_COMMIT):
        rpc.commit(writes[start : start + A_COMMIT])


def add_rows(rpc: FirestoreRpc, now: datetime) -> None:
    commit_all(rpc, [set_write(row_name(rpc.documents, row.id), row_fields(row)) for row in rows(now)])
