"""Edit a tenant as it is stored, so that a change that nobody has seen is never overwritten."""

from collections.abc import Callable
from typing import TypeVar

from shared.domain.errors import NotFound, Unavailable
from shared.domain.people.tenants import Tenant
from shared.domain.versions import version_of
from shared.ports import Directory, StaleTenant

_MAX_TRIES = 10
"""The maximum number of attempts while a fold, a webhook or somebody else changes the same tenant."""

T = TypeVar("T")


def edit_tenant(directory: Directory, tenant: Tenant, edit: Callable[[Tenant], T]) -> T:
    """Call `edit` and return its result; call it again, with the tenant as it is then, if that has changed.

    `edit` stores its change with the version of the tenant that it was given.
    """
    current = tenant
    for _ in range(_MAX_TRIES):
        try:
            return edit(current)
        except StaleTenant as error:
            found = directory.find_tenant(tenant.id)
            if found is None:
                raise NotFound(f"tenant {tenant.id!r} does not exist") from error
            current = found
    raise Unavailable("too many requests are changing this tenant at once")


def tenant_version(tenant: Tenant) -> str:
    """Return the version of what the platform edits of a tenant; thresholds of alerts have their own."""
    limits = tenant.overrides.model_dump(exclude={"alert_percents"})
    return version_of(tenant.name, dict(tenant.metadata), tenant.plan, limits)
