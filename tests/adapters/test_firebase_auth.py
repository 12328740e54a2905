"""Firebase Auth as in production, with signatures, and the checks that its emulator leaves out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from shared.adapters.firebase_auth import FirebaseIdentities
from shared.domain.errors import Forbidden, NotAuthenticated, Unavailable
from tests.adapters.google_double import GoogleDouble, google_double
from tests.id_tokens import PROJECT, claims_of, unsigned

USER_ID = "ada-1"


@pytest.fixture(scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GoogleDouble, str]]:
    with google_double(tmp_path_factory.mktemp("google")) as served:
        yield served


@pytest.fixture
def google(_served: tuple[GoogleDouble, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleDouble]:
    """A double of Google with the account of Ada, in a network that has a proxy."""
    double, proxy = _served
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(double.authority))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials))
    double.accounts = {USER_ID: {"localId": USER_ID, "validSince": "0", "disabled": False}}
    yield double
    double.is_away = False


@pytest.fixture
def now() -> datetime:
    """Google's clock cannot be set."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def emulated(auth_emulator_host: str, monkeypatch: pytest.MonkeyPatch) -> FirebaseIdentities:
    """The verifier on the emulator, which checks no signature."""
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth_emulator_host)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return FirebaseIdentities(PROJECT)


def code_of(verifier: FirebaseIdentities, token: str, now: datetime) -> str:
    with pytest.raises((NotAuthenticated, Forbidden)) as refusal:
        verifier.verify(token, now)
    return refusal.value.code


def test_a_token_that_google_signed_is_believed(google: GoogleDouble, now: datetime) -> None:
    token = google.sign(claims_of(USER_ID, now, email="Ada@Example.com", email_verified=True, name="Ada"))
    identity = FirebaseIdentities(PROJECT).verify(token, now)
    assert (identity.user_id, identity.email, identity.name) == (USER_ID, "ada@example.com", "Ada")
    assert identity.email_verified is True
    assert identity.expires_at == now + timedelta(hours=1)


def test_an_address_is_unverified_unless_the_token_says_so(google: GoogleDouble, now: datetime) -> None:
    verifier = FirebaseIdentities(PROJECT)
    for proof in ({}, {"email_verified": False}, {"email_verified": "true"}, {"email_verified": 1}):
        token = google.sign(claims_of(USER_ID, now, email="ada@example.com", **proof))
        assert verifier.verify(token, now).email_verified is False


def test_a_token_that_somebody_else_signed_is_refused(google: GoogleDouble, now: datetime) -> None:
    forged = google.sign(claims_of(USER_ID, now), generate_private_key(65537, 2048))
    assert code_of(FirebaseIdentities(PROJECT), forged, now) == "not_authenticated"


@pytest.mark.parametrize(
    "header", [{"alg": "none", "typ": "JWT"}, {"alg": "none", "kid": "key-1"}, {"alg": "HS256"}]
)
def test_a_token_without_a_signature_is_refused(
    google: GoogleDouble, now: datetime, header: dict[str, str]
) -> None:
    assert code_of(FirebaseIdentities(PROJECT), unsigned(claims_of(USER_ID, now), header), now) == (
        "not_authenticated"
    )


@pytest.mark.parametrize(
    ("hours", "code"), [(-1.01, "token_expired"), (-48, "token_expired"), (1, "not_authenticated")]
)
def test_a_signed_token_is_refused_out_of_its_time(
    google: GoogleDouble, now: datetime, hours: float, code: str
) -> None:
    token = google.sign(claims_of(USER_ID, now + timedelta(hours=hours)))
    assert code_of(FirebaseIdentities(PROJECT), token, now) == code
    assert code_of(FirebaseIdentities(PROJECT), token, now + timedelta(hours=hours)) == code, (
        "by Google's clock"
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"disabled": True}, "account_disabled"),
        ({"validSince": "4000000000"}, "token_revoked"),
        (None, "token_revoked"),
    ],
)
def test_the_state_of_the_account_is_checked_with_google(
    google: GoogleDouble, now: datetime, change: dict[str, Any] | None, code: str
) -> None:
    google.accounts = {} if change is None else {USER_ID: google.accounts[USER_ID] | change}
    assert code_of(FirebaseIdentities(PROJECT), google.sign(claims_of(USER_ID, now)), now) == code


def test_google_away_is_unavailable(google: GoogleDouble, now: datetime) -> None:
    google.is_away = True
    with pytest.raises(Unavailable, match="its certificates cannot be read"):
        FirebaseIdentities(PROJECT).verify(google.sign(claims_of(USER_ID, now)), now)


def test_a_service_without_proper_credentials_is_unavailable(
    google: GoogleDouble, now: datetime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(broken))
    with pytest.raises(Unavailable, match="cannot be reached"):
        FirebaseIdentities(PROJECT).verify(google.sign(claims_of(USER_ID, now)), now)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "demo-other", "iss": "https://securetoken.google.com/demo-other"},
        {"aud": "demo-other"},
        {"iss": "https://securetoken.google.com/demo-other"},
        {"iss": "https://evil.example.com"},
        {"sub": ""},
        {"sub": "a/b"},
        {"sub": ".."},
        {"sub": "__x__"},
        {"sub": "x" * 129},
        {"sub": None},
        {"exp": "never"},
        {"exp": None},
        {"exp": 10**30},
        {"iat": None},
        {"aud": ["demo-gwi"]},
    ],
    ids=str,
)
def test_a_token_of_another_project_or_of_nobody_is_refused(
    emulated: FirebaseIdentities, now: datetime, changes: dict[str, object]
) -> None:
    token = unsigned(claims_of(USER_ID, now, **changes))
    assert code_of(emulated, token, now) == "not_authenticated"


@pytest.mark.parametrize("content", [[], "text", None, 5, {}, {"a": [[[]]]}], ids=str)
def test_a_token_that_claims_nothing_is_refused(
    emulated: FirebaseIdentities, now: datetime, content: object
) -> None:
    assert code_of(emulated, unsigned(content), now) == "not_authenticated"
    header_only = f"{unsigned(content).split('.')[1]}.{unsigned(claims_of(USER_ID, now)).split('.')[1]}."
    if not isinstance(content, dict):
        assert code_of(emulated, header_only, now) == "not_authenticated"


def test_the_emulator_away_is_unavailable(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(Unavailable, match="Firebase Auth does not answer"):
        FirebaseIdentities(PROJECT).verify(unsigned(claims_of(USER_ID, now)), now)
