"""Tests of the catalog: its versions, aliases and ranks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import Plan, PlanVersion
from tests.plans import FREE, PLANS, PROFESSIONAL, STARTER

LARGER = replace(STARTER, token_limit=600_000)


def offering(*plans: Plan, **aliases: str) -> PlanCatalog:
    return PlanCatalog(plans=(FREE, *plans), aliases=aliases)


def test_changed_terms_are_the_next_version_and_the_earlier_one_stays() -> None:
    changed = PLANS.replaced_by(offering(LARGER, PROFESSIONAL))
    newest, first = changed.find("starter"), changed.find("starter", 1)
    assert newest is not None
    assert (newest.named_version, newest.token_limit) == (PlanVersion("starter", 2), 600_000)
    assert first == STARTER
    assert changed.versions_of("starter") == (STARTER, newest)
    assert changed.version == PLANS.version + 1


@pytest.mark.parametrize(
    "change",
    [{"name": "Beginner"}, {"is_visible": False}, {"trial_days": 14}],
    ids=lambda change: str(change),
)
def test_a_name_a_trial_and_visibility_are_no_terms(change: dict[str, object]) -> None:
    changed = PLANS.replaced_by(offering(replace(STARTER, **change)))  # type: ignore[arg-type]
    assert changed.find("starter") == replace(STARTER, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"token_limit": 1},
        {"run_limit": 1},
        {"requests_per_minute": 1},
        {"cost_limit_nanousd": 1},
        {"soft_percent": 50},
        {"hard_percent": 110},
        {"alert_percents": (75,)},
        {"monthly_price_nanousd": 31 * 10**9},
        {"yearly_price_nanousd": 0},
    ],
    ids=str,
)
def test_every_limit_threshold_and_price_is_a_term(change: dict[str, int]) -> None:
    found = PLANS.replaced_by(offering(replace(STARTER, **change))).find("starter")  # type: ignore[arg-type]
    assert found == replace(STARTER, version=2, **change)  # type: ignore[arg-type]


def test_the_order_of_the_file_ranks_the_plans_and_makes_no_version() -> None:
    turned = PLANS.replaced_by(offering(PROFESSIONAL, STARTER))
    assert [turned.rank(plan.id) for plan in (FREE, PROFESSIONAL, STARTER)] == [0, 1, 2]
    assert {plan.version for plan in turned.plans} == {1}


def test_a_renamed_plan_has_its_new_name_in_every_version() -> None:
    renamed = PLANS.replaced_by(offering(replace(LARGER, name="Beginner")))
    assert [plan.name for plan in renamed.versions_of("starter")] == ["Beginner", "Beginner"]


def test_a_removed_plan_is_not_found_but_in_the_versions_that_were_sold() -> None:
    removed = PLANS.replaced_by(offering())
    assert removed.find("starter") is None
    assert removed.find("starter", 1) == removed.find("starter", 2) == STARTER
    assert removed.rank("starter") < removed.rank("free")
    again = removed.replaced_by(offering(LARGER)).find("starter")
    assert again == replace(LARGER, version=2)
    assert removed.replaced_by(offering(STARTER)).find("starter") == STARTER


def test_a_version_that_is_not_known_yet_counts_as_the_newest() -> None:
    assert PLANS.find("starter", 7) == STARTER


def test_an_alias_may_name_an_alias_and_not_hide_a_plan_that_was_sold() -> None:
    catalog = PLANS.replaced_by(offering(PROFESSIONAL, pro="professional", starter="pro"))
    assert catalog.find("pro") == catalog.find("starter") == PROFESSIONAL
    assert catalog.find("starter", 1) == STARTER


def test_hidden_plans_are_found_and_not_shown() -> None:
    hidden = PLANS.replaced_by(offering(replace(STARTER, is_visible=False)))
    assert [plan.id for plan in hidden.visible] == ["free"]
    assert hidden.find("starter") is not None


@given(st.lists(st.lists(st.integers(1, 3), min_size=0, max_size=3), max_size=6))
def test_whatever_is_offered_each_version_that_ever_was_keeps_its_terms(offers: list[list[int]]) -> None:
    catalog = offering()
    ever: dict[PlanVersion, Plan] = {}
    for limits in offers:
        plans = [replace(STARTER, id=f"p{number}", token_limit=limit) for number, limit in enumerate(limits)]
        catalog = catalog.replaced_by(offering(*plans))
        for plan in catalog.plans:
            assert ever.setdefault(plan.named_version, plan) == plan
        for version, plan in ever.items():
            assert catalog.find(*version) == plan
        assert [plan.token_limit for plan in catalog.plans[1:]] == limits
