"""Lets keys in as a function does."""

from datetime import datetime

from shared.usecases.people.authenticate import Access, KeyAuthenticator


def tenant_access(authenticator: KeyAuthenticator, secret: str, now: datetime, address: str = "") -> Access:
    """The access of a tenant's key."""
    access = authenticator.authenticate(secret, now, address)
    assert isinstance(access, Access)
    return access
