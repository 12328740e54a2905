"""Sign-in, tenants and invitations on the Auth and Firestore emulators, and the errors if one is down."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import uuid4

import firebase_admin
import pytest
from firebase_admin import auth

from shared.adapters.firestore import FirestoreRpc, rpc
from tests.http.serving import Clock, Functions, bearer, refused, succeeded
from tests.id_tokens import claims_of, unsigned

SignIn = Callable[[str], str]


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, firestore_emulator_host: str, auth_emulator_host: str) -> str:
    """A project that nobody has used, on both emulators."""
    project = f"demo-{uuid4().hex[:12]}"
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", project)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator_host)
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth_emulator_host)
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.setenv("GWI_METERING_ENABLED", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return project


@pytest.fixture
def sign_in(project: str, clock: Clock) -> SignIn:
    """A function that creates an account with a verified address and returns its token."""
    app = firebase_admin.initialize_app(options={"projectId": project}, name=project)

    def make(email: str) -> str:
        user = auth.create_user(email=email, email_verified=True, app=app)
        claims = claims_of(user.uid, clock.now, email=email, email_verified=True)
        issuer = f"https://securetoken.google.com/{project}"
        return unsigned(claims | {"aud": project, "iss": issuer})

    return make


def test_from_the_first_sign_in_to_a_second_member(clock: Clock, sign_in: SignIn) -> None:
    functions = Functions(clock)
    ada, bob = sign_in("ada@example.com"), sign_in("bob@example.com")
    assert functions.read(ada, "/me")["tenants"] == []
    tenant = succeeded(functions.send("POST", ada, "/tenants", {"name": "Acme"}), 201)
    members = f"/tenants/{tenant['id']}/members"
    assert functions.read(ada, f"/tenants/{tenant['id']}/usage")["status"]["plan"] == "free"
    refused(functions.get(bob, f"/tenants/{tenant['id']}/usage"), 403, "foreign_tenant")
    invited = {"email": "bob@example.com", "role": "admin"}
    succeeded(functions.send("PUT", ada, members, invited))
    (invitation,) = functions.read(bob, "/me")["invitations"]
    assert (invitation["tenant_id"], invitation["invited_by"]) == (tenant["id"], "ada@example.com")
    clock.pass_by(timedelta(minutes=1))
    joined = succeeded(functions.send("POST", bob, f"/invitations/{tenant['id']}/accept"))
    assert joined == {**tenant, "role": "admin"}
    assert functions.read(bob, "/me")["tenants"] == [joined]
    first, second = functions.read(bob, members)["members"]
    assert (first["role"], second["email"]) == ("owner", "bob@example.com")
    refused(functions.send("DELETE", ada, f"{members}/{first['id']}"), 409, "last_owner")
    assert functions.send("DELETE", ada, f"{members}/{second['id']}").status_code == 200
    refused(functions.get(bob, members), 403, "foreign_tenant")


def test_an_expired_token_is_refused_here_too(clock: Clock, sign_in: SignIn) -> None:
    token = sign_in("ada@example.com")
    clock.pass_by(timedelta(hours=1, seconds=11))
    refused(Functions(clock).get(token, "/me"), 401, "token_expired")


def test_a_token_of_another_project_is_refused(clock: Clock, project: str) -> None:
    foreign = unsigned(claims_of("ada", clock.now))
    refused(Functions(clock).get(foreign, "/me"), 401, "not_authenticated")


def test_an_invalid_document_id_never_reaches_the_store(clock: Clock, sign_in: SignIn) -> None:
    token, functions = sign_in("ada@example.com"), Functions(clock)
    for tenant_id in ("..", ".", "__x__", "a%2Fb", "%00", "é", "x" * 2000):
        assert functions.get(token, f"/tenants/{tenant_id}/usage").status_code in (403, 404)
        assert functions.send("POST", token, f"/invitations/{tenant_id}/accept").status_code == 404
        assert functions.send("DELETE", token, f"/invitations/{tenant_id}").status_code == 404


def test_if_auth_is_down_users_get_503_and_keys_still_work(
    clock: Clock, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, functions = sign_in("ada@example.com"), Functions(clock)
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:1")
    answer = functions.get(token, "/me")
    document = refused(answer, 503, "unavailable")
    assert "Firebase Auth does not answer" in document["detail"]
    assert int(answer.headers["Retry-After"]) >= 1
    functions.usage(functions.create_tenant())


def test_if_firestore_is_down_users_get_503(
    clock: Clock, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sign_in("ada@example.com")
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.setattr(rpc, "FirestoreRpc", partial(FirestoreRpc, give_up_after_seconds=0.5))
    functions = Functions(clock)
    asked = [
        functions.get(token, "/me"),
        functions.send("POST", token, "/tenants", {"name": "Acme"}),
        functions.send("POST", token, "/invitations/acme/accept"),
        functions.send("DELETE", token, "/invitations/acme"),
        functions.get(token, "/tenants/acme/usage"),
        functions.get(token, "/tenants/acme/members"),
    ]
    for answer in asked:
        assert "Firestore does not answer" in refused(answer, 503, "unavailable")["detail"]


def test_recording_never_calls_the_sign_in_service(
    clock: Clock, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, functions = sign_in("ada@example.com"), Functions(clock)
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:1")
    for path in ("/v1/events", "/v1/check"):
        answer = functions.record_usage.post(path, json={}, headers=bearer(token))
        refused(answer, 401, "not_authenticated")
    assert "sign_in" not in vars(functions.containers["record_usage"])
