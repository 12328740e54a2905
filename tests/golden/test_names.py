"""Golden behaviours of names: T6 (providers match exactly, a longer model name never takes a shorter one's price)."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.prices.catalog import catalog_providers, catalog_version, resolve_provider
from shared.domain.prices.models import find_model
from shared.domain.prices.money import nanousd_from_decimal
from shared.domain.prices.priced_models import Price
from shared.domain.prices.pricing import UNKNOWN_PRICE, price_of
from shared.domain.prices.providers import ID_OF_ALIAS, LOCAL_PROVIDERS
from shared.domain.prices.token_pools import CallUsage, TokenPools

CASES = json.loads(Path(__file__).with_name("cases").joinpath("names.json").read_text("utf-8"))
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
THOUSAND = CallUsage(TokenPools(1_000, 0, 1_000))
LISTED = [(provider, model) for provider in catalog_providers() for model in provider.models]


def cases(group: str) -> list[Any]:
    return [pytest.param(case, id=f"T6-{case['name']}") for case in CASES[group]]


def price(case: dict[str, Any]) -> Price:
    return price_of(resolve_provider(case["provider"]), case["model"], NOW, THOUSAND)


def worked_out(case: dict[str, Any]) -> Price:
    return Price(nanousd_from_decimal(Decimal(case["mtok"]) * 1_000 / 10**6), catalog_version())


@pytest.mark.parametrize("case", cases("priced"))
def test_a_name_that_is_in_use_has_its_price(case: dict[str, Any]) -> None:
    assert price(case) == worked_out(case)


@pytest.mark.parametrize("case", cases("incomplete"))
def test_a_name_that_adds_a_fee_costs_at_least_the_model(case: dict[str, Any]) -> None:
    assert price(case) == worked_out(case)._replace(unpriced=("model",))


@pytest.mark.parametrize("case", cases("unknown"))
def test_a_name_that_nobody_lists_has_no_price(case: dict[str, Any]) -> None:
    assert price(case) == UNKNOWN_PRICE


@given(
    st.sampled_from(LISTED),
    st.text("abcdefghijklmnopqrstuwyz", min_size=3, max_size=8),
    st.sampled_from("-:._/ "),
)
def test_t6_a_longer_name_never_takes_a_shorter_ones_price(listed: Any, word: str, joint: str) -> None:
    provider, model = listed
    found = find_model(provider, f"{model.id}{joint}{word}", catalog_providers())
    # A fine-tuned model ends in a name of its owner's; `latest` and the like are versions.
    is_tuned = "ft:" in model.id or ".ft-" in model.id
    is_version = word in (
        "latest",
        "preview",
        "exp",
        "experimental",
        "stable",
        "beta",
        "nitro",
        "floor",
        "online",
    )
    assert found is None or found.model is not model or is_tuned or is_version


def test_every_model_of_the_catalog_is_found_by_its_own_name() -> None:
    lost = [
        (provider.id, model.id)
        for provider, model in LISTED
        if (expected := provider.find_model(model.id, all_providers=catalog_providers())) is not None
        and (
            (found := find_model(provider, model.id, catalog_providers())) is None
            or found.model is not expected
        )
    ]
    assert lost == []


def test_every_alias_names_a_provider_of_the_catalog_and_no_other_one() -> None:
    ids = {provider.id for provider in catalog_providers()}
    assert set(ID_OF_ALIAS.values()) <= ids
    assert not set(ID_OF_ALIAS) & (ids | LOCAL_PROVIDERS)
    assert all(alias == alias.lower().strip() for alias in ID_OF_ALIAS)
