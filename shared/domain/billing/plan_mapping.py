"""The mapping between our plans and Stripe's products and prices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from shared.domain.limits.plans import PLAN_CATALOG, Plan, find_plan

SoldInterval = Literal["month", "year"]

CURRENCY: Final = "usd"
PLAN_METADATA_KEY: Final = "gwi_plan"
TENANT_METADATA_KEY: Final = "gwi_tenant_id"
"""The keys in the metadata of Stripe's objects. Their names are ours: other apps of an account use `plan` too."""

_PREFIX: Final = "gwi"
_NANOUSD_PER_CENT: Final = 10**7
_SOLD_INTERVALS: Final[Mapping[str, SoldInterval]] = {name: name for name in get_args(SoldInterval)}
_RANKS: Final[Mapping[str, int]] = {plan.id: rank for rank, plan in enumerate(PLAN_CATALOG)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSpec:
    """A price that Stripe must have; the amount is in the smallest unit of its currency."""

    lookup_key: str
    interval: SoldInterval
    currency: str
    unit_amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSpec:
    """A product that Stripe must have. We choose its id, so it cannot be created twice."""

    id: str
    name: str
    metadata: Mapping[str, str]
    prices: tuple[PriceSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldPrice:
    """The parts of a subscription's price that can name a plan."""

    lookup_key: object = None
    product_id: str | None = None
    metadata: Mapping[str, str]
    product_metadata: Mapping[str, str]


def plan_of(sold: SoldPrice, subscription_metadata: Mapping[str, str]) -> str | None:
    """Return the id of the plan that a subscription to a price pays for, or None if nothing names one.

    The first of these that names a plan of the catalog decides: the price's lookup key, the id of its product, then
    `gwi_plan` in the metadata of the price, of its product and of the subscription. The amount does not matter.
    """
    by_key = parse_lookup_key(sold.lookup_key)
    if by_key is not None:
        return by_key[0]
    by_product = find_plan((sold.product_id or "").removeprefix(f"{_PREFIX}_"))
    if by_product and sold.product_id == product_id(by_product.id):
        return by_product.id
    for metadata in (sold.metadata, sold.product_metadata, subscription_metadata):
        plan = _plan_named_by(metadata)
        if plan is not None:
            return plan.id
    return None


def product_id(plan_id: str) -> str:
    """Return the id of a plan's product."""
    return f"{_PREFIX}_{plan_id}"


def catalog_price(plan_id: str, interval: str) -> PriceSpec | None:
    """Return the price at which the catalog sells a plan for an interval; None if it does not."""
    specs = [
        price
        for product in catalog_to_sell()
        if product.id == product_id(plan_id)
        for price in product.prices
    ]
    return next((price for price in specs if price.interval == interval), None)


def lookup_key(plan_id: str, interval: SoldInterval) -> str:
    """Return the lookup key of a plan's price: `gwi_professional_month`. Raise ValueError for an unknown plan."""
    plan = find_plan(plan_id)
    if plan is None:
        raise ValueError(f"plan is {plan_id!r}, which is not in the catalog")
    return f"{_PREFIX}_{plan.id}_{interval}"


def parse_lookup_key(key: object) -> tuple[str, SoldInterval] | None:
    """Return the plan's id and the interval that a lookup key of ours names; None for any other value."""
    prefix, _, rest = key.partition("_") if isinstance(key, str) else ("", "", "")
    plan_id, _, sold = rest.partition("_")
    plan, interval = find_plan(plan_id), _SOLD_INTERVALS.get(sold)
    return (plan.id, interval) if prefix == _PREFIX and plan and interval else None


def catalog_rank(plan_id: str) -> int:
    """Return the plan's place in the catalog, 0 for the lowest. Raise KeyError for an unknown plan."""
    return _RANKS[plan_id]


def catalog_to_sell() -> tuple[ProductSpec, ...]:
    """Return a product with a monthly and a yearly price for every plan that has a price, lowest first."""
    return tuple(_product(plan) for plan in PLAN_CATALOG if plan.monthly_price_nanousd)


def usd_cents(price_nanousd: int) -> int:
    """Return a price in USD cents, exactly. Raise ValueError for a price that has a fraction of a cent."""
    cents, rest = divmod(price_nanousd, _NANOUSD_PER_CENT)
    if rest:
        raise ValueError(f"price_nanousd is {price_nanousd}, which is not a whole number of cents")
    return cents


def _product(plan: Plan) -> ProductSpec:
    return ProductSpec(
        id=product_id(plan.id),
        name=plan.name,
        metadata={PLAN_METADATA_KEY: plan.id},
        prices=(
            _price(plan, "month", plan.monthly_price_nanousd),
            _price(plan, "year", plan.yearly_price_nanousd),
        ),
    )


def _price(plan: Plan, interval: SoldInterval, price_nanousd: int) -> PriceSpec:
    return PriceSpec(
        lookup_key=lookup_key(plan.id, interval),
        interval=interval,
        currency=CURRENCY,
        unit_amount=usd_cents(price_nanousd),
    )


def _plan_named_by(metadata: object) -> Plan | None:
    named = metadata.get(PLAN_METADATA_KEY) if isinstance(metadata, Mapping) else None
    return find_plan(named) if isinstance(named, str) else None
