"""The commands of the admin tool and their options; each command's help ends with an example."""

import argparse
from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from shared.bootstrap import Container
from shared.domain.people.members import ROLES
from shared.domain.people.tenants import ALL_SCOPES
from tools.admin import commands, price_commands, stripe_commands
from tools.admin.commands import Answer

PROGRAM = "python -m tools.admin"
_MOST_TENANTS = 1000


@dataclass(frozen=True, kw_only=True)
class _Command:
    """A command: its name, what runs it, and what its help says."""

    name: str
    run: Callable[[Container, Namespace], Answer]
    help: str
    example: str


def parser() -> ArgumentParser:
    """Return the parser of the whole command line."""
    top = ArgumentParser(
        prog=PROGRAM,
        description="Manage tenants, keys, members and billing in the Firestore that GOOGLE_CLOUD_PROJECT and, for an"
        " emulator, FIRESTORE_EMULATOR_HOST name; STRIPE_API_KEY chooses Stripe's account. With --stack, work on the"
        " local stack instead.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog=f"example:\n  {PROGRAM} --stack tenant list",
    )
    _add_common(top, is_top=True)
    subjects = top.add_subparsers(required=True, metavar="{tenant,key,member,verify,stripe}")
    _add_tenant(subjects.add_parser("tenant", help="create, list or show tenants, or change a plan"))
    _add_key(subjects.add_parser("key", help="create, list, rotate or revoke a tenant's API keys"))
    _add_member(subjects.add_parser("member", help="add a user to a tenant"))
    verify = _add(
        subjects,
        _Command(
            name="verify",
            run=commands.verify,
            help="recompute a tenant's counters from its events; exit with 1 if they differ",
            example="verify --tenant acme",
        ),
    )
    verify.add_argument("--tenant", required=True, metavar="ID")
    _add_price(subjects.add_parser("price", help="the platform's own prices, before the catalog"))
    _add_stripe(subjects.add_parser("stripe", help="keep Stripe's catalog, compare billing with Stripe"))
    return top


def _add_common(parser: ArgumentParser, *, is_top: bool = False) -> None:
    """Add the options that stand before or after a command.

    After it they have no default, which would undo what was said before it.
    """
    parser.add_argument(
        "--json", action="store_true", default=False if is_top else SUPPRESS, help="print JSON, for machines"
    )
    parser.add_argument(
        "--stack",
        action="store_true",
        default=False if is_top else SUPPRESS,
        help="work on the running `make dev` stack",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(".local") if is_top else SUPPRESS,
        help="the folder of that stack (default: .local)",
    )


def _add(actions: Any, command: _Command) -> ArgumentParser:
    added: ArgumentParser = actions.add_parser(
        command.name,
        help=command.help,
        description=f"{command.help[0].upper()}{command.help[1:]}.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog=f"example:\n  {PROGRAM} {command.example}",
    )
    added.set_defaults(run=command.run)
    _add_common(added)
    return added


def _add_tenant(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="{create,list,show,set-plan,set-estimates}")
    create = _add(
        actions,
        _Command(
            name="create",
            run=commands.create_tenant,
            help="create a tenant with its first key, which is shown once",
            example='tenant create --id acme --name "Acme Inc." --plan starter',
        ),
    )
    create.add_argument("--id", required=True)
    create.add_argument("--name", required=True)
    create.add_argument("--plan", default="free")
    listing = _add(
        actions,
        _Command(
            name="list",
            run=commands.list_tenants,
            help="list tenants in the order of their ids",
            example="tenant list --limit 20 --after acme",
        ),
    )
    listing.add_argument("--limit", type=_whole_number(1, _MOST_TENANTS), default=50, help="default 50")
    listing.add_argument("--after", metavar="ID", help="begin after this tenant")
    show = _add(
        actions,
        _Command(
            name="show",
            run=commands.show_tenant,
            help="show a tenant with its usage, its limits and its billing",
            example="tenant show --id acme",
        ),
    )
    show.add_argument("--id", required=True)
    change = _add(
        actions,
        _Command(
            name="set-plan",
            run=commands.set_plan,
            help="put a tenant without a subscription on another plan",
            example='tenant set-plan --id acme --plan professional --reason "pilot"',
        ),
    )
    change.add_argument("--id", required=True)
    change.add_argument("--plan", required=True)
    change.add_argument("--reason", default="", help="kept in the audit trail")
    estimates = _add(
        actions,
        _Command(
            name="set-estimates",
            run=commands.set_estimates,
            help="set whether a tenant's own cost_usd_estimate counts",
            example='tenant set-estimates --id acme --estimates off --reason "prices from the catalog"',
        ),
    )
    estimates.add_argument("--id", required=True)
    estimates.add_argument("--estimates", required=True, choices=("on", "off", "default"))
    estimates.add_argument("--reason", default="", help="kept in the audit trail")


def _add_key(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="{create,list,rotate,revoke}")
    create = _add(
        actions,
        _Command(
            name="create",
            run=commands.create_key,
            help="create a key, which is shown once",
            example="key create --tenant acme --label reports --scope usage:read --expires-in-days 90",
        ),
    )
    create.add_argument("--label", default="")
    create.add_argument(
        "--scope", action="append", choices=ALL_SCOPES, help="may be given several times; default all"
    )
    create.add_argument("--expires-in-days", type=_whole_number(1, 3650))
    listing = _add(
        actions,
        _Command(
            name="list",
            run=commands.list_keys,
            help="list keys, without their secrets",
            example="key list --tenant acme",
        ),
    )
    rotate = _add(
        actions,
        _Command(
            name="rotate",
            run=commands.rotate_key,
            help="create a successor; the previous key works on for a while",
            example="key rotate --tenant acme --key 1f2e3d4c5b6a --overlap-hours 48",
        ),
    )
    rotate.add_argument("--overlap-hours", type=_whole_number(0, 24 * 90), default=24, help="default 24")
    revoke = _add(
        actions,
        _Command(
            name="revoke",
            run=commands.revoke_key,
            help="end a key",
            example="key revoke --tenant acme --key 1f2e3d4c5b6a",
        ),
    )
    for action in (rotate, revoke):
        action.add_argument(
            "--key", required=True, help="the key, its id, or the first 8 or more characters of its id"
        )
    for action in (create, listing, rotate, revoke):
        action.add_argument("--tenant", required=True, metavar="ID")


def _add_member(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="{add}")
    add = _add(
        actions,
        _Command(
            name="add",
            run=commands.add_member,
            help="make a user a member of a tenant, without an invitation",
            example="member add --tenant acme --email ada@example.com --role owner",
        ),
    )
    add.add_argument("--tenant", required=True, metavar="ID")
    add.add_argument("--email", required=True)
    add.add_argument("--role", required=True, choices=ROLES)


def _add_price(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="{list,set,remove,import}")
    listing = _add(
        actions,
        _Command(
            name="list",
            run=price_commands.list_prices,
            help="print all prices as a price file",
            example="price list --json",
        ),
    )
    listing.add_argument("--changes", action="store_true", help="list the last changes instead")
    change = _add(
        actions,
        _Command(
            name="set",
            run=price_commands.set_price,
            help="add or replace one price, written as in a price file",
            example="""price set 'provider = "openai"' 'model = "gpt-4o"' 'from = "2026-11-01"' 'percent = "-15"'""",
        ),
    )
    change.add_argument("lines", nargs="+", metavar="LINE", help="a line of the [[price]] table")
    remove = _add(
        actions,
        _Command(
            name="remove",
            run=price_commands.remove_price,
            help="remove the prices of a model",
            example="price remove --provider openai --model gpt-4o --from 2026-11-01",
        ),
    )
    remove.add_argument("--provider", required=True)
    which = remove.add_mutually_exclusive_group(required=True)
    which.add_argument("--model")
    which.add_argument("--model-prefix")
    remove.add_argument("--tenant", help="of this tenant; default the platform's")
    remove.add_argument(
        "--from", dest="starts", type=date.fromisoformat, help="only the price from this day on"
    )
    imported = _add(
        actions,
        _Command(
            name="import",
            run=price_commands.import_prices,
            help="replace all prices by those of a file, or none if one is wrong",
            example="price import prices.toml --dry-run",
        ),
    )
    imported.add_argument("file", type=Path)
    imported.add_argument("--dry-run", action="store_true", help="show what would change")
    for command in (change, remove, imported):
        command.add_argument("--reason", default="", help="kept with the change")


def _add_stripe(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="{sync-catalog,reconcile}")
    _add(
        actions,
        _Command(
            name="sync-catalog",
            run=stripe_commands.sync_catalog,
            help="create or repair the products and prices of the plans; safe to run again",
            example="stripe sync-catalog",
        ),
    )
    reconcile = _add(
        actions,
        _Command(
            name="reconcile",
            run=stripe_commands.reconcile,
            help="report where billing differs from Stripe; exit with 1 if a difference is left",
            example="stripe reconcile --tenant acme --repair",
        ),
    )
    reconcile.add_argument("--repair", action="store_true", help="apply what Stripe says")
    reconcile.add_argument("--tenant", metavar="ID", help="compare only this tenant; default all")


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return a type of argument: a key that ended before it was made, or outlives the calendar, is a slip."""

    def parse(text: str) -> int:
        if text.isdecimal() and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")

    return parse
