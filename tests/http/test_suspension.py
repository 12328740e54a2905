"""A suspended tenant records and reads nothing; what it had is kept, folded and billed."""

from datetime import timedelta

import pytest

from shared.domain.people.audit import Change
from shared.domain.people.members import Role
from shared.stores import process_memory
from shared.usecases.people.authenticate import CACHE_FOR
from shared.usecases.people.manage_tenants import set_suspension
from tests.http.people import ADA, BOB, MEMBERS, trail
from tests.http.serving import Clock, Functions, Json, bearer, refused, succeeded, unfolded
from tests.http.stripe_caller import CREATED, send

CALL: Json = {
    "category": "llm",
    "provider": "openai",
    "model": "gpt-4.1-mini",
    "tokens": {"input_tokens": 3, "output_tokens": 5},
}


def _set(functions: Functions, *, suspended: bool) -> None:
    change = Change("admin:op", functions.clock.now, "invoice 7 is unpaid")
    set_suspension(process_memory(), "acme", suspended=suspended, change=change)


def test_its_keys_are_refused_within_the_minute_for_which_they_are_cached(
    functions: Functions, clock: Clock, key: str
) -> None:
    functions.record(key, CALL)
    _set(functions, suspended=True)
    clock.pass_by(CACHE_FOR)
    refused(functions.post_events(key, [CALL]), 403, "tenant_suspended")
    refused(functions.record_usage.post("/v1/check", json={}, headers=bearer(key)), 403, "tenant_suspended")
    refused(functions.another().get(key, "/tenants/acme/usage"), 403, "tenant_suspended")


def test_a_revoked_key_learns_that_it_is_revoked_and_nothing_of_the_tenant(
    functions: Functions, clock: Clock, key: str
) -> None:
    expiring = functions.create_key(expires_at=clock.now + timedelta(minutes=1))
    _set(functions, suspended=True)
    clock.pass_by(timedelta(minutes=2))
    refused(functions.get(expiring, "/tenants/acme/usage"), 401, "key_not_valid")


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_its_members_are_refused_at_once_and_see_that_it_is_suspended(
    functions: Functions, key: str, role: Role
) -> None:
    ada = functions.sign_in(ADA, role)
    functions.read(ada, "/tenants/acme/usage")
    _set(functions, suspended=True)
    for path in ("usage", "invoices", "runs", "events", "alerts"):
        document = refused(functions.get(ada, f"/tenants/acme/{path}"), 403, "tenant_suspended")
        assert document["detail"].startswith("tenant 'acme' is suspended")
    refused(functions.send("DELETE", ada, f"{MEMBERS}/uid-ada"), 403, "tenant_suspended")
    (tenant,) = functions.read(ada, "/me")["tenants"]
    assert (tenant["id"], tenant["suspended"]) == ("acme", True)


def test_others_do_not_learn_that_it_is_suspended(functions: Functions, key: str) -> None:
    stranger = functions.sign_in(BOB, None)
    _set(functions, suspended=True)
    refused(functions.get(stranger, "/tenants/acme/usage"), 403, "foreign_tenant")


def test_what_it_recorded_before_is_folded_meanwhile_and_there_when_it_resumes(
    functions: Functions, clock: Clock, key: str
) -> None:
    functions.record(key, CALL)
    _set(functions, suspended=True)
    clock.pass_by(timedelta(days=1))
    assert unfolded() == ["acme"]
    assert functions.tick().status_code == 200
    assert unfolded() == []
    _set(functions, suspended=False)
    ada = functions.sign_in(ADA)
    assert functions.usage(ada)["total_llm_calls"] == 1
    succeeded(functions.another().post_events(key, [CALL]))
    assert functions.usage(ada)["total_llm_calls"] == 2
    assert trail() == [
        ("admin:op", "tenant.suspended", None, None, "invoice 7 is unpaid"),
        ("admin:op", "tenant.resumed", None, None, "invoice 7 is unpaid"),
    ]


def test_suspending_twice_is_the_same_as_once(functions: Functions, key: str) -> None:
    for suspended in (True, True, False, False):
        _set(functions, suspended=suspended)
    assert [action for _, action, *_ in trail()] == ["tenant.suspended", "tenant.resumed"]


def test_what_stripe_says_applies_meanwhile(platform: Functions) -> None:
    _set(platform, suspended=True)
    assert succeeded(send(platform, CREATED)) == {"outcome": "applied"}
    tenant = process_memory().find_tenant("acme")
    assert tenant is not None
    assert (tenant.plan, tenant.is_suspended) == ("starter", True)
