"""The commands about tenants and their options; each command's help ends with an example."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import get_args

from shared.domain.people.tenant_rows import RowSort
from shared.domain.people.tenants import TenantStatus
from tools.admin import commands, list_commands
from tools.admin.budget_commands import add_budgets
from tools.admin.bundle_commands import add_verify_bundle
from tools.admin.data_commands import add_tenant_data, add_user
from tools.admin.grant_arguments import add_grants
from tools.admin.key_arguments import add_audit, add_key, add_platform_key
from tools.admin.margin_commands import add_margin
from tools.admin.operator_commands import add_operators
from tools.admin.parsing import (
    PROGRAM,
    Command,
    add,
    add_common,
    add_id,
    add_reason,
    add_tenant,
    pair,
    whole_number,
)
from tools.admin.people_arguments import add_member
from tools.admin.plan_arguments import add_migration, add_plans
from tools.admin.platform_arguments import add_endpoint, add_platform
from tools.admin.rerate_commands import add_rerate
from tools.admin.status_commands import add_status

_MOST_TENANTS = 1000


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
    add_common(top, is_top=True)
    subjects = top.add_subparsers(
        required=True,
        metavar="{tenant,budget,key,platform-key,member,user,operator,endpoint,verify,rerate,verify-bundle,audit,margin,price,plans,stripe,alerts,overview,system}",
    )
    _add_tenant(
        subjects.add_parser(
            "tenant",
            help="create, list, show, suspend, resume, end, export or delete tenants; plans, limits, grants",
        )
    )
    add_budgets(subjects.add_parser("budget", help="set, list or remove a tenant's budgets"))
    add_key(subjects.add_parser("key", help="create, list, rotate or revoke a tenant's API keys"))
    add_platform_key(subjects.add_parser("platform-key", help="keys that act for every tenant"))
    add_member(subjects.add_parser("member", help="add, list or remove a tenant's members"))
    add_user(subjects)
    add_operators(subjects.add_parser("operator", help="add, list or remove the platform's operators"))
    add_endpoint(subjects.add_parser("endpoint", help="add, list or remove a tenant's webhook endpoints"))
    verify = add(
        subjects,
        Command(
            name="verify",
            run=commands.verify,
            help="recompute a tenant's counters from its events; exit with 1 if they differ, 2 if unreadable",
            example="verify --tenant acme",
        ),
    )
    add_tenant(verify)
    add_rerate(subjects)
    add_verify_bundle(subjects)
    add_plans(subjects.add_parser("plans", help="the platform's plans: limits and prices, in versions"))
    add_audit(subjects)
    add_margin(subjects)
    add_platform(subjects)
    add_status(subjects)
    return top


def _add_tenant(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(
        required=True,
        metavar="{create,list,show,change,set-plan,migrate-plan,set-estimates,grant,revoke-grant,set-limits,suspend,resume,end,export,delete}",
    )
    create = add(
        actions,
        Command(
            name="create",
            run=commands.create_tenant,
            help="create a tenant with its first key, which records and checks and is shown once",
            example='tenant create --id acme --name "Acme Inc." --plan starter',
            changes=True,
        ),
    )
    add_id(create)
    create.add_argument("--name", required=True)
    create.add_argument("--plan", default="free")
    listing = add(
        actions,
        Command(
            name="list",
            run=list_commands.list_tenants,
            help="list tenants in the order of their ids or, with filters, from the platform's list",
            example="tenant list --status active --over-80 --sort usage --limit 20",
        ),
    )
    listing.add_argument("--limit", type=whole_number(1, _MOST_TENANTS), default=50, help="default 50")
    place = listing.add_mutually_exclusive_group()
    place.add_argument("--after", metavar="ID", help="without filters: begin after this tenant")
    place.add_argument("--cursor", help="with the same filters: go on where the last page ended")
    listing.add_argument("--csv", action="store_true", help="print all of them as CSV, at most 10,000")
    listing.add_argument("--search", metavar="TEXT", help="the beginning of an id or a name")
    listing.add_argument("--plan", metavar="ID")
    listing.add_argument("--status", choices=get_args(TenantStatus))
    listing.add_argument("--over-80", action="store_true", help="at least 80 % of a limit is used")
    listing.add_argument("--past-due", action="store_true")
    listing.add_argument(
        "--sort", choices=get_args(RowSort), help="highest or newest first, names from A to Z"
    )
    show = add(
        actions,
        Command(
            name="show",
            run=commands.show_tenant,
            help="show a tenant with its usage, its limits and its billing",
            example="tenant show --id acme",
        ),
    )
    add_id(show)
    change = add(
        actions,
        Command(
            name="change",
            run=commands.change_tenant,
            help="change a tenant's name, or replace all of its metadata",
            example='tenant change --id acme --name "Acme Inc." --metadata crm_id=7 --reason "renamed"',
            changes=True,
        ),
    )
    change.add_argument("--name")
    change.add_argument(
        "--metadata", action="append", type=pair, metavar="KEY=VALUE", help="may be given several times"
    )
    plan = add(
        actions,
        Command(
            name="set-plan",
            run=commands.set_plan,
            help="put a tenant without a subscription on another plan",
            example='tenant set-plan --id acme --plan professional --reason "pilot"',
            changes=True,
        ),
    )
    plan.add_argument("--plan", required=True)
    add_migration(actions)
    estimates = add(
        actions,
        Command(
            name="set-estimates",
            run=commands.set_estimates,
            help="set whether a tenant's own cost_usd_estimate counts",
            example='tenant set-estimates --id acme --estimates off --reason "prices from the catalog"',
            changes=True,
        ),
    )
    estimates.add_argument("--estimates", required=True, choices=("on", "off", "default"))
    add_id(change, plan, estimates)
    add_reason(change, plan, estimates)
    add_grants(actions)
    add_tenant_data(actions)
