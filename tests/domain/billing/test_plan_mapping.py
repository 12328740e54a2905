"""Tests of the mapping between plans and Stripe's prices."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.billing.plan_mapping import (
    PriceSpec,
    SoldInterval,
    SoldPrice,
    catalog_to_sell,
    lookup_key,
    parse_lookup_key,
    plan_of,
    price_of,
    usd_cents,
)
from shared.domain.limits.plans import Plan, PlanVersion
from tests.plans import ENTERPRISE, FREE, PLANS, PROFESSIONAL, STARTER

NANOUSD_PER_CENT = 10**7


@pytest.mark.parametrize("plan", PLANS.plans, ids=lambda plan: plan.id)
@pytest.mark.parametrize("interval", get_args(SoldInterval))
@pytest.mark.parametrize("version", [1, 2, 10])
def test_a_lookup_key_reads_back_as_what_it_was_made_of(
    plan: Plan, interval: SoldInterval, version: int
) -> None:
    assert parse_lookup_key(lookup_key(replace(plan, version=version), interval)) == plan.id


def test_a_lookup_key_is_the_plan_and_the_interval_and_from_the_second_on_the_version() -> None:
    assert lookup_key(STARTER, "year") == "gwi_starter_year"
    assert lookup_key(PROFESSIONAL, "month") == "gwi_professional_month"
    assert lookup_key(replace(STARTER, version=2), "year") == "gwi_starter_year_v2"


def test_pro_in_a_lookup_key_means_professional() -> None:
    sold = replace(FOREIGN, lookup_key="gwi_pro_year")
    assert plan_of(sold, {}, PLANS) == ("professional", 1)


@pytest.mark.parametrize(
    "key",
    [
        "", "gwi", "gwi_starter", "gwi_starter_week", "GWI_starter_month", "gwi__month",
        "gwi_starter_month_2", "gwi_starter_month ", "x_starter_month", "starter", None, "gwi_starter_month_v",
    ],
)  # fmt: skip  # values side by side
def test_any_other_key_names_no_plan(key: str | None) -> None:
    assert parse_lookup_key(key) is None


def test_a_lookup_key_of_an_unknown_plan_names_none() -> None:
    assert plan_of(replace(FOREIGN, lookup_key="gwi_gold_month"), {}, PLANS) is None


OURS = SoldPrice(
    lookup_key="gwi_starter_month",
    product_id="gwi_professional",
    metadata={"gwi_plan": "enterprise"},
    product_metadata={"gwi_plan": "pro"},
)
FOREIGN = SoldPrice(lookup_key="theirs", product_id="prod_1", metadata={}, product_metadata={})


@pytest.mark.parametrize(
    ("sold", "of_subscription", "plan"),
    [
        (OURS, {"gwi_plan": "free"}, "starter"),
        (replace(OURS, lookup_key="theirs"), {}, "professional"),
        (replace(OURS, lookup_key=None, product_id="prod_1"), {}, "enterprise"),
        (replace(FOREIGN, product_metadata={"gwi_plan": "pro"}), {"gwi_plan": "starter"}, "professional"),
        (replace(FOREIGN, metadata={"gwi_plan": "gold"}), {"gwi_plan": "starter"}, "starter"),
        (FOREIGN, {"gwi_plan": "gold"}, None),
        (replace(FOREIGN, product_id="starter"), {}, None),
        (replace(FOREIGN, product_id="gwi_gold"), {}, None),
        (replace(FOREIGN, product_id="gwi_pro"), {}, None),
    ],
    ids=["key", "product", "price", "product-metadata", "subscription", "unknown", "bare", "gold", "alias"],
)
def test_the_first_source_that_names_a_plan_decides(
    sold: SoldPrice, of_subscription: dict[str, str], plan: str | None
) -> None:
    found = plan_of(sold, of_subscription, PLANS)
    assert (found and found.plan) == plan


@pytest.mark.parametrize(
    ("metadata", "version"),
    [({}, 1), ({"gwi_plan_version": "2"}, 2), ({"gwi_plan_version": "12"}, 12)]
    + [({"gwi_plan_version": text}, 1) for text in ("", "0", "-1", "two", "1.5", "9" * 10)],
)
def test_a_price_names_its_version_in_its_metadata_and_without_it_sells_the_first(
    metadata: dict[str, str], version: int
) -> None:
    sold = replace(OURS, metadata={**OURS.metadata, **metadata})
    assert plan_of(sold, {}, PLANS) == PlanVersion("starter", version)


def test_b38_another_apps_metadata_names_no_plan() -> None:
    theirs = replace(FOREIGN, metadata={"plan": "pro"}, product_metadata={"plan": "enterprise"})
    assert plan_of(theirs, {"plan": "starter"}, PLANS) is None


def test_the_catalogs_price_of_a_plan_is_found_by_its_interval() -> None:
    assert price_of(STARTER, "year") == PriceSpec(
        lookup_key="gwi_starter_year", interval="year", currency="usd", unit_amount=290 * 100
    )
    assert price_of(FREE, "month") is None
    assert price_of(STARTER, "week") is None


def test_plans_rank_as_in_the_catalog() -> None:
    assert [PLANS.rank(plan.id) for plan in (FREE, STARTER, PROFESSIONAL, ENTERPRISE)] == [0, 1, 2, 3]


def test_every_paid_plan_is_sold_by_the_month_and_by_the_year() -> None:
    products = catalog_to_sell(PLANS)
    assert [product.id for product in products] == ["gwi_starter", "gwi_professional", "gwi_enterprise"]
    assert [product.metadata for product in products] == [{"gwi_plan": plan.id} for plan in PLANS.plans[1:]]
    assert products[0].prices == (
        PriceSpec(lookup_key="gwi_starter_month", interval="month", currency="usd", unit_amount=29 * 100),
        PriceSpec(lookup_key="gwi_starter_year", interval="year", currency="usd", unit_amount=290 * 100),
    )


def test_every_product_maps_back_to_its_plan() -> None:
    for product in catalog_to_sell(PLANS):
        by_key = {
            plan_of(replace(FOREIGN, lookup_key=price.lookup_key), {}, PLANS) for price in product.prices
        }
        by_metadata = plan_of(replace(FOREIGN, product_metadata=product.metadata), {}, PLANS)
        by_product = plan_of(replace(FOREIGN, product_id=product.id), {}, PLANS)
        assert by_key == {(product.metadata["gwi_plan"], 1)} == {by_metadata} == {by_product}


@given(st.integers(0, 10**9))
def test_cents_are_exact(cents: int) -> None:
    assert usd_cents(cents * NANOUSD_PER_CENT) == cents


def test_a_fraction_of_a_cent_cannot_be_sold() -> None:
    with pytest.raises(ValueError, match="price_nanousd is 10000001, which is not a whole number of cents"):
        usd_cents(NANOUSD_PER_CENT + 1)
