"""Callers with an ID token: accounts, roles and memberships, and the code of each refusal."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from shared.adapters.memory.people.identities import TOKEN_LASTS, MemoryAccount
from shared.domain.people.keys import ALL_SCOPES, PLATFORM_SCOPES
from shared.domain.people.members import PERMISSIONS, ROLES, Permission, Role
from shared.http.billing import billing
from shared.http.ledger import series, usage_api
from shared.http.notices import alerts
from shared.http.people import api_keys, audit, members
from shared.http.routes import Route, SignInLevel
from shared.stores import process_memory
from tests.http.serving import Clock, Functions, bearer, refused, succeeded, user_id_of

ADA = "ada@example.com"
TABLES = (usage_api, series, billing, members, api_keys, alerts, audit)
ROUTES = tuple(route for table in TABLES for route in table.ROUTES)
FOR_PEOPLE = tuple(route for route in ROUTES if isinstance(route.needs, SignInLevel))
OF_A_TENANT = tuple(route for route in ROUTES if "/tenants/<tenant>" in route.path)
WITH_PERMISSION = tuple(route for route in OF_A_TENANT if not isinstance(route.needs, SignInLevel))


@pytest.fixture(autouse=True)
def _acme(functions: Functions, key: str) -> None:
    """Tenant `acme` exists before anybody signs in."""


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def ask(functions: Functions, route: Route, token: str | None, tenant_id: str = "acme") -> int:
    """Return the status of a call with an empty body, which is enough as refusals come before bodies are read."""
    path = route.path.removeprefix("/api/v1").replace("<tenant>", tenant_id)
    for parameter in ("<user>", "<invitation>", "<key>", "<path:run>"):
        path = path.replace(parameter, "nobody")
    return functions.send(route.method, token, path).status_code


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é", "x" * 20_000])
def test_a_malformed_token_is_refused(functions: Functions, token: str) -> None:
    refused(functions.get(token, "/me"), 401, "not_authenticated")
    refused(functions.get(token, "/tenants/acme/usage"), 401, "not_authenticated")


def test_a_missing_token_is_refused_with_a_hint(functions: Functions) -> None:
    document = refused(functions.get(None, "/me"), 401, "not_authenticated")
    assert "ID token" in document["detail"]


def test_an_expired_token_is_refused_even_if_it_is_cached(functions: Functions, clock: Clock) -> None:
    token = functions.sign_in(ADA)
    clock.pass_by(TOKEN_LASTS - timedelta(seconds=1))
    functions.read(token, "/tenants/acme/usage")
    clock.pass_by(timedelta(seconds=12))
    refused(functions.get(token, "/tenants/acme/usage"), 401, "token_expired")


@pytest.mark.parametrize(("ahead_seconds", "believed"), [(0, True), (10, True), (11, False), (3600, False)])
def test_a_clock_up_to_ten_seconds_ahead_is_tolerated(
    functions: Functions, clock: Clock, ahead_seconds: int, believed: bool
) -> None:
    functions.sign_in(ADA)
    token = process_memory().issue_token(user_id_of(ADA), clock.now + timedelta(seconds=ahead_seconds))
    answer = functions.get(token, "/me")
    assert (answer.status_code == 200) is believed
    if not believed:
        refused(answer, 401, "not_authenticated")


def revoke(functions: Functions) -> None:
    process_memory().revoke_tokens(user_id_of(ADA), functions.clock.now + timedelta(seconds=1))


def disable(functions: Functions) -> None:
    process_memory().save_account(MemoryAccount(user_id=user_id_of(ADA), email=ADA, disabled=True))


def delete(functions: Functions) -> None:
    process_memory().delete_account(user_id_of(ADA))


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (revoke, 401, "token_revoked"),
        (disable, 403, "account_disabled"),
        (delete, 401, "token_revoked"),
    ],
)
def test_a_closed_account_works_for_less_than_a_minute(
    functions: Functions, clock: Clock, change: Callable[[Functions], None], status: int, code: str
) -> None:
    token = functions.sign_in(ADA)
    functions.read(token, "/tenants/acme/usage")
    change(functions)
    clock.pass_by(timedelta(seconds=59))
    functions.read(token, "/tenants/acme/usage")
    clock.pass_by(timedelta(seconds=1))
    refused(functions.get(token, "/tenants/acme/usage"), status, code)
    refused(functions.get(token, "/me"), status, code)
    refused(functions.another().get(token, "/me"), status, code)


def test_an_unverified_user_can_only_read_their_profile(functions: Functions) -> None:
    token = functions.sign_in(ADA, "owner", verified=False)
    me = functions.read(token, "/me")
    assert me["user"] == {"id": "uid-ada", "email": ADA, "name": None, "email_verified": False}
    for route in (*OF_A_TENANT, *FOR_PEOPLE):
        if route.needs is not SignInLevel.SIGNED_IN:
            assert ask(functions, route, token) == 403, named(route)
    refused(functions.get(token, "/tenants/acme/usage"), 403, "email_not_verified")
    refused(functions.send("POST", token, "/tenants", {"name": "X"}), 403, "email_not_verified")


def test_verification_takes_effect_with_the_next_token(functions: Functions) -> None:
    refused(functions.get(functions.sign_in(ADA, verified=False), "/tenants/acme/usage"), 403)
    functions.read(functions.sign_in(ADA), "/tenants/acme/usage")


@pytest.mark.parametrize("route", OF_A_TENANT, ids=named)
@pytest.mark.parametrize("tenant_id", ["globex", "missing", "..", "a b"])
def test_a_foreign_tenant_is_refused_like_one_that_does_not_exist(
    functions: Functions, route: Route, tenant_id: str
) -> None:
    functions.create_tenant("globex")
    token = functions.sign_in(ADA)
    path = route.path.removeprefix("/api/v1").replace("<tenant>", tenant_id).replace("<path:run>", "r")
    path = path.replace("<user>", user_id_of(ADA)).replace("<invitation>", "i")
    document = refused(functions.send(route.method, token, path), 403, "foreign_tenant")
    assert document["detail"] == f"you are not a member of tenant {tenant_id!r}"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", WITH_PERMISSION, ids=named)
def test_a_route_is_open_to_the_roles_that_include_its_permission(
    functions: Functions, route: Route, role: Role
) -> None:
    token = functions.sign_in(ADA, role)
    if route.needs in PERMISSIONS[role]:
        assert ask(functions, route, token) not in (401, 403)
        return
    path = route.path.removeprefix("/api/v1").replace("<tenant>", "acme")
    refused(functions.send(route.method, token, path), 403, "missing_role")


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_a_key_is_refused_on_routes_for_people(functions: Functions, key: str, route: Route) -> None:
    if route.needs is None or route.needs in ALL_SCOPES:
        assert ask(functions, route, key) not in (401, 403)
    else:
        path = route.path.removeprefix("/api/v1").replace("<tenant>", "acme")
        refused(functions.send(route.method, key, path), 403, "missing_scope")


def test_permissions_for_members_only_are_no_scopes() -> None:
    literals = {each for part in get_args(Permission) for each in (get_args(part) or (part,))}
    assert literals - set(PLATFORM_SCOPES) == {"members:write"}
    assert set(PLATFORM_SCOPES) - set(ALL_SCOPES) == {
        "tenants:write",
        "keys:write",
        "prices:write",
        "platform:read",
    }


def test_a_removed_member_loses_access_at_the_next_request(functions: Functions) -> None:
    owner, bob = functions.sign_in(ADA), functions.sign_in("bob@example.com", "member")
    functions.read(bob, "/tenants/acme/usage")
    assert functions.send("DELETE", owner, "/tenants/acme/members/uid-bob").status_code == 200
    refused(functions.get(bob, "/tenants/acme/usage"), 403, "foreign_tenant")
    assert functions.read(bob, "/me")["tenants"] == []


def test_a_changed_role_takes_effect_at_the_next_request(functions: Functions) -> None:
    owner, bob = functions.sign_in(ADA), functions.sign_in("bob@example.com", "member")
    refused(functions.get(bob, "/tenants/acme/members"), 403, "missing_role")
    succeeded(functions.send("PUT", owner, "/tenants/acme/members/uid-bob", {"role": "admin"}))
    functions.read(bob, "/tenants/acme/members")


def test_record_usage_takes_keys_only(functions: Functions) -> None:
    token = functions.sign_in(ADA)
    for path in ("/v1/events", "/v1/check"):
        answer = functions.record_usage.post(path, json={}, headers=bearer(token))
        document = refused(answer, 401, "not_authenticated")
        assert "gwi_" in document["detail"]


def test_a_users_profile_comes_from_the_account(functions: Functions) -> None:
    functions.sign_in(ADA)
    account = MemoryAccount(user_id="uid-ada", email="Ada@Example.com", name="<img src=x onerror=alert(1)>")
    process_memory().save_account(replace(account, email_verified=True))
    token = process_memory().issue_token("uid-ada", functions.clock.now)
    user = functions.read(token, "/me")["user"]
    assert user == {"id": "uid-ada", "email": ADA, "name": account.name, "email_verified": True}
