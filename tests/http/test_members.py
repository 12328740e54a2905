"""Routes of tenants and members."""

import pytest

from shared.adapters.memory.people.identities import MemoryAccount
from shared.domain.people.keys import key_id
from shared.domain.people.members import MAX_MEMBERSHIPS, email_id
from shared.stores import process_memory
from tests.http.people import ADA, BOB, CY, MEMBERS, invite, roles, trail
from tests.http.serving import Functions, Json, refused, succeeded


@pytest.fixture
def ada(functions: Functions, key: str) -> str:
    """The token of Ada, owner of acme."""
    return functions.sign_in(ADA, name="Ada")


def test_a_new_user_has_no_tenant_and_creates_one(functions: Functions) -> None:
    token = functions.sign_in(ADA, None, name="Ada")
    assert functions.read(token, "/me") == {
        "user": {"id": "uid-ada", "email": ADA, "name": "Ada", "email_verified": True},
        "is_operator": False,
        "tenants": [],
        "invitations": [],
    }
    made = succeeded(functions.send("POST", token, "/tenants", {"name": " Söhne & <b>Co</b> "}), 201)
    assert made == {
        "id": made["id"],
        "name": "Söhne & <b>Co</b>",
        "plan": "free",
        "role": "owner",
        "time_zone": "UTC",
        "time_zone_version": made["time_zone_version"],
        "suspended": False,
    }
    assert made["id"].startswith("sohne-b-co-b-")
    assert functions.read(token, "/me")["tenants"] == [made]
    assert functions.read(token, f"/tenants/{made['id']}/usage")["billing"]["plan"] == "free"
    assert trail(made["id"]) == [(f"member:{ADA}", "tenant.created", None, "free", "")]
    assert process_memory().list_keys(made["id"]) == []


def test_two_tenants_of_one_name_have_two_ids(functions: Functions) -> None:
    token = functions.sign_in(ADA, None)
    ids = {succeeded(functions.send("POST", token, "/tenants", {"name": "A"}), 201)["id"] for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": " \n"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x" * 1001}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "Sign in at www.evil.example"}, "name"),
        ({"name": "emc\u202ea"}, "name"),
        ({"name": 5}, "name"),
        ({"name": "A", "id": "acme"}, "id"),
        ({"name": "A", "plan": "enterprise"}, "plan"),
    ],
)
def test_a_tenant_without_a_proper_name_is_refused(functions: Functions, body: Json, field: str) -> None:
    token = functions.sign_in(ADA, None)
    document = refused(functions.send("POST", token, "/tenants", body), 422)
    assert [each["field"] for each in document["errors"]] == [field]
    assert functions.read(token, "/me")["tenants"] == []


def test_nobody_belongs_to_more_than_twenty_tenants(functions: Functions, ada: str) -> None:
    invite(functions, ada)
    bob = functions.sign_in(BOB, None)
    for _ in range(MAX_MEMBERSHIPS):
        succeeded(functions.send("POST", bob, "/tenants", {"name": "A"}), 201)
    refused(functions.send("POST", bob, "/tenants", {"name": "A"}), 409, "too_many_tenants")
    refused(functions.send("POST", bob, "/invitations/acme/accept"), 409, "too_many_tenants")
    assert len(functions.read(bob, "/me")["tenants"]) == MAX_MEMBERSHIPS


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", MEMBERS, {"email": CY, "role": "owner"}),
        ("PUT", f"{MEMBERS}/uid-ada", {"role": "member"}),
        ("PUT", f"{MEMBERS}/uid-bob", {"role": "owner"}),
        ("DELETE", f"{MEMBERS}/uid-ada", None),
        ("DELETE", f"/tenants/acme/invites/{email_id('dora@example.com')}", None),
        ("PUT", MEMBERS, {"email": "dora@example.com", "role": "member"}),
    ],
)
def test_an_admin_cannot_change_owners(
    functions: Functions, ada: str, method: str, path: str, body: Json | None
) -> None:
    invite(functions, ada, "dora@example.com", "owner")
    bob = functions.sign_in(BOB, "admin")
    before = functions.read(ada, MEMBERS)
    refused(functions.send(method, bob, path, body), 403, "missing_role")
    assert functions.read(ada, MEMBERS) == before


def test_an_admin_manages_everybody_else(functions: Functions, ada: str) -> None:
    bob = functions.sign_in(BOB, "admin")
    functions.sign_in(CY, "member")
    changed = succeeded(functions.send("PUT", bob, f"{MEMBERS}/uid-cy", {"role": "admin"}))
    assert (changed["email"], changed["role"]) == (CY, "admin")
    assert succeeded(functions.send("DELETE", bob, f"{MEMBERS}/uid-cy")) == {"api_keys": []}
    invite(functions, bob, CY)
    assert roles(functions, ada) == {ADA: "owner", BOB: "admin"}
    assert trail() == [
        (f"member:{BOB}", "member.changed", "member", "admin", CY),
        (f"member:{BOB}", "member.removed", "admin", None, CY),
        (f"member:{BOB}", "member.invited", None, "member", CY),
    ]


def test_assigning_the_current_role_changes_nothing(functions: Functions, ada: str) -> None:
    functions.sign_in(BOB, "member")
    succeeded(functions.send("PUT", ada, f"{MEMBERS}/uid-bob", {"role": "member"}))
    assert trail() == []


def test_a_member_can_only_leave(functions: Functions, ada: str) -> None:
    bob = functions.sign_in(BOB, "member")
    functions.sign_in(CY, "member")
    refused(functions.send("DELETE", bob, f"{MEMBERS}/uid-cy"), 403, "missing_role")
    refused(functions.send("PUT", bob, f"{MEMBERS}/uid-bob", {"role": "owner"}), 403, "missing_role")
    assert succeeded(functions.send("DELETE", bob, f"{MEMBERS}/uid-bob")) == {"api_keys": []}
    refused(functions.send("DELETE", bob, f"{MEMBERS}/uid-bob"), 403, "foreign_tenant")
    assert trail() == [(f"member:{BOB}", "member.removed", "member", None, BOB)]


def test_the_last_owner_can_neither_leave_nor_step_down(functions: Functions, ada: str) -> None:
    bob = functions.sign_in(BOB, "admin")
    refused(functions.send("DELETE", ada, f"{MEMBERS}/uid-ada"), 409, "last_owner")
    refused(functions.send("PUT", ada, f"{MEMBERS}/uid-ada", {"role": "admin"}), 409, "last_owner")
    succeeded(functions.send("PUT", ada, f"{MEMBERS}/uid-bob", {"role": "owner"}))
    succeeded(functions.send("PUT", ada, f"{MEMBERS}/uid-ada", {"role": "member"}))
    refused(functions.send("DELETE", bob, f"{MEMBERS}/uid-bob"), 409, "last_owner")
    assert roles(functions, bob) == {ADA: "member", BOB: "owner"}


@pytest.mark.parametrize("user", ["nobody", "..", ".", "__x__", "a%2Fb", "x" * 2000, "%00", "é"])
def test_a_member_that_does_not_exist_is_not_found(functions: Functions, ada: str, user: str) -> None:
    for method, body in (("PUT", {"role": "member"}), ("DELETE", None)):
        assert functions.send(method, ada, f"{MEMBERS}/{user}", body).status_code == 404
    assert functions.send("DELETE", ada, f"/tenants/acme/invites/{user}").status_code == 404


def test_billing_is_for_owners_and_admins(functions: Functions, ada: str) -> None:
    member = functions.sign_in(BOB, "member")
    refused(functions.send("POST", member, "/tenants/acme/checkout-sessions", {"plan": "starter"}), 403)
    answer = functions.send("POST", ada, "/tenants/acme/checkout-sessions", {"plan": "starter"})
    document = refused(answer, 503)
    assert document["detail"] == "billing is not set up here: STRIPE_API_KEY is missing"


def _key_made_by(functions: Functions, token: str, label: str) -> str:
    body = {"label": label, "scopes": ["usage:read"]}
    secret: str = succeeded(functions.send("POST", token, "/tenants/acme/api-keys", body), 201)["secret"]
    return secret


def test_who_demotes_or_removes_a_member_is_shown_the_keys_that_still_let_them_in(
    functions: Functions, ada: str
) -> None:
    bob = functions.sign_in(BOB, "admin")
    secret = _key_made_by(functions, bob, "deploy")
    _key_made_by(functions, ada, "of ada")
    ended = _key_made_by(functions, bob, "ended")
    functions.send("DELETE", bob, f"/tenants/acme/api-keys/{key_id(ended)}")

    listed = {each["email"]: each["api_keys"] for each in functions.read(ada, MEMBERS)["members"]}
    assert [[key["label"] for key in keys] for keys in listed.values()] == [["of ada"], ["deploy"]]
    (made,) = listed[BOB]
    assert (made["id"], made["created_by"], made["status"]) == (key_id(secret), f"member:{BOB}", "active")

    demoted = succeeded(functions.send("PUT", ada, f"{MEMBERS}/uid-bob", {"role": "member"}))
    removed = succeeded(functions.send("DELETE", ada, f"{MEMBERS}/uid-bob"))
    assert demoted["api_keys"] == removed["api_keys"] == [made]
    functions.read(secret, "/tenants/acme/usage")


def test_a_member_who_may_not_see_keys_leaves_without_being_shown_any(functions: Functions, ada: str) -> None:
    bob = functions.sign_in(BOB, "admin")
    _key_made_by(functions, bob, "deploy")
    succeeded(functions.send("PUT", ada, f"{MEMBERS}/uid-bob", {"role": "member"}))
    assert succeeded(functions.send("DELETE", bob, f"{MEMBERS}/uid-bob")) == {"api_keys": []}


def test_a_rotated_key_belongs_to_whoever_saw_the_new_secret(functions: Functions, ada: str) -> None:
    bob = functions.sign_in(BOB, "admin")
    secret = _key_made_by(functions, ada, "deploy")
    rotated = functions.send(
        "POST", bob, f"/tenants/acme/api-keys/{key_id(secret)}/rotate", {"overlap_hours": 0}
    )
    assert succeeded(rotated, 201)["api_key"]["created_by"] == f"member:{BOB}"
    (made,) = succeeded(functions.send("DELETE", ada, f"{MEMBERS}/uid-bob"))["api_keys"]
    assert made["label"] == "deploy"


def test_a_member_who_changed_their_address_is_still_known_by_the_one_in_the_list(
    functions: Functions, ada: str
) -> None:
    bob = functions.sign_in(BOB, "admin")
    account = MemoryAccount(user_id="uid-bob", email="robert@example.com")
    process_memory().save_account(account)
    _key_made_by(functions, bob, "deploy")
    invite(functions, bob, CY)
    (made,) = succeeded(functions.send("DELETE", ada, f"{MEMBERS}/uid-bob"))["api_keys"]
    assert (made["label"], made["created_by"]) == ("deploy", f"member:{BOB}")
    assert functions.read(ada, MEMBERS)["invites"] == []
