"""The routes of the audit logs: of a tenant, and of the platform."""

from datetime import timedelta

import pytest

from shared.domain.people.audit import Change
from shared.stores import process_memory
from shared.usecases.people.manage_tenants import set_plan
from shared.usecases.people.operators import add_operator
from tests.http.serving import Clock, Functions, Json, refused, succeeded
from tests.plans import FREE
from tests.sample_events import NOON

AUDIT = "/tenants/acme/audit"


@pytest.fixture
def ada(functions: Functions, key: str) -> str:
    """The token of an owner of tenant acme."""
    return functions.sign_in("ada@example.com", "owner")


def entries(functions: Functions, token: str, query: str = "") -> Json:
    return functions.read(token, f"{AUDIT}{query}")


def test_the_audit_log_lists_changes_with_their_actor_newest_first(
    functions: Functions, ada: str, clock: Clock
) -> None:
    clock.pass_by(timedelta(minutes=1))
    body = {"label": "<b>ci</b>", "scopes": ["usage:read"]}
    made = succeeded(functions.send("POST", ada, "/tenants/acme/api-keys", body), 201)["api_key"]
    found = entries(functions, ada)["entries"]
    assert found[0] == {
        "at": "2026-11-20T12:01:00Z",
        "actor": "member:ada@example.com",
        "actor_kind": "member",
        "action": "key.created",
        "before": None,
        "after": made["prefix"],
        "reason": "<b>ci</b>",
    }
    assert found[-1]["action"] == "tenant.created"


def test_the_audit_log_tells_members_platform_keys_and_operators_apart(
    functions: Functions, ada: str
) -> None:
    path, body = "/tenants/acme/alert-recipients", {"emails": ["a@example.com"]}
    succeeded(functions.send("PUT", functions.create_platform_key(), path, body))
    succeeded(functions.send("PUT", ada, path, {"emails": []}))
    set_plan(process_memory(), "acme", FREE, Change("admin:op", functions.clock.now))
    kinds = {
        each["actor"].partition(":")[0]: each["actor_kind"] for each in entries(functions, ada)["entries"]
    }
    assert kinds == {"platform": "platform", "member": "member", "admin": "operator", "test": "system"}


@pytest.mark.parametrize(
    ("actor", "kind"),
    [
        ("member:ada@example.com", "member"),
        ("platform:gwi_platform_live_abcde", "platform"),
        ("operator:ops@example.com", "operator"),
        ("admin:ops", "operator"),
        ("key:gwi_live_abcde", "key"),
        ("recipient:a@example.com", "recipient"),
        ("stripe", "system"),
        ("checkout", "system"),
    ],
)
def test_each_actor_has_a_kind(actor: str, kind: str) -> None:
    assert Change(actor, NOON).entry("acme", "x", None, None).actor_kind == kind


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_pages_make_up_the_whole_audit_log(functions: Functions, ada: str, clock: Clock, limit: int) -> None:
    for number in range(3):
        clock.pass_by(timedelta(minutes=1))
        body = {"emails": [f"a{number}@example.com"]}
        succeeded(functions.send("PUT", ada, "/tenants/acme/alert-recipients", body))
    page = entries(functions, ada, f"?limit={limit}")
    found = list(page["entries"])
    while page["next_cursor"]:
        page = entries(functions, ada, f"?limit={limit}&cursor={page['next_cursor']}")
        found += page["entries"]
    assert found == entries(functions, ada)["entries"]
    changed = [each["after"] for each in found if each["action"] == "alert_recipients.changed"]
    assert changed == ["a2@example.com", "a1@example.com", "a0@example.com"]


def test_the_audit_log_of_another_tenant_is_forbidden(functions: Functions, ada: str) -> None:
    functions.create_tenant("bolt")
    refused(functions.get(ada, "/tenants/bolt/audit"), 403, "foreign_tenant")
    assert "bolt" not in functions.get(ada, AUDIT).get_data(as_text=True).lower()


def test_the_audit_log_is_for_owners_and_admins(functions: Functions, ada: str, key: str) -> None:
    admin = functions.sign_in("bob@example.com", "admin")
    assert entries(functions, admin)["entries"]
    refused(functions.get(functions.sign_in("carl@example.com", "member"), AUDIT), 403, "missing_role")
    refused(functions.get(key, AUDIT), 403, "missing_scope")
    refused(functions.get(None, AUDIT), 401, "not_authenticated")


@pytest.mark.parametrize(("query", "status"), [("cursor=x", 400), ("limit=0", 422), ("limit=501", 422)])
def test_a_bad_page_is_refused(functions: Functions, ada: str, query: str, status: int) -> None:
    refused(functions.get(ada, f"{AUDIT}?{query}"), status)


def test_the_platforms_log_has_the_changes_of_what_belongs_to_it(functions: Functions, clock: Clock) -> None:
    store, token = process_memory(), functions.sign_in("olga@example.com", role=None)
    add_operator(store, store, "olga@example.com", Change("admin:op", clock.now))
    clock.pass_by(timedelta(minutes=1))
    plans = functions.read(token, "/platform/plans")
    del plans["plan_versions"]
    succeeded(functions.send("PUT", token, "/platform/plans", {**plans, "aliases": {}, "reason": "tidy"}))
    first = functions.read(token, "/platform/audit?limit=1")
    second = functions.read(token, f"/platform/audit?cursor={first['next_cursor']}")
    listed = [
        (each["actor"], each["action"], each["reason"]) for each in first["entries"] + second["entries"]
    ]
    assert listed == [
        ("operator:olga@example.com", "plans.version_1", "tidy"),
        ("admin:op", "operator.added", ""),
    ]
    assert second["next_cursor"] is None
