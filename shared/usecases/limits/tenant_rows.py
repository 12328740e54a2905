"""Keep the rows of the platform's list right where no fold and no change of the tenant writes them."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shared.domain.errors import NotFound, Unavailable
from shared.domain.ledger.counters import Cell
from shared.domain.ledger.periods import period_at, start_of
from shared.domain.ledger.usage import Detail
from shared.domain.limits.limits import LimitPolicy
from shared.domain.limits.metrics import Consumption
from shared.domain.people.tenant_rows import RowUsage, TenantRow, Used, row_tenant, row_usage
from shared.domain.people.tenants import Tenant
from shared.ports import StaleRow, StoredRow, TenantIndex
from shared.usecases.ledger.ledger import Ledger

_MAX_TRIES = 5


@dataclass(frozen=True, slots=True)
class ListedTenant:
    """A tenant with its row."""

    tenant: Tenant
    row: TenantRow


@dataclass(frozen=True, slots=True)
class TenantRows:
    """Completes rows: of tenants older than the list, of ended periods, and after a change of limits."""

    index: TenantIndex
    ledger: Ledger
    policy_of: Callable[[Tenant], LimitPolicy | None]

    def refresh(self, tenant_ids: Iterable[str], now: datetime) -> None:
        """Make the row of each tenant what the tenant and its usage say now; write only what differs."""
        for tenant_id in tenant_ids:
            with suppress(NotFound):  # it was deleted meanwhile
                self.refresh_one(tenant_id, now)

    def refresh_one(self, tenant_id: str, now: datetime) -> ListedTenant:
        """Make the row of a tenant what the tenant and its usage say now, and return both; raise NotFound."""
        for _ in range(_MAX_TRIES):
            stored, listed = self._read(tenant_id, now)
            if listed.row == stored.row:
                return listed
            with suppress(StaleRow):
                self.index.save_row(listed.row, stored)
                return listed
        raise Unavailable(f"the row of tenant {tenant_id!r} keeps changing")

    def read(self, tenant_id: str, now: datetime) -> ListedTenant:
        """Return a tenant and what its row is to say now; raise NotFound."""
        return self._read(tenant_id, now)[1]

    def _read(self, tenant_id: str, now: datetime) -> tuple[StoredRow, ListedTenant]:
        stored = self.index.read_row(tenant_id)
        if stored.tenant is None:
            raise NotFound(f"tenant {tenant_id!r} does not exist", code="unknown_tenant")
        return stored, ListedTenant(stored.tenant, self._row(stored.tenant, stored, now))

    def _row(self, tenant: Tenant, stored: StoredRow, now: datetime) -> TenantRow:
        current = tenant.at(now)
        known = stored.row.usage if stored.row else None
        used = self._used(current, known, now)
        rate = known.rate if known else None
        usage = replace(row_usage(self.policy_of(current), used, now), rate=rate)
        if known and replace(usage, folded_at=known.folded_at) == known:
            usage = known
        return TenantRow(id=tenant.id, tenant=row_tenant(tenant, now), usage=usage)

    def _used(self, tenant: Tenant, known: RowUsage | None, now: datetime) -> Used:
        """Return what the row knows of the current period, or read it, if the row is of another one or new."""
        period = period_at(tenant.anchor, now)
        if known and known.period_end == period.end:
            return Used(
                period=period,
                consumption=Consumption(known.tokens, known.runs, cost_nanousd=known.cost_nanousd),
                last_event_at=known.last_event_at,
            )
        read = self.ledger.current(tenant, Detail.HOUR_TOTALS, now)
        hours = [_hour(day, cell) for day, cells in read.usage.cells.items() for cell in cells]
        if known and known.last_event_at:
            hours.append(known.last_event_at)
        return Used.of(read.period, read.usage.totals, read.usage.runs, max(hours, default=None))


def _hour(day: date, cell: Cell) -> datetime:
    return start_of(day) + timedelta(hours=cell.hour)
