"""The mapping between our plans and Stripe's products and prices."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import Plan, PlanVersion

SoldInterval = Literal["month", "year"]

CURRENCY: Final = "usd"
PLAN_METADATA_KEY: Final = "gwi_plan"
VERSION_METADATA_KEY: Final = "gwi_plan_version"
TENANT_METADATA_KEY: Final = "gwi_tenant_id"
"""The keys in the metadata of Stripe's objects. Their names are ours: other apps of an account use `plan` too."""

_PREFIX: Final = "gwi"
NANOUSD_PER_CENT: Final = 10**7
_INTERVALS: Final[tuple[SoldInterval, ...]] = get_args(SoldInterval)
_LOOKUP_KEY: Final = re.compile(rf"{_PREFIX}_([^_]+)_({'|'.join(_INTERVALS)})(?:_v[0-9]+)?", re.DOTALL)
_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}")


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
    version: int
    """The version of the plan that the prices sell."""
    prices: tuple[PriceSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldPrice:
    """The parts of a subscription's price that can name a plan."""

    lookup_key: str | None = None
    product_id: str | None = None
    metadata: Mapping[str, str]
    product_metadata: Mapping[str, str]


def plan_of(
    sold: SoldPrice, subscription_metadata: Mapping[str, str], plans: PlanCatalog
) -> PlanVersion | None:
    """Return the plan that a subscription to a price pays for, or None if nothing names one.

    The first of these that names a plan of the catalog decides: the price's lookup key, the id of its product, then
    `gwi_plan` in the metadata of the price, of its product and of the subscription. The amount does not matter. The
    version is `gwi_plan_version` of the price; a price without it sells the first.
    """
    product = _plan_of_product(sold.product_id)
    names = [
        parse_lookup_key(sold.lookup_key),
        product if product not in plans.aliases else None,
        *(
            each.get(PLAN_METADATA_KEY)
            for each in (sold.metadata, sold.product_metadata, subscription_metadata)
        ),
    ]
    version = _version_in(sold.metadata)
    found = (plans.find(name, version) for name in names if name)
    plan = next((each for each in found if each), None)
    return PlanVersion(plan.id, version) if plan else None


def product_id(plan_id: str) -> str:
    """Return the id of a plan's product."""
    return f"{_PREFIX}_{plan_id}"


def price_of(plan: Plan, interval: str) -> PriceSpec | None:
    """Return the price at which a version of a plan is sold for an interval; None if it is not."""
    sold = next((each for each in _INTERVALS if each == interval), None)
    amount = plan.price_nanousd(sold)
    if sold is None or not amount:
        return None
    return PriceSpec(
        lookup_key=lookup_key(plan, sold), interval=sold, currency=CURRENCY, unit_amount=usd_cents(amount)
    )


def lookup_key(plan: Plan, interval: SoldInterval) -> str:
    """Return the lookup key of a plan's price: `gwi_starter_month`, of the second version `gwi_starter_month_v2`.

    So a price that is sold no more keeps its key, and whoever pays it keeps its version.
    """
    suffix = f"_v{plan.version}" if plan.version > 1 else ""
    return f"{_PREFIX}_{plan.id}_{interval}{suffix}"


def parse_lookup_key(key: str | None) -> str | None:
    """Return the plan's id, or alias, in a lookup key of ours; None for any other text."""
    match = _LOOKUP_KEY.fullmatch(key or "")
    return match[1] if match else None


def catalog_to_sell(plans: PlanCatalog) -> tuple[ProductSpec, ...]:
    """Return a product for every plan that is sold, with the prices of its newest version, lowest first."""
    return tuple(_product(plan) for plan in plans.plans if plan.is_sold)


def usd_cents(price_nanousd: int) -> int:
    """Return a price in USD cents, exactly. Raise ValueError for a price that has a fraction of a cent."""
    cents, rest = divmod(price_nanousd, NANOUSD_PER_CENT)
    if rest:
        raise ValueError(f"price_nanousd is {price_nanousd}, which is not a whole number of cents")
    return cents


def _product(plan: Plan) -> ProductSpec:
    prices = (price_of(plan, interval) for interval in _INTERVALS)
    return ProductSpec(
        id=product_id(plan.id),
        name=plan.name,
        metadata={PLAN_METADATA_KEY: plan.id},
        version=plan.version,
        prices=tuple(price for price in prices if price),
    )


def _plan_of_product(identifier: str | None) -> str | None:
    prefix, _, plan_id = (identifier or "").partition("_")
    return plan_id if prefix == _PREFIX else None


def _version_in(metadata: Mapping[str, str]) -> int:
    match = _VERSION.fullmatch(metadata.get(VERSION_METADATA_KEY) or "")
    return int(match[0]) if match else 1
