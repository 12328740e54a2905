"""Refused keys: missing, malformed, unknown, expired, revoked, or of another tenant or scope."""

from datetime import timedelta

import pytest

from shared.domain.people.audit import Change
from shared.domain.people.keys import Scope
from shared.usecases.people.manage_keys import KeyRef, revoke_key
from tests.http.serving import Clock, Functions, bearer, refused, succeeded

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
UNKNOWN = "gwi_test_" + 40 * "0"
ROUTES_OF_A_TENANT = ("usage", "usage/series", "usage/top?group_by=user", "runs", "runs/run-1", "events")


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", UNKNOWN, "Bearer x", "Bearer gwi_prod_" + 40 * "0", "Bearer é"],
)
def test_a_missing_or_malformed_key_is_refused(header: str, functions: Functions) -> None:
    answer = functions.record_usage.post("/v1/events", json=CALL, headers={"Authorization": header})
    document = refused(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "gwi_" in document["detail"]


def test_no_header_at_all_is_refused(functions: Functions) -> None:
    refused(functions.record_usage.post("/v1/events", json=CALL), 401, "not_authenticated")


def test_an_unknown_key_is_refused(functions: Functions, key: str) -> None:
    document = refused(functions.post_events(UNKNOWN, CALL), 401, "not_authenticated")
    assert document["detail"] == "the key is unknown"


def test_the_word_bearer_may_be_written_in_any_case(functions: Functions, key: str) -> None:
    answer = functions.record_usage.post("/v1/events", json=CALL, headers={"Authorization": f"bearer  {key}"})
    assert succeeded(answer)["accepted"] == 1


def test_an_expired_key_is_refused_from_its_last_instant_on(
    functions: Functions, clock: Clock, key: str
) -> None:
    expiring = functions.create_key(expires_at=clock.now + timedelta(seconds=30))
    clock.pass_by(timedelta(seconds=29))
    functions.record(expiring, CALL)
    clock.pass_by(timedelta(seconds=1))
    document = refused(functions.post_events(expiring, CALL), 401, "key_not_valid")
    assert expiring not in document["detail"]


def test_a_revoked_key_is_refused_by_an_instance_that_has_not_seen_it(functions: Functions, key: str) -> None:
    revoke(functions, key)
    refused(functions.post_events(key, CALL), 401, "key_not_valid")


def test_a_revoked_key_works_on_for_less_than_a_minute(functions: Functions, clock: Clock, key: str) -> None:
    functions.record(key, CALL)
    revoke(functions, key)
    clock.pass_by(timedelta(seconds=59))
    functions.record(key, CALL)
    clock.pass_by(timedelta(seconds=1))
    refused(functions.post_events(key, CALL), 401, "key_not_valid")


def revoke(functions: Functions, key: str) -> None:
    directory = functions.containers["record_usage"].directory
    revoke_key(directory, KeyRef("acme", key), Change("test", functions.clock.now))


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [("usage:write", {"events"}), ("limits:read", {"check"}), ("usage:read", {"usage"})],
)
def test_a_key_may_do_what_its_scope_says_and_nothing_else(
    scope: Scope, allowed: set[str], functions: Functions, key: str
) -> None:
    narrow = functions.create_key(scope)
    answers = {
        "events": functions.post_events(narrow, CALL),
        "check": functions.record_usage.post("/v1/check", json={}, headers=bearer(narrow)),
        "usage": functions.get(narrow, "/tenants/acme/usage"),
    }
    for name, answer in answers.items():
        if name in allowed:
            succeeded(answer)
        else:
            refused(answer, 403, "missing_scope")


@pytest.mark.parametrize("route", ROUTES_OF_A_TENANT)
def test_a_key_of_another_tenant_sees_nothing(route: str, functions: Functions, key: str) -> None:
    functions.record(key, {**CALL, "run_id": "run-1"})
    foreign = functions.create_tenant("globex")
    refused(functions.get(foreign, f"/tenants/acme/{route}"), 403, "foreign_tenant")


@pytest.mark.parametrize("route", ROUTES_OF_A_TENANT)
def test_the_response_does_not_reveal_if_a_tenant_exists(route: str, functions: Functions, key: str) -> None:
    document = refused(functions.get(key, f"/tenants/initech/{route}"), 403, "foreign_tenant")
    functions.create_tenant("initech")
    assert refused(functions.get(key, f"/tenants/initech/{route}"), 403, "foreign_tenant") == document


@pytest.mark.parametrize("route", ROUTES_OF_A_TENANT)
def test_a_tenants_usage_needs_a_key(route: str, functions: Functions, key: str) -> None:
    refused(functions.get(None, f"/tenants/acme/{route}"), 401, "not_authenticated")


@pytest.mark.parametrize("path", ["/plans", "/health", "/openapi.json"])
def test_public_routes_need_no_key(path: str, functions: Functions) -> None:
    assert functions.get(None, path).status_code == 200


def test_a_key_is_never_repeated_in_a_response(functions: Functions, key: str) -> None:
    for secret in (key, UNKNOWN):
        assert secret not in functions.post_events(secret, {"provider": 5}).get_data(as_text=True)
