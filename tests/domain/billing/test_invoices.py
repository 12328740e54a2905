"""Tests of invoice rows: one row per invoice, whatever the order of its events."""

from dataclasses import replace
from functools import reduce
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.billing.invoices import (
    STATUS_RANKS,
    InvoiceObservation,
    InvoiceRow,
    merge_invoice,
    reconcile_invoice,
)
from tests.sample_subscriptions import DAY, INVOICE, on_day


def observed(days: float, kind: str, status: str, **changes: Any) -> InvoiceObservation:
    asked_at = changes.pop("asked_at", None)
    event_id = changes.pop("event_id", f"evt_{days}_{kind}_{status}")
    snapshot = replace(INVOICE, **({"status": status} | changes))
    return InvoiceObservation(
        event_id=event_id, created=on_day(days), kind=f"invoice.{kind}", snapshot=snapshot, asked_at=asked_at
    )


def row_of(observations: Any) -> InvoiceRow:
    nothing: InvoiceRow | None = None
    row = reduce(merge_invoice, observations, nothing)
    assert row is not None
    return row


SCENARIO = [
    observed(0, "created", "draft", number=None),
    observed(1, "finalized", "open"),
    observed(1, "payment_failed", "open", attempt_count=1, next_payment_attempt=on_day(4)),
    observed(1, "payment_action_required", "open", attempt_count=1, next_payment_attempt=on_day(4)),
    observed(4, "payment_failed", "open", attempt_count=2, next_payment_attempt=on_day(9)),
    observed(9, "paid", "paid", attempt_count=3, amount_paid=2_900, amount_remaining=0),
]

invoices = st.builds(
    observed,
    st.integers(0, 4),
    st.sampled_from(["updated", "payment_failed", "payment_action_required", "paid"]),
    st.sampled_from(sorted(STATUS_RANKS)),
    attempt_count=st.integers(0, 2),
    asked_at=st.none() | st.integers(50, 52).map(on_day),
)


def test_every_order_of_an_invoice_ends_in_one_row() -> None:
    rows = {row_of(order) for order in permutations(SCENARIO)}
    assert len(rows) == 1
    (row,) = rows
    assert (row.invoice.status, row.invoice.amount_paid, row.invoice.amount_remaining) == ("paid", 2_900, 0)
    assert (row.failed_at, row.action_required_at) == (on_day(4), on_day(1))


@given(st.lists(invoices, min_size=1, max_size=6, unique_by=lambda each: each.status), st.data())
def test_any_order_and_repetition_ends_in_one_row(
    scenario: list[InvoiceObservation], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations([*scenario, data.draw(st.sampled_from(scenario))]))
    assert row_of(shuffled) == row_of(scenario)


def test_a_failure_records_the_attempt_and_the_next_one() -> None:
    row = row_of(SCENARIO[:3])
    assert (row.invoice.attempt_count, row.invoice.next_payment_attempt) == (1, on_day(4))
    assert row.failed_at == on_day(1)


def test_the_row_shows_the_last_attempt_and_no_next_one_once_it_is_paid() -> None:
    row = row_of(SCENARIO)
    assert (row.invoice.attempt_count, row.invoice.next_payment_attempt) == (3, None)


@pytest.mark.parametrize("settled", ["paid", "void", "uncollectible"])
def test_an_open_invoice_reported_late_does_not_reopen_it(settled: str) -> None:
    for order in permutations([observed(2, "updated", settled), observed(3, "updated", "open")]):
        assert row_of(order).invoice.status == settled


@pytest.mark.parametrize("later", ["paid", "void"])
def test_an_uncollectible_invoice_may_still_be_paid_or_voided(later: str) -> None:
    for order in permutations(
        [observed(2, "marked_uncollectible", "uncollectible"), observed(3, later, later)]
    ):
        assert row_of(order).invoice.status == later


@pytest.mark.parametrize("days", [1, 2])
def test_a_deleted_draft_does_not_come_back_by_an_event_of_the_same_second_or_later(days: float) -> None:
    for order in permutations([observed(1, "deleted", "draft"), observed(days, "updated", "draft")]):
        row = row_of(order)
        assert (row.snapshot, row.status) == (None, "deleted")
        with pytest.raises(ValueError, match="in_1 has nothing to show"):
            _ = row.invoice


def test_statuses_only_move_up() -> None:
    moves = {
        (one, other)
        for one, other in product(STATUS_RANKS, repeat=2)
        if STATUS_RANKS[one] < STATUS_RANKS[other]
    }
    assert moves == {
        *(("draft", after) for after in ("open", "uncollectible", "void", "paid")),
        *(("open", after) for after in ("uncollectible", "void", "paid")),
        *(("uncollectible", after) for after in ("void", "paid")),
    }


def test_the_object_from_the_api_beats_the_payload_of_the_same_second() -> None:
    payload = observed(1, "finalized", "open", hosted_invoice_url="https://old.example")
    fetched = observed(1, "finalized", "open", hosted_invoice_url="https://new.example", asked_at=on_day(50))
    later = observed(
        1, "finalized", "open", hosted_invoice_url="https://newest.example", asked_at=on_day(50) + DAY
    )
    for order in permutations([payload, fetched, later]):
        assert row_of(order).invoice.hosted_invoice_url == "https://newest.example"


def test_reconciling_repairs_the_effect_of_lost_events() -> None:
    open_row = row_of(SCENARIO[:3])
    paid = replace(INVOICE, status="paid", attempt_count=2)
    repaired = reconcile_invoice(open_row, paid, on_day(50))
    assert (repaired.invoice, repaired.failed_at) == (paid, on_day(1))
    assert reconcile_invoice(open_row, INVOICE, on_day(50)).invoice == open_row.invoice
    assert reconcile_invoice(None, paid, on_day(50)).invoice == paid


def test_an_event_of_another_invoice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"invoice is in_1, but the event is about in_2"):
        merge_invoice(row_of(SCENARIO), observed(1, "paid", "paid", id="in_2"))
