"""Set and remove the budgets of a tenant; each change leaves an audit entry."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.errors import Conflict, NotFound
from shared.domain.ledger.budget_counts import EVERY_VALUE, BudgetUnit
from shared.domain.limits.budgets import (
    COUNTED_AFTER,
    DEFAULT_BUDGET_THRESHOLDS,
    MAX_BUDGETS,
    Budget,
    BudgetScope,
    BudgetWindow,
    OnReach,
    OnUnknownPrice,
    OnUnreadable,
    beginning_again,
    with_budget,
    without_budget,
)
from shared.domain.limits.limits import MAX_ALERT_PERCENTS, MAX_PERCENT
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.domain.prices.money import usd_text
from shared.domain.versions import require_version, version_of
from shared.ports import Directory
from shared.usecases.people.edit_tenant import edit_tenant
from shared.usecases.people.manage_tenants import existing_tenant, invalid

BUDGET_ID: Final = r"^[a-z0-9][a-z0-9_-]{0,63}$"
MAX_VALUE_CHARS: Final[Mapping[str, int]] = {"user": 256, "workflow": 256, "key": 64, "tag": 128}
MAX_RUNS: Final = 10_000
"""Of a budget that is not the tenant's own: a counter keeps a mark of each run."""
_TAG_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SHOWN_CHARS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRequest:
    """A budget as somebody wants it; None is the default."""

    id: str
    scope: BudgetScope
    unit: BudgetUnit
    amount: int
    window: BudgetWindow
    on_reach: OnReach = "block"
    thresholds: Sequence[int] | None = None
    on_unknown_price: OnUnknownPrice | None = None


def set_budget(directory: Directory, tenant: Tenant, request: BudgetRequest, change: Change) -> Budget:
    """Create or replace a budget, and return it.

    Raise InvalidInput for a bad request, Conflict for one budget too many, or if the budget has changed meanwhile.
    One that stays the same leaves no audit entry.
    """
    wanted = _valid_budget(request, change.at)
    _require_usable_key(directory, tenant.id, wanted.scope, change.at)

    def edit(current: Tenant) -> Budget:
        before = find_budget(current, wanted.id)
        require_version(change.based_on, budget_version(before) if before else None)
        if before is None and len(current.budgets) >= MAX_BUDGETS:
            message = f"tenant {tenant.id!r} has {MAX_BUDGETS} budgets, the maximum: remove one first"
            raise Conflict(message, code="too_many_budgets")
        budget = beginning_again(wanted, before)
        if budget != before:
            entry = change.entry(
                tenant.id, "budget.set", describe_budget(before) if before else None, describe_budget(budget)
            )
            directory.set_budgets(tenant.id, with_budget(current.budgets, budget), entry, current.version)
        return budget

    return edit_tenant(directory, tenant, edit)


def remove_budget(directory: Directory, tenant: Tenant, budget_id: str, change: Change) -> Budget:
    """Remove a budget and return it. Raise NotFound, or Conflict if it has changed meanwhile."""

    def edit(current: Tenant) -> Budget:
        budget = existing_budget(current, budget_id)
        require_version(change.based_on, budget_version(budget))
        entry = change.entry(tenant.id, "budget.removed", describe_budget(budget), None)
        directory.set_budgets(tenant.id, without_budget(current.budgets, budget_id), entry, current.version)
        return budget

    return edit_tenant(directory, tenant, edit)


def set_on_unreadable(directory: Directory, tenant_id: str, policy: OnUnreadable, change: Change) -> None:
    """Set how checks are answered while usage cannot be read; the same policy again leaves no audit entry."""
    before = existing_tenant(directory, tenant_id).on_unreadable
    if policy != before:
        entry = change.entry(tenant_id, "on_unreadable.changed", before, policy)
        directory.set_on_unreadable(tenant_id, policy, entry)


def find_budget(tenant: Tenant, budget_id: str) -> Budget | None:
    return next((each for each in tenant.budgets if each.id == budget_id), None)


def existing_budget(tenant: Tenant, budget_id: str) -> Budget:
    """Return a budget of the tenant; raise NotFound if it has none with this id."""
    budget = find_budget(tenant, budget_id)
    if budget is None:
        raise NotFound(f"tenant {tenant.id!r} has no budget {budget_id[:64]!r}", code="unknown_budget")
    return budget


def budget_version(budget: Budget) -> str:
    content = (budget.scope, budget.unit, budget.amount, budget.window, budget.on_reach)
    return version_of(*content, budget.on_unknown_price, budget.thresholds, budget.key)


def describe_budget(budget: Budget) -> str:
    """Return the words of a budget in the audit log: "search: $5.00 a day, user:*, blocks, alerts at 80, 100 %"."""
    amount = usd_text(budget.amount) if budget.unit == "cost" else f"{budget.amount:,} {budget.unit}"
    alerts = f"alerts at {', '.join(map(str, budget.thresholds))} %" if budget.thresholds else "no alerts"
    unknown = f", unknown prices: {budget.on_unknown_price}" if budget.unit == "cost" else ""
    return f"{budget.id}: {amount}, {budget.window}, {budget.scope}, {budget.on_reach}{unknown}, {alerts}"


def _valid_budget(request: BudgetRequest, now: datetime) -> Budget:
    if not re.fullmatch(BUDGET_ID, request.id):
        message = f"id {_shown(request.id)} is not lower-case letters, digits, _ and -, at most 64 of them"
        raise invalid("id", message)
    _require_valid_scope(request.scope)
    _require_valid_amount(request)
    if request.window == "run" and request.unit == "runs":
        raise invalid("window", "window is run, but a run is always one run: limit its cost or its tokens")
    blocks = request.unit == "cost" and request.on_reach == "block"
    return Budget(
        id=request.id,
        scope=request.scope,
        unit=request.unit,
        amount=request.amount,
        window=request.window,
        on_reach=request.on_reach,
        on_unknown_price=request.on_unknown_price or ("block" if blocks else "ignore"),
        thresholds=_valid_thresholds(request),
        counts_from=now + COUNTED_AFTER,
    )


def _require_valid_scope(scope: BudgetScope) -> None:
    if scope.kind == "tenant":
        return
    if scope.kind == "tag" and not _TAG_NAME.fullmatch(scope.name):
        message = f"scope: tag name {_shown(scope.name)} is not a lower-case letter and up to 31 of a-z, 0-9, _ and -"
        raise invalid("scope", message)
    most = MAX_VALUE_CHARS[scope.kind]
    if not scope.value.strip() or len(scope.value) > most or _CONTROL.search(scope.value):
        message = f"scope: {scope.kind} {_shown(scope.value)} is not 1 to {most} printable characters"
        raise invalid("scope", message)


def _require_valid_amount(request: BudgetRequest) -> None:
    most = MAX_RUNS if request.unit == "runs" and request.scope.kind != "tenant" else MAX_LIMIT - 1
    if not 1 <= request.amount <= most:
        name = "amount_usd" if request.unit == "cost" else request.unit
        given, least, highest = (
            usd_text(each) if request.unit == "cost" else f"{each:,}" for each in (request.amount, 1, most)
        )
        raise invalid(name, f"{name} is {given}, but must lie in {least} to {highest}")


def _valid_thresholds(request: BudgetRequest) -> tuple[int, ...]:
    if request.window == "run":
        if request.thresholds:
            raise invalid("thresholds", "thresholds: a budget of each run raises no alerts")
        return ()
    chosen = DEFAULT_BUDGET_THRESHOLDS if request.thresholds is None else request.thresholds
    if len(set(chosen)) > MAX_ALERT_PERCENTS or any(not 1 <= each <= MAX_PERCENT for each in chosen):
        message = f"thresholds: send at most {MAX_ALERT_PERCENTS} percentages from 1 to {MAX_PERCENT}"
        raise invalid("thresholds", message)
    return tuple(sorted(set(chosen)))


def _require_usable_key(directory: Directory, tenant_id: str, scope: BudgetScope, now: datetime) -> None:
    """Raise InvalidInput unless the scope's key is the tenant's or the platform's, and still valid."""
    if scope.kind != "key" or scope.value == EVERY_VALUE:
        return
    key = directory.find_key(scope.value)
    if key is None or key.tenant_id not in (None, tenant_id):
        raise invalid("scope", f"scope: the tenant has no API key {_shown(scope.value)}")
    if not key.is_valid(now):
        raise invalid("scope", f"scope: the API key {key.prefix}… has expired or was revoked")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…")
