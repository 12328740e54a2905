"""Estimate what a change of prices does to the margins of this month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from shared.domain.billing.margins import TenantMargin
from shared.domain.billing.price_effects import PriceEffect, PriceEffects
from shared.domain.ledger.periods import month_of
from shared.ports import Margins
from shared.usecases.prices.manage_prices import PriceChanges

MOST_TENANTS: Final = 10_000
"""More would take longer than a person waits for a preview."""
_TENANTS_PER_PAGE: Final = 300
_MOST_NAMED: Final = 50


@dataclass(frozen=True, slots=True)
class PriceEstimator:
    """Reads the margins that are stored: at most an hour older than the last fold of their tenant."""

    margins: Margins

    def estimate(self, changes: PriceChanges, now: datetime) -> PriceEffect:
        """Return the effect of `changes` on the tenants that used the models concerned this month."""
        effects = PriceEffects(changes.before, changes.after, now)
        month, named = month_of(now.date()), {each.key.tenant for each in effects.changed}
        tenants = {each for each in named if each is not None}
        if len(tenants) == len(named) <= _MOST_NAMED:
            for tenant_id in sorted(tenants):
                for margin in self.margins.read_margins(tenant_id, [month]):
                    effects.add(margin)
            return effects.effect()
        for count, margin in enumerate(self._all(month)):
            if count == MOST_TENANTS:
                return effects.effect(MOST_TENANTS)
            effects.add(margin)
        return effects.effect()

    def _all(self, month: date) -> Iterator[TenantMargin]:
        after: str | None = None
        while page := self.margins.list_month(month, limit=_TENANTS_PER_PAGE, after=after):
            yield from page
            after = page[-1].tenant_id
