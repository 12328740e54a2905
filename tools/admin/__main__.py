"""Command line of the admin tool: `python -m tools.admin`; it works on what the environment points at."""

import argparse
import sys
from collections.abc import Callable, Sequence

from shared.bootstrap import start
from shared.domain.errors import UsageError
from shared.domain.people.members import ROLES
from shared.domain.people.tenants import ALL_SCOPES
from tools.admin import commands, stripe_commands
from tools.admin.output import print_answer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 if it went well, 1 if it did not or found drift, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    try:
        answer = options.run(start(), options)
    except UsageError as error:
        print(f"{error.code}: {error.message}", file=sys.stderr)
        return 1
    print_answer(answer.fields, as_json=options.json)
    return 0 if answer.is_good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.admin",
        description="Manages tenants, keys and billing in the Firestore that GOOGLE_CLOUD_PROJECT and, for an"
        " emulator, FIRESTORE_EMULATOR_HOST point at; Stripe's account is that of STRIPE_API_KEY.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")
    subjects = parser.add_subparsers(required=True, metavar="{tenant,key,member,verify,stripe}")
    _add_tenant(subjects.add_parser("tenant", help="create, show, or change the plan of a tenant"))
    _add_key(subjects.add_parser("key", help="create, list, rotate or revoke a tenant's API keys"))
    _add_member(subjects.add_parser("member", help="let somebody who has an account into a tenant"))
    verify = subjects.add_parser(
        "verify", help="recompute a tenant's counters from its events; 1 if they differ"
    )
    verify.add_argument("--tenant", required=True, metavar="ID")
    verify.set_defaults(run=commands.verify)
    _add_stripe(subjects.add_parser("stripe", help="keep Stripe's catalog, compare billing with Stripe"))
    return parser


def _add_tenant(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="{create,show,set-plan}")
    create = actions.add_parser("create", help="create a tenant with its first key, shown once")
    create.add_argument("--id", required=True)
    create.add_argument("--name", required=True)
    create.add_argument("--plan", default="free")
    create.set_defaults(run=commands.create_tenant)
    show = actions.add_parser("show", help="show a tenant, where it stands, and its billing")
    show.add_argument("--id", required=True)
    show.set_defaults(run=commands.show_tenant)
    change = actions.add_parser("set-plan", help="put a tenant without subscriptions on another plan")
    change.add_argument("--id", required=True)
    change.add_argument("--plan", required=True)
    change.add_argument("--reason", default="", help="kept in the audit trail")
    change.set_defaults(run=commands.set_plan)


def _add_key(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="{create,list,rotate,revoke}")
    create = actions.add_parser("create", help="create a key, shown once")
    create.add_argument("--label", default="")
    create.add_argument(
        "--scope", action="append", choices=ALL_SCOPES, help="may be given several times; default all"
    )
    create.add_argument("--expires-in-days", type=_whole_number(1, 3650))
    create.set_defaults(run=commands.create_key)
    listing = actions.add_parser("list", help="list keys, without the keys themselves")
    listing.set_defaults(run=commands.list_keys)
    rotate = actions.add_parser("rotate", help="make a successor; the former key works on for a while")
    rotate.add_argument("--overlap-hours", type=_whole_number(0, 24 * 90), default=24)
    rotate.set_defaults(run=commands.rotate_key)
    revoke = actions.add_parser("revoke", help="end a key")
    revoke.set_defaults(run=commands.revoke_key)
    for action in (rotate, revoke):
        action.add_argument(
            "--key", required=True, help="the key, its id, or the first 8 or more characters of its id"
        )
    for action in (create, listing, rotate, revoke):
        action.add_argument("--tenant", required=True, metavar="ID")


def _add_member(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="{add}")
    add = actions.add_parser("add", help="make somebody a member, without an invitation")
    add.add_argument("--tenant", required=True, metavar="ID")
    add.add_argument("--email", required=True)
    add.add_argument("--role", required=True, choices=ROLES)
    add.set_defaults(run=commands.add_member)


def _add_stripe(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="{sync-catalog,reconcile}")
    sync = actions.add_parser(
        "sync-catalog", help="create or repair the products and prices of the plans; safe to run again"
    )
    sync.set_defaults(run=stripe_commands.sync_catalog)
    reconcile = actions.add_parser(
        "reconcile", help="report where billing differs from Stripe; 1 if a difference is left"
    )
    reconcile.add_argument("--repair", action="store_true", help="let Stripe's word count")
    reconcile.add_argument("--tenant", metavar="ID", help="this one only; default all")
    reconcile.set_defaults(run=stripe_commands.reconcile)


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    """A type of argument: a key that ended before it was made, or outlives the calendar, is a slip."""

    def parse(text: str) -> int:
        if text.isdecimal() and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")

    return parse


if __name__ == "__main__":
    sys.exit(main())
