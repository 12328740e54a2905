"""Keep what was refused, so that a tenant sees why its runs do not begin."""

import logging
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from shared.domain.errors import UsageError
from shared.domain.limits.refused_runs import COUNTING_PLACES, MOST_LIMITS, RefusedRuns
from shared.domain.limits.runs import Refusal
from shared.ports import Admissions

LOGGER = logging.getLogger("gwi_usage")
WRITTEN_AT_ONCE: Final = 10
"""The first refusals of a day, which are written one by one."""
WRITE_EVERY: Final = timedelta(minutes=1)
"""Later ones are written together with the first one after this time."""
_MOST_TENANTS: Final = 1_000


@dataclass(slots=True)
class _Tally:
    """The refusals of a tenant by this instance, and those that are not written yet."""

    refused: dict[str, RefusedRuns] = field(default_factory=dict)
    unwritten: set[str] = field(default_factory=set)
    count: int = 0
    written_at: datetime | None = None

    def take(self, refusal: Refusal, now: datetime) -> list[RefusedRuns]:
        """Count a refusal, and return what to write now."""
        if any(each.day != now.date() for each in self.refused.values()):
            self.refused, self.unwritten, self.count = {}, set(), 0
        first = RefusedRuns(count=1, last=refusal, last_at=now)
        known = self.refused.get(first.key)
        if known is None and len(self.refused) >= MOST_LIMITS:
            return []
        self.refused[first.key] = known.once_more(refusal, now) if known else first
        self.unwritten.add(first.key)
        self.count += 1
        is_due = self.written_at is None or now - self.written_at >= WRITE_EVERY
        if self.count > WRITTEN_AT_ONCE and not is_due:
            return []
        self.written_at = now
        written = [self.refused[key] for key in sorted(self.unwritten)]
        self.unwritten.clear()
        return written


class RefusalKeeper:
    """Counts refusals in memory, and writes the counts of this instance: at first each, later once a minute.

    Nothing is written for a run that is admitted. A count is written in full each time, so that one write that fails
    is made good by the next.
    """

    def __init__(self, admissions: Admissions) -> None:
        self._admissions = admissions
        self._place = secrets.randbelow(COUNTING_PLACES)
        self._tallies: OrderedDict[str, _Tally] = OrderedDict()
        self._lock = Lock()

    def keep(self, tenant_id: str, refusal: Refusal, now: datetime) -> None:
        """Keep a refusal. If the store does not answer, log it: the caller gets its answer all the same."""
        with self._lock:
            tally = self._tallies.setdefault(tenant_id, _Tally())
            self._tallies.move_to_end(tenant_id)
            if len(self._tallies) > _MOST_TENANTS:
                self._tallies.popitem(last=False)
            written = tally.take(refusal, now)
        if not written:
            return
        try:
            self._admissions.save_refusals(tenant_id, written, self._place)
        except UsageError as error:
            LOGGER.warning("refusals of tenant %s are not kept: %s", tenant_id, error.message)
