"""Replace the limits of one tenant's plan by its own; each change leaves an audit entry."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import ValidationError

from shared.domain.errors import InvalidInput
from shared.domain.limits.limits import MAX_PERCENT, LimitOverrides
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.domain.prices.money import usd_text
from shared.domain.versions import require_version
from shared.ports import Directory
from shared.usecases.people.edit_tenant import edit_tenant, tenant_version
from shared.usecases.people.manage_tenants import existing_tenant, invalid

_RANGES = {
    "tokens": (0, MAX_LIMIT),
    "runs": (0, MAX_LIMIT),
    "cost_nanousd": (0, MAX_LIMIT),
    "requests_per_minute": (0, MAX_LIMIT),
    "soft_percent": (1, MAX_PERCENT),
    "hard_percent": (1, MAX_PERCENT),
}
LIMITS = tuple(_RANGES)
"""The names of the limits and thresholds that an operator sets."""


def set_limits(
    directory: Directory, tenant_id: str, limits: Mapping[str, int | None], change: Change
) -> Tenant:
    """Replace the limits that are named and return the tenant; None goes back to the plan or the default.

    Raise NotFound for an unknown tenant, InvalidInput for no limit or a number out of range, Conflict if the tenant
    has changed meanwhile. Limits that stay the same leave no audit entry.
    """
    if not limits:
        raise InvalidInput(f"nothing to set: name at least one of {', '.join(LIMITS)}")

    def edit(tenant: Tenant) -> Tenant:
        before = tenant.overrides
        require_version(change.based_on, tenant_version(tenant))
        after = _valid(before, limits)
        changed = [name for name in LIMITS if getattr(before, name) != getattr(after, name)]
        if changed:
            written = _written(before, changed), _written(after, changed)
            entry = change.entry(tenant_id, "limits.changed", *written)
            directory.set_limits(tenant_id, after, entry, tenant.version)
        return replace(tenant, overrides=after)

    return edit_tenant(directory, existing_tenant(directory, tenant_id), edit)


def _valid(before: LimitOverrides, limits: Mapping[str, int | None]) -> LimitOverrides:
    try:
        return LimitOverrides.model_validate({**before.model_dump(), **limits})
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        least, most = _RANGES[name]
        given, lowest, highest = (_amount(name, each) for each in (limits[name] or 0, least, most))
        raise invalid(
            _label(name), f"{_label(name)} is {given}, but must lie in {lowest} to {highest}"
        ) from error


def _written(overrides: LimitOverrides, names: list[str]) -> str:
    return ", ".join(f"{_label(name)} {_shown(name, getattr(overrides, name))}" for name in names)


def _label(name: str) -> str:
    return "provider_cost_usd" if name == "cost_nanousd" else name


def _shown(name: str, value: int | None) -> str:
    if value is None:
        return "default"
    return "unlimited" if value == MAX_LIMIT else _amount(name, value)


def _amount(name: str, value: int) -> str:
    return usd_text(value) if name == "cost_nanousd" else f"{value:,}"
