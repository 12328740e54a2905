"""Put 10,000 tenants into Firestore within seconds, by commits of their documents, and take them away again.

`python -m tests.ten_thousand_tenants FOLDER` adds them to the stack that runs in FOLDER; `--remove` removes them.
"""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.adapters.firestore import FirestoreRpc
from shared.adapters.firestore.people.tenant_rows import row_fields, row_name
from shared.adapters.firestore.people.tenants import delete_write, set_write, tenant_fields
from shared.adapters.firestore.rpc import open_channel
from shared.domain.ledger.periods import period_at
from shared.domain.limits.limits import LimitPolicy
from shared.domain.people.tenant_rows import TenantRow, Used, new_row, row_usage
from shared.domain.people.tenants import Tenant
from tests.plans import FREE, STARTER
from tools.dev.settings import PROJECT_ID
from tools.dev.stack_environment import tool_environment

TENANTS, A_COMMIT = 10_000, 500
OVER_80 = TENANTS - 8_000
"""The rows have used each number of hundredths of a percent below 10,000 once."""


def tenants(now: datetime) -> Iterator[Tenant]:
    """Yield the tenants; every other one is on the starter plan."""
    for number in range(TENANTS):
        plan = STARTER if number % 2 else FREE
        yield Tenant(id=f"t-{number:05}", name=f"Tenant {number:05}", plan=plan.id, created_at=now)


def rows(now: datetime) -> Iterator[TenantRow]:
    """Yield their rows: they have used 0 to 9,999 hundredths of a percent, in an order of their own."""
    for number, tenant in enumerate(tenants(now)):
        plan = STARTER if tenant.plan == STARTER.id else FREE
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


def _add_tenants(rpc: FirestoreRpc, now: datetime) -> None:
    commit_all(rpc, [set_write(_name(rpc, tenant), tenant_fields(tenant)) for tenant in tenants(now)])


def _remove(rpc: FirestoreRpc, now: datetime) -> None:
    names = [name for each in tenants(now) for name in (row_name(rpc.documents, each.id), _name(rpc, each))]
    commit_all(rpc, [delete_write(name) for name in names])


def _name(rpc: FirestoreRpc, tenant: Tenant) -> str:
    return f"{rpc.documents}/tenants/{tenant.id}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Change the stack's tenants, and let its next tick compute the overview anew."""
    parser = ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--remove", action="store_true")
    options = parser.parse_args(arguments)
    now = datetime.now(UTC)
    with open_channel(tool_environment(options.folder)["FIRESTORE_EMULATOR_HOST"]) as channel:
        rpc = FirestoreRpc(PROJECT_ID, lambda: channel, is_emulator=True)
        if options.remove:
            _remove(rpc, now)
        else:
            _add_tenants(rpc, now)
            add_rows(rpc, now)
        rpc.commit([delete_write(f"{rpc.documents}/platform/overview")])


if __name__ == "__main__":
    main()
