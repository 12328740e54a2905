"""Folds what a tick finds due: a few tenants here, the others by messages to other instances."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import islice

from shared.domain.errors import NotFound
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.tick import DueDay, TickMessage
from shared.ports import TickPublisher, UsageStore
from shared.usecases.ledger.fold_tenant import TenantFolder

LOGGER = logging.getLogger("gwi_usage")
TENANTS_PER_MESSAGE = 5


def fold_due(folder: TenantFolder, publisher: TickPublisher, now: datetime) -> None:
    """Fold every day that is due: the first few tenants here, the others by messages to other instances."""
    messages = _messages(folder.store, now)
    first = next(messages, TickMessage())
    try:
        fold_days(folder, first.due, now)
    finally:
        publisher.publish(messages)


def fold_days(folder: TenantFolder, due: Iterable[DueDay], now: datetime) -> None:
    """Fold these days."""
    by_tenant: dict[str, dict[date, int]] = {}
    for tenant_id, day, shards in due:
        days = by_tenant.setdefault(tenant_id, {})
        days[day] = max(shards, days.get(day, 0))
    _fold_each(by_tenant, lambda tenant_id: folder.fold(tenant_id, by_tenant[tenant_id], now))


def fold_tenants(folder: TenantFolder, tenant_ids: Iterable[str], now: datetime) -> None:
    """Fold everything that is new of these tenants, whether or not it is due."""

    def fold(tenant_id: str) -> None:
        folder.fold(tenant_id, _shards_by_day(folder.store.dirty_counters(tenant_id)), now)

    _fold_each(tenant_ids, fold)


def _fold_each(tenant_ids: Iterable[str], fold: Callable[[str], None]) -> None:
    """Fold each tenant; one that fails does not keep the others from it."""
    errors: list[Exception] = []
    for tenant_id in tenant_ids:
        try:
            fold(tenant_id)
        except NotFound as error:
            # It was deleted meanwhile; the message would never succeed.
            LOGGER.error("tenant %s cannot be folded: %s", tenant_id, error.message)  # noqa: TRY400
        except Exception as error:  # noqa: BLE001 (raised below: one tenant's failure is not the others' fault)
            errors.append(error)
    if errors:
        raise ExceptionGroup("some tenants could not be folded", errors)


def _messages(store: UsageStore, now: datetime) -> Iterator[TickMessage]:
    """Yield messages with the due days of a few tenants each, the longest overdue first."""
    due: dict[str, list[ShardRef]] = {}
    for tenant_id, ref in store.due_counters(now):
        due.setdefault(tenant_id, []).append(ref)
    tenant_ids = iter(due)
    while part := list(islice(tenant_ids, TENANTS_PER_MESSAGE)):
        yield TickMessage(
            due=tuple(
                DueDay(tenant_id, day, shards)
                for tenant_id in part
                for day, shards in _shards_by_day(due[tenant_id]).items()
            )
        )


def _shards_by_day(refs: Iterable[ShardRef]) -> dict[date, int]:
    """Return how many counter documents each day has at least."""
    shards: dict[date, int] = {}
    for day, number in refs:
        shards[day] = max(shards.get(day, 0), number + 1)
    return shards
