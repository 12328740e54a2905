"""Routes of API keys: creation, rotation, revocation, permissions and refusals."""

from datetime import timedelta
from typing import Any

import pytest

from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.http.serving import Clock, Functions, Json, refused, succeeded

KEYS = "/tenants/acme/api-keys"
NEW: Json = {"label": "ci", "scopes": ["usage:write", "usage:read"], "expires_in_days": 30}
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
NO_KEY = "0" * 64


@pytest.fixture
def ada(functions: Functions, key: str) -> str:
    """The token of an owner of tenant acme, which has one key."""
    return functions.sign_in("ada@example.com", "owner")


def made(functions: Functions, token: str, **changes: object) -> Json:
    return succeeded(functions.send("POST", token, KEYS, {**NEW, **changes}), 201)


def listed(functions: Functions, token: str) -> list[Json]:
    keys: list[Json] = functions.read(token, KEYS)["api_keys"]
    return keys


def test_a_new_key_works_and_its_secret_is_shown_once(functions: Functions, ada: str) -> None:
    answer = made(functions, ada)
    secret = answer["secret"]
    assert answer["api_key"] == {
        "id": answer["api_key"]["id"],
        "label": "ci",
        "prefix": secret[:14],
        "scopes": ["usage:write", "usage:read"],
        "created_at": "2026-11-20T12:00:00Z",
        "expires_at": "2026-12-20T12:00:00Z",
        "revoked_at": None,
        "last_used_at": None,
        "created_by": "member:ada@example.com",
        "status": "active",
    }
    assert functions.record(secret, CALL)["accepted"] == 1
    assert secret not in functions.get(ada, KEYS).get_data(as_text=True)


def test_keys_are_listed_newest_first_with_their_last_use(
    functions: Functions, ada: str, clock: Clock
) -> None:
    clock.pass_by(timedelta(minutes=5))
    secret = made(functions, ada, label="second", expires_in_days=None)["secret"]
    clock.pass_by(timedelta(minutes=5))
    functions.record(secret, CALL)
    second, first = listed(functions, ada)
    assert (second["label"], second["expires_at"], second["last_used_at"]) == (
        "second",
        None,
        "2026-11-20T12:10:00Z",
    )
    assert (first["label"], first["last_used_at"]) == ("first key", None)


def test_a_rotated_key_works_beside_its_successor_for_the_overlap(
    functions: Functions, ada: str, clock: Clock
) -> None:
    previous = made(functions, ada)
    path = f"{KEYS}/{previous['api_key']['id']}/rotate"
    successor = succeeded(functions.send("POST", ada, path, {"overlap_hours": 2}), 201)
    assert successor["api_key"]["scopes"] == NEW["scopes"]
    for secret in (previous["secret"], successor["secret"]):
        assert functions.record(secret, CALL)["accepted"] == 1
    clock.pass_by(timedelta(hours=2))
    refused(functions.post_events(previous["secret"], CALL), 401, "key_not_valid")
    assert functions.record(successor["secret"], CALL)["accepted"] == 1
    ada_again = functions.sign_in("ada@example.com")
    assert sorted(each["status"] for each in listed(functions, ada_again)) == ["active", "active", "expired"]


def test_without_a_body_a_rotation_overlaps_by_a_day(functions: Functions, ada: str) -> None:
    previous = made(functions, ada)["api_key"]
    succeeded(functions.send("POST", ada, f"{KEYS}/{previous['id']}/rotate"), 201)
    (ending,) = [each for each in listed(functions, ada) if each["id"] == previous["id"]]
    assert ending["expires_at"] == "2026-11-21T12:00:00Z"


def test_a_revoked_key_is_refused_and_stays_listed(functions: Functions, ada: str, clock: Clock) -> None:
    key = made(functions, ada)
    path = f"{KEYS}/{key['api_key']['id']}"
    answer = succeeded(functions.send("DELETE", ada, path))
    assert (answer["status"], answer["revoked_at"]) == ("revoked", "2026-11-20T12:00:00Z")
    refused(functions.post_events(key["secret"], CALL), 401, "key_not_valid")
    clock.pass_by(timedelta(hours=1))
    assert succeeded(functions.send("DELETE", ada, path)) == answer
    assert answer in listed(functions, ada)


def test_a_revoked_key_has_no_successor(functions: Functions, ada: str) -> None:
    path = f"{KEYS}/{made(functions, ada)['api_key']['id']}"
    succeeded(functions.send("DELETE", ada, path))
    refused(functions.send("POST", ada, f"{path}/rotate", {}), 409, "key_not_valid")


def test_every_change_names_its_actor(functions: Functions, ada: str) -> None:
    bob = functions.sign_in("bob@example.com", "admin")
    first = made(functions, ada)["api_key"]
    second = succeeded(functions.send("POST", bob, f"{KEYS}/{first['id']}/rotate", {}), 201)["api_key"]
    succeeded(functions.send("DELETE", ada, f"{KEYS}/{second['id']}"))
    entries = [
        (each.action, each.actor) for each in trail_of(process_memory()) if each.action.startswith("key.")
    ]
    assert entries == [
        ("key.created", "member:ada@example.com"),
        ("key.rotated", "member:bob@example.com"),
        ("key.revoked", "member:ada@example.com"),
    ]


ROUTES = [
    ("GET", KEYS, None),
    ("POST", KEYS, NEW),
    ("POST", f"{KEYS}/{NO_KEY}/rotate", {}),
    ("DELETE", f"{KEYS}/{NO_KEY}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_keys_are_for_owners_and_admins_of_the_tenant(
    functions: Functions, ada: str, key: str, method: str, path: str, body: object
) -> None:
    member = functions.sign_in("carl@example.com", "member")
    refused(functions.send(method, member, path, body), 403, "missing_role")
    stranger = functions.sign_in("eve@example.com", None)
    refused(functions.send(method, stranger, path, body), 403, "foreign_tenant")
    refused(functions.send(method, key, path, body), 403, "missing_scope")
    refused(functions.send(method, None, path, body), 401, "not_authenticated")
    assert [each["label"] for each in listed(functions, ada)] == ["first key"]


@pytest.mark.parametrize("method", ["rotate", "revoke"])
def test_a_key_of_another_tenant_does_not_exist(functions: Functions, ada: str, method: str) -> None:
    secret = functions.create_tenant("bolt")
    (foreign,) = process_memory().list_keys("bolt")
    path = f"{KEYS}/{foreign.id}"
    asked = ("POST", f"{path}/rotate") if method == "rotate" else ("DELETE", path)
    refused(functions.send(asked[0], ada, asked[1]), 404, "not_found")
    assert functions.record(secret, CALL)["accepted"] == 1


@pytest.mark.parametrize("shorten", [lambda made: made["secret"], lambda made: made["api_key"]["id"][:12]])
def test_a_path_accepts_only_the_full_id_of_a_key(functions: Functions, ada: str, shorten: Any) -> None:
    answer = made(functions, ada)
    document = refused(functions.send("DELETE", ada, f"{KEYS}/{shorten(answer)}"), 404, "not_found")
    assert answer["secret"] not in str(document)
    assert functions.record(answer["secret"], CALL)["accepted"] == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": "  "}, "label"),
        ({"label": "x" * 101}, "label"),
        ({"label": 5}, "label"),
        ({"label": "see https://evil.example"}, "label"),
        ({"label": "ic\u202e"}, "label"),
        ({"label": "a\nb"}, "label"),
        ({"label": "a\x1b[31m"}, "label"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["members:write"]}, "scopes.0"),
        ({"scopes": ["usage:read", "keys:write"]}, "scopes.1"),
        ({"scopes": "usage:read"}, "scopes"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 3651}, "expires_in_days"),
        ({"expires_in_days": "30"}, "expires_in_days"),
        ({"is_live": True}, "is_live"),
    ],
)
def test_a_bad_field_is_named_and_creates_no_key(
    functions: Functions, ada: str, change: Json, field: str
) -> None:
    document = refused(functions.send("POST", ada, KEYS, {**NEW, **change}), 422)
    assert [each["field"] for each in document["errors"]] == [field]
    assert len(listed(functions, ada)) == 1


@pytest.mark.parametrize("missing", ["label", "scopes"])
def test_a_missing_field_is_named(functions: Functions, ada: str, missing: str) -> None:
    body = {name: value for name, value in NEW.items() if name != missing}
    assert refused(functions.send("POST", ada, KEYS, body), 422)["errors"][0]["field"] == missing


@pytest.mark.parametrize("hours", [-1, 169, "24", 1.5])
def test_an_overlap_must_be_whole_hours_up_to_a_week(functions: Functions, ada: str, hours: object) -> None:
    key_id = made(functions, ada)["api_key"]["id"]
    body = {"overlap_hours": hours}
    document = refused(functions.send("POST", ada, f"{KEYS}/{key_id}/rotate", body), 422)
    assert document["errors"][0]["field"] == "overlap_hours"


def test_duplicate_scopes_are_stored_once(functions: Functions, ada: str) -> None:
    assert made(functions, ada, scopes=["usage:read"] * 3)["api_key"]["scopes"] == ["usage:read"]


def test_the_fifty_first_key_is_a_conflict(functions: Functions, ada: str) -> None:
    for _ in range(49):
        made(functions, ada)
    refused(functions.send("POST", ada, KEYS, NEW), 409, "too_many_keys")
