"""Owns lists: filters, newest first, and cursor pagination."""

import operator
from collections.abc import Callable

from tools.stripe_double.account import Account, StripeObject, listing
from tools.stripe_double.parameters import Params

_COMPARE = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def list_page(
    account: Account, kind: str, url: str, params: Params, fits: Callable[[StripeObject], bool]
) -> StripeObject:
    """Return one page of the objects of `kind` that fit, newest first, as Stripe's list object."""
    newest_first = list(reversed(account.objects[kind].values()))
    found = [one for one in newest_first if "deleted" not in one and _in_range(one, params) and fits(one)]
    limit = params.get("limit", 10)
    if "ending_before" in params:
        before = _cut(account, kind, newest_first, found, params["ending_before"], "ending_before")[0]
        return listing(url, [account.present(one) for one in before[-limit:]], has_more=len(before) > limit)
    if "starting_after" in params:
        found = _cut(account, kind, newest_first, found, params["starting_after"], "starting_after")[1]
    return listing(url, [account.present(one) for one in found[:limit]], has_more=len(found) > limit)


def _in_range(one: StripeObject, params: Params) -> bool:
    created = params.get("created", {})
    return all(_COMPARE[name](one["created"], instant) for name, instant in created.items())


def _cut(
    account: Account,
    kind: str,
    newest_first: list[StripeObject],
    found: list[StripeObject],
    cursor: str,
    param: str,
) -> tuple[list[StripeObject], list[StripeObject]]:
    """Split what was found at the cursor, which need not fit the filters itself."""
    account.referred(kind, cursor, param)
    place = {one["id"]: position for position, one in enumerate(newest_first)}
    before = [one for one in found if place[one["id"]] < place[cursor]]
    after = [one for one in found if place[one["id"]] > place[cursor]]
    return before, after
