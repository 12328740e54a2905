"""Limits how often and how much a tenant may record, and how often it may check, without reading anything."""

from collections import OrderedDict
from datetime import datetime
from math import ceil
from threading import Lock
from typing import Literal

from shared.domain.errors import RateLimited, RateStatus
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.limits.rates import CEILING_FACTOR, TokenBucket
from shared.domain.people.tenants import Tenant
from shared.usecases.limits.check_limits import Thresholds

MAX_REMEMBERED_TENANTS = 10_000
Operation = Literal["record", "check", "run"]
"""`run`: admit, extend and end. Neither checks nor events keep a run from its end, which frees its hold."""


class RateLimits:
    """Token buckets of this instance, one for each tenant and operation.

    A tenant gets CEILING_FACTOR times the requests per minute of its plan from each instance, and as many at once
    after a pause of a minute.
    """

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._buckets: OrderedDict[tuple[str, Operation], TokenBucket] = OrderedDict()
        self._lock = Lock()

    def take(self, operation: Operation, tenant: Tenant, now: datetime) -> RateStatus:
        """Count a request; raise RateLimited if it is beyond the tenant's rate."""
        ceiling = self._ceiling(tenant)
        with self._lock:
            bucket = self._buckets.get((tenant.id, operation))
            if bucket is None or bucket.per_minute != ceiling:
                bucket = self._buckets[tenant.id, operation] = TokenBucket.full(ceiling, now)
            self._buckets.move_to_end((tenant.id, operation))
            if len(self._buckets) > MAX_REMEMBERED_TENANTS:
                self._buckets.popitem(last=False)
            is_allowed, status = bucket.take(now), bucket.status_at(now)
        if not is_allowed:
            raise RateLimited(f"more than {ceiling} requests a minute; try again later", status)
        return status

    def take_for_recording(self, tenant: Tenant, now: datetime) -> RateStatus:
        """Count a recording; raise RateLimited also if the last fold found too many events or names today."""
        full_until = tenant.counters.full_until
        if full_until is not None and now < full_until:
            seconds = ceil((full_until - now).total_seconds())
            message = (
                f"too many events, or names of models, today; recording goes on at {full_until.isoformat()}"
            )
            status = RateStatus(limit=0, remaining=0, reset_seconds=seconds, retry_after_seconds=seconds)
            raise RateLimited(message, status, code="too_many_events")
        return self.take("record", tenant, now)

    def _ceiling(self, tenant: Tenant) -> int:
        policy = self._thresholds.policy_of(tenant)
        per_minute = (policy or self._thresholds.plans().free).requests_per_minute
        return min(per_minute * CEILING_FACTOR, MAX_LIMIT)
