"""Webhook endpoints of tenants: their addresses, their secrets, and whether they still answer."""

import base64
import ipaddress
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from shared.domain.errors import FieldProblem, InvalidInput, shown
from shared.domain.notices.webhooks import WebhookFormat

EndpointStatus = Literal["enabled", "failing", "disabled"]

MAX_ENDPOINTS: Final = 10
MAX_URL_CHARS: Final = 500
DISABLED_AFTER: Final = timedelta(days=3)
"""An endpoint is disabled after failing for this long without one success."""
SECRET_OVERLAP: Final = timedelta(hours=24)
_SECRET_BYTES = 24
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address that gets a tenant's notices."""

    id: str
    tenant_id: str
    url: str
    format: WebhookFormat
    secret: str
    created_at: datetime
    created_by: str
    previous_secret: str | None = None
    previous_secret_until: datetime | None = None
    failing_since: datetime | None = None
    """The first failure since the last success."""
    disabled_at: datetime | None = None

    @property
    def status(self) -> EndpointStatus:
        if self.disabled_at:
            return "disabled"
        return "failing" if self.failing_since else "enabled"

    def secrets_at(self, now: datetime) -> tuple[str, ...]:
        """Return the secrets that sign: after a rotation the previous one too, for a day."""
        until = self.previous_secret_until
        if self.previous_secret and until and now < until:
            return self.secret, self.previous_secret
        return (self.secret,)

    def rotated(self, now: datetime) -> "Endpoint":
        return replace(
            self,
            secret=new_secret(),
            previous_secret=self.secret,
            previous_secret_until=now + SECRET_OVERLAP,
        )

    def after_success(self) -> "Endpoint":
        return replace(self, failing_since=None)

    def after_failure(self, now: datetime) -> "Endpoint":
        """Return the endpoint after a failed attempt: disabled if it has failed for three days."""
        since = self.failing_since or now
        disabled = self.disabled_at or (now if now - since >= DISABLED_AFTER else None)
        return replace(self, failing_since=since, disabled_at=disabled)

    def enabled(self) -> "Endpoint":
        return replace(self, failing_since=None, disabled_at=None)


def new_secret() -> str:
    """Return a secret in the form of Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def valid_url(url: str, *, allow_local: bool) -> str:
    """Return the address of an endpoint.

    Raise InvalidInput unless it is https, without a password, and names a public host. A host's address is checked
    again at every delivery, since a name can resolve to another one by then. With `allow_local`, http and this
    machine are allowed too.
    """
    if len(url) > MAX_URL_CHARS or not url.isascii() or any(each.isspace() for each in url):
        raise _invalid(f"url {shown(url)} is not an address of at most {MAX_URL_CHARS} ASCII characters")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise _invalid(f"url {shown(url)} is not a valid address") from error
    if not host:
        raise _invalid(f"url {shown(url)} names no host")
    if parts.username is not None or parts.password is not None:
        raise _invalid("url contains a user name or password; the signature authenticates each webhook")
    if allow_local and _is_loopback(host) and parts.scheme in ("http", "https"):
        return url
    _require_public_https(parts, host)
    return url


def _require_public_https(parts: SplitResult, host: str) -> None:
    if parts.scheme != "https":
        raise _invalid("url must begin with https://")
    address = _address(host)
    if address is None and (host == "localhost" or host.endswith(_LOCAL_NAMES) or "." not in host):
        raise _invalid(f"url names {host}, which is not a public host")
    if address is not None and not is_public(address):
        raise _invalid(f"url names {host}, which is not a public address")


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet.

    An IPv6 address that carries an IPv4 address is public only if that one is.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        carried = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if carried is None and found in _NAT64:
            carried = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if carried:
            return is_public(str(carried))
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else ipaddress.ip_address(address).is_loopback


def _address(host: str) -> str | None:
    """Return the IP address that a host is written as; None for a name.

    Resolvers take `127.1`, `0x7f.1` and `2130706433` as IPv4 addresses too; no public name ends in a number.
    """
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        is_number = last.isdecimal() or last.lower().startswith("0x")
        return "0.0.0.0" if is_number else None  # noqa: S104 (an address that is refused, not one to bind to)


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(message, (FieldProblem(field="url", code="invalid_url", message=message),))
