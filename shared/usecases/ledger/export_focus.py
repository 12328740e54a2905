"""Export usage as charges of FOCUS, an hour, provider and model each."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.domain.ledger.focus_rows import Charge
from shared.domain.ledger.periods import Period, start_of
from shared.domain.ledger.usage import Detail
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger


def export_charges(ledger: Ledger, tenant: Tenant, within: Period, now: datetime) -> Iterator[list[Charge]]:
    """Yield the charges of each day of an interval, in order; a day's documents are in memory at once."""
    for day in within.days():
        part = within.part_within(day, day)
        cells = ledger.within(tenant, part, Detail.HOURS, now).usage.cells.get(day, {})
        charges = [
            Charge(
                tenant_id=tenant.id,
                tenant_name=tenant.name,
                hour=start_of(day) + timedelta(hours=cell.hour),
                series=cell.series,
                totals=totals,
            )
            for cell, totals in sorted(cells.items())
        ]
        yield [charge for charge in charges if charge.is_charge]
