"""Versions of objects that people edit, so that nobody overwrites a change that they have not seen."""

import hashlib
import json

from shared.domain.errors import Conflict

_CHARS = 16


def version_of(*content: object) -> str:
    """Return the version of an object with this content, which is all that people edit of it."""
    written = json.dumps(content, default=str, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:_CHARS]


def require_version(expected: str | None, current: str | None) -> None:
    """Raise Conflict unless the object still has the version that its editor has read; None overwrites any.

    `current` is None if the object does not exist any more.
    """
    if expected is not None and expected != current:
        message = "somebody else has changed this since you read it: read it again, then make your change"
        raise Conflict(message, code="changed_meanwhile")
