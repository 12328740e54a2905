"""The ids of events in sealed batches: each names its batch, and its place in it."""

import re
from hashlib import sha256
from typing import Final, NamedTuple

PREFIX: Final = "gwi1."
"""No event outside a batch may have an id that begins so."""
MAX_BATCH_NUMBER: Final = 2**53
"""Beyond it a JSON number is no longer exact in every client."""
_PRODUCER: Final = "[A-Za-z0-9_-]{16}"
"""96 random bits."""
_NUMBER: Final = "0|[1-9][0-9]{0,15}"
_SENT: Final = re.compile(rf"gwi1\.({_PRODUCER}\.({_NUMBER}))\.(0|[1-9][0-9]{{0,2}})")
_STORED: Final = re.compile(
    rf"gwi1\.((?:{_PRODUCER}\.(?:{_NUMBER}))|k\.[0-9a-f]{{40}})\.(0|[1-9][0-9]{{0,2}})"
)


class SealedId(NamedTuple):
    """The batch of an event, and its number in it, from 0 on."""

    batch: str
    number: int

    @property
    def text(self) -> str:
        """The id of the event."""
        return f"{PREFIX}{self.batch}.{self.number}"


def sent_id(text: str) -> SealedId | None:
    """Return the id that a producer has given to an event of a batch; None if it is malformed."""
    found = _SENT.fullmatch(text)
    if found is None or int(found[2]) > MAX_BATCH_NUMBER:
        return None
    return SealedId(found[1], int(found[3]))


def stored_id(identity: str) -> SealedId | None:
    """Return where an event is stored, if that is in a batch."""
    if not identity.startswith(PREFIX):
        return None
    found = _STORED.fullmatch(identity)
    return SealedId(found[1], int(found[2])) if found else None


def batch_of_key(idempotency_key: str) -> str:
    """Return the batch of a request with an Idempotency-Key, in a space that no producer can name."""
    return f"k.{sha256(idempotency_key.encode()).hexdigest()[:40]}"


def is_batch_of_key(batch_id: str) -> bool:
    return batch_id.startswith("k.")
