"""Owns lists: filters, newest first, and cursor pagination."""

import operator
from collections.abc import Callable

from tools.stripe_double.account import Account, StripeObject, listing
from tools.stripe_double.parameters import Params

_COMPARE = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def list_page(
    account: Account, kind: str, params: Params, fits: Callable[[StripeObject], bool]
) -> StripeObject:
    """Return one page of the objects of `kind` that fit, newest first, as Stripe's list object."""
    newest_first = list(reversed(account.objects[kind].values()))
    limit = params.get("limit", 10)

    def fitting(objects: list[StripeObject]) -> list[StripeObject]:
        return [one for one in objects if "deleted" not in one and _in_range(one, params) and fits(one)]

    def page(shown: list[StripeObject], found: list[StripeObject]) -> StripeObject:
        presented = [account.present(one) for one in shown]
        return listing(_url(kind), presented, has_more=len(found) > limit)

    if "ending_before" in params:
        cursor = account.referred(kind, params["ending_before"], "ending_before")
        before = fitting(newest_first[: newest_first.index(cursor)])
        return page(before[-limit:], before)
    after = newest_first
    if "starting_after" in params:
        cursor = account.referred(kind, params["starting_after"], "starting_after")
        after = newest_first[newest_first.index(cursor) + 1 :]
    found = fitting(after)
    return page(found[:limit], found)


def list_equal(account: Account, kind: str, params: Params, names: tuple[str, ...]) -> StripeObject:
    """Return one page of the objects whose fields `names` are as asked, where they are asked for."""
    asked = {name: params[name] for name in names if name in params}
    return list_page(
        account, kind, params, lambda one: all(one[name] == value for name, value in asked.items())
    )


def _url(kind: str) -> str:
    return f"/v1/{kind.replace('.', '/')}s"


def _in_range(one: StripeObject, params: Params) -> bool:
    created = params.get("created", {})
    return all(_COMPARE[name](one["created"], instant) for name, instant in created.items())
