"""Golden behaviours of prices: M17 (unknown is not 0), M20 (sums are exact), T1 (what is left out is said)."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.domain.people.tenants import Change
from shared.domain.prices.catalog import catalog_version, resolve_provider
from shared.domain.prices.money import nanousd_from_decimal, usd_string
from shared.domain.prices.pricing import UNKNOWN_PRICE, Price, price_of
from shared.domain.prices.token_pools import CallUsage, TokenPools
from shared.usecases.people.manage_tenants import set_takes_estimates
from tests.http.serving import Functions

CASES = json.loads(Path(__file__).with_name("cases").joinpath("prices.json").read_text("utf-8"))
NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)


def cases(group: str) -> list[Any]:
    return [
        pytest.param(case, id="-".join((*case.get("behaviour", "").split(), case["name"])))
        for case in CASES[group]
    ]


def cost(case: dict[str, Any]) -> Price:
    """Return the cost of the case's call at its time, or today."""
    at = datetime.fromisoformat(case["at"]) if "at" in case else NOW
    pools = {"total": case["pools"]["input"] + case["pools"]["output"]} | case["pools"]
    usage = CallUsage(TokenPools(**pools), case.get("other_units", {}))
    return price_of(resolve_provider(case["provider"]), case["model"], at, usage)


def worked_out_nanousd(case: dict[str, Any]) -> int:
    """Return the sum of tokens x USD per million tokens, and of calls x USD per thousand calls."""
    tokens_usd = sum(Decimal(usd) * tokens / 10**6 for tokens, usd in case["mtok"])
    calls_usd = sum(Decimal(usd) * calls / 10**3 for calls, usd in case.get("kcount", []))
    return nanousd_from_decimal(Decimal(tokens_usd + calls_usd))


@pytest.mark.parametrize("case", cases("priced"))
def test_a_call_has_the_price_of_its_day(case: dict[str, Any]) -> None:
    priced = cost(case)
    assert priced == Price(worked_out_nanousd(case), catalog_version())
    assert usd_string(worked_out_nanousd(case)) == case["usd"]


@pytest.mark.parametrize("case", cases("unpriced"))
def test_an_unknown_price_is_unknown_and_not_zero(case: dict[str, Any]) -> None:
    assert cost(case) == UNKNOWN_PRICE


@pytest.mark.parametrize("case", cases("incomplete"))
def test_a_part_without_a_price_is_named_and_the_rest_priced(case: dict[str, Any]) -> None:
    whole = cost(case | {"other_units": {}})
    assert whole.nanousd is not None
    assert cost(case) == whole._replace(unpriced=tuple(case["unpriced"]))


@pytest.mark.parametrize("case", cases("local"))
def test_a_local_model_costs_nothing_by_rule(case: dict[str, Any]) -> None:
    assert cost(case) == Price(0, "local")


@pytest.mark.parametrize("case", cases("sums"))
def test_amounts_add_up_exactly(case: dict[str, Any]) -> None:
    each_nanousd = nanousd_from_decimal(Decimal(case["usd_each"]))
    assert usd_string(sum([each_nanousd] * case["times"])) == case["usd"]


def test_estimates_are_switched_off_for_the_deployment_or_for_a_tenant(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event: dict[str, object] = {"category": "llm", "provider": "openai", "model": "gpt-5"}
    event |= {"tokens": {"input_tokens": 1_000, "output_tokens": 0}, "cost_usd_estimate": "0.5"}
    monkeypatch.setenv("GWI_CLIENT_ESTIMATES", "off")
    catalog_usd = usd_string(1_000 * 1_250)
    directory = functions.containers["record_usage"].directory
    for number, (instance, takes, usd) in enumerate(
        [
            (functions, None, "0.50"),
            (functions.another(), None, catalog_usd),
            (functions.another(), True, "0.50"),
        ]
    ):
        set_takes_estimates(directory, "acme", takes, Change("admin:test", NOW))
        instance.record(key, {**event, "id": f"e{number}"})
        stored = next(each for each in functions.events(key) if each["id"] == f"e{number}")
        assert (stored["cost_usd"], stored["cost_status"]) == (usd, "client" if usd == "0.50" else "exact")
