"""The commands about platform keys and the audit log, and their options."""

from argparse import ArgumentParser
from typing import Any

from shared.domain.people.tenants import PLATFORM_SCOPES
from tools.admin import people_commands
from tools.admin.parsing import Command, add, whole_number
from tools.admin.people_arguments import add_expiry, add_key_name, add_overlap

_MOST_ENTRIES = 500


def add_platform_key(parser: ArgumentParser) -> None:
    """Add the commands about the platform's own keys."""
    actions = parser.add_subparsers(required=True, metavar="{create,list,rotate,revoke}")
    create = add(
        actions,
        Command(
            name="create",
            run=people_commands.create_key,
            help="create a key that acts for every tenant, which is shown once",
            example="platform-key create --label backend --scope usage:write --scope limits:read",
            changes=True,
        ),
    )
    create.add_argument("--label", required=True, help="where it is used")
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=PLATFORM_SCOPES,
        help="what it may do for every tenant; may be given several times",
    )
    add_expiry(create)
    listing = add(
        actions,
        Command(
            name="list",
            run=people_commands.list_platform_keys,
            help="list platform keys, without their secrets",
            example="platform-key list",
        ),
    )
    rotate = add(
        actions,
        Command(
            name="rotate",
            run=people_commands.rotate_key,
            help="create a successor; the previous key works on for a while",
            example="platform-key rotate --key 1f2e3d4c5b6a --overlap-hours 48",
            changes=True,
        ),
    )
    add_overlap(rotate)
    revoke = add(
        actions,
        Command(
            name="revoke",
            run=people_commands.revoke_key,
            help="end a platform key within a minute",
            example="platform-key revoke --key 1f2e3d4c5b6a",
            changes=True,
        ),
    )
    for action in (rotate, revoke):
        add_key_name(action, is_required=True)
    for action in (create, listing, rotate, revoke):
        action.set_defaults(tenant=None, all=False)


def add_audit(subjects: Any) -> None:
    """Add the command that shows an audit log."""
    audit = add(
        subjects,
        Command(
            name="audit",
            run=people_commands.list_audit,
            help="list the newest changes to what belongs to the platform, or to a tenant",
            example="audit --tenant acme --limit 20",
        ),
    )
    audit.add_argument("--tenant", metavar="ID", help="default: the platform's own keys, prices, operators")
    audit.add_argument("--cursor", help="go on where the last page ended")
    audit.add_argument("--limit", type=whole_number(1, _MOST_ENTRIES), default=50, help="default 50")
