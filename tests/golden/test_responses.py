"""Golden behaviours of raw responses: each provider's convention, on bodies as the provider sends them."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.domain.metering.responses.errors import ExtractionError
from shared.domain.metering.responses.extraction import Extracted, extract
from shared.domain.prices.catalog import resolve_provider
from shared.domain.prices.token_pools import TokenPools
from tests.golden.arithmetic import worked_out

CASES = json.loads(Path(__file__).with_name("cases").joinpath("responses.json").read_text("utf-8"))


def cases(group: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in CASES[group]]


def extracted(case: dict[str, Any]) -> Extracted:
    return extract(case["response"], case.get("response_format"), resolve_provider(case["provider"]))


@pytest.mark.parametrize("case", cases("read"))
def test_the_pools_of_a_response_follow_its_providers_convention(case: dict[str, Any]) -> None:
    pools = TokenPools(**{name: worked_out(value) for name, value in case["expected"].items()})
    read = extracted(case)
    units = {unit: count for call in read.calls for unit, count in call.other_units.items()}
    assert (read.pools, units, read.format) == (pools, case.get("other_units", {}), case["format"])


@pytest.mark.parametrize("case", cases("read"))
def test_naming_the_format_changes_nothing(case: dict[str, Any]) -> None:
    assert extracted(case | {"response_format": case["format"]}) == extracted(case)


@pytest.mark.parametrize("case", cases("refused"))
def test_an_unreadable_response_is_refused_with_the_position(case: dict[str, Any]) -> None:
    with pytest.raises(ExtractionError) as refusal:
        extracted(case)
    assert (refusal.value.code, refusal.value.path) == (case["code"], case["path"])
