"""The options of the commands about a tenant's keys and members."""

from argparse import ArgumentParser
from typing import Any

from shared.domain.people.members import ROLES
from shared.domain.people.tenants import AGENT_SCOPES, ALL_SCOPES
from tools.admin import people_commands
from tools.admin.parsing import FROM_INPUT, Command, add, key_name, whole_number


def add_key(parser: ArgumentParser) -> None:
    """Add the commands about a tenant's keys."""
    actions = parser.add_subparsers(required=True, metavar="{create,list,rotate,revoke}")
    create = add(
        actions,
        Command(
            name="create",
            run=people_commands.create_key,
            help="create a key, which is shown once",
            example="key create --tenant acme --label reports --scope usage:read --expires-in-days 90",
            changes=True,
        ),
    )
    create.add_argument("--label", default="")
    create.add_argument(
        "--scope",
        action="append",
        choices=ALL_SCOPES,
        help=f"may be given several times; default {' and '.join(AGENT_SCOPES)}",
    )
    add_expiry(create)
    listing = add(
        actions,
        Command(
            name="list",
            run=people_commands.list_keys,
            help="list keys, without their secrets",
            example="key list --tenant acme",
        ),
    )
    rotate = add(
        actions,
        Command(
            name="rotate",
            run=people_commands.rotate_key,
            help="create a successor; the previous key works on for a while",
            example="key rotate --tenant acme --key 1f2e3d4c5b6a --overlap-hours 48",
            changes=True,
        ),
    )
    add_overlap(rotate)
    revoke = add(
        actions,
        Command(
            name="revoke",
            run=people_commands.revoke_key,
            help="end a key, or all keys of a tenant",
            example="key revoke --tenant acme --key 1f2e3d4c5b6a",
            changes=True,
        ),
    )
    which = revoke.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true", help="every key of the tenant, for example after a leak")
    add_key_name(rotate, is_required=True)
    add_key_name(which, is_required=False)
    for action in (create, listing, rotate, revoke):
        action.add_argument("--tenant", required=True, metavar="ID")


def add_expiry(action: Any) -> None:
    """Add the option after how many days a new key expires."""
    action.add_argument("--expires-in-days", type=whole_number(1, 3650))


def add_overlap(action: Any) -> None:
    """Add the option how long a key works on beside its successor."""
    action.add_argument("--overlap-hours", type=whole_number(0, 24 * 90), default=24, help="default 24")


def add_key_name(action: Any, *, is_required: bool) -> None:
    """Add the option that names a key without being the key."""
    # argparse refuses `required` in a group, which requires one of its options itself.
    action.add_argument(
        "--key",
        type=key_name,
        metavar="ID",
        help="the key's id, or the first 8 or more characters of it;"
        f" `{FROM_INPUT}` reads the key itself from standard input",
        **({"required": True} if is_required else {}),
    )


def add_member(parser: ArgumentParser) -> None:
    """Add the commands about a tenant's members."""
    actions = parser.add_subparsers(required=True, metavar="{add,list,remove}")
    new = add(
        actions,
        Command(
            name="add",
            run=people_commands.add_member,
            help="make a user with a verified address a member of a tenant, without an invitation",
            example="member add --tenant acme --email ada@example.com --role owner",
            changes=True,
        ),
    )
    new.add_argument("--email", required=True)
    new.add_argument("--role", required=True, choices=ROLES)
    listing = add(
        actions,
        Command(
            name="list",
            run=people_commands.list_members,
            help="list members, with the number of valid keys that each created",
            example="member list --tenant acme",
        ),
    )
    remove = add(
        actions,
        Command(
            name="remove",
            run=people_commands.remove_member,
            help="remove a member, and list the keys they created, which still work",
            example='member remove --tenant acme --member ada@example.com --reason "left the company"',
            changes=True,
        ),
    )
    remove.add_argument("--member", required=True, metavar="EMAIL|ID")
    remove.add_argument("--reason", default="", help="kept in the audit trail")
    for action in (new, listing, remove):
        action.add_argument("--tenant", required=True, metavar="ID")
