"""The batch of a request: that of its events' ids, or of its Idempotency-Key."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from json import JSONEncoder
from typing import Final

from shared.domain.errors import FieldProblem, InvalidInput, shown
from shared.domain.metering.events import EnvelopedEvent
from shared.domain.metering.sealed_batches import WIDEST
from shared.domain.metering.sealed_ids import PREFIX, SealedId, batch_of_key, sent_id

KEY_HEADER: Final = "Idempotency-Key"
_SORTING: Final = JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)


def batch_of(items: Sequence[object], idempotency_key: str | None) -> str | None:
    """Return the batch of a request; None if its events have ids of the caller's own, or none and no key.

    Raise InvalidInput if it is no whole batch. An item that cannot be read counts as the one that belongs there.
    """
    ids = [_id_of(item) for item in items]
    if idempotency_key is not None:
        _refuse_ids(items, ids)
        return batch_of_key(idempotency_key)
    sealed = next((index for index, each in enumerate(ids) if each and each.startswith(PREFIX)), None)
    if sealed is None:
        return None
    batch = _sent(ids[sealed], sealed).batch
    beginning = SealedId(batch, 0).text.removesuffix("0")
    if ids == [f"{beginning}{number}" for number in range(len(ids))]:
        return batch  # nearly every request
    for index, item in enumerate(items):
        if isinstance(item, dict | EnvelopedEvent):
            event_id = ids[index]
            if event_id is None or not event_id.startswith(PREFIX):
                raise _mixed(f"the events of batch {batch} cannot be sent together with others", item, index)
            _require_place(event_id, index, batch)
    return batch


def _id_of(item: object) -> str | None:
    """Return the id that the caller gave to an event; None if it has none, or cannot be read."""
    if isinstance(item, EnvelopedEvent):
        return _id_of(item.data) if item.identity is None else item.identity
    event_id = item.get("id") if isinstance(item, dict) else None
    return event_id if isinstance(event_id, str) else None


def _sent(event_id: str | None, index: int) -> SealedId:
    found = sent_id(event_id or "")
    if found is None:
        message = f"id: not an id of a batch, gwi1.<producer>.<batch>.<n> (got {shown(event_id)})"
        raise _refused("invalid_sealed_id", message, index)
    return found


def _require_place(event_id: str, index: int, batch: str) -> None:
    """Raise InvalidInput unless the event belongs at this place of the batch."""
    found = _sent(event_id, index)
    if found.batch != batch:
        message = f"id: a request is one batch, here {batch} (got {shown(event_id)})"
        raise _refused("mixed_batches", message, index)
    if found.number != index:
        message = f"id: the numbers of a batch go from 0 on in order; {index} is next (got {shown(event_id)})"
        raise _refused("out_of_order", message, index)


def _refuse_ids(items: Sequence[object], ids: Sequence[str | None]) -> None:
    """Raise InvalidInput if an event of a request with an Idempotency-Key has an id."""
    for index, event_id in enumerate(ids):
        if event_id is not None:
            raise _mixed(f"with the header {KEY_HEADER}, events have no ids", items[index], index)


def _mixed(reason: str, item: object, index: int) -> InvalidInput:
    """Return the error about ids of two kinds. It shows the id as sent: the identity of a CloudEvent is a hash."""
    content = item.data if isinstance(item, EnvelopedEvent) else item
    sent = content.get("id") if isinstance(content, dict) else None
    return _refused("mixed_ids", f"id: {reason} (got {shown(sent)})", index)


def too_wide(instants: Sequence[datetime]) -> InvalidInput | None:
    """Return the error about a batch whose events are too far apart; None if they are not."""
    if not instants or max(instants) - min(instants) <= WIDEST:
        return None
    first, last = min(instants).isoformat(), max(instants).isoformat()
    message = f"ts: the events of a batch span at most 24 hours, not from {first} to {last}"
    return _refused("batch_too_wide", message, instants.index(max(instants)))


def fingerprint_of_item(item: object) -> str:
    """Return a hash of an item that was rejected, as it was sent; its tenant is no part of it."""
    content = item.data if isinstance(item, EnvelopedEvent) else item
    if isinstance(content, FieldProblem):
        return ""
    if isinstance(content, dict):
        content = {name: value for name, value in content.items() if name != "tenant_id"}
    return blake2b(_SORTING.encode(content).encode(), digest_size=16).hexdigest()


def _refused(code: str, message: str, index: int) -> InvalidInput:
    field = message.partition(":")[0]
    problem = FieldProblem(field=field, code=code, message=message, index=index)
    return InvalidInput(message, (problem,), code=code)
