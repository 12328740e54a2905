"""Tests of refunds, credit notes and disputes: what they take back from an invoice, in any order."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import reduce
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.billing.correction_shapes import read_charge, read_credit_note, read_dispute
from shared.domain.billing.corrections import Correction, ObservedCorrection
from shared.domain.billing.invoices import InvoiceRow, correct_invoice
from shared.domain.billing.stripe_fields import InvalidStripeObject
from tests.sample_subscriptions import INVOICE, on_day

ROW = InvoiceRow(id="in_1", snapshot=replace(INVOICE, total=10_000))


def charge(refunded: int, charge_id: str = "ch_1") -> Correction:
    return read_charge({"id": charge_id, "amount_refunded": refunded})


def note(amount: int, note_id: str = "cn_1", **fields: Any) -> Correction:
    return read_credit_note({"id": note_id, "amount": amount, "status": "issued", **fields})


def dispute(status: str, amount: int = 10_000) -> Correction:
    return read_dispute({"id": "dp_1", "status": status, "amount": amount})


def seen(correction: Correction, days: float = 0, asked_at: datetime | None = None) -> ObservedCorrection:
    """Return an observation `days` after the start, from a payload or from the API."""
    return ObservedCorrection(
        correction=replace(correction, asked_at=asked_at),
        at=on_day(days),
        event_id=f"evt_{days}_{correction}",
    )


def corrected(observed: Iterable[ObservedCorrection]) -> InvoiceRow:
    return reduce(correct_invoice, observed, ROW)


def taken(*corrections: Correction) -> tuple[int, ...]:
    """Return the refunded, credited and lost amounts, and what is left, after each correction once."""
    row = corrected(seen(each, day) for day, each in enumerate(corrections))
    return (*row.taken_back[:3], row.net_total)


def test_an_invoice_without_corrections_keeps_its_total() -> None:
    assert taken() == (0, 0, 0, 10_000)
    assert ROW.taken_back.dispute is None


def test_refunds_of_several_charges_add_up_and_a_charge_counts_its_newest_sum() -> None:
    assert taken(charge(1_000), charge(3_000), charge(500, "ch_2")) == (3_500, 0, 0, 6_500)


def test_a_refund_that_failed_is_no_longer_taken_back() -> None:
    assert taken(charge(10_000), charge(0)) == (0, 0, 0, 10_000)


def test_credit_notes_add_up_and_a_void_one_counts_nothing() -> None:
    assert taken(note(1_000), note(200, "cn_2")) == (0, 1_200, 0, 8_800)
    assert taken(note(1_000), note(1_000, status="void")) == (0, 0, 0, 10_000)


@pytest.mark.parametrize(
    "fields",
    [
        {"refunds": [{"refund": "re_1", "amount_refunded": 700}], "out_of_band_amount": None},
        {"refund": "re_1", "out_of_band_amount": 300},
    ],
    ids=["basil", "acacia"],
)
def test_what_a_credit_note_refunds_is_not_taken_back_twice(fields: dict[str, Any]) -> None:
    refunding = note(1_000, **fields)
    assert taken(refunding) == (700, 300, 0, 9_000)
    assert taken(refunding, charge(700)) == (700, 300, 0, 9_000)
    assert taken(refunding, charge(2_000)) == (2_000, 300, 0, 7_700)


@pytest.mark.parametrize(
    ("status", "lost", "state"),
    [
        ("warning_needs_response", 0, "open"),
        ("needs_response", 0, "open"),
        ("under_review", 0, "open"),
        ("a_new_status", 0, "open"),
        ("won", 0, None),
        ("warning_closed", 0, None),
        ("prevented", 0, None),
        ("lost", 10_000, "lost"),
    ],
)
def test_only_a_lost_dispute_takes_money_back(status: str, lost: int, state: str | None) -> None:
    row = corrected([seen(dispute(status))])
    assert (row.taken_back.lost, row.taken_back.dispute, row.net_total) == (lost, state, 10_000 - lost)


def test_more_than_the_total_leaves_nothing_and_a_credit_stays_a_credit() -> None:
    assert taken(charge(8_000), note(8_000)) == (8_000, 8_000, 0, 0)
    credit = replace(ROW, snapshot=replace(INVOICE, total=-500))
    assert correct_invoice(credit, seen(note(100))).net_total == -500


def test_of_one_second_the_final_state_and_the_larger_refund_count() -> None:
    states = [
        dispute("needs_response"),
        dispute("lost"),
        charge(100),
        charge(10),
        note(5),
        note(5, status="void"),
    ]
    for order in permutations([seen(each, 1) for each in states], 6):
        taken_back = corrected(order).taken_back
        assert (taken_back.refunded, taken_back.credited, taken_back.dispute) == (100, 0, "lost")


def test_what_the_api_says_beats_the_payload_of_the_same_event() -> None:
    for order in permutations([seen(charge(900), 1), seen(charge(0), 1, asked_at=on_day(9))]):
        assert corrected(order).taken_back.refunded == 0


observations = st.builds(
    seen,
    st.one_of(
        st.builds(charge, st.integers(0, 5), st.sampled_from(["ch_1", "ch_2"])),
        st.builds(note, st.integers(0, 5), status=st.sampled_from(["issued", "void"])),
        st.builds(dispute, st.sampled_from(["needs_response", "won", "lost"])),
    ),
    st.integers(0, 2),
    st.none() | st.integers(5, 6).map(on_day),
)


@given(st.lists(observations, min_size=1, max_size=7), st.data())
def test_any_order_and_repetition_ends_the_same(
    scenario: list[ObservedCorrection], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations([*scenario, data.draw(st.sampled_from(scenario))]))
    assert corrected(shuffled) == corrected(scenario)


@pytest.mark.parametrize("field", ["amount", "out_of_band_amount"])
def test_an_amount_that_is_no_integer_is_refused(field: str) -> None:
    with pytest.raises(InvalidStripeObject, match=rf"credit_note\.{field} is '5', but must be an integer"):
        read_credit_note({"id": "cn_1", "amount": 5, "refund": "re_1", field: "5"})
