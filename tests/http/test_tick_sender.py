"""Who may push ticks: the one service account whose ID token is for this service, as Google has signed it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from werkzeug.test import TestResponse

from tests.adapters.google_double import GoogleDouble, google_double
from tests.http.serving import Functions, bearer, encoded, pushed, unfolded
from tests.http.test_dead_letters import DEAD_LETTER_PATH, forwarded, letters
from tools.dev.tick import PUSH_PATH

AUDIENCE, ACCOUNT = "https://aggregate.example.com", "ticks@some-project.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GoogleDouble, str]]:
    with google_double(tmp_path_factory.mktemp("google")) as served:
        yield served


@pytest.fixture
def google(_served: tuple[GoogleDouble, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleDouble]:
    double, proxy = _served
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(double.authority))
    yield double
    double.is_away = False


@pytest.fixture
def guarded(google: GoogleDouble, functions: Functions, monkeypatch: pytest.MonkeyPatch) -> Functions:
    """The functions with a tenant whose usage is not folded; `aggregate` knows who pushes ticks."""
    functions.record(
        functions.create_tenant(), {"category": "tool", "provider": "github", "model": "read-diff"}
    )
    monkeypatch.setenv("GWI_TICK_AUDIENCE", AUDIENCE)
    monkeypatch.setenv("GWI_TICK_SERVICE_ACCOUNT", ACCOUNT)
    others = functions.another()
    others.aggregate.application.config["PROPAGATE_EXCEPTIONS"] = False
    return others


def claims(**changes: object) -> dict[str, Any]:
    """The claims of a token that Pub/Sub sends."""
    now = datetime.now(UTC)
    issued = {"iat": now, "exp": now + timedelta(hours=1), "iss": "https://accounts.google.com"}
    return {**issued, "aud": AUDIENCE, "email": ACCOUNT, "email_verified": True, "sub": "1", **changes}


def push(functions: Functions, headers: dict[str, str]) -> TestResponse:
    return functions.aggregate.post(PUSH_PATH, json=pushed(encoded("{}")), headers=headers)


def test_a_dead_letter_of_somebody_else_is_refused(guarded: Functions, google: GoogleDouble) -> None:
    for headers in ({}, bearer(google.sign(claims(email="eve@example.com")))):
        answer = guarded.aggregate.post(DEAD_LETTER_PATH, json=pushed(forwarded("{}")), headers=headers)
        assert answer.status_code == 401
    assert letters(guarded) == []
    headers = bearer(google.sign(claims()))
    assert (
        guarded.aggregate.post(DEAD_LETTER_PATH, json=pushed(forwarded("{}")), headers=headers).status_code
        == 200
    )
    assert len(letters(guarded)) == 1


def test_the_sender_that_is_configured_is_believed(guarded: Functions, google: GoogleDouble) -> None:
    assert push(guarded, bearer(google.sign(claims()))).status_code == 200
    assert unfolded() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://usage-api.example.com"},
        {"aud": None},
        {"email": "somebody@some-project.iam.gserviceaccount.com"},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"iss": "https://accounts.example.com"},
        # Far off: the tests are collected minutes before this one runs.
        pytest.param({"exp": datetime.now(UTC) - timedelta(days=1)}, id="expired"),
        pytest.param({"iat": datetime.now(UTC) + timedelta(days=1)}, id="not yet issued"),
    ],
)
def test_any_other_token_is_refused(
    changes: dict[str, object], guarded: Functions, google: GoogleDouble, caplog: pytest.LogCaptureFixture
) -> None:
    token = google.sign({name: value for name, value in claims(**changes).items() if value is not None})
    assert push(guarded, bearer(token)).status_code == 401
    assert unfolded() == ["acme"]
    assert "a tick was refused" in caplog.text
    assert token not in caplog.text


def test_a_token_that_google_did_not_sign_is_refused(guarded: Functions, google: GoogleDouble) -> None:
    forged = google.sign(claims(), generate_private_key(65537, 2048))
    unsigned = google.sign(claims()).rpartition(".")[0]
    for token in (forged, f"{unsigned}.", f"{unsigned}.SIGNATURE_REMOVED_BY_GOOGLE", "x", "a.b.c", "é.é.é"):
        assert push(guarded, bearer(token)).status_code == 401
    assert unfolded() == ["acme"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "Basic YTpi"}], ids=str)
def test_a_tick_without_a_token_is_refused(headers: dict[str, str], guarded: Functions) -> None:
    assert push(guarded, headers).status_code == 401
    assert unfolded() == ["acme"]


def test_certificates_are_remembered(guarded: Functions, google: GoogleDouble) -> None:
    assert push(guarded, bearer(google.sign(claims()))).status_code == 200
    google.is_away = True
    assert push(guarded, bearer(google.sign(claims()))).status_code == 200


def test_while_certificates_cannot_be_read_the_tick_has_to_come_again(
    guarded: Functions, google: GoogleDouble
) -> None:
    google.is_away = True
    assert push(guarded, bearer(google.sign(claims()))).status_code == 500
    google.is_away = False
    assert push(guarded, bearer(google.sign(claims()))).status_code == 200
    assert unfolded() == []


def test_a_local_stack_needs_no_token(functions: Functions) -> None:
    assert push(functions, {}).status_code == 200
