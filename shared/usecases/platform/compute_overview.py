"""Compute the overview of the service, so that reading it costs the same however many tenants there are."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.errors import Unavailable
from shared.domain.ledger.periods import month_of
from shared.domain.platform.overview import COMPUTED_EVERY, Overview, uncertain_models
from shared.ports import Margins, Outbox, ServiceStatus, TenantIndex

LOGGER = logging.getLogger("gwi_usage")
_TENANTS_WITH_UNCERTAIN_COST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewRefresher:
    """Counts and sums what the stores have."""

    service: ServiceStatus
    tenant_index: TenantIndex
    margins: Margins
    outbox: Outbox

    def refresh_if_due(self, now: datetime) -> None:
        """Compute the overview if it is five minutes old; log a failure and raise nothing."""
        try:
            known = self.service.read_status().overview
            if known is None or now - known.computed_at >= COMPUTED_EVERY:
                self.service.save_overview(self._compute(now))
        except Unavailable as error:
            LOGGER.warning("the operator's overview could not be computed: %s", error.message)
        except Exception:
            LOGGER.exception("the operator's overview could not be computed")

    def _compute(self, now: datetime) -> Overview:
        month = month_of(now.date())
        uncertain = self.margins.list_incomplete_margins(month, _TENANTS_WITH_UNCERTAIN_COST)
        return Overview(
            computed_at=now,
            rows=self.tenant_index.count_rows(now),
            month=month,
            margin=self.margins.sum_margins(month, ()).total.margin,
            outbox=self.outbox.count_backlog(now),
            failures=self.service.count_failures(),
            models=uncertain_models(uncertain),
        )
