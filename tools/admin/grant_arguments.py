"""The options of the commands about grants, a tenant's own limits, its suspension and its end."""

import re
from argparse import SUPPRESS, ArgumentTypeError
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.prices.money import nanousd_from_decimal
from tools.admin import grant_commands
from tools.admin.parsing import Command, add
from tools.admin.tenant_fields import UNLIMITED

DEFAULT = "default"
NEVER = "never"
_MOST_DIGITS = 30
"""More than any limit has: the rule says what is too much, not the parser."""
_USD = re.compile(rf"[0-9]{{1,{_MOST_DIGITS}}}(\.[0-9]{{1,9}})?")


def add_grants(actions: Any) -> None:
    """Add the commands `grant`, `revoke-grant`, `set-limits`, `suspend`, `resume` and `end`."""
    _add_grant(actions)
    revoke = add(
        actions,
        Command(
            name="revoke-grant",
            run=grant_commands.revoke_grant,
            help="take a grant back at once",
            example='tenant revoke-grant --id acme --grant gr_1f2e3d4c5b6a --reason "typing error"',
            changes=True,
        ),
    )
    revoke.add_argument(
        "--grant", required=True, metavar="G", help="the grant's id, as `tenant show` lists it"
    )
    limits = add(
        actions,
        Command(
            name="set-limits",
            run=grant_commands.set_limits,
            help=f"replace limits of a tenant's plan; {UNLIMITED} is {MAX_LIMIT:,}, {DEFAULT} is the plan's own",
            example="tenant set-limits --id acme --tokens 750000 --runs unlimited --soft-percent default",
            changes=True,
        ),
    )
    for name in ("--tokens", "--runs", "--requests-per-minute"):
        limits.add_argument(
            name, type=_limit(UNLIMITED), default=SUPPRESS, metavar=f"N|{UNLIMITED}|{DEFAULT}"
        )
    limits.add_argument(
        "--provider-cost-usd",
        dest="cost_nanousd",
        type=_cost_limit,
        default=SUPPRESS,
        metavar=f"USD|{UNLIMITED}|{DEFAULT}",
        help="the most that the tenant's calls may cost at their providers in a period: 250 or 99.50",
    )
    for name in ("--soft-percent", "--hard-percent"):
        limits.add_argument(name, type=_limit(), default=SUPPRESS, metavar=f"N|{DEFAULT}")
    suspend = add(
        actions,
        Command(
            name="suspend",
            run=grant_commands.suspend,
            help="refuse a tenant's keys and members until it is resumed; nothing is deleted, billing goes on",
            example='tenant suspend --id acme --reason "invoice 7 is unpaid"',
            changes=True,
        ),
    )
    resume = add(
        actions,
        Command(
            name="resume",
            run=grant_commands.resume,
            help="let a suspended tenant's keys and members in again",
            example='tenant resume --id acme --reason "invoice 7 is paid"',
            changes=True,
        ),
    )
    end = add(
        actions,
        Command(
            name="end",
            run=grant_commands.end,
            help="cancel a tenant's subscriptions, revoke its grants and keys; usage, invoices and audit log stay",
            example='tenant end --id acme --reason "contract ended"',
            changes=True,
            uses_stripe=True,
        ),
    )
    for command in (revoke, limits, suspend, resume, end):
        command.add_argument("--id", required=True)
        command.add_argument("--reason", default="", help="kept in the audit trail")


def _add_grant(actions: Any) -> None:
    grant = add(
        actions,
        Command(
            name="grant",
            run=grant_commands.give_grant,
            help="give a tenant a plan, or more tokens or runs in each period, whatever its subscription grants",
            example='tenant grant --id acme --tokens 100000 --until 2027-06-30 --reason "sorry for the outage"',
            changes=True,
        ),
    )
    grant.add_argument("--id", required=True)
    given = grant.add_mutually_exclusive_group(required=True)
    given.add_argument(
        "--plan", metavar="P", help="the larger limit of both plans counts, for each metric apart"
    )
    given.add_argument("--tokens", type=count, metavar="N", help="added to the limit of each period")
    given.add_argument("--runs", type=count, metavar="N", help="added to the limit of each period")
    grant.add_argument(
        "--until", required=True, type=_end, metavar=f"DATE|{NEVER}", help="the last day, in UTC: 2027-06-30"
    )
    grant.add_argument("--reason", required=True, help="kept with the grant and in the audit trail")


def count(text: str) -> int:
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _limit(*words: str) -> Callable[[str], int | None]:
    """Return a type of argument: a number, `default` as None, or one of `words` as the largest limit."""

    def parse(text: str) -> int | None:
        if text == DEFAULT:
            return None
        if text in words:
            return MAX_LIMIT
        if not text.isdecimal() or len(text) > _MOST_DIGITS:
            others = " or ".join(f"`{word}`" for word in (*words, DEFAULT))
            raise ArgumentTypeError(f"{text!r} is not a whole number, {others}")
        return int(text)

    return parse


def usd(text: str) -> int:
    """Return the nano-USD of an amount in USD."""
    if not _USD.fullmatch(text):
        raise ArgumentTypeError(f"{text!r} is not an amount in USD like 99.50 with at most nine decimals")
    return nanousd_from_decimal(Decimal(text))


def _cost_limit(text: str) -> int | None:
    """Return the nano-USD of an amount in USD, None for `default`, or the largest limit for `unlimited`."""
    if text in (UNLIMITED, DEFAULT):
        return MAX_LIMIT if text == UNLIMITED else None
    try:
        return usd(text)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(f"{error}, `{UNLIMITED}` or `{DEFAULT}`") from error


def _end(text: str) -> datetime | None:
    """Return the end of a day in UTC, which is the start of the next one; None for `never`."""
    if text == NEVER:
        return None
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"{text!r} is not a day like 2027-06-30, and not `{NEVER}`") from None
