"""The state of the whole service at one instant."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from shared.domain.billing.margins import Margin, TenantMargin, missing_calls
from shared.domain.ledger.counters import Series, Totals, add
from shared.domain.notices.outbox import Backlog
from shared.domain.people.tenant_rows import RowCounts
from shared.domain.platform.failures import FailureCounts

COMPUTED_EVERY: Final = timedelta(minutes=5)
MOST_MODELS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainModel:
    """A model with calls of this month whose cost is unknown or leaves something out."""

    provider: str
    """Empty, as the model, for what the tenants' largest series leave out."""
    model: str
    unpriced_calls: int
    incomplete_calls: int
    tenants: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Sums over all tenants, and what waits or has failed."""

    computed_at: datetime
    rows: RowCounts
    month: date
    margin: Margin
    outbox: Backlog
    failures: FailureCounts
    models: Sequence[UncertainModel]

    @property
    def dead_letters(self) -> int:
        """The messages of Pub/Sub, mails and webhooks that were given up."""
        return self.failures.dead_letters + self.outbox.failed

    @property
    def events_per_minute(self) -> float:
        return round(self.rows.events_per_hour / 60, 1)


def uncertain_models(margins: Iterable[TenantMargin]) -> list[UncertainModel]:
    """Return the models with the most calls whose cost is uncertain, over these tenants."""
    sums: dict[Series, Totals] = {}
    tenants: Counter[Series] = Counter()
    for margin in margins:
        for series, totals in margin.series.items():
            if missing_calls(totals):
                add(sums.setdefault(series, {}), totals)
                tenants[series] += 1
    most_first = sorted(sums, key=lambda each: (-missing_calls(sums[each]), each))
    return [
        UncertainModel(
            provider=series.provider,
            model=series.model,
            unpriced_calls=sums[series].get("unpriced_calls", 0),
            incomplete_calls=sums[series].get("incomplete_calls", 0),
            tenants=tenants[series],
        )
        for series in most_first[:MOST_MODELS]
    ]
