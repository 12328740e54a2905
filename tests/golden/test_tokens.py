"""Golden behaviours of token counts, as rules: M9 to M12."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.domain.metering.tokens import TokenCounts
from shared.domain.prices.token_pools import TokenPools
from tests.golden.arithmetic import worked_out

CASES = json.loads(Path(__file__).with_name("cases").joinpath("tokens.json").read_text("utf-8"))


def cases(group: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['behaviour']}-{case['name']}") for case in CASES[group]]


@pytest.mark.parametrize("case", cases("accepted"))
def test_counts_become_the_expected_pools(case: dict[str, Any]) -> None:
    counts = TokenCounts.model_validate_json(json.dumps(case["tokens"]))
    assert counts.pools == TokenPools(**{name: worked_out(value) for name, value in case["expected"].items()})


@pytest.mark.parametrize("case", cases("contradictory"))
def test_contradictory_counts_are_refused_naming_both_values(case: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refusal:
        TokenCounts.model_validate_json(json.dumps(case["tokens"]))
    problems = [(problem["type"], problem["loc"], problem["msg"]) for problem in refusal.value.errors()]
    assert problems == [("contradictory_tokens", (), case["message"])]


@pytest.mark.parametrize("case", cases("malformed"))
def test_malformed_counts_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refusal:
        TokenCounts.model_validate_json(case["json"])
    assert [problem["type"] for problem in refusal.value.errors()] == [case["code"]]
