"""Events without ids under an Idempotency-Key: the request is recorded once, and the key is for no other."""

import pytest

from tests.http.serving import Functions, refused, succeeded
from tests.http.test_sealed_recording import BAD, CALL, calls_counted, sealed, send

KEY = {"Idempotency-Key": "5f0c2f6e-8c1b-4f4e-9d55-6a4f2a2f8a11"}


def test_a_request_with_a_key_is_recorded_once(functions: Functions, key: str) -> None:
    first = succeeded(send(functions, key, [CALL, CALL], **KEY))
    again = succeeded(send(functions, key, [CALL, CALL], **KEY))
    assert (first["accepted"], again["accepted"], again["duplicates"]) == (2, 0, 2)
    assert first["ids"] == again["ids"]
    assert calls_counted(functions, key) == 2


def test_an_event_of_it_is_read_by_the_id_that_it_got(functions: Functions, key: str) -> None:
    event_id = succeeded(send(functions, key, CALL, **KEY))["ids"][0]
    assert functions.read(key, f"/tenants/acme/events/{event_id}")["run_id"] == "run-1"


@pytest.mark.parametrize(
    "other",
    [
        [CALL, {**CALL, "run_id": "run-2"}],
        [CALL],
        [CALL, CALL, CALL],
        [CALL, BAD],
    ],
)
def test_a_key_that_was_used_for_other_events_is_refused(
    other: list[object], functions: Functions, key: str
) -> None:
    send(functions, key, [CALL, CALL], **KEY)
    refused(send(functions, key, other, **KEY), 422, "idempotency_key_reused")
    assert calls_counted(functions, key) == 2


def test_two_keys_are_two_requests(functions: Functions, key: str) -> None:
    for name in ("one", "other"):
        assert succeeded(send(functions, key, [CALL], **{"Idempotency-Key": name}))["accepted"] == 1
    assert calls_counted(functions, key) == 2


def test_a_key_of_another_tenant_is_another_request(functions: Functions, key: str) -> None:
    other = functions.create_tenant("bolt")
    assert [succeeded(send(functions, each, [CALL], **KEY))["accepted"] for each in (key, other)] == [1, 1]


def test_what_was_rejected_under_a_key_stays_rejected(functions: Functions, key: str) -> None:
    first, again = (succeeded(send(functions, key, [CALL, BAD], **KEY)) for _ in range(2))
    assert (first["accepted"], again["duplicates"]) == (1, 1)
    assert first["rejected"] == again["rejected"] != []


@pytest.mark.parametrize("body", [[CALL, {**CALL, "id": "own"}], sealed(CALL)])
def test_a_key_beside_ids_is_refused(body: list[object], functions: Functions, key: str) -> None:
    refused(send(functions, key, body, **KEY), 422, "mixed_ids")
    assert calls_counted(functions, key) == 0


@pytest.mark.parametrize("value", ["", "x" * 10_000, "Schlüssel"])
def test_a_key_that_is_none_is_refused(value: str, functions: Functions, key: str) -> None:
    answer = send(functions, key, [CALL], **{"Idempotency-Key": value})
    refused(answer, 422, "invalid_idempotency_key")
    assert calls_counted(functions, key) == 0
