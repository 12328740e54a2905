"""The meaning of a sum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.counters import METRICS, Totals, sum_totals
from shared.domain.ledger.sums import category_of, cost_status_of

totals = st.dictionaries(st.sampled_from(METRICS), st.integers(1, 10**9))


@given(parts=st.lists(totals))
def test_a_sum_is_complete_if_each_of_its_parts_is(parts: list[Totals]) -> None:
    is_complete = all(cost_status_of(part) == "complete" for part in parts)
    assert (cost_status_of(sum_totals(parts)) == "complete") is is_complete


@given(parts=st.lists(totals))
def test_a_sum_is_unknown_only_if_it_adds_up_to_nothing(parts: list[Totals]) -> None:
    whole = sum_totals(parts)
    if cost_status_of(whole) == "unknown":
        assert whole.get("cost_nanousd", 0) == 0
        assert any(cost_status_of(part) == "unknown" for part in parts)


@pytest.mark.parametrize(
    ("sums", "category"),
    [
        ({"calls": 1}, "llm"),
        ({"calls": 1, "tool_calls": 9}, "llm"),
        ({"tool_calls": 1, "total_tokens": 50}, "tool"),
        ({"errors": 1}, "other"),
        ({"cost_nanousd": 1, "total_tokens": 50}, "other"),
        ({}, "other"),
    ],
)
def test_a_series_with_a_call_of_a_model_is_no_tool(sums: Totals, category: str) -> None:
    assert category_of(sums) == category
