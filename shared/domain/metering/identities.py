"""The text that is unique for each event of a tenant."""

import hashlib


def identity_of(event_id: str, source: str | None = None) -> str:
    """Return the identity of an event: its id, or a hash of a CloudEvent's source and id.

    No source or id contains NUL, so that no two events are alike.
    """
    if source is None:
        return event_id
    hashed = hashlib.sha256(f"{source}\0{event_id}".encode()).hexdigest()
    return f"\0{hashed[:40]}"
