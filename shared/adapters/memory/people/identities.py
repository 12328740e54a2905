"""IdentityVerifier on dictionaries."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.adapters.memory.state import MemoryState
from shared.domain.errors import Forbidden, NotAuthenticated
from shared.domain.people.members import Identity, normalise_email

TOKEN_LASTS = timedelta(hours=1)
_CLOCK_SKEW = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryAccount:
    """An account of the sign-in service."""

    user_id: str
    email: str
    name: str | None = None
    email_verified: bool = True
    disabled: bool = False
    valid_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    user_id: str
    issued_at: datetime


class MemoryIdentities(MemoryState):
    """Accounts and ID tokens. There are no passwords: anybody can get a token."""

    def __init__(self) -> None:
        super().__init__()
        self._accounts: dict[str, MemoryAccount] = {}
        self._tokens: dict[str, _Token] = {}

    def save_account(self, account: MemoryAccount) -> None:
        self._accounts[account.user_id] = account

    def delete_account(self, user_id: str) -> None:
        del self._accounts[user_id]

    def issue_token(self, user_id: str, now: datetime) -> str:
        """Return an ID token that is valid for an hour."""
        token = secrets.token_urlsafe(32)
        self._tokens[token] = _Token(user_id, now)
        return token

    def revoke_tokens(self, user_id: str, now: datetime) -> None:
        """Revoke every token of an account that was issued before `now`."""
        self._accounts[user_id] = replace(self._accounts[user_id], valid_after=now)

    def verify(self, token: str, now: datetime) -> Identity:
        known = self._tokens.get(token)
        if known is None or now < known.issued_at - _CLOCK_SKEW:
            raise NotAuthenticated("the ID token is not valid for this project")
        expires_at = known.issued_at + TOKEN_LASTS
        if now > expires_at + _CLOCK_SKEW:
            raise NotAuthenticated("the ID token has expired: sign in again", code="token_expired")
        account = self._accounts.get(known.user_id)
        if account is not None and account.disabled:
            raise Forbidden("this account is disabled", code="account_disabled")
        if account is None or (account.valid_after and known.issued_at < account.valid_after):
            raise NotAuthenticated("the ID token was revoked: sign in again", code="token_revoked")
        return _identity(account, expires_at)

    def find_user(self, email: str, now: datetime) -> Identity | None:
        accounts = self._accounts.values()
        found = (account for account in accounts if normalise_email(account.email) == email)
        return next((_identity(account, now) for account in found), None)


def _identity(account: MemoryAccount, expires_at: datetime) -> Identity:
    email = normalise_email(account.email)
    return Identity(
        user_id=account.user_id,
        email=email,
        email_verified=account.email_verified,
        name=account.name,
        expires_at=expires_at,
    )
