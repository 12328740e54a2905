"""Create a tenant for the platform, once, however often it is asked for."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from shared.domain.errors import Conflict, InvalidInput, Unavailable
from shared.domain.people.audit import Change
from shared.domain.people.members import Invitation, new_invitation
from shared.domain.people.tenants import Tenant
from shared.ports import AlreadyAnswered, Directory, StaleMembers
from shared.usecases.people.invitations import InvitationDependencies, invitation_outgoing
from shared.usecases.people.manage_tenants import TenantRequest, invalid, new_tenant
from shared.usecases.people.members import MAX_TRIES

_THE_PLATFORM = ""
"""Invitations name the member who invited; these have none."""


@dataclass(frozen=True, slots=True)
class ProvisioningDependencies:
    """The stores of tenants and of invitations."""

    directory: Directory
    invitations: InvitationDependencies


@dataclass(frozen=True, slots=True)
class OwnedTenantRequest:
    """A tenant to create, and the address to invite as its first owner, if there is one."""

    tenant: TenantRequest
    owner_email: str | None = None


@dataclass(frozen=True, slots=True)
class ProvisionedTenant:
    """A tenant that exists now; `is_new` is False if the same request had created it before."""

    tenant: Tenant
    is_new: bool


def provision_tenant(
    stores: ProvisioningDependencies, request: OwnedTenantRequest, change: Change
) -> ProvisionedTenant:
    """Create a tenant without a key, and invite its owner in the same commit.

    The same request again returns the tenant as it is now. Raise InvalidInput for a bad field, Conflict if the id
    is taken by another request, or if too many mails were sent today.
    """
    tenant = replace(new_tenant(request.tenant, change.at), created_from=_hash_of(request))
    invitation = _invitation(request.owner_email, change) if request.owner_email is not None else None
    for _ in range(MAX_TRIES):
        existing = stores.directory.find_tenant(tenant.id)
        if existing is not None:
            if existing.created_from == tenant.created_from:
                return ProvisionedTenant(existing, is_new=False)
            message = f"tenant {tenant.id!r} exists already, and was not created by this request"
            raise Conflict(message, code="tenant_exists")
        made = ProvisionedTenant(tenant, is_new=True)
        create = _creation(stores, made, invitation, change)
        try:
            create()
        except AlreadyAnswered:
            raise
        except (StaleMembers, Conflict):
            continue  # taken meanwhile: the next round says by which request
        return made
    raise Unavailable("too many requests are creating this tenant at once")


def _creation(
    stores: ProvisioningDependencies, made: ProvisionedTenant, invitation: Invitation | None, change: Change
) -> Callable[[], None]:
    """Return the commit that creates the tenant; raise Conflict if too many mails were sent today."""
    tenant = made.tenant
    entry = change.making(made).entry(tenant.id, "tenant.created", None, tenant.plan)
    if invitation is None:
        return partial(stores.directory.create_tenant, tenant, None, entry)
    outgoing = invitation_outgoing(stores.invitations, tenant, invitation)
    invited = change.because(invitation.email).entry(tenant.id, "member.invited", None, invitation.role)
    members = stores.invitations.members
    return partial(members.create_tenant_with_invitation, tenant, invitation, outgoing, [entry, invited])


def _invitation(email: str, change: Change) -> Invitation:
    try:
        return new_invitation(email, "owner", _THE_PLATFORM, change.at)
    except InvalidInput as error:
        raise invalid("owner_email", f"owner_{error.message}") from error


def _hash_of(request: OwnedTenantRequest) -> str:
    tenant = request.tenant
    content = {
        "id": tenant.id,
        "name": tenant.name,
        "plan": tenant.plan.id,
        "limits": tenant.limits.model_dump(exclude_none=True),
        "metadata": dict(tenant.metadata),
        "owner_email": request.owner_email,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
