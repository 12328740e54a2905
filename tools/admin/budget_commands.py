"""The commands `budget set`, `budget list`, `budget remove` and `budget on-unreadable`, and their options."""

from argparse import ArgumentTypeError, Namespace
from typing import Any, Final, get_args

from shared.container import Container
from shared.domain.ledger.budget_counts import BudgetUnit
from shared.domain.limits.budget_uses import BudgetUse
from shared.domain.limits.budgets import (
    TENANT_SCOPE,
    Budget,
    BudgetScope,
    BudgetWindow,
    OnReach,
    OnUnknownPrice,
    OnUnreadable,
    ScopeKind,
)
from shared.domain.prices.money import usd_string
from shared.usecases.limits.read_budgets import read_uses
from shared.usecases.people import manage_budgets
from shared.usecases.people.manage_budgets import BudgetRequest
from shared.usecases.people.manage_tenants import existing_tenant
from tools.admin.commands import Answer, change_of
from tools.admin.grant_arguments import count, usd
from tools.admin.parsing import Command, add

_KINDS: Final[dict[str, ScopeKind]] = {"user": "user", "workflow": "workflow", "key": "key"}
_NO_THRESHOLDS: Final = "none"


def add_budgets(parser: Any) -> None:
    """Add the commands to `budget`."""
    actions = parser.add_subparsers(required=True, metavar="{set,list,remove,on-unreadable}")
    _add_set(actions)
    listing = add(
        actions,
        Command(
            name="list",
            run=list_budgets,
            help="list a tenant's budgets with what is used of them",
            example="budget list --tenant acme",
        ),
    )
    removal = add(
        actions,
        Command(
            name="remove",
            run=remove_budget,
            help="remove a budget",
            example="budget remove --tenant acme --id daily",
            changes=True,
        ),
    )
    removal.add_argument("--id", required=True)
    removal.add_argument("--reason", default="", help="kept in the audit trail")
    policy = add(
        actions,
        Command(
            name="on-unreadable",
            run=set_on_unreadable,
            help="set how checks are answered while usage cannot be read: open allows, closed denies",
            example="budget on-unreadable --tenant acme --policy open",
            changes=True,
        ),
    )
    policy.add_argument("--policy", required=True, choices=get_args(OnUnreadable))
    policy.add_argument("--reason", default="", help="kept in the audit trail")
    for command in (listing, removal, policy):
        command.add_argument("--tenant", required=True, metavar="ID")


def _add_set(actions: Any) -> None:
    setting = add(
        actions,
        Command(
            name="set",
            run=set_budget,
            help="set a budget of a tenant, or of each user, workflow, key or tag",
            example='budget set --tenant acme --id daily --scope "user:*" --amount-usd 5 --window day',
            changes=True,
        ),
    )
    setting.add_argument("--tenant", required=True, metavar="ID")
    setting.add_argument("--id", required=True, help="replaces the budget of this id, if there is one")
    setting.add_argument(
        "--scope",
        required=True,
        type=_scope,
        metavar="tenant|user:ID|workflow:ID|key:ID|tag:NAME=VALUE",
        help="`*` as ID or VALUE is each of them apart",
    )
    amount = setting.add_mutually_exclusive_group(required=True)
    amount.add_argument("--amount-usd", dest="cost", type=usd, metavar="N")
    amount.add_argument("--tokens", type=count, metavar="N")
    amount.add_argument("--runs", type=count, metavar="N")
    setting.add_argument("--window", required=True, choices=get_args(BudgetWindow))
    setting.add_argument("--on-reach", choices=get_args(OnReach), default="block")
    setting.add_argument("--on-unknown-price", choices=get_args(OnUnknownPrice))
    setting.add_argument(
        "--thresholds", type=_thresholds, metavar=f"N,N|{_NO_THRESHOLDS}", help="percentages; default 80,100"
    )
    setting.add_argument("--reason", default="", help="kept in the audit trail")


def set_budget(container: Container, options: Namespace) -> Answer:
    """Set a budget."""
    unit, amount = _amount(options)
    request = BudgetRequest(
        id=options.id,
        scope=options.scope,
        unit=unit,
        amount=amount,
        window=options.window,
        on_reach=options.on_reach,
        thresholds=options.thresholds,
        on_unknown_price=options.on_unknown_price,
    )
    tenant = existing_tenant(container.directory, options.tenant)
    change = change_of(container).because(options.reason)
    budget = manage_budgets.set_budget(container.directory, tenant, request, change)
    return Answer({"tenant_id": tenant.id, "budget": budget_fields(budget)})


def list_budgets(container: Container, options: Namespace) -> Answer:
    """List budgets with what is used of them."""
    tenant, uses = read_uses(
        container.ledger, existing_tenant(container.directory, options.tenant), container.clock()
    )
    budgets = [
        {**budget_fields(each), "uses": [_use_fields(use) for use in uses if use.budget.id == each.id]}
        for each in tenant.budgets
    ]
    return Answer({"tenant_id": tenant.id, "on_unreadable": tenant.on_unreadable, "budgets": budgets})


def remove_budget(container: Container, options: Namespace) -> Answer:
    """Remove a budget."""
    tenant = existing_tenant(container.directory, options.tenant)
    change = change_of(container).because(options.reason)
    removed = manage_budgets.remove_budget(container.directory, tenant, options.id, change)
    return Answer({"tenant_id": tenant.id, "removed": budget_fields(removed)})


def set_on_unreadable(container: Container, options: Namespace) -> Answer:
    """Set how checks are answered while usage cannot be read."""
    change = change_of(container).because(options.reason)
    manage_budgets.set_on_unreadable(container.directory, options.tenant, options.policy, change)
    return Answer({"tenant_id": options.tenant, "on_unreadable": options.policy})


def budget_fields(budget: Budget) -> dict[str, Any]:
    """Return a budget as the tool prints it."""
    return {
        "id": budget.id,
        "scope": str(budget.scope),
        "amount_usd" if budget.unit == "cost" else budget.unit: _written(budget, budget.amount),
        "window": budget.window,
        "on_reach": budget.on_reach,
        "on_unknown_price": budget.on_unknown_price,
        "thresholds": list(budget.thresholds),
        "counts_from": budget.counts_from.isoformat() if budget.is_counted else None,
    }


def _use_fields(use: BudgetUse) -> dict[str, Any]:
    return {
        "value": use.value if use.budget.is_each else None,
        "used": _written(use.budget, use.used),
        "held": _written(use.budget, use.held),
        "left": _written(use.budget, use.left),
        "percent": use.percent,
        "is_complete": use.is_complete,
        "resets_at": use.resets_at and use.resets_at.isoformat(),
    }


def _written(budget: Budget, amount: int) -> str | int:
    return usd_string(amount) if budget.unit == "cost" else amount


def _amount(options: Namespace) -> tuple[BudgetUnit, int]:
    if options.cost is not None:
        return "cost", options.cost
    return ("tokens", options.tokens) if options.tokens is not None else ("runs", options.runs)


def _scope(text: str) -> BudgetScope:
    kind, _, value = text.partition(":")
    if text == "tenant":
        return TENANT_SCOPE
    if kind == "tag" and "=" in value:
        name, _, tagged = value.partition("=")
        return BudgetScope("tag", tagged, name)
    if kind not in _KINDS or not value:
        raise ArgumentTypeError(f"{text!r} is not tenant, user:ID, workflow:ID, key:ID or tag:NAME=VALUE")
    return BudgetScope(_KINDS[kind], value)


def _thresholds(text: str) -> tuple[int, ...]:
    if text == _NO_THRESHOLDS:
        return ()
    return tuple(count(each.strip()) for each in text.split(","))
