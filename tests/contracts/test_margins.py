"""Margins: one document for each tenant and month, listed by filters and sorts, and summed by plan."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.domain.billing.margin_lists import MarginSort, MarginsWanted
from shared.domain.billing.margins import Margin, MarginSum, MonthSums, TenantMargin
from shared.domain.errors import InvalidInput
from shared.domain.ledger.counters import OTHER, Series
from shared.ports import Margins
from tests.contracts.conftest import Stores
from tests.sample_events import CALL, NOON

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
ODD = Series("a.b/`c", "__x__|%")


def margin_of(tenant_id: str, name: str = "Acme", plan: str = "starter", **amounts: int) -> TenantMargin:
    return TenantMargin(
        month=NOVEMBER,
        tenant_id=tenant_id,
        name=name,
        plan=plan,
        margin=Margin(**amounts),
        series={ODD: CALL, OTHER: {"calls": 1, "unpriced_calls": 1}},
        computed_at=NOON,
    )


ACE = margin_of("ace", "Zeta", revenue_nanousd=29, cost_nanousd=10, unpaid_nanousd=5)
ACME = margin_of("acme", "beta", revenue_nanousd=99, cost_nanousd=130, unpriced_calls=2)
BOLT = margin_of("bolt", "Acme", plan="free", cost_nanousd=10, incomplete_calls=7)
CUBE = margin_of("cube", "Écho", plan="gone", revenue_nanousd=29, other_currency_invoices=1)
ALL = (ACE, ACME, BOLT, CUBE)
ELSEWHERE = replace(ACE, month=DECEMBER, margin=Margin(revenue_nanousd=1_000, unpriced_calls=50))


@pytest.fixture
def margins(stores: Stores) -> Margins:
    """The margins of four tenants in November, and of one in December."""
    stores.margins.save_margins([*ALL, ELSEWHERE])
    return stores.margins


def shown(margin: TenantMargin) -> TenantMargin:
    """A margin as a list shows it: without its series."""
    return replace(margin, series={})


def ids(margins: Margins, wanted: MarginsWanted, limit: int = 50) -> list[str]:
    """Return the tenants of all pages."""
    found: list[str] = []
    cursor = None
    while True:
        page = margins.list_margins(wanted, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        found += [each.tenant_id for each in page.items]
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


def test_a_margin_is_read_as_it_was_saved(margins: Margins) -> None:
    assert margins.read_margins("ace", [NOVEMBER, DECEMBER]) == [ACE, ELSEWHERE]
    assert margins.read_margins("acme", [DECEMBER, NOVEMBER]) == [ACME]
    assert margins.read_margins("nobody", [NOVEMBER]) == []
    assert margins.read_margins("ace", []) == []


def test_saving_again_replaces_the_whole(margins: Margins) -> None:
    newer = replace(margin_of("ace", plan="free"), series={}, computed_at=NOON + timedelta(hours=1))
    margins.save_margins([newer])
    assert margins.read_margins("ace", [NOVEMBER]) == [newer]
    margins.save_margins([])
    assert ids(margins, MarginsWanted(month=NOVEMBER, plan="free")) == ["bolt", "ace"]


def test_a_page_shows_everything_but_the_series(margins: Margins) -> None:
    page = margins.list_margins(MarginsWanted(month=NOVEMBER), limit=50)
    assert (page.items, page.next_cursor) == ([shown(each) for each in (ACME, BOLT, ACE, CUBE)], None)


SORTED: dict[MarginSort, Sequence[str]] = {
    "margin": ["acme", "bolt", "ace", "cube"],
    "revenue": ["acme", "cube", "ace", "bolt"],
    "cost": ["acme", "bolt", "ace", "cube"],
    "name": ["bolt", "acme", "ace", "cube"],
}


@pytest.mark.parametrize("limit", [1, 2, 50])
@pytest.mark.parametrize("sort", SORTED)
def test_margins_are_sorted_and_every_page_goes_on_where_the_last_one_ended(
    margins: Margins, sort: MarginSort, limit: int
) -> None:
    assert ids(margins, MarginsWanted(month=NOVEMBER, sort=sort), limit) == SORTED[sort]


@pytest.mark.parametrize("sort", SORTED)
def test_a_plan_and_a_month_are_listed_alone(margins: Margins, sort: MarginSort) -> None:
    starters = [each for each in SORTED[sort] if each in ("ace", "acme")]
    assert ids(margins, MarginsWanted(month=NOVEMBER, plan="starter", sort=sort), 1) == starters
    assert ids(margins, MarginsWanted(month=DECEMBER, sort=sort)) == ["ace"]
    assert ids(margins, MarginsWanted(month=date(2025, 11, 1), sort=sort)) == []
    assert ids(margins, MarginsWanted(month=NOVEMBER, plan="unheard of", sort=sort)) == []


@pytest.mark.parametrize(
    "other",
    [
        MarginsWanted(month=DECEMBER),
        MarginsWanted(month=NOVEMBER, plan="starter"),
        MarginsWanted(month=NOVEMBER, sort="cost"),
    ],
    ids=str,
)
def test_a_cursor_of_another_list_is_refused(margins: Margins, other: MarginsWanted) -> None:
    cursor = margins.list_margins(MarginsWanted(month=NOVEMBER), limit=1).next_cursor
    for bad in (cursor, "x", ""):
        with pytest.raises(InvalidInput) as refusal:
            margins.list_margins(other, limit=1, cursor=bad)
        assert refusal.value.code == "invalid_cursor"


def test_the_sums_are_those_of_the_month_and_of_each_plan(margins: Margins) -> None:
    sums = margins.sum_margins(NOVEMBER, ["free", "starter", "enterprise"])
    total = Margin(
        revenue_nanousd=29 + 99 + 29,
        unpaid_nanousd=5,
        cost_nanousd=10 + 130 + 10,
        unpriced_calls=2,
        incomplete_calls=7,
        other_currency_invoices=1,
    )
    starter = Margin(revenue_nanousd=29 + 99, unpaid_nanousd=5, cost_nanousd=10 + 130, unpriced_calls=2)
    assert sums == MonthSums(
        MarginSum(4, total), {"free": MarginSum(1, BOLT.margin), "starter": MarginSum(2, starter)}
    )
    assert sums.all_plans["other"] == MarginSum(1, CUBE.margin), "a plan that the catalog lost"


def test_a_month_in_which_nothing_is_missing_has_exact_sums_too(stores: Stores) -> None:
    stores.margins.save_margins([ACE, margin_of("cube", plan="free", revenue_nanousd=-3)])
    sums = stores.margins.sum_margins(NOVEMBER, ["free", "starter"])
    assert sums.total.margin == ACE.margin + Margin(revenue_nanousd=-3)
    assert sums.plans["free"] == MarginSum(1, Margin(revenue_nanousd=-3))


def test_a_month_without_margins_sums_up_to_nothing(stores: Stores) -> None:
    assert stores.margins.sum_margins(NOVEMBER, ["free"]) == MonthSums(MarginSum(0, Margin()), {})


def test_margins_with_uncertain_costs_come_with_their_series_most_calls_first(margins: Margins) -> None:
    assert margins.list_incomplete_margins(NOVEMBER, 50) == [BOLT, ACME]
    assert margins.list_incomplete_margins(NOVEMBER, 1) == [BOLT]
    assert margins.list_incomplete_margins(DECEMBER, 50) == [ELSEWHERE]


def test_a_month_is_read_page_by_page_with_the_series(margins: Margins) -> None:
    assert margins.list_month(NOVEMBER, limit=50) == list(ALL)
    assert margins.list_month(NOVEMBER, limit=2) == [ACE, ACME]
    assert margins.list_month(NOVEMBER, limit=2, after="acme") == [BOLT, CUBE]
    assert margins.list_month(NOVEMBER, limit=2, after="cube") == []
    assert margins.list_month(DECEMBER, limit=50) == [ELSEWHERE]
