"""Change the percentages of its limits at which a tenant gets alerts."""

from collections.abc import Sequence
from dataclasses import replace

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.limits.limits import MAX_ALERT_PERCENTS
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.domain.versions import require_version, version_of
from shared.ports import Directory
from shared.usecases.people.edit_tenant import edit_tenant


def set_alert_percents(
    directory: Directory, tenant: Tenant, percents: Sequence[int] | None, change: Change
) -> Tenant:
    """Store the percentages in rising order, None for the default ones; return the tenant with them.

    Raise InvalidInput for none or too many of them, Conflict if they have changed meanwhile. Unchanged ones leave no
    audit entry.
    """
    chosen = None if percents is None else tuple(sorted(set(percents)))
    if chosen is not None and not 1 <= len(chosen) <= MAX_ALERT_PERCENTS:
        message = (
            f"percents: {len(chosen)} thresholds; send 1 to {MAX_ALERT_PERCENTS}, or null for the default"
        )
        raise InvalidInput(
            message, (FieldProblem(field="percents", code="invalid_percents", message=message),)
        )

    def edit(current: Tenant) -> Tenant:
        require_version(change.based_on, alert_percents_version(current))
        before = current.overrides.alert_percents
        overrides = current.overrides.model_copy(update={"alert_percents": chosen})
        if chosen != before:
            entry = change.entry(tenant.id, "alert_thresholds.changed", _written(before), _written(chosen))
            directory.set_limits(tenant.id, overrides, entry, current.version)
        return replace(current, overrides=overrides)

    return edit_tenant(directory, tenant, edit)


def alert_percents_version(tenant: Tenant) -> str:
    return version_of(tenant.overrides.alert_percents)


def _written(percents: Sequence[int] | None) -> str:
    return "default" if percents is None else ", ".join(f"{each} %" for each in percents)
