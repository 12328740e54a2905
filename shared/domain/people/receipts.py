"""Receipts: the sealed responses of requests that created something, so that a repetition gets the same response."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

RECEIPTS_KEPT_FOR: Final = timedelta(hours=24)
_NONCE_BYTES = 16
_BLOCK_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The response of one request that created something, which only a repetition of the request can read."""

    id: str
    fingerprint: str
    """Of the body that was sent: the same Idempotency-Key with another body is a mistake."""
    nonce: bytes
    sealed: bytes
    expires_at: datetime
    version: object = field(default=None, compare=False)
    """Of the expired receipt that this one replaces, as it was read; None if there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatableRequest:
    """A creating request that names an Idempotency-Key, so that it can be sent again."""

    caller: str
    """The same for every request of one member or key."""
    route: str
    key: str
    """The Idempotency-Key. No store keeps it: it opens the receipt."""
    secret: str
    """A lasting secret of the caller, which opens the receipt too; empty if the caller has none."""
    body: bytes

    @property
    def receipt_id(self) -> str:
        return hashlib.sha256("\n".join((self.caller, self.route, self.key)).encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        return self._derive(b"fingerprint", self.body).hex()

    def receipt(self, response: str, now: datetime, expired: Receipt | None = None) -> Receipt:
        """Return the receipt of `response`, to be stored in the place of an expired one."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return Receipt(
            id=self.receipt_id,
            fingerprint=self.fingerprint,
            nonce=nonce,
            sealed=self._sealed(response.encode(), nonce),
            expires_at=now + RECEIPTS_KEPT_FOR,
            version=expired.version if expired else None,
        )

    def open(self, receipt: Receipt) -> str:
        """Return the response in the receipt of this request."""
        return self._sealed(receipt.sealed, receipt.nonce).decode()

    def _sealed(self, text: bytes, nonce: bytes) -> bytes:
        """Return `text` exclusive-or a keystream that no other receipt has; twice is the text again."""
        blocks = range(-(-len(text) // _BLOCK_BYTES))
        stream = b"".join(self._derive(b"seal", nonce + block.to_bytes(8)) for block in blocks)
        return bytes(one ^ other for one, other in zip(text, stream, strict=False))

    def _derive(self, purpose: bytes, message: bytes) -> bytes:
        root = hmac.digest(f"{self.key}\n{self.secret}".encode(), purpose, hashlib.sha256)
        return hmac.digest(root, message, hashlib.sha256)
