"""Write and read the budgets on a tenant's document: a map by id."""

from collections.abc import Iterable, Mapping
from dataclasses import fields as fields_of
from typing import Any

from shared.adapters.firestore.encoding import read_as
from shared.domain.limits.budgets import Budget, BudgetScope

SET_BUDGETS = "set_budgets"
"""Not `budgets`: counters are read with the tenant, and one mask of fields serves both."""
_FIELDS = tuple(field.name for field in fields_of(Budget) if field.name not in ("id", "scope"))


def budget_fields(budgets: Iterable[Budget]) -> dict[str, object]:
    """Return budgets as a map by their ids."""
    return {
        each.id: {"scope": each.scope._asdict(), **{name: getattr(each, name) for name in _FIELDS}}
        for each in budgets
    }


def read_budgets(stored: Mapping[str, Any]) -> tuple[Budget, ...]:
    """Return the budgets that budget_fields wrote, in the order of their ids."""
    return tuple(_read(budget_id, stored[budget_id]) for budget_id in sorted(stored))


def _read(budget_id: str, fields: Mapping[str, Any]) -> Budget:
    scope, thresholds = read_as(BudgetScope, fields["scope"]), tuple(fields["thresholds"])
    return read_as(Budget, fields, id=budget_id, scope=scope, thresholds=thresholds)
