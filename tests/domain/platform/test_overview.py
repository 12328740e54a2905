"""The models whose cost is uncertain, merged over tenants."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.billing.margins import TenantMargin
from shared.domain.ledger.counters import OTHER, Series, Totals
from shared.domain.platform.overview import MOST_MODELS, UncertainModel, uncertain_models
from tests.contracts.test_margins import ACE

GPT, ONE = Series("openai", "gpt-9"), Series("acme-ai", "one")


def margin_of(tenant_id: str, series: dict[Series, Totals]) -> TenantMargin:
    return replace(ACE, tenant_id=tenant_id, series=series)


def test_models_of_several_tenants_are_merged_and_priced_ones_left_out() -> None:
    found = uncertain_models(
        [
            margin_of("ace", {GPT: {"calls": 9, "incomplete_calls": 2}, ONE: {"calls": 5}}),
            margin_of(
                "bolt", {GPT: {"unpriced_calls": 3, "incomplete_calls": 1}, OTHER: {"unpriced_calls": 7}}
            ),
        ]
    )
    assert found == [
        UncertainModel(provider="", model="", unpriced_calls=7, incomplete_calls=0, tenants=1),
        UncertainModel(provider="openai", model="gpt-9", unpriced_calls=3, incomplete_calls=2 + 1, tenants=2),
    ]


COUNTS: st.SearchStrategy[dict[Series, dict[str, int]]] = st.dictionaries(
    st.integers(0, 40).map(lambda number: Series("p", f"m{number:02}")),
    st.builds(dict, unpriced_calls=st.integers(0, 9), incomplete_calls=st.integers(0, 9)),
    max_size=40,
)


@given(st.lists(COUNTS, max_size=5))
def test_those_with_the_most_calls_are_reported_and_nothing_is_lost(
    months: list[dict[Series, Totals]],
) -> None:
    found = uncertain_models(margin_of(f"t{number}", series) for number, series in enumerate(months))
    calls = [each.unpriced_calls + each.incomplete_calls for each in found]
    assert calls == sorted(calls, reverse=True)
    assert all(calls)
    assert len(found) <= MOST_MODELS
    everything = sum(sum(totals.values()) for series in months for totals in series.values())
    if len(found) < MOST_MODELS:
        assert sum(calls) == everything
