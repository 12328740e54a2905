"""The commands of the admin tool."""

import getpass
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from shared.bootstrap import Container
from shared.domain.ledger.usage import Detail
from shared.domain.people.tenants import AGENT_SCOPES, ApiKey, Change, Tenant
from shared.usecases.ledger.verify_counters import verify_counters
from shared.usecases.people import manage_keys, manage_tenants
from shared.usecases.people.manage_keys import KeyRef, KeyRequest
from shared.usecases.people.manage_tenants import TenantRequest
from shared.usecases.people.members import MemberRequest, PeopleDependencies
from shared.usecases.people.members import add_member as add
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
    """Printed for people instead of the fields: a file that can be used as it is."""


def create_tenant(container: Container, options: Namespace) -> Answer:
    """Create a tenant with its first key."""
    request = TenantRequest(options.id, options.name, options.plan)
    is_live = not container.config.is_local
    tenant, key = manage_tenants.create_tenant(
        container.directory, request, change_of(container), is_live=is_live
    )
    return Answer({"tenant": tenant_fields(tenant), "api_key": key.secret})


def list_tenants(container: Container, options: Namespace) -> Answer:
    """List tenants in the order of their ids."""
    ids = islice(container.billing.store.list_tenants(options.after), options.limit)
    tenants = (container.directory.find_tenant(tenant_id) for tenant_id in ids)
    rows = [
        {
            "id": tenant.id,
            "name": tenant.name,
            "plan": tenant.plan,
            "created_at": tenant.created_at.isoformat(),
        }
        for tenant in tenants
        if tenant
    ]
    return Answer({"tenants": rows})


def show_tenant(container: Container, options: Namespace) -> Answer:
    """Show a tenant with its usage, its limits and its billing."""
    tenant = manage_tenants.existing_tenant(container.directory, options.id)
    used = container.ledger.current(tenant, Detail.TOTALS, container.clock())
    status = container.limits.status_of(used)
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
    tenant = manage_tenants.set_plan(container.directory, options.id, options.plan, change)
    return Answer({"tenant": tenant_fields(tenant)})


def set_estimates(container: Container, options: Namespace) -> Answer:
    """Set whether a tenant's own cost estimates count."""
    change = change_of(container).because(options.reason)
    takes = {"on": True, "off": False, "default": None}[options.estimates]
    tenant = manage_tenants.set_takes_estimates(container.directory, options.id, takes, change)
    return Answer({"tenant": tenant_fields(tenant)})


def create_key(container: Container, options: Namespace) -> Answer:
    """Create a key."""
    change, days = change_of(container), options.expires_in_days
    request = KeyRequest(
        label=options.label,
        scopes=tuple(options.scope or AGENT_SCOPES),
        expires_at=None if days is None else change.at + timedelta(days=days),
        is_live=not container.config.is_local,
    )
    made = manage_keys.create_key(container.directory, options.tenant, request, change)
    return Answer({"key": _key(made.key), "api_key": made.secret})


def list_keys(container: Container, options: Namespace) -> Answer:
    """List a tenant's keys."""
    tenant = manage_tenants.existing_tenant(container.directory, options.tenant)
    return Answer({"keys": [_key(key) for key in container.directory.list_keys(tenant.id)]})


def rotate_key(container: Container, options: Namespace) -> Answer:
    """Replace a key by a successor."""
    overlap = timedelta(hours=options.overlap_hours)
    ref = KeyRef(options.tenant, options.key)
    made = manage_keys.rotate_key(container.directory, ref, overlap, change_of(container))
    return Answer({"key": _key(made.key), "api_key": made.secret})


def revoke_key(container: Container, options: Namespace) -> Answer:
    """End a key."""
    ref = KeyRef(options.tenant, options.key)
    key = manage_keys.revoke_key(container.directory, ref, change_of(container))
    return Answer({"key": _key(key)})


def add_member(container: Container, options: Namespace) -> Answer:
    """Make a user a member of a tenant."""
    people = PeopleDependencies(container.directory, container.identities, container.members)
    request = MemberRequest(options.email, options.role)
    member = add(people, options.tenant, request, change_of(container))
    fields = {"id": member.user_id, "email": member.email, "role": member.role}
    return Answer({"tenant_id": options.tenant, "member": fields})


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
        "period_start": _text(summary.period_start),
        "period_end": _text(summary.period_end),
        "cancel_at_period_end": summary.cancel_at_period_end,
        "ends_at": _text(summary.ends_at),
        "plan_ends_at": _text(granted.until if granted else None),
        "trial_end": _text(summary.trial_end),
        "past_due_since": _text(summary.past_due_since),
    }


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "prefix": key.prefix,
        "label": key.label,
        "scopes": " ".join(key.scopes),
        "created_at": key.created_at.isoformat(),
        "expires_at": _text(key.expires_at),
        "revoked_at": _text(key.revoked_at),
    }


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
