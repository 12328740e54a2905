"""Receipts: a response is sealed so that only a repetition of its request can read it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.people.receipts import RECEIPTS_KEPT_FOR, RepeatableRequest
from tests.sample_events import NOON

REQUEST = RepeatableRequest(
    caller="key:a", route="POST /api/v1/tenants/acme/api-keys", key="one", secret="gwi_test_1", body=b"{}"
)
SECRET = "gwi_test_0123456789abcdef0123456789abcdef01234567"


@given(st.text(max_size=300), st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1))
def test_the_request_itself_reads_its_response(response: str, key: str) -> None:
    request = replace(REQUEST, key=key)
    assert request.open(request.receipt(response, NOON)) == response


@pytest.mark.parametrize("other", [replace(REQUEST, key="two"), replace(REQUEST, secret="gwi_test_2")])
def test_nobody_reads_it_without_the_idempotency_key_and_the_callers_secret(other: RepeatableRequest) -> None:
    receipt = REQUEST.receipt(SECRET, NOON)
    assert other._sealed(receipt.sealed, receipt.nonce) != SECRET.encode()


def test_a_receipt_contains_neither_the_response_nor_what_opens_it() -> None:
    stored = repr(REQUEST.receipt(SECRET, NOON))
    for hidden in (SECRET, SECRET[-20:], "gwi_test_1", "'one'", "acme"):
        assert hidden not in stored


def test_no_two_receipts_have_the_same_keystream() -> None:
    zeros = "\0" * 64
    streams = {REQUEST.receipt(zeros, NOON).sealed for _ in range(50)}
    blocks = {stream[start : start + 32] for stream in streams for start in (0, 32)}
    assert len(blocks) == 50 * 2


def test_each_caller_route_and_key_has_its_own_receipt() -> None:
    others = [
        replace(REQUEST, caller="other"),
        replace(REQUEST, route="other"),
        replace(REQUEST, key="other"),
    ]
    assert len({each.receipt_id for each in (REQUEST, *others)}) == 4


def test_the_fingerprint_differs_from_body_to_body() -> None:
    assert replace(REQUEST, body=b"{ }").fingerprint != REQUEST.fingerprint
    assert REQUEST.receipt("one", NOON).fingerprint == REQUEST.receipt("two", NOON).fingerprint


def test_a_receipt_lasts_a_day_and_names_the_one_that_it_replaces() -> None:
    first = replace(REQUEST.receipt("one", NOON), version=7)
    second = REQUEST.receipt("two", NOON, first)
    assert second.expires_at == NOON + RECEIPTS_KEPT_FOR
    assert (REQUEST.receipt("two", NOON).version, second.version) == (None, 7)
