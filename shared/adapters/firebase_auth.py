"""IdentityVerifier on Firebase Auth, or on its emulator, which firebase-admin finds in the environment."""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import firebase_admin
from firebase_admin import auth
from firebase_admin.exceptions import FirebaseError
from google.auth.exceptions import GoogleAuthError
from pydantic import BaseModel, Field, ValidationError

from shared.domain.errors import Forbidden, NotAuthenticated, Unavailable, UsageError
from shared.domain.people.members import Identity, normalise_email

CLOCK_SKEW_SECONDS = 10
GIVE_UP_AFTER_SECONDS = 8
_USER_ID = re.compile(r"(?!\.\.?$|__.*__$)[^/]{1,128}")
"""The user ids that are valid in a document name."""
_END_OF_TIME = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())


class _Claims(BaseModel):
    """The claims of a token, before Firebase has verified them."""

    aud: str
    sub: str
    iat: int = Field(ge=0, le=_END_OF_TIME)
    exp: int = Field(ge=0, le=_END_OF_TIME)


class FirebaseIdentities:
    """Accounts of one Firebase project. Create it after the server has forked."""

    def __init__(self, project_id: str) -> None:
        self._project_id = project_id
        options = {"projectId": project_id, "httpTimeout": GIVE_UP_AFTER_SECONDS}
        self._app = firebase_admin.initialize_app(options=options, name=f"gwi-{uuid4().hex}")

    def verify(self, token: str, now: datetime) -> Identity:
        claims = _claims(token)
        self._refuse_by_claims(claims, now.timestamp())
        try:
            verified = auth.verify_id_token(
                token, self._app, check_revoked=True, clock_skew_seconds=CLOCK_SKEW_SECONDS
            )
        except (FirebaseError, GoogleAuthError, ValueError) as error:
            raise _refusal(error) from error
        return _identity(verified, claims)

    def find_user(self, email: str, now: datetime) -> Identity | None:
        try:
            user = auth.get_user_by_email(email, self._app)
        except auth.UserNotFoundError:
            return None
        except (FirebaseError, GoogleAuthError, ValueError) as error:
            raise _refusal(error) from error
        return Identity(
            user_id=user.uid,
            email=email,
            email_verified=user.email_verified,
            name=user.display_name,
            expires_at=now,
        )

    def _refuse_by_claims(self, claims: _Claims, now: float) -> None:
        """Refuse tokens that Firebase would refuse, as its emulator accepts even expired ones."""
        if claims.aud != self._project_id:
            raise NotAuthenticated(f"the ID token belongs to project {claims.aud[:64]!r}, not to this one")
        if not _USER_ID.fullmatch(claims.sub):
            raise NotAuthenticated(f"the ID token has no valid user id: sub is {claims.sub[:64]!r}")
        if now > claims.exp + CLOCK_SKEW_SECONDS:
            raise _expired()
        if now < claims.iat - CLOCK_SKEW_SECONDS:
            ahead = round(claims.iat - now)
            raise NotAuthenticated(f"the ID token was issued {ahead} s in the future: check your clock")


def _claims(token: str) -> _Claims:
    parts = token.split(".")
    try:
        if len(parts) != 3:
            raise ValueError(f"it has {len(parts)} parts")
        _Object.model_validate_json(_decoded(parts[0]))
        return _Claims.model_validate_json(_decoded(parts[1]))
    except (ValidationError, ValueError) as error:
        raise NotAuthenticated("this is neither an API key nor an ID token") from error


class _Object(BaseModel):
    """Any JSON object."""


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _identity(verified: Mapping[str, Any], claims: _Claims) -> Identity:
    email, name = verified.get("email"), verified.get("name")
    return Identity(
        user_id=claims.sub,
        email=normalise_email(email) if email else None,
        email_verified=verified.get("email_verified") is True,
        name=name or None,
        expires_at=datetime.fromtimestamp(claims.exp, UTC),
    )


def _refusal(error: Exception) -> UsageError:
    """Translate an error of firebase-admin into one for the caller."""
    match error:
        case auth.ExpiredIdTokenError():
            return _expired()
        case auth.RevokedIdTokenError() | auth.UserNotFoundError():
            return NotAuthenticated("the ID token was revoked: sign in again", code="token_revoked")
        case auth.UserDisabledError():
            return Forbidden("this account is disabled", code="account_disabled")
        case auth.CertificateFetchError():
            return Unavailable("Firebase Auth does not answer: its certificates cannot be read")
        case auth.InvalidIdTokenError() | ValueError():
            return NotAuthenticated("the ID token is not valid for this project")
        case FirebaseError():
            return Unavailable(f"Firebase Auth does not answer ({error.code})")
        case _:
            return Unavailable(f"Firebase Auth cannot be reached ({type(error).__name__})")


def _expired() -> NotAuthenticated:
    return NotAuthenticated("the ID token has expired: sign in again", code="token_expired")
