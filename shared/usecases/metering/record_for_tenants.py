"""Record events with a platform key: each for the tenant that it names, those of each tenant in its own commit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from shared.domain.errors import FieldProblem, InvalidInput, RateLimited, RateStatus, Unavailable, UsageError
from shared.domain.metering.events import MeteringEvent, parse_events, problem_at
from shared.domain.people.tenants import Tenant
from shared.usecases.limits.limit_rates import RateLimits
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.metering.recorded import Batch, Recorded, Stored, result_of
from shared.usecases.people.authenticate import PlatformAccess, unknown_tenant
from shared.usecases.people.named_tenants import NamedTenants

MOST_COMMITS_AT_ONCE: Final = 8
"""Of all requests of an instance together. One after the other, 50 tenants would wait for 50 round trips."""
NOT_RECORDED: Final = "not_recorded"

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Sender:
    """A platform key, the tenant that the request names for all of its events, and the sealed batch that they are."""

    caller: PlatformAccess
    tenant_id: str | None
    sealed_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantBatch:
    """A batch whose valid events are sorted by tenant, and the tenants that may record."""

    batch: Batch
    events: Mapping[str, Mapping[int, MeteringEvent]]
    tenants: Mapping[str, Tenant]
    refused: Mapping[str, UsageError]
    rates: Sequence[RateStatus]

    @property
    def rate(self) -> RateStatus | None:
        """The rate of the tenant that has the fewest requests left; None if no tenant may record."""
        return min(self.rates, key=lambda rate: rate.remaining, default=None)

    @property
    def only_tenant(self) -> Tenant | None:
        """The tenant of all valid events; None if they are of several."""
        return next(iter(self.tenants.values()), None) if len(self.events) == 1 else None


class PlatformRecorder:
    """Records the events of many tenants in one request."""

    def __init__(self, events: EventRecorder, tenants: NamedTenants, rates: RateLimits) -> None:
        self._events = events
        self._tenants = tenants
        self._rates = rates
        self._threads = ThreadPoolExecutor(MOST_COMMITS_AT_ONCE, "tenant-commit")

    def admit(self, sender: Sender, items: Sequence[object], now: datetime) -> TenantBatch:
        """Sort the valid events by tenant; take one from the requests per minute of each tenant."""
        batch = Batch(items, now, sender.caller.key, sender.sealed_as)
        events = _by_tenant(parse_events(items, batch.problems), sender.tenant_id, batch)
        if batch.sealed_as and len(events) > 1:
            raise _mixed_tenants(sorted(events))
        tenants: dict[str, Tenant] = {}
        refused: dict[str, UsageError] = {}
        rates: list[RateStatus] = []
        for tenant_id, found in self._find(events, sender.caller, now).items():
            try:
                tenant = _result(found)
                tenant.refuse_recording()
                rates.append(self._rates.take_for_recording(tenant, now))
            except UsageError as error:
                refused[tenant_id] = error
                _refuse(batch, events[tenant_id], error)
            else:
                tenants[tenant_id] = tenant
        return TenantBatch(batch=batch, events=events, tenants=tenants, refused=refused, rates=rates)

    def record(self, admitted: TenantBatch) -> Recorded:
        """Record the events of each tenant; return when they are stored.

        If nothing was recorded, raise Unavailable if the store did not answer, and RateLimited if each event is
        beyond the rate of its tenant.
        """
        batch, tenants = admitted.batch, admitted.tenants
        if batch.sealed_as and (tenant := admitted.only_tenant):
            return self._events.seal(tenant, admitted.events[tenant.id], batch)
        prepared = {
            tenant_id: self._events.prepare(tenant, admitted.events[tenant_id], batch)
            for tenant_id, tenant in tenants.items()
        }
        results = self._at_once(
            partial(self._events.store, tenants[tenant_id], events, batch.now)
            for tenant_id, events in prepared.items()
        )
        stored: Stored = {}
        refused = dict(admitted.refused)
        for tenant_id, result in zip(prepared, results, strict=True):
            if isinstance(result, UsageError):
                refused[tenant_id] = result
                _refuse(batch, prepared[tenant_id], result)
            else:
                stored |= result
        recorded = result_of(batch, stored)
        if not recorded.ids:
            _raise_if_temporary(admitted, refused)
        return recorded

    def _find(
        self, tenant_ids: Iterable[str], caller: PlatformAccess, now: datetime
    ) -> Mapping[str, Tenant | UsageError]:
        """Return each tenant, or why there is none; create unknown ones if configured and allowed."""
        known = self._tenants.find_all(list(tenant_ids), now)
        unknown = [each for each in tenant_ids if each not in known]
        if self._tenants.auto_plan is None or "tenants:write" not in caller.permissions:
            return known | {each: unknown_tenant(each) for each in unknown}
        change = caller.change(now)
        created = self._at_once(partial(self._tenants.create, each, change) for each in unknown)
        return known | dict(zip(unknown, created, strict=True))

    def _at_once(self, calls: Iterable[Callable[[], R]]) -> list[R | UsageError]:
        """Return the results or errors of calls to the store, several of which run at once."""
        waiting = [partial(_attempt, call) for call in calls]
        if len(waiting) <= 1:
            return [call() for call in waiting]
        # In the context of the request, which limits how long they wait, and counts what they cost.
        futures = [self._threads.submit(copy_context().run, call) for call in waiting]
        return [future.result() for future in futures]


def _attempt(call: Callable[[], R]) -> R | UsageError:
    try:
        return call()
    except UsageError as error:
        return error


def _result(found: R | UsageError) -> R:
    if isinstance(found, UsageError):
        raise found
    return found


def _by_tenant(
    events: Mapping[int, MeteringEvent], named: str | None, batch: Batch
) -> dict[str, dict[int, MeteringEvent]]:
    """Sort events by tenant; add a problem for each that names none, or another one than the request."""
    by_tenant: dict[str, dict[int, MeteringEvent]] = {}
    for index, event in events.items():
        tenant_id = event.tenant_id or named
        if tenant_id is None:
            message = "tenant_id: name the tenant here, or for the whole request in the header GWI-Tenant"
            _add(batch, [index], "tenant_required", message)
        elif named is not None and tenant_id != named:
            message = f"tenant_id {tenant_id!r} is not the tenant {named[:64]!r} that the request names"
            _add(batch, [index], "tenant_mismatch", message)
        else:
            by_tenant.setdefault(tenant_id, {})[index] = event
    return by_tenant


def _refuse(batch: Batch, indexes: Iterable[int], error: UsageError) -> None:
    if isinstance(error, Unavailable):
        _add(batch, indexes, NOT_RECORDED, f"not recorded: {error.message}; send this event again")
    else:
        _add(batch, indexes, error.code, error.message)


def _mixed_tenants(tenant_ids: Sequence[str]) -> InvalidInput:
    message = f"tenant_id: a batch is of one tenant, not of {tenant_ids[0]!r} and {tenant_ids[1]!r}"
    problem = FieldProblem(field="tenant_id", code="mixed_tenants", message=message)
    return InvalidInput(message, (problem,), code="mixed_tenants")


def _add(batch: Batch, indexes: Iterable[int], code: str, message: str) -> None:
    """Add a problem to each of these events, however many: their sender has to know which ones to send again."""
    problem = FieldProblem(field="tenant_id", code=code, message=message)
    batch.problems.add_all(problem_at(problem, batch.items, index) for index in indexes)


def _raise_if_temporary(admitted: TenantBatch, refused: Mapping[str, UsageError]) -> None:
    """Raise the error after which the same request may succeed later, if it is why nothing was recorded."""
    for error in refused.values():
        if isinstance(error, Unavailable):
            raise error
    limited = {tenant_id: each for tenant_id, each in refused.items() if isinstance(each, RateLimited)}
    if limited and sum(len(admitted.events[each]) for each in limited) == len(admitted.batch.items):
        raise max(limited.values(), key=lambda each: each.rate.retry_after_seconds)
