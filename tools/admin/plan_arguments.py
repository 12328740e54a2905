"""The commands about plans, and their options."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from tools.admin import plan_commands
from tools.admin.parsing import Command, add, add_reason, whole_number

_MOST_VERSIONS = 10**6


def add_plans(parser: ArgumentParser) -> None:
    """Add the commands about the catalog of plans."""
    actions = parser.add_subparsers(required=True, metavar="{show,diff,apply}")
    show = add(
        actions,
        Command(
            name="show",
            run=plan_commands.show_plans,
            help="print all plans as a file of plans",
            example="plans show --json",
        ),
    )
    show.add_argument(
        "--changes", dest="changes_only", action="store_true", help="list the last changes instead"
    )
    diff = add(
        actions,
        Command(
            name="diff",
            run=plan_commands.diff_plans,
            help="show what a file of plans would change, and how many tenants have which version",
            example="plans diff plans.toml",
        ),
    )
    replace = add(
        actions,
        Command(
            name="apply",
            run=plan_commands.apply_plans,
            help="replace all plans by those of a file, or none if one is wrong; tenants keep their versions",
            example='plans apply plans.toml --reason "prices of 2027"',
            changes=True,
        ),
    )
    for action in (diff, replace):
        action.add_argument("file", type=Path)
    add_reason(replace)


def add_migration(actions: Any) -> None:
    """Add the command that moves tenants to the newest version of their plan."""
    migrate = add(
        actions,
        Command(
            name="migrate-plan",
            run=plan_commands.migrate_plan,
            help="show which tenants would get the newest version of their plan; move them with --apply",
            example='tenant migrate-plan --plan starter --from-version 1 --apply --reason "larger limits"',
            changes=True,
        ),
    )
    migrate.add_argument("--plan", required=True)
    migrate.add_argument(
        "--from-version", type=whole_number(1, _MOST_VERSIONS), metavar="N", help="only from this version"
    )
    migrate.add_argument("--tenant", action="append", metavar="ID", help="only this tenant; may be repeated")
    migrate.add_argument("--apply", action="store_true", help="move the tenants, except the refused ones")
    add_reason(migrate)
