"""Create tenants and change their plan; each change leaves an audit entry."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.domain.errors import Conflict, FieldProblem, InvalidInput, NotFound
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import Plan, PlanVersion
from shared.domain.people.audit import Change
from shared.domain.people.keys import AGENT_SCOPES
from shared.domain.people.members import (
    MAX_MEMBERSHIPS,
    Identity,
    Membership,
    new_member,
    tenant_slug,
)
from shared.domain.people.names import valid_name
from shared.domain.people.tenants import NO_OVERRIDES, Tenant, TenantProfile
from shared.domain.tenant_ids import is_tenant_id
from shared.domain.versions import require_version
from shared.ports import Directory, Members
from shared.usecases.people.edit_tenant import edit_tenant, tenant_version
from shared.usecases.people.manage_keys import KeyRequest, NewKey, new_key

_RANDOM_BYTES = 4


@dataclass(frozen=True, slots=True)
class TenantRequest:
    """A tenant to create, on the newest version of a plan."""

    id: str
    name: str
    plan: Plan
    limits: LimitOverrides = NO_OVERRIDES
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OwnTenantRequest:
    """A tenant that a person creates; its id is made from the name."""

    name: str
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantChanges:
    """The changes of a tenant; None changes nothing."""

    name: str | None
    metadata: Mapping[str, str] | None
    plan: Plan | None


def create_tenant(
    directory: Directory, request: TenantRequest, change: Change, *, is_live: bool
) -> tuple[Tenant, NewKey]:
    """Return a new tenant and its first key, a live key or a test key that can only record and check.

    Raise Conflict if the id is taken, InvalidInput for a bad id or name.
    """
    tenant = new_tenant(request, change.at)
    key_request = KeyRequest(label="first key", scopes=AGENT_SCOPES, is_live=is_live)
    made = new_key(tenant.id, key_request, change)
    entry = change.making((tenant, made)).entry(tenant.id, "tenant.created", None, tenant.plan)
    directory.create_tenant(tenant, made.key, entry)
    return tenant, made


def new_tenant(request: TenantRequest, now: datetime) -> Tenant:
    """Return a tenant without storing it; raise InvalidInput for a bad id or name."""
    if not is_tenant_id(request.id):
        raise invalid("id", f"id {request.id!r} is not 1 to 64 letters, digits, hyphens and underscores")
    return Tenant(
        id=request.id,
        name=valid_name(request.name),
        plan=request.plan.id,
        plan_version=request.plan.version,
        created_at=now,
        overrides=request.limits,
        metadata=request.metadata,
    )


def create_own_tenant(
    members: Members, user: Identity, request: OwnTenantRequest, change: Change
) -> Membership:
    """Create a tenant without a key, and return its owner's membership.

    Raise InvalidInput for a bad name, Conflict if the user belongs to too many tenants.
    """
    refuse_too_many_memberships(members, user)
    valid = valid_name(request.name)
    slug = tenant_slug(valid, secrets.token_hex(_RANDOM_BYTES))
    tenant = new_tenant(TenantRequest(slug, valid, request.plan), change.at)
    made = Membership(tenant, new_member(user, "owner", change.at))
    entry = change.making(made).entry(tenant.id, "tenant.created", None, tenant.plan)
    members.create_tenant_with_owner(tenant, made.member, entry)
    return made


def refuse_too_many_memberships(members: Members, user: Identity) -> None:
    """Raise Conflict if `user` belongs to the maximum number of tenants."""
    count = len(members.list_memberships(user.user_id))
    if count >= MAX_MEMBERSHIPS:
        message = f"you belong to {count} tenants; the maximum is {MAX_MEMBERSHIPS}"
        raise Conflict(message, code="too_many_tenants")


def set_plan(directory: Directory, tenant_id: str, plan: Plan, change: Change) -> Tenant:
    """Put a tenant on a version of a plan. Raise NotFound, Conflict if subscriptions decide the tenant's plan."""
    before = existing_tenant(directory, tenant_id)
    _refuse_subscriber(before)
    entry = change.entry(tenant_id, "plan.changed", *_words(before, plan.named_version))
    directory.set_plan(tenant_id, plan.named_version, entry)
    return directory.find_tenant(tenant_id) or before


def set_takes_estimates(directory: Directory, tenant_id: str, takes: bool | None, change: Change) -> Tenant:
    """Set whether a tenant's own cost estimates count; None leaves it to the deployment. Raise NotFound."""
    before = existing_tenant(directory, tenant_id)
    names = {True: "on", False: "off", None: "default"}
    entry = change.entry(tenant_id, "estimates.changed", names[before.takes_estimates], names[takes])
    directory.set_takes_estimates(tenant_id, takes, entry)
    return replace(before, takes_estimates=takes)


def existing_tenant(directory: Directory, tenant_id: str) -> Tenant:
    """Return a tenant; raise NotFound if there is none of that id."""
    tenant = directory.find_tenant(tenant_id)
    if tenant is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    return tenant


def _refuse_subscriber(tenant: Tenant) -> None:
    """Raise Conflict for a subscriber, whose next webhook would overwrite a plan set by hand."""
    if tenant.entitlement is None:
        return
    subscription = f"{tenant.billing.subscription_id} ({tenant.billing.status})"
    message = f"Stripe subscription {subscription} decides the plan of tenant {tenant.id!r}"
    raise Conflict(f"{message}: change it in Stripe, or grant a plan beside it", code="subscription_decides")


def _words(before: Tenant, after: PlanVersion) -> tuple[str, str]:
    """Return the plans before and after a change, with their versions if the plan stays the same."""
    return (
        (str(before.version_of_plan), str(after)) if before.plan == after.plan else (before.plan, after.plan)
    )


def known_plan(plans: PlanCatalog, name: str) -> Plan:
    """Return the newest version of a plan by its id or alias; raise InvalidInput for an unknown plan."""
    found = plans.find(name)
    if found is None:
        names = ", ".join(each.id for each in plans.plans)
        raise invalid("plan", f"plan {name!r} does not exist; the plans are {names}")
    return found


def invalid(field: str, message: str) -> InvalidInput:
    """Return the error of one field."""
    return InvalidInput(message, (FieldProblem(field=field, code=f"invalid_{field}", message=message),))


def change_tenant(directory: Directory, tenant_id: str, wanted: TenantChanges, change: Change) -> None:
    """Change a tenant's name, metadata and plan; what stays the same leaves no audit entry.

    Raise NotFound, InvalidInput for a bad name or plan, Conflict if subscriptions decide the plan or the tenant has
    changed meanwhile; then nothing has changed.
    """

    def edit(tenant: Tenant) -> None:
        require_version(change.based_on, tenant_version(tenant))
        before = TenantProfile(tenant.name, tenant.metadata)
        after = TenantProfile(
            before.name if wanted.name is None else valid_name(wanted.name),
            before.metadata if wanted.metadata is None else wanted.metadata,
        )
        changes_plan = wanted.plan is not None and wanted.plan.id != tenant.plan
        if wanted.plan is not None and changes_plan:
            set_plan(directory, tenant_id, wanted.plan, change)
        if after != before:
            entry = change.entry(tenant_id, "tenant.changed", _described(before), _described(after))
            # The plan that was just stored has given the tenant another version.
            directory.set_profile(tenant_id, after, entry, None if changes_plan else tenant.version)

    edit_tenant(directory, existing_tenant(directory, tenant_id), edit)


def _described(profile: TenantProfile) -> str:
    content = {"name": profile.name, "metadata": dict(sorted(profile.metadata.items()))}
    return json.dumps(content, ensure_ascii=False)


def set_suspension(directory: Directory, tenant_id: str, *, suspended: bool, change: Change) -> Tenant:
    """Suspend or resume a tenant; a repeated call changes nothing and leaves no audit entry.

    While it is suspended, its keys and members are refused. It is folded, and Stripe's webhooks apply. Raise
    NotFound, Conflict for a tenant that has ended.
    """
    tenant = existing_tenant(directory, tenant_id)
    if tenant.status == "ended":
        message = (
            f"tenant {tenant_id!r} has ended: its subscriptions, grants and keys are gone; create another one"
        )
        raise Conflict(message, code="tenant_ended")
    if suspended == tenant.is_suspended:
        return tenant
    at = change.at if suspended else None
    action = "tenant.suspended" if suspended else "tenant.resumed"
    directory.set_suspended_at(tenant_id, at, change.entry(tenant_id, action, None, None))
    return replace(tenant, suspended_at=at)
