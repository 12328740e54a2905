"""The margin of a month is the plain sum of its invoices less the plain sum of its costs, to the cent."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.billing.corrections import Correction, CorrectionKind, DisputeState, ObservedCorrection
from shared.domain.billing.invoices import InvoiceRow, InvoiceStatusObservation
from shared.domain.billing.margins import (
    MOST_SERIES,
    OTHER_PLAN,
    Margin,
    MarginSum,
    MonthSums,
    largest_series,
    missing_calls,
    month_margin,
    months_to_compute,
    previous_months,
)
from shared.domain.billing.stripe_invoice_shapes import InvoiceStatus
from shared.domain.ledger.counters import OTHER, Series, Totals, sum_totals
from tests.margin_fixtures import invoice_row

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINI, OPUS = Series("openai", "gpt-4.1-mini"), Series("anthropic", "claude-opus-4-7")
CENT = 10**7


def taken(kind: CorrectionKind, cents: int, dispute: DisputeState | None = None) -> ObservedCorrection:
    """Return a charge's refunds, a credit note or a dispute about so many cents."""
    amount = {"charge": "refunded", "credit_note": "credited", "dispute": "disputed"}[kind]
    correction = Correction(id=f"{kind}_1", kind=kind, dispute=dispute, **{amount: cents})  # type: ignore[arg-type]  # one of three integers
    return ObservedCorrection(correction=correction, at=AT, event_id="evt_1")


def revenue(*rows: InvoiceRow) -> int:
    return month_margin(NOVEMBER, rows, {}).revenue_nanousd


def test_a_paid_invoice_less_the_cost_of_its_month_is_the_margin() -> None:
    usage: dict[Series, Totals] = {MINI: {"cost_nanousd": 3 * CENT}, OPUS: {"cost_nanousd": CENT + 1}}
    margin = month_margin(NOVEMBER, [invoice_row("in_1", 29_00)], usage)
    assert margin == Margin(revenue_nanousd=29_00 * CENT, cost_nanousd=4 * CENT + 1)
    assert margin.margin_nanousd == 29_00 * CENT - 4 * CENT - 1
    assert margin.is_complete


@pytest.mark.parametrize("status", ["draft", "void", "uncollectible"])
def test_an_invoice_that_nobody_will_pay_counts_nowhere(status: InvoiceStatus) -> None:
    assert month_margin(NOVEMBER, [invoice_row("in_1", 29_00, status=status)], {}) == Margin()


def test_an_open_invoice_is_unpaid_and_no_revenue() -> None:
    row = invoice_row("in_1", 119_00, status="open", total_excluding_tax=100_00)
    assert month_margin(NOVEMBER, [row], {}) == Margin(unpaid_nanousd=100_00 * CENT)


def test_an_invoice_belongs_to_the_utc_month_in_which_it_was_created() -> None:
    last, first = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    rows = [invoice_row("in_1", 1_00, created=last), invoice_row("in_2", 2_00, created=first)]
    assert [month_margin(month, rows, {}).revenue_nanousd for month in (NOVEMBER, DECEMBER)] == [
        1_00 * CENT,
        2_00 * CENT,
    ]


def test_an_invoice_in_another_currency_is_counted_and_not_summed() -> None:
    margin = month_margin(NOVEMBER, [invoice_row("in_1", 29_00, currency="eur")], {})
    assert margin == Margin(other_currency_invoices=1)
    assert not margin.is_complete
    free = invoice_row("in_2", 0, currency="eur")
    assert month_margin(NOVEMBER, [free], {}).is_complete, "an amount of 0 is 0 in every currency"


@pytest.mark.parametrize("metric", ["unpriced_calls", "incomplete_calls"])
def test_a_call_whose_cost_is_not_known_makes_the_month_incomplete(metric: str) -> None:
    usage: Mapping[Series, Totals] = {MINI: {metric: 2}}  # type: ignore[dict-item]  # one of two metrics
    margin = month_margin(NOVEMBER, [], usage)
    assert (getattr(margin, metric), margin.is_complete) == (2, False)


@pytest.mark.parametrize(
    ("corrections", "left"),
    [
        ([taken("charge", 10_00)], 100_00 - 10_00),
        ([taken("credit_note", 10_00)], 100_00 - 10_00),
        ([taken("dispute", 100_00, "lost")], 0),
        ([taken("dispute", 100_00, "open")], 100_00),
        ([taken("charge", 60_00), taken("dispute", 60_00, "lost")], 0),
    ],
)
def test_what_was_taken_back_is_no_revenue(corrections: Sequence[ObservedCorrection], left: int) -> None:
    assert revenue(invoice_row("in_1", 100_00, corrections=tuple(corrections))) == left * CENT


@pytest.mark.parametrize(
    ("refunded", "left"),
    [(0, 100_00), (119_00, 0), (59_50, 50_00), (1, 99_99), (11_90, 90_00)],
)
def test_a_refund_of_a_taxed_invoice_takes_its_part_of_the_tax_along(refunded: int, left: int) -> None:
    row = invoice_row("in_1", 119_00, total_excluding_tax=100_00, corrections=(taken("charge", refunded),))
    assert revenue(row) == left * CENT


def test_an_invoice_that_was_stored_without_its_tax_counts_in_full() -> None:
    assert revenue(invoice_row("in_1", 119_00, total_excluding_tax=None)) == 119_00 * CENT


def test_a_credit_for_the_rest_of_a_larger_plan_is_negative_revenue() -> None:
    assert revenue(invoice_row("in_1", 99_00), invoice_row("in_2", -70_00)) == (99_00 - 70_00) * CENT


def test_a_row_that_has_only_a_correction_so_far_counts_nothing() -> None:
    assert revenue(InvoiceRow(id="in_1", corrections=(taken("charge", 5),))) == 0


STATUSES = st.sampled_from(["draft", "open", "paid", "void", "uncollectible"])
INVOICES = st.builds(
    lambda number, total, tax, status, currency, day, kinds: invoice_row(
        f"in_{number}",
        total + tax,
        total_excluding_tax=total,
        status=status,
        currency=currency,
        created=AT + timedelta(days=day),
        corrections=tuple(kinds),
    ),
    st.integers(0, 10**6),
    st.integers(0, 500_00),
    st.integers(0, 100_00),
    STATUSES,
    st.sampled_from(["usd", "usd", "eur"]),
    st.integers(-40, 40),
    st.lists(
        st.builds(
            taken,
            st.sampled_from(["charge", "credit_note", "dispute"]),
            st.integers(0, 300_00),
            st.sampled_from(["open", "lost", None]),
        ),
        max_size=2,
        unique_by=lambda each: each.correction.kind,
    ),
)
COUNTS = st.fixed_dictionaries(
    {},
    optional={
        "cost_nanousd": st.integers(1, 10**12),
        "unpriced_calls": st.integers(1, 5),
        "incomplete_calls": st.integers(1, 5),
    },
)
USAGE = st.dictionaries(st.sampled_from([MINI, OPUS, OTHER]), COUNTS)


def by_hand(row: InvoiceRow) -> Fraction:
    """Return the cents of an invoice: its total, less all that was taken back, in the part that is not tax."""
    invoice, back = row.invoice, 0
    for each in row.corrections:
        correction = each.correction
        back += correction.refunded + correction.credited
        back += correction.disputed if correction.dispute == "lost" else 0
    left = Fraction(max(invoice.total - back, 0))
    return left * Fraction(invoice.total_without_tax, invoice.total) if invoice.total else Fraction(0)


@given(invoices=st.lists(INVOICES, max_size=8), usage=USAGE)
def test_the_margin_equals_invoices_less_cost_to_the_cent(
    invoices: list[InvoiceRow], usage: dict[Series, Totals]
) -> None:
    margin = month_margin(NOVEMBER, invoices, usage)
    paid = [
        by_hand(row)
        for row in invoices
        if (row.invoice.status, row.invoice.currency) == ("paid", "usd")
        and (row.invoice.created.year, row.invoice.created.month) == (2026, 11)
    ]
    cost = sum(totals.get("cost_nanousd", 0) for totals in usage.values())
    expected = sum(map(round, paid)) * CENT - cost
    assert margin.margin_nanousd == expected
    assert margin.revenue_nanousd % CENT == 0


MARGINS = st.builds(
    Margin,
    revenue_nanousd=st.integers(-(10**13), 10**13),
    unpaid_nanousd=st.integers(0, 10**13),
    cost_nanousd=st.integers(0, 10**13),
    unpriced_calls=st.integers(0, 9),
    incomplete_calls=st.integers(0, 9),
    other_currency_invoices=st.integers(0, 2),
)


@given(tenants=st.lists(st.tuples(st.sampled_from(["free", "starter", "gone"]), MARGINS), max_size=12))
def test_plans_add_up_to_the_total_also_where_the_catalog_lost_one(tenants: list[tuple[str, Margin]]) -> None:
    def sum_of(plan: str | None) -> MarginSum:
        found = [margin for name, margin in tenants if plan in (None, name)]
        return MarginSum(len(found), sum(found, Margin()))

    sums = MonthSums(sum_of(None), {plan: sum_of(plan) for plan in ("free", "starter")})
    plans = sums.all_plans
    assert sum(each.tenants for each in plans.values()) == len(tenants)
    assert sum((each.margin for each in plans.values()), Margin()) == sums.total.margin
    assert sum(each.margin.margin_nanousd for each in plans.values()) == sums.total.margin.margin_nanousd
    assert (OTHER_PLAN in plans) == any(name == "gone" for name, _ in tenants)


def test_the_months_that_events_may_still_reach_are_computed_again() -> None:
    assert months_to_compute([], AT) == [date(2026, 10, 1), NOVEMBER]
    assert months_to_compute([], datetime(2026, 12, 3, tzinfo=UTC)) == [date(2026, 10, 1), NOVEMBER, DECEMBER]
    assert months_to_compute([], datetime(2027, 1, 31, tzinfo=UTC)) == [DECEMBER, date(2027, 1, 1)]


def test_the_month_of_an_old_invoice_is_computed_again_after_a_late_refund() -> None:
    created = datetime(2026, 3, 5, tzinfo=UTC)
    latest = InvoiceStatusObservation(3, created, 1, False, created, "evt_0")
    untouched = invoice_row("in_1", 29_00, created=created, latest=latest)
    refunded = invoice_row(
        "in_1", 29_00, created=created, latest=latest, corrections=(taken("charge", 1_00),)
    )
    assert months_to_compute([untouched], AT) == [date(2026, 10, 1), NOVEMBER]
    assert months_to_compute([refunded], AT) == [date(2026, 3, 1), date(2026, 10, 1), NOVEMBER]


def test_months_count_back_over_the_year() -> None:
    assert previous_months(date(2026, 2, 28), 3) == [date(2026, 2, 1), date(2026, 1, 1), date(2025, 12, 1)]


@given(
    usage=st.dictionaries(
        st.builds(Series, st.sampled_from(["openai", "x"]), st.integers(0, 200).map(str)),
        st.fixed_dictionaries(
            {"total_tokens": st.integers(1, 100)}, optional={"unpriced_calls": st.integers(1, 3)}
        ),
        max_size=150,
    )
)
def test_the_series_that_are_kept_are_few_and_the_sum_is_the_same(usage: dict[Series, Totals]) -> None:
    kept = largest_series(usage)
    assert len(kept) <= 2 * MOST_SERIES + 1
    assert sum_totals(kept.values()) == sum_totals(usage.values())
    for dropped in usage.keys() - kept.keys():
        larger = [
            name
            for name in kept
            if usage.get(name, {}).get("total_tokens", 0) >= usage[dropped]["total_tokens"]
        ]
        assert len(larger) >= MOST_SERIES
        more = [name for name in kept if missing_calls(usage.get(name, {})) >= missing_calls(usage[dropped])]
        assert len(more) >= MOST_SERIES


def test_a_small_model_without_a_price_keeps_its_name_among_many_large_ones() -> None:
    usage: dict[Series, Totals] = {Series("openai", f"m{n:03}"): {"total_tokens": 1_000} for n in range(80)}
    small = Series("new", "unpriced")
    usage[small] = {"total_tokens": 1, "unpriced_calls": 1}
    kept = largest_series(usage)
    assert kept[small] == {"total_tokens": 1, "unpriced_calls": 1}
    assert kept[OTHER] == {"total_tokens": (80 - MOST_SERIES) * 1_000}
