"""Owns the items of a subscription: prices and quantities, their periods, and what a change is worth."""

from tools.stripe_double.account import Account, StripeObject, new_id
from tools.stripe_double.discounts import after_discounts
from tools.stripe_double.invoices import Billed, line
from tools.stripe_double.parameters import Params
from tools.stripe_double.periods import period_at
from tools.stripe_double.refusals import invalid


def new_item(account: Account, subscription_id: str, given: Params, param: str) -> StripeObject:
    """Return an item for the price that `given` names; its period is set by the subscription."""
    if "price" not in given:
        raise invalid(
            f"Missing required param: {param}[price].", param=f"{param}[price]", code="parameter_missing"
        )
    price = account.referred("price", given["price"], f"{param}[price]")
    if price["recurring"] is None:
        message = (
            "The price specified is set to `type=one_time` but this field only accepts recurring prices."
        )
        raise invalid(message, param=f"{param}[price]")
    if not price["active"]:
        message = f"The price specified is inactive. This field only accepts active prices: '{price['id']}'"
        raise invalid(message, param=f"{param}[price]")
    return {
        "id": new_id("si"),
        "object": "subscription_item",
        "created": account.clock.now(),
        "current_period_start": 0,
        "current_period_end": 0,
        "metadata": {},
        "price": price["id"],
        "quantity": given.get("quantity", 1),
        "subscription": subscription_id,
    }


def changed_items(account: Account, subscription: StripeObject, changes: list[Params]) -> list[StripeObject]:
    """Return the items after `changes`, leaving the subscription as it is."""
    items = {item["id"]: dict(item) for item in subscription["items"]["data"]}
    for position, change in enumerate(changes):
        param = f"items[{position}]"
        if change["id"] not in items:
            raise invalid(
                f"No such subscription item: '{change['id']}'", param=f"{param}[id]", code="resource_missing"
            )
        _change(account, items[change["id"]], change, param)
    require_one_interval(account, list(items.values()))
    return list(items.values())


def _change(account: Account, item: StripeObject, change: Params, param: str) -> None:
    if "price" in change:
        item["price"] = new_item(account, item["subscription"], change, param)["price"]
        item["quantity"] = 1
    item["quantity"] = change.get("quantity", item["quantity"])


def require_one_interval(account: Account, items: list[StripeObject]) -> None:
    """400 unless all items can be billed together."""
    prices = [account.objects["price"][item["price"]] for item in items]
    if not prices:
        raise invalid("A subscription must have at least one active price.", param="items")
    if len({price["currency"] for price in prices}) > 1:
        raise invalid("All prices on a subscription must have the same currency.", param="items")
    if len({interval_of(price) for price in prices}) > 1:
        raise invalid("All prices on a subscription must have the same recurring interval.", param="items")


def interval_of(price: StripeObject) -> tuple[str, int]:
    """Return a recurring price's interval and how many of it make a period."""
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


def interval_of_all(account: Account, items: list[StripeObject]) -> tuple[str, int]:
    """Return the interval that all items share."""
    return interval_of(account.objects["price"][items[0]["price"]])


def price_of_period(account: Account, items: list[StripeObject]) -> int:
    """Return what a whole period of the items costs, in minor units."""
    return sum(account.objects["price"][item["price"]]["unit_amount"] * item["quantity"] for item in items)


def period_of(subscription: StripeObject) -> tuple[int, int]:
    """Return the current period [start, end), which all items share."""
    first = subscription["items"]["data"][0]
    return first["current_period_start"], first["current_period_end"]


def set_period(subscription: StripeObject, start: int, end: int) -> None:
    """Put every item into the period [start, end)."""
    for item in subscription["items"]["data"]:
        item.update(current_period_start=start, current_period_end=end)


def set_period_at(account: Account, subscription: StripeObject, instant: int) -> None:
    """Put every item into the period of its anchor that holds `instant`."""
    interval, interval_count = interval_of_all(account, subscription["items"]["data"])
    set_period(
        subscription, *period_at(subscription["billing_cycle_anchor"], interval, interval_count, instant)
    )


def proration_lines(
    account: Account, subscription: StripeObject, items: list[StripeObject], *, sign: int
) -> list[StripeObject]:
    """Return credits (sign -1) or debits (+1) for the rest of the current period, to whole minor units."""
    now, (start, end) = account.clock.now(), period_of(subscription)
    lines = []
    for item in items:
        # A proration is discounted itself, and not once more by the invoice.
        whole = after_discounts(account, subscription["discounts"], price_of_period(account, [item]))
        rest = (2 * whole * (end - now) + (end - start)) // (2 * (end - start))
        what = "Unused time" if sign < 0 else "Remaining time"
        billed = Billed(amount=sign * rest, period=(now, end), description=what, is_proration=True)
        lines.append(line(account, subscription, item, billed))
    return lines
