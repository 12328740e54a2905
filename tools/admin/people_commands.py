"""The commands about a tenant's keys and members."""

from argparse import Namespace
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from shared.container import Container
from shared.domain.people.keys import AGENT_SCOPES, ApiKey
from shared.domain.people.members import Member
from shared.usecases.people import manage_keys, members
from shared.usecases.people.manage_keys import KeyRef, KeyRequest
from shared.usecases.people.manage_tenants import existing_tenant
from shared.usecases.people.members import MemberRequest, PeopleDependencies
from tools.admin.commands import Answer, change_of, instant_text
from tools.admin.parsing import FROM_INPUT, read_secret


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
    tenant = existing_tenant(container.directory, options.tenant)
    return Answer({"keys": [_key(key) for key in container.directory.list_keys(tenant.id)]})


def list_platform_keys(container: Container, _options: Namespace) -> Answer:
    """List the platform's keys."""
    return Answer({"keys": [_key(key) for key in container.directory.list_keys(None)]})


def list_audit(container: Container, options: Namespace) -> Answer:
    """List the newest entries of an audit log."""
    if options.tenant is not None:
        existing_tenant(container.directory, options.tenant)
    page = container.directory.list_audit(options.tenant, limit=options.limit, cursor=options.cursor)
    rows = [{**asdict(each), "at": each.at.isoformat()} for each in page.items]
    return Answer({"audit": rows, "next_cursor": page.next_cursor})


def rotate_key(container: Container, options: Namespace) -> Answer:
    """Replace a key by a successor."""
    overlap = timedelta(hours=options.overlap_hours)
    made = manage_keys.rotate_key(container.directory, _key_ref(options), overlap, change_of(container))
    return Answer({"key": _key(made.key), "api_key": made.secret})


def revoke_key(container: Container, options: Namespace) -> Answer:
    """End a key, or with `--all` every key of the tenant."""
    change = change_of(container)
    if options.all:
        tenant = existing_tenant(container.directory, options.tenant)
        revoked = manage_keys.revoke_keys(container.directory, tenant.id, change)
        return Answer({"tenant_id": tenant.id, "revoked": [_key(key) for key in revoked]})
    key = manage_keys.revoke_key(container.directory, _key_ref(options), change)
    return Answer({"key": _key(key)})


def _key_ref(options: Namespace) -> KeyRef:
    if options.key != FROM_INPUT:
        return KeyRef(options.tenant, options.key)
    return KeyRef(options.tenant, read_secret("Key"))


def add_member(container: Container, options: Namespace) -> Answer:
    """Make a user a member of a tenant."""
    people = PeopleDependencies(container.directory, container.identities, container.members)
    request = MemberRequest(options.email, options.role)
    member = members.add_member(people, options.tenant, request, change_of(container))
    fields = {"id": member.user_id, "email": member.email, "role": member.role}
    return Answer({"tenant_id": options.tenant, "member": fields})


def list_members(container: Container, options: Namespace) -> Answer:
    """List a tenant's members, with the number of valid keys that each created."""
    tenant = existing_tenant(container.directory, options.tenant)
    keys, now = container.directory.list_keys(tenant.id), container.clock()
    rows = [
        {**_member(each), "valid_keys": len(manage_keys.valid_keys_of(each, keys, now))}
        for each in container.members.list_members(tenant.id)
    ]
    return Answer({"members": rows})


def remove_member(container: Container, options: Namespace) -> Answer:
    """Remove a member; show the keys they created, which still work."""
    tenant = existing_tenant(container.directory, options.tenant)
    change = change_of(container).because(options.reason)
    removed = members.remove_member_as_operator(container.members, tenant.id, options.member, change)
    keys = manage_keys.valid_keys_of(removed, container.directory.list_keys(tenant.id), change.at)
    return Answer({"removed": _member(removed), "valid_keys": [_key(key) for key in keys]})


def _member(member: Member) -> dict[str, Any]:
    return {
        "id": member.user_id,
        "email": member.email,
        "name": member.name,
        "role": member.role,
        "joined_at": member.joined_at.isoformat(),
    }


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "prefix": key.prefix,
        "label": key.label,
        "scopes": " ".join(key.scopes),
        "created_at": key.created_at.isoformat(),
        "expires_at": instant_text(key.expires_at),
        "revoked_at": instant_text(key.revoked_at),
        "created_by": key.created_by,
    }
