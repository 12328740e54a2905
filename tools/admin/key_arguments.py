"""The commands about keys, of a tenant or of the platform, and about audit logs, and their options."""

from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

from shared.domain.people.keys import AGENT_SCOPES, ALL_SCOPES, PLATFORM_SCOPES
from tools.admin import people_commands
from tools.admin.parsing import FROM_INPUT, Command, add, add_tenant, key_name, whole_number

_MOST_ENTRIES = 500


@dataclass(frozen=True, kw_only=True)
class _KeyCommands:
    """The commands about the keys of a tenant, or of the platform."""

    create: ArgumentParser
    listing: ArgumentParser
    rotate: ArgumentParser
    revoke: ArgumentParser

    @property
    def all(self) -> tuple[ArgumentParser, ...]:
        return self.create, self.listing, self.rotate, self.revoke


def add_key(parser: ArgumentParser) -> None:
    """Add the commands about a tenant's keys."""
    keys = _add_keys(parser, "key", "key {} --tenant acme")
    keys.create.add_argument("--label", default="")
    keys.create.add_argument(
        "--scope",
        action="append",
        choices=ALL_SCOPES,
        help=f"may be given several times; default {' and '.join(AGENT_SCOPES)}",
    )
    which = keys.revoke.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true", help="every key of the tenant, for example after a leak")
    _add_name(which, is_required=False)
    add_tenant(*keys.all)


def add_platform_key(parser: ArgumentParser) -> None:
    """Add the commands about the platform's own keys."""
    keys = _add_keys(parser, "platform key", "platform-key {}")
    keys.listing.set_defaults(run=people_commands.list_platform_keys)
    keys.create.add_argument("--label", required=True, help="where it is used")
    keys.create.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=PLATFORM_SCOPES,
        help="what it may do for every tenant; may be given several times",
    )
    _add_name(keys.revoke, is_required=True)
    for action in keys.all:
        action.set_defaults(tenant=None, all=False)


def _add_keys(parser: ArgumentParser, noun: str, example: str) -> _KeyCommands:
    """Add the four commands with the options that both kinds of keys have."""
    actions = parser.add_subparsers(required=True, metavar="{create,list,rotate,revoke}")
    create = add(
        actions,
        Command(
            name="create",
            run=people_commands.create_key,
            help=f"create a {noun}, which is shown once",
            example=f"{example.format('create')} --label reports --scope usage:read --expires-in-days 90",
            changes=True,
        ),
    )
    create.add_argument("--expires-in-days", type=whole_number(1, 3650))
    listing = add(
        actions,
        Command(
            name="list",
            run=people_commands.list_keys,
            help=f"list {noun}s, without their secrets",
            example=example.format("list"),
        ),
    )
    rotate = add(
        actions,
        Command(
            name="rotate",
            run=people_commands.rotate_key,
            help="create a successor; the previous key works on for a while",
            example=f"{example.format('rotate')} --key 1f2e3d4c5b6a --overlap-hours 48",
            changes=True,
        ),
    )
    rotate.add_argument("--overlap-hours", type=whole_number(0, 24 * 90), default=24, help="default 24")
    _add_name(rotate, is_required=True)
    revoke = add(
        actions,
        Command(
            name="revoke",
            run=people_commands.revoke_key,
            help=f"end a {noun} within a minute",
            example=f"{example.format('revoke')} --key 1f2e3d4c5b6a",
            changes=True,
        ),
    )
    return _KeyCommands(create=create, listing=listing, rotate=rotate, revoke=revoke)


def _add_name(action: Any, *, is_required: bool) -> None:
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
