"""Give a tenant a plan, tokens or runs by hand, and take that back; each change leaves an audit entry."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.errors import Conflict, InvalidInput, NotFound
from shared.domain.limits.grants import Grant, valid_grants
from shared.domain.limits.plans import MAX_LIMIT, Plan
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.ports import Directory
from shared.usecases.people.manage_tenants import existing_tenant, invalid

MAX_GRANTS: Final = 50
"""The maximum number of grants in effect: they are part of the document that every check reads."""
MAX_REASON_CHARS: Final = 500
_ID_BYTES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRequest:
    """A grant to give: one of `plan`, `tokens` and `runs`; `until` None is without an end."""

    plan: Plan | None = None
    tokens: int | None = None
    runs: int | None = None
    until: datetime | None = None


def give_grant(directory: Directory, tenant_id: str, request: GrantRequest, change: Change) -> Grant:
    """Store a grant and return it, whatever the tenant's subscriptions; drop the grants that have ended.

    Raise NotFound for an unknown tenant, InvalidInput for a bad request or an empty reason, Conflict if the tenant
    has too many grants.
    """
    tenant = existing_tenant(directory, tenant_id)
    grant = _new_grant(request, change)
    current = valid_grants(tenant.grants, change.at)
    if len(current) >= MAX_GRANTS:
        message = f"tenant {tenant_id!r} has {MAX_GRANTS} grants, the maximum: revoke one first"
        raise Conflict(message, code="too_many_grants")
    ended = [each.id for each in tenant.grants if each not in current]
    giving = change.because(grant.reason).making(grant)
    entry = giving.entry(tenant_id, "grant.given", None, describe_grant(grant))
    directory.change_grants(tenant_id, [grant], ended, entry)
    return grant


def revoke_grant(directory: Directory, tenant_id: str, grant_id: str, change: Change) -> Grant:
    """Take a grant back and return it. Raise NotFound for an unknown tenant or grant."""
    tenant = existing_tenant(directory, tenant_id)
    grant = next((each for each in tenant.grants if each.id == grant_id), None)
    if grant is None:
        raise NotFound(f"tenant {tenant_id!r} has no grant {grant_id!r}")
    revoke_found_grant(directory, tenant, grant, change)
    return grant


def revoke_found_grant(directory: Directory, tenant: Tenant, grant: Grant, change: Change) -> None:
    """Take a grant back that was just read."""
    entry = change.entry(tenant.id, "grant.revoked", describe_grant(grant), None)
    directory.change_grants(tenant.id, (), [grant.id], entry)


def describe_grant(grant: Grant) -> str:
    """Return the words of a grant in the audit log: "gr_1f2e3d4c5b6a: 100,000 tokens, without an end"."""
    if grant.plan is not None:
        given = f"plan {grant.plan}"
    elif grant.tokens is not None:
        given = f"{grant.tokens:,} tokens"
    else:
        given = f"{grant.runs:,} runs"
    end = f"until {grant.until:%Y-%m-%dT%H:%M:%SZ}" if grant.until else "without an end"
    return f"{grant.id}: {given}, {end}"


def _new_grant(request: GrantRequest, change: Change) -> Grant:
    if [request.plan, request.tokens, request.runs].count(None) != 2:
        raise InvalidInput("a grant is one of a plan, tokens and runs")
    reason = change.reason.strip()
    if not reason:
        raise invalid("reason", "reason is empty: say why the grant is given")
    if len(reason) > MAX_REASON_CHARS:
        raise invalid("reason", f"reason has {len(reason)} characters; the maximum is {MAX_REASON_CHARS}")
    if request.until is not None and request.until <= change.at:
        raise invalid(
            "until", f"until {request.until:%Y-%m-%d %H:%M} UTC has passed: a grant ends in the future"
        )
    return Grant(
        id=f"gr_{secrets.token_hex(_ID_BYTES)}",
        reason=reason,
        granted_at=change.at,
        plan=request.plan.id if request.plan else None,
        plan_version=request.plan.version if request.plan else 1,
        tokens=_amount("tokens", request.tokens),
        runs=_amount("runs", request.runs),
        until=request.until,
    )


def _amount(name: str, value: int | None) -> int | None:
    if value is not None and not 1 <= value <= MAX_LIMIT:
        raise invalid(name, f"{name} is {value:,}, but a grant is 1 to {MAX_LIMIT:,} {name}")
    return value
