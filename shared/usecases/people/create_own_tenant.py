"""Let a person who is signed in create a tenant."""

import secrets
from datetime import datetime

from shared.domain.errors import Conflict
from shared.domain.limits.plans import FREE_PLAN
from shared.domain.people.members import MAX_MEMBERSHIPS, Identity, Member, Seat, tenant_slug, valid_name
from shared.domain.people.tenants import Change, Tenant
from shared.ports import Members

_RANDOM_BYTES = 4


def create_own_tenant(members: Members, user: Identity, name: str, now: datetime) -> Seat:
    """Return the owner's place in a new tenant on the free plan, without a key.

    InvalidInput for a bad name, Conflict for somebody who belongs to too many tenants.
    """
    refuse_another_seat(members, user)
    shown = valid_name(name)
    tenant = Tenant(
        id=tenant_slug(shown, secrets.token_hex(_RANDOM_BYTES)), name=shown, plan=FREE_PLAN.id, created_at=now
    )
    owner = Member(user_id=user.user_id, email=user.email or "", name=user.name, role="owner", joined_at=now)
    entry = Change(f"member:{user.email}", now).entry(tenant.id, "tenant.created", None, tenant.plan)
    members.found_tenant(tenant, owner, entry)
    return Seat(tenant, owner)


def refuse_another_seat(members: Members, user: Identity) -> None:
    """Raise Conflict for a person who belongs to as many tenants as anybody may."""
    count = len(members.list_seats(user.user_id))
    if count >= MAX_MEMBERSHIPS:
        raise Conflict(
            f"you belong to {count} tenants, and nobody may belong to more than {MAX_MEMBERSHIPS}",
            code="too_many_tenants",
        )
