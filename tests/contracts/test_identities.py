"""IdentityVerifier: the holder of a token, and every reason to refuse one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import uuid4

import firebase_admin
import pytest
from firebase_admin import auth

from shared.adapters.firebase_auth import FirebaseIdentities
from shared.adapters.memory.people.identities import MemoryAccount, MemoryIdentities
from shared.domain.errors import Forbidden, NotAuthenticated, UsageError
from shared.domain.people.members import Identity
from shared.ports import IdentityVerifier
from tests.id_tokens import LASTS_SECONDS, PROJECT, claims_of, unsigned

LASTS = timedelta(seconds=LASTS_SECONDS)
NAME = "Ada <b>Lovelace</b>"


class Accounts(Protocol):
    """The accounts of a sign-in service, and its verifier."""

    @property
    def verifier(self) -> IdentityVerifier:
        """The verifier under test."""

    def sign_up(self, email: str, *, verified: bool, name: str | None) -> str:
        """Create an account and return its id."""

    def token(self, user_id: str, issued_at: datetime) -> str:
        """Return the ID token of a sign-in at `now`."""

    def disable(self, user_id: str) -> None:
        """Disable an account."""

    def revoke(self, user_id: str) -> None:
        """Sign an account out everywhere."""

    def delete(self, user_id: str) -> None:
        """Remove an account."""


class MemoryAccounts:
    """Accounts in this process."""

    def __init__(self) -> None:
        self.verifier = self._identities = MemoryIdentities()
        self._accounts: dict[str, MemoryAccount] = {}

    def sign_up(self, email: str, *, verified: bool, name: str | None) -> str:
        """See Accounts."""
        account = MemoryAccount(user_id=uuid4().hex, email=email, name=name, email_verified=verified)
        self._identities.save_account(account)
        self._accounts[account.user_id] = account
        return account.user_id

    def token(self, user_id: str, issued_at: datetime) -> str:
        """See Accounts."""
        return self._identities.issue_token(user_id, issued_at)

    def disable(self, user_id: str) -> None:
        """See Accounts."""
        self._identities.save_account(MemoryAccount(user_id=user_id, email="", disabled=True))

    def revoke(self, user_id: str) -> None:
        """See Accounts."""
        self._identities.revoke_tokens(user_id, datetime.now(UTC))

    def delete(self, user_id: str) -> None:
        """See Accounts."""
        self._identities.delete_account(user_id)


class FirebaseAccounts:
    """Accounts in the Auth emulator, changed through its admin API."""

    def __init__(self) -> None:
        self.verifier = FirebaseIdentities(PROJECT)
        self._app = firebase_admin.initialize_app(options={"projectId": PROJECT}, name=uuid4().hex)

    def sign_up(self, email: str, *, verified: bool, name: str | None) -> str:
        """See Accounts."""
        user = auth.create_user(email=email, email_verified=verified, display_name=name, app=self._app)
        return str(user.uid)

    def token(self, user_id: str, issued_at: datetime) -> str:
        """See Accounts."""
        user = auth.get_user(user_id, self._app)
        named = {"name": user.display_name} if user.display_name else {}
        proof = {"email": user.email, "email_verified": user.email_verified}
        return unsigned(claims_of(user_id, issued_at, **named, **proof))

    def disable(self, user_id: str) -> None:
        """See Accounts."""
        auth.update_user(user_id, disabled=True, app=self._app)

    def revoke(self, user_id: str) -> None:
        """See Accounts."""
        auth.revoke_refresh_tokens(user_id, self._app)

    def delete(self, user_id: str) -> None:
        """See Accounts."""
        auth.delete_user(user_id, self._app)


@pytest.fixture
def accounts(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Accounts]:
    """Accounts in memory, and in Firebase where the other stores are in Firestore."""
    if kind == "memory":
        yield MemoryAccounts()
        return
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", request.getfixturevalue("auth_emulator_host"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield FirebaseAccounts()


@pytest.fixture
def now() -> datetime:
    """Tokens carry whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def email() -> str:
    """An address that nobody has."""
    return f"ada-{uuid4().hex[:12]}@example.com"


def refusal(accounts: Accounts, token: str, now: datetime) -> UsageError:
    with pytest.raises((NotAuthenticated, Forbidden)) as caught:
        accounts.verifier.verify(token, now)
    return caught.value


@pytest.mark.parametrize(("verified", "name"), [(True, NAME), (False, None)])
def test_a_token_identifies_its_holder(
    accounts: Accounts, now: datetime, email: str, verified: bool, name: str | None
) -> None:
    user_id = accounts.sign_up(email, verified=verified, name=name)
    identity = accounts.verifier.verify(accounts.token(user_id, now), now)
    assert (identity.user_id, identity.email, identity.name) == (user_id, email, name)
    assert identity.email_verified is verified
    assert identity.expires_at == now + LASTS


@pytest.mark.parametrize(
    "token", ["", "x", "a.b", "a.b.c", "a.b.c.d", "....", "é.é.é", "bnVsbA.bnVsbA.", "e30.e30."]
)
def test_a_malformed_token_is_refused(accounts: Accounts, now: datetime, token: str) -> None:
    assert refusal(accounts, token, now).code == "not_authenticated"


@pytest.mark.parametrize(("late_seconds", "code"), [(-1, None), (10, None), (11, "token_expired")])
def test_a_token_expires_with_ten_seconds_of_clock_tolerance(
    accounts: Accounts, now: datetime, email: str, late_seconds: int, code: str | None
) -> None:
    user_id = accounts.sign_up(email, verified=True, name=None)
    token = accounts.token(user_id, now)
    late = now + LASTS + timedelta(seconds=late_seconds)
    if code is None:
        assert accounts.verifier.verify(token, late).user_id == user_id
    else:
        assert refusal(accounts, token, late).code == code


@pytest.mark.parametrize(("early_seconds", "code"), [(1, None), (10, None), (11, "not_authenticated")])
def test_a_token_from_the_future_is_refused_with_ten_seconds_of_clock_tolerance(
    accounts: Accounts, now: datetime, email: str, early_seconds: int, code: str | None
) -> None:
    user_id = accounts.sign_up(email, verified=True, name=None)
    token = accounts.token(user_id, now + timedelta(seconds=early_seconds))
    if code is None:
        assert accounts.verifier.verify(token, now).user_id == user_id
    else:
        assert refusal(accounts, token, now).code == code


def test_a_disabled_account_is_refused(accounts: Accounts, now: datetime, email: str) -> None:
    user_id = accounts.sign_up(email, verified=True, name=None)
    token = accounts.token(user_id, now)
    accounts.disable(user_id)
    error = refusal(accounts, token, now)
    assert (type(error), error.code) == (Forbidden, "account_disabled")


def test_after_signing_out_everywhere_a_new_sign_in_is_needed(
    accounts: Accounts, now: datetime, email: str
) -> None:
    user_id = accounts.sign_up(email, verified=True, name=None)
    before = accounts.token(user_id, now - timedelta(seconds=60))
    accounts.revoke(user_id)
    assert refusal(accounts, before, now).code == "token_revoked"
    after = accounts.token(user_id, now + timedelta(seconds=5))
    assert accounts.verifier.verify(after, now).user_id == user_id


def test_a_deleted_account_is_refused(accounts: Accounts, now: datetime, email: str) -> None:
    user_id = accounts.sign_up(email, verified=True, name=None)
    token = accounts.token(user_id, now)
    accounts.delete(user_id)
    assert refusal(accounts, token, now).code == "token_revoked"


def test_an_account_is_found_by_its_address(accounts: Accounts) -> None:
    now = datetime.now(UTC)
    email = f"{uuid4().hex}@example.com"
    user_id = accounts.sign_up(email, verified=True, name=NAME)
    assert accounts.verifier.find_user(email, now) == Identity(
        user_id=user_id, email=email, email_verified=True, name=NAME, expires_at=now
    )
    assert accounts.verifier.find_user(f"not-{email}", now) is None
