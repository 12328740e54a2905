"""Seal a document with a secret of the platform, so that whoever has the secret sees whether a byte has changed."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

ALGORITHM: Final = "HMAC-SHA256"
MIN_SECRET_CHARS: Final = 32
_SEAL: Final = "seal"
_CHECKSUM: Final = "checksum"

Verdict = Literal["intact", "changed", "unknown_key", "not_a_bundle"]


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A secret that seals, and its id, which a seal names."""

    id: str
    secret: str

    def sign(self, text: str) -> str:
        return hmac.digest(self.secret.encode(), f"{self.id}\n{text}".encode(), hashlib.sha256).hex()


@dataclass(frozen=True, slots=True)
class SealingKeys:
    """The platform's sealing keys: the first seals, all verify. A rotation puts a new one in front."""

    keys: Sequence[SealingKey]

    def seal(self, content: Mapping[str, Any]) -> str:
        """Return `content` as JSON with its checksum and its seal, which hold for exactly these bytes."""
        key = self.keys[0]
        summed = {**content, _CHECKSUM: _checksum(content)}
        seal = {"algorithm": ALGORITHM, "key_id": key.id, "value": key.sign(canonical(summed))}
        return canonical({**summed, _SEAL: seal})

    def verify(self, text: str) -> Verdict:
        """Return whether a sealed document is as it was sealed.

        A key that is not among these proves nothing: the document may be as it was.
        """
        try:
            document = json.loads(text)
            seal = document.pop(_SEAL)
            key_id, value = str(seal["key_id"]), str(seal["value"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return "not_a_bundle"
        key = next((each for each in self.keys if each.id == key_id), None)
        if key is None:
            return "unknown_key"
        expected = {"algorithm": ALGORITHM, "key_id": key.id, "value": key.sign(canonical(document))}
        is_sealed = hmac.compare_digest(expected["value"].encode(), value.encode())
        # The form counts too: a document that was written again is not the one that was sealed.
        return "intact" if is_sealed and text == canonical({**document, _SEAL: expected}) else "changed"


def canonical(document: object) -> str:
    """Return the only form in which a document is sealed: sorted keys, no spaces."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parse_keys(entries: Sequence[str]) -> SealingKeys:
    """Read keys of the form `id:secret`; raise ValueError, without the secret, for any other form."""
    keys = []
    for entry in entries:
        key_id, _, secret = entry.partition(":")
        if not key_id or len(secret) < MIN_SECRET_CHARS:
            raise ValueError(
                f"not of the form id:secret, with a secret of at least {MIN_SECRET_CHARS} characters"
            )
        keys.append(SealingKey(key_id, secret))
    if len({key.id for key in keys}) != len(keys):
        raise ValueError("two keys have the same id")
    return SealingKeys(tuple(keys))


def _checksum(content: Mapping[str, Any]) -> str:
    """Return the checksum for whoever has no key: it finds accidents, not forgeries."""
    return f"sha256:{hashlib.sha256(canonical(content).encode()).hexdigest()}"
