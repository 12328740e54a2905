"""The commands about the platform's prices, Stripe and notices, and their options."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from tools.admin import notice_commands, price_commands, stripe_commands
from tools.admin.parsing import FROM_INPUT, Command, add, whole_number

_MOST_ALERTS = 500


def add_platform(subjects: Any) -> None:
    """Add the commands that concern all tenants."""
    _add_price(subjects.add_parser("price", help="the platform's own prices, before the catalog"))
    _add_stripe(subjects.add_parser("stripe", help="keep Stripe's catalog, compare billing with Stripe"))
    alerts = add(
        subjects,
        Command(
            name="alerts",
            run=notice_commands.list_alerts,
            help="list the problems of all tenants, and the mails and webhooks that were given up",
            example="alerts --limit 20",
        ),
    )
    alerts.add_argument("--limit", type=whole_number(1, _MOST_ALERTS), default=50, help="default 50")


def add_endpoint(parser: ArgumentParser) -> None:
    """Add the commands about a tenant's webhook endpoints."""
    actions = parser.add_subparsers(required=True, metavar="{add,list,remove}")
    new = add(
        actions,
        Command(
            name="add",
            run=notice_commands.add_endpoint,
            help="add a webhook endpoint; its secret is shown once",
            example="endpoint add --tenant acme --url https://hooks.example.com/usage --format slack",
            changes=True,
        ),
    )
    new.add_argument(
        "--url",
        required=True,
        help=f"`{FROM_INPUT}` reads it from standard input: who knows the URL of a Slack channel can post to it",
    )
    new.add_argument("--format", choices=("json", "slack"), default="json", help="default json")
    listing = add(
        actions,
        Command(
            name="list",
            run=notice_commands.list_endpoints,
            help="list webhook endpoints, without their secrets",
            example="endpoint list --tenant acme",
        ),
    )
    remove = add(
        actions,
        Command(
            name="remove",
            run=notice_commands.remove_endpoint,
            help="remove a webhook endpoint",
            example="endpoint remove --tenant acme --endpoint ep_1f2e3d4c5b6a7988",
            changes=True,
        ),
    )
    remove.add_argument("--endpoint", required=True, metavar="ID")
    for action in (new, listing, remove):
        action.add_argument("--tenant", required=True, metavar="ID")


def _add_price(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="{list,set,remove,import}")
    listing = add(
        actions,
        Command(
            name="list",
            run=price_commands.list_prices,
            help="print all prices as a price file",
            example="price list --json",
        ),
    )
    listing.add_argument("--changes", action="store_true", help="list the last changes instead")
    change = add(
        actions,
        Command(
            name="set",
            run=price_commands.set_price,
            help="add or replace one price, written as in a price file",
            example="""price set 'provider = "openai"' 'model = "gpt-4o"' 'from = "2026-11-01"' 'percent = "-15"'""",
            changes=True,
        ),
    )
    change.add_argument("lines", nargs="+", metavar="LINE", help="a line of the [[price]] table")
    remove = add(
        actions,
        Command(
            name="remove",
            run=price_commands.remove_price,
            help="remove the prices of a model",
            example="price remove --provider openai --model gpt-4o --from 2026-11-01",
            changes=True,
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
    imported = add(
        actions,
        Command(
            name="import",
            run=price_commands.import_prices,
            help="replace all prices by those of a file, or none if one is wrong",
            example="price import prices.toml --dry-run",
            changes=True,
        ),
    )
    imported.add_argument("file", type=Path)
    for command in (change, remove, imported):
        command.add_argument("--dry-run", action="store_true", help="show what would change")
        command.add_argument("--reason", default="", help="kept with the change")


def _add_stripe(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="{sync-catalog,reconcile,link,unlink}")
    sync = add(
        actions,
        Command(
            name="sync-catalog",
            run=stripe_commands.sync_catalog,
            help="create or repair the products and prices of the plans; safe to run again",
            example="stripe sync-catalog --webhook-url https://stripe-webhook.example.com",
            changes=True,
            uses_stripe=True,
        ),
    )
    sync.add_argument(
        "--webhook-url",
        metavar="URL",
        help="also create or repair the webhook endpoint at this address; a new one's secret is printed once",
    )
    reconcile = add(
        actions,
        Command(
            name="reconcile",
            run=stripe_commands.reconcile,
            help="report where billing differs from Stripe; exit with 1 if a difference is left, 2 if unreadable",
            example="stripe reconcile --tenant acme --repair",
            changes=True,
            uses_stripe=True,
        ),
    )
    reconcile.add_argument("--repair", action="store_true", help="apply what Stripe says")
    reconcile.add_argument("--reason", default="", help="kept in the audit trail")
    reconcile.add_argument("--tenant", metavar="ID", help="compare only this tenant; default all")
    link = add(
        actions,
        Command(
            name="link",
            run=stripe_commands.link,
            help="link a Stripe customer to a tenant, and take over its subscriptions and invoices",
            example='stripe link --tenant acme --customer cus_123 --reason "sold by invoice"',
            changes=True,
            uses_stripe=True,
        ),
    )
    unlink = add(
        actions,
        Command(
            name="unlink",
            run=stripe_commands.unlink,
            help="end the link of a Stripe customer; its subscriptions grant the tenant nothing any more",
            example='stripe unlink --tenant acme --customer cus_123 --reason "linked by mistake"',
            changes=True,
            uses_stripe=True,
        ),
    )
    for action in (link, unlink):
        action.add_argument("--tenant", required=True, metavar="ID")
        action.add_argument("--customer", required=True, metavar="CUS")
        action.add_argument("--reason", default="", help="kept in the audit trail")
