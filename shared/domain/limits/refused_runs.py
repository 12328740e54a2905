"""The requests for runs that were refused on a day, by the limit that they did not fit. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from shared.domain.ledger.periods import start_of
from shared.domain.limits.runs import Refusal

COUNTING_PLACES: Final = 64
"""The counts of a document by the instances that refused. Instances that share one are counted less than in full."""
MOST_LIMITS: Final = 60
"""A tenant has at most 50 budgets."""
REFUSALS_KEPT_FOR: Final = timedelta(days=2)
_OF_RUN: Final = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRuns:
    """How often one limit refused a run on a day, and the last refusal."""

    count: int
    last: Refusal
    last_at: datetime

    @property
    def key(self) -> str:
        """The code and the limit. All runs whose hold is too small are one, so that a day has few of them."""
        scope = _OF_RUN if self.last.scope.startswith("run:") else self.last.scope
        return f"{self.last.code} {scope}"

    @property
    def day(self) -> date:
        """The UTC day."""
        return self.last_at.date()

    @property
    def expires_at(self) -> datetime:
        return start_of(self.day) + REFUSALS_KEPT_FOR

    def once_more(self, refusal: Refusal, now: datetime) -> "RefusedRuns":
        return replace(self, count=self.count + 1, last=refusal, last_at=now)


def newest_first(refused: Iterable[RefusedRuns]) -> list[RefusedRuns]:
    return sorted(refused, key=lambda each: (each.last_at, each.key), reverse=True)
