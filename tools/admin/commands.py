"""The commands of the admin tool."""

import getpass
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from shared.container import Container
from shared.domain.ledger.usage import Detail
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.http.bodies import validated
from shared.http.people.tenant_bodies import TenantPatch
from shared.usecases.ledger.verify_counters import verify_counters
from shared.usecases.people import manage_tenants
from shared.usecases.people.manage_tenants import TenantRequest, known_plan
from tools.admin.tenant_fields import resulting_limits, tenant_fields

DIFFERS = 1
COULD_NOT = 2
"""The exit codes of a command that found differences, and of one that could not do its work, as for diff."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The fields to print, and the exit code."""

    fields: Mapping[str, object]
    exit_code: int = 0
    text: str | None = None
    """Printed for people instead of the fields: a file that can be used as it is, and is already escaped."""


def create_tenant(container: Container, options: Namespace) -> Answer:
    """Create a tenant with its first key."""
    plan = known_plan(container.plans(), options.plan)
    request = TenantRequest(options.id, options.name, plan)
    is_live = not container.config.is_local
    tenant, key = manage_tenants.create_tenant(
        container.directory, request, change_of(container), is_live=is_live
    )
    return Answer({"tenant": tenant_fields(tenant), "api_key": key.secret})


def show_tenant(container: Container, options: Namespace) -> Answer:
    """Show a tenant with its usage, its limits and its billing."""
    tenant = manage_tenants.existing_tenant(container.directory, options.id)
    now = container.clock()
    used = container.ledger.current(tenant, Detail.TOTALS, now)
    status = container.limits.status_of(used, now)
    read = container.billing.store.read_account(options.id)
    return Answer(
        {
            "tenant": tenant_fields(used.tenant),
            "limits": resulting_limits(container, used.tenant),
            "status": status and status.model_dump(mode="json"),
            "billing": _billing(used.tenant, read.account.customer_id if read else None),
        }
    )


def set_plan(container: Container, options: Namespace) -> Answer:
    """Put a tenant on another plan."""
    change = change_of(container).because(options.reason)
    plan = known_plan(container.plans(), options.plan)
    tenant = manage_tenants.set_plan(container.directory, options.id, plan, change)
    return Answer({"tenant": tenant_fields(tenant)})


def change_tenant(container: Container, options: Namespace) -> Answer:
    """Change a tenant's name, or replace its metadata."""
    metadata = dict(options.metadata) if options.metadata else None
    wanted = validated(TenantPatch, {"name": options.name, "metadata": metadata, "reason": options.reason})
    changes = manage_tenants.TenantChanges(name=wanted.name, metadata=wanted.metadata, plan=None)
    change = change_of(container).because(options.reason)
    manage_tenants.change_tenant(container.directory, options.id, changes, change)
    return Answer({"tenant": tenant_fields(manage_tenants.existing_tenant(container.directory, options.id))})


def set_estimates(container: Container, options: Namespace) -> Answer:
    """Set whether a tenant's own cost estimates count."""
    change = change_of(container).because(options.reason)
    takes = {"on": True, "off": False, "default": None}[options.estimates]
    tenant = manage_tenants.set_takes_estimates(container.directory, options.id, takes, change)
    return Answer({"tenant": tenant_fields(tenant)})


def verify(container: Container, options: Namespace) -> Answer:
    """Compare counters with events."""
    found = verify_counters(container.usage, options.tenant, container.config.retention, container.clock())
    fields = {
        "tenant_id": options.tenant,
        "since": found.since.isoformat(),
        "events": found.events,
        "drift": [asdict(drift) for drift in found.drifts],
    }
    return Answer(fields, exit_code=DIFFERS if found.drifts else 0)


def change_of(container: Container) -> Change:
    """Return the change that this command makes, by the person who runs it."""
    return Change(f"admin:{getpass.getuser()}", container.clock())


def _billing(tenant: Tenant, customer_id: str | None) -> dict[str, Any]:
    summary, granted = tenant.billing, tenant.entitlement
    return {
        "status": summary.status,
        "customer_id": customer_id,
        "subscription_id": summary.subscription_id,
        "interval": summary.interval,
        "period_start": instant_text(summary.period_start),
        "period_end": instant_text(summary.period_end),
        "cancel_at_period_end": summary.cancel_at_period_end,
        "ends_at": instant_text(summary.ends_at),
        "plan_ends_at": instant_text(granted.until if granted else None),
        "trial_end": instant_text(summary.trial_end),
        "past_due_since": instant_text(summary.past_due_since),
    }


def instant_text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
