"""Sealed batches as Firestore documents: one each, and further ones where the packed events exceed it."""

from collections.abc import Iterator
from typing import Any

from shared.adapters.firestore.encoding import get_value
from shared.adapters.firestore.metering.commits import Recording
from shared.adapters.firestore.people.tenants import create_write, delete_write, set_write
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.ledger.holds import run_key
from shared.domain.metering.batch_format import DamagedBatch
from shared.domain.metering.sealed_batches import SealedBatch, packed_batch, unpacked_batch

MAX_BODY_BYTES = 900 * 1024
"""Of a document, which Firestore limits to 1 MiB; the keys of 500 runs take 20 KiB of it."""


def batch_writes(recording: Recording, batch: SealedBatch) -> Iterator[Any]:
    """Yield the writes that create a batch; they fail if the batch exists, which is the deduplication."""
    first, *parts = _cut(packed_batch(batch))
    name = recording.paths.batch(batch.id)
    instants = [event.ts for event in batch.events]
    runs = {event.run_id for event in batch.events if event.run_id is not None}
    fields: dict[str, object] = {
        "body": first,
        "first_ts": min(instants),
        "last_ts": max(instants),
        "run_keys": sorted(map(run_key, runs)),
        "recorded_at": recording.now,
        "nonce": recording.nonce,
        "expire_at": recording.expire_at,
    }
    yield create_write(name, fields | ({"parts": len(parts)} if parts else {}))
    for number, body in enumerate(parts, 1):
        yield create_write(part_name(name, number), {"body": body, "expire_at": recording.expire_at})


def read_batch(rpc: FirestoreRpc, head: Any) -> SealedBatch:
    """Return the batch of its document, in no further call unless it has parts."""
    return unpacked_batch(head.name.rpartition("/")[2], read_packed(rpc, head))


def read_packed(rpc: FirestoreRpc, head: Any) -> bytes:
    """Return the bytes of a batch, of all its documents."""
    body = head.fields["body"].bytes_value
    names = [part_name(head.name, number) for number in range(1, head.fields["parts"].integer_value + 1)]
    found = rpc.batch_get(names) if names else {}
    if missing := [name for name in names if name not in found]:
        raise DamagedBatch(f"A stored batch is damaged: {len(missing)} of its parts are missing")
    parts = b"".join(found[name].fields["body"].bytes_value for name in names)
    return bytes(body + parts)


def repacked_writes(head: Any, packed: bytes) -> Iterator[Any]:
    """Yield the writes that replace the bytes of a batch; they fail if it has changed since, or expired."""
    first, *parts = _cut(packed)
    write = set_write(head.name, {"body": first, "parts": len(parts)})
    write.update_mask.field_paths.extend(("body", "parts"))
    write.current_document.update_time.CopyFrom(head.update_time)
    yield write
    expire_at = get_value(head.fields["expire_at"])
    for number, body in enumerate(parts, 1):
        yield set_write(part_name(head.name, number), {"body": body, "expire_at": expire_at})
    for number in range(len(parts) + 1, head.fields["parts"].integer_value + 1):
        yield delete_write(part_name(head.name, number))


def part_name(head_name: str, number: int) -> str:
    """Return the name of a further document of a batch. No batch has such an id."""
    return f"{head_name}.{number}"


def _cut(packed: bytes) -> Iterator[bytes]:
    for start in range(0, len(packed), MAX_BODY_BYTES):
        yield packed[start : start + MAX_BODY_BYTES]
