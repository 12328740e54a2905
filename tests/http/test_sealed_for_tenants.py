"""Sealed batches sent with a platform key: each is of one tenant."""

import pytest

from tests.http.serving import Functions, Json, refused, succeeded
from tests.http.test_platform_recording import codes, with_tenants
from tests.http.test_sealed_recording import BAD, CALL, calls_counted, sealed, send

KEY = {"Idempotency-Key": "5f0c2f6e-8c1b-4f4e-9d55-6a4f2a2f8a11"}


@pytest.fixture
def key(functions: Functions) -> str:
    """A platform key with all scopes, where acme and bolt are tenants."""
    return with_tenants(functions)


def of(tenant_id: str) -> Json:
    return {**CALL, "tenant_id": tenant_id}


def test_a_batch_is_recorded_once_for_the_tenant_that_it_names(functions: Functions, key: str) -> None:
    batch = sealed(of("acme"), of("acme"))
    assert succeeded(send(functions, key, batch))["accepted"] == 2
    named_elsewhere = sealed(CALL, CALL)
    again = succeeded(send(functions, key, named_elsewhere, **{"GWI-Tenant": "acme"}))
    assert (again["accepted"], again["duplicates"]) == (0, 2)
    assert calls_counted(functions, key) == 2


def test_the_same_ids_at_another_tenant_are_another_batch(functions: Functions, key: str) -> None:
    for tenant_id in ("acme", "bolt"):
        assert succeeded(send(functions, key, sealed(CALL), **{"GWI-Tenant": tenant_id}))["accepted"] == 1


@pytest.mark.parametrize("headers", [{}, KEY])
def test_a_batch_of_two_tenants_is_refused(headers: dict[str, str], functions: Functions, key: str) -> None:
    events = [of("acme"), of("bolt")]
    refused(send(functions, key, events if headers else sealed(*events), **headers), 422, "mixed_tenants")
    assert calls_counted(functions, key) == 0


def test_an_event_without_a_tenant_is_rejected_with_the_batch(functions: Functions, key: str) -> None:
    batch = sealed(of("acme"), CALL, {**BAD, "tenant_id": "acme"})
    for counts in ((1, 0), (0, 1)):
        answer = succeeded(send(functions, key, batch))
        assert (answer["accepted"], answer["duplicates"]) == counts
        assert codes(answer["rejected"]) == [
            (1, "tenant_id", "tenant_required"),
            (2, "model", "missing"),
        ]


def test_a_batch_of_an_unknown_tenant_is_refused(functions: Functions, key: str) -> None:
    document = refused(send(functions, key, sealed(of("nobody"))), 422)
    assert [each["code"] for each in document["errors"]] == ["unknown_tenant"]


def test_a_key_makes_a_batch_of_the_tenant(functions: Functions, key: str) -> None:
    for accepted in (2, 0):
        assert succeeded(send(functions, key, [of("acme"), of("acme")], **KEY))["accepted"] == accepted
    assert calls_counted(functions, key) == 2
