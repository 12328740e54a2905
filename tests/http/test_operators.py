"""Operators: signed-in people of the platform, who may do for every tenant what a platform key may."""

from typing import Any

import pytest

from shared.domain.people.audit import Change
from shared.stores import process_memory
from shared.usecases.people.operators import add_operator, remove_operator
from tests.http.serving import Functions, Json, refused, succeeded

PLANS = "/platform/plans"


@pytest.fixture
def operator(functions: Functions) -> str:
    """An ID token of an operator, where acme is a tenant of others."""
    functions.create_tenant("acme")
    token = functions.sign_in("olga@example.com", role=None)
    store = process_memory()
    add_operator(store, store, "olga@example.com", Change("admin:op", functions.clock.now))
    return token


def test_an_operator_reads_every_tenant(functions: Functions, operator: str) -> None:
    assert functions.read(operator, "/tenants/acme/usage")["tenant"]["id"] == "acme"


def test_an_operators_changes_bear_their_address(functions: Functions, operator: str) -> None:
    succeeded(functions.send("PUT", operator, "/tenants/acme/time-zone", {"time_zone": "Europe/Berlin"}))
    entries = functions.read(operator, "/tenants/acme/audit")["entries"]
    assert entries[0]["actor"] == "operator:olga@example.com"


def test_a_removed_operator_is_a_stranger_at_the_next_request(functions: Functions, operator: str) -> None:
    functions.read(operator, "/tenants/acme/usage")
    remove_operator(process_memory(), "Olga@example.com", Change("admin:op", functions.clock.now))
    refused(functions.get(operator, "/tenants/acme/usage"), 403, "foreign_tenant")


def test_an_operator_needs_a_verified_address(functions: Functions, operator: str) -> None:
    unverified = functions.sign_in("olga@example.com", role=None, verified=False)
    refused(functions.get(unverified, "/tenants/acme/usage"), 403, "email_not_verified")


def test_an_operator_who_is_a_member_keeps_both(functions: Functions, operator: str) -> None:
    token = functions.sign_in("olga@example.com", role="member")
    assert functions.read(token, "/me")["tenants"][0]["role"] == "member"
    assert functions.send("GET", token, "/tenants/acme/members").status_code == 200


def test_an_operator_learns_that_they_are_one(functions: Functions, operator: str) -> None:
    assert functions.read(operator, "/me")["is_operator"] is True
    assert functions.read(functions.sign_in("sam@example.com"), "/me")["is_operator"] is False
    unverified = functions.sign_in("olga@example.com", role=None, verified=False)
    assert functions.read(unverified, "/me")["is_operator"] is False


def test_the_platforms_paths_do_not_exist_for_people_who_are_no_operators(
    functions: Functions, operator: str
) -> None:
    functions.read(operator, PLANS)
    remove_operator(process_memory(), "olga@example.com", Change("admin:op", functions.clock.now))
    for token in (
        operator,
        functions.sign_in("ada@example.com", "owner"),
        functions.sign_in("uma@example.com", role=None, verified=False),
    ):
        for method in ("GET", "PUT"):
            there, nowhere = (functions.send(method, token, path) for path in (PLANS, "/platform/zzzzz"))
            refused(there, 404, "not_found")
            assert there.get_data(as_text=True) == nowhere.get_data(as_text=True).replace("zzzzz", "plans")
            assert there.headers == nowhere.headers


def test_an_operator_whose_address_is_not_verified_is_asked_to_verify_it(
    functions: Functions, operator: str
) -> None:
    functions.read(operator, PLANS)
    unverified = functions.sign_in("olga@example.com", role=None, verified=False)
    refused(functions.get(unverified, PLANS), 403, "email_not_verified")
    refused(functions.send("PATCH", unverified, "/tenants/acme", {"name": "A"}), 403, "email_not_verified")


def test_an_operator_creates_tenants_of_the_platform_and_their_own(
    functions: Functions, operator: str
) -> None:
    bolt = {"id": "bolt", "plan": "starter", "owner_email": "bea@example.com"}
    assert succeeded(functions.send("POST", operator, "/tenants", bolt), 201)["plan"] == "starter"
    assert functions.read(operator, "/tenants/bolt/members")["members"] == []
    own = succeeded(functions.send("POST", operator, "/tenants", {"name": "Olga"}), 201)
    assert own["role"] == "owner"
    stranger = functions.sign_in("sam@example.com", role=None)
    refused(functions.send("POST", stranger, "/tenants", {"id": "zip"}), 422)


def test_an_operator_who_is_a_plain_member_may_still_remove_others(
    functions: Functions, operator: str
) -> None:
    functions.sign_in("bob@example.com", "member")
    functions.sign_in("olga@example.com", "member")
    succeeded(functions.send("DELETE", operator, "/tenants/acme/members/uid-bob"))
    entry = functions.read(operator, "/tenants/acme/audit")["entries"][0]
    assert (entry["actor"], entry["action"]) == ("operator:olga@example.com", "member.removed")


def test_an_operator_who_is_an_admin_may_still_change_owners(functions: Functions, operator: str) -> None:
    functions.sign_in("ada@example.com", "owner")
    functions.sign_in("bob@example.com", "owner")
    functions.sign_in("olga@example.com", "admin")
    path, body = "/tenants/acme/members/uid-bob", {"role": "member"}
    refused(functions.send("PUT", functions.sign_in("al@example.com", "admin"), path, body), 403)
    succeeded(functions.send("PUT", operator, path, body))
    entry = functions.read(operator, "/tenants/acme/audit")["entries"][0]
    assert (entry["actor"], entry["action"]) == ("operator:olga@example.com", "member.changed")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PATCH", "", {"name": "Acme Inc."}), ("PUT", "/limits", {"tokens": 5})],
)
def test_an_operator_says_why_where_the_tenant_notices_it(
    method: str, path: str, body: Json, functions: Functions, operator: str
) -> None:
    def change(caller: str, **reason: str) -> Any:
        return functions.send(method, caller, f"/tenants/acme{path}", {**body, **reason})

    for reason in ({}, {"reason": " "}):
        (problem,) = refused(change(operator, **reason), 422, "reason_required")["errors"]
        assert (problem["field"], problem["code"]) == ("reason", "reason_required")
    assert len(functions.read(operator, "/tenants/acme/audit")["entries"]) == 1
    succeeded(change(operator, reason="their ticket 7"))
    entry = functions.read(operator, "/tenants/acme/audit")["entries"][0]
    assert (entry["actor"], entry["reason"]) == ("operator:olga@example.com", "their ticket 7")
    succeeded(change(functions.create_platform_key()))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/grants", {"tokens": 5}),
        ("DELETE", "/grants/g1", None),
        ("POST", "/suspend", {}),
        ("POST", "/resume", {}),
        ("POST", "/end", {}),
    ],
)
def test_nobody_grants_suspends_or_ends_without_a_reason(
    method: str, path: str, body: Json | None, functions: Functions, operator: str
) -> None:
    for caller in (operator, functions.create_platform_key()):
        refusal = refused(functions.send(method, caller, f"/tenants/acme{path}", body), 422)
        assert [each["field"] for each in refusal["errors"]] == ["reason"]


def test_two_operators_who_edit_one_tenant_at_once_do_not_overwrite_each_other(
    functions: Functions, operator: str
) -> None:
    second = functions.sign_in("otto@example.com", role=None)
    store = process_memory()
    add_operator(store, store, "otto@example.com", Change("admin:op", functions.clock.now))
    read = functions.read(operator, "/tenants/acme")["version"]
    mine = {"plan": "professional", "reason": "contract", "version": read}
    theirs = {"tokens": 7, "reason": "ticket", "version": read}
    succeeded(functions.send("PATCH", operator, "/tenants/acme", mine))
    refused(functions.send("PUT", second, "/tenants/acme/limits", theirs), 409, "changed_meanwhile")
    shown = functions.read(second, "/tenants/acme")
    assert (shown["plan"], shown["own_limits"]["tokens"]) == ("professional", None)
    again = {**theirs, "version": shown["version"]}
    succeeded(functions.send("PUT", second, "/tenants/acme/limits", again))


def test_two_operators_who_edit_the_plans_at_once_do_not_overwrite_each_other(
    functions: Functions, operator: str
) -> None:
    body = functions.read(operator, PLANS)
    del body["plan_versions"]
    body["aliases"] = {}
    succeeded(functions.send("PUT", operator, PLANS, body))
    body["aliases"] = {"tiny": "free"}
    refused(functions.send("PUT", operator, PLANS, body), 409, "changed_meanwhile")
    assert functions.read(operator, PLANS)["aliases"] == {}


def test_a_tenants_name_is_text_whatever_it_looks_like(functions: Functions, operator: str) -> None:
    html = "<img src=x onerror=alert(1)>"
    change = {"name": html, "reason": "their wish"}
    assert succeeded(functions.send("PATCH", operator, "/tenants/acme", change))["name"] == html
    for path in ("/tenants/acme", "/tenants?q=acme", "/tenants/acme/audit"):
        answer = functions.get(operator, path)
        assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("application/json", "nosniff")
        assert html in str(answer.get_json())
    file = functions.get(operator, "/tenants?q=acme&format=csv")
    assert (file.mimetype, file.headers["X-Content-Type-Options"]) == ("text/csv", "nosniff")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert f'"{html}"' in file.get_data(as_text=True)
    link = {"name": '<a href="https://evil.example">x</a>', "reason": "their wish"}
    refused(functions.send("PATCH", operator, "/tenants/acme", link), 422)
