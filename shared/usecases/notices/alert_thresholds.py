"""Change the percentages of its limits at which a tenant gets alerts."""

from collections.abc import Sequence
from dataclasses import replace

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.limits.limits import MAX_ALERT_PERCENTS
from shared.domain.people.tenants import Change, Tenant
from shared.ports import Directory


def set_alert_percents(
    directory: Directory, tenant: Tenant, percents: Sequence[int] | None, change: Change
) -> Tenant:
    """Store the percentages in rising order, None for the default ones; return the tenant with them.

    Raise InvalidInput for none or too many of them. Unchanged ones leave no audit entry.
    """
    chosen = None if percents is None else tuple(sorted(set(percents)))
    if chosen is not None and not 1 <= len(chosen) <= MAX_ALERT_PERCENTS:
        message = (
            f"percents: {len(chosen)} thresholds; send 1 to {MAX_ALERT_PERCENTS}, or null for the default"
        )
        raise InvalidInput(
            message, (FieldProblem(field="percents", code="invalid_percents", message=message),)
        )
    before = tenant.overrides.alert_percents
    overrides = tenant.overrides.model_copy(update={"alert_percents": chosen})
    if chosen != before:
        entry = change.entry(tenant.id, "alert_thresholds.changed", _written(before), _written(chosen))
        directory.set_limits(tenant.id, overrides, entry)
    return replace(tenant, overrides=overrides)


def _written(percents: Sequence[int] | None) -> str:
    return "default" if percents is None else ", ".join(f"{each} %" for each in percents)
