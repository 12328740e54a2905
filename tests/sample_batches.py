"""Sealed batches for tests of storage, and the counters they add up to."""

from datetime import datetime
from hashlib import blake2b

from shared.domain.metering.sealed_batches import SealedBatch
from shared.domain.metering.sealed_ids import SealedId
from tests.sample_events import NOON, llm_call

PRODUCER = "abcdefghijklmn-_"
BATCH_ID = f"{PRODUCER}.7"


def batch_of_calls(
    count: int,
    *,
    batch_id: str = BATCH_ID,
    payload: str = "first",
    run_id: str | None = None,
    ts: datetime = NOON,
    models: int = 1,
) -> SealedBatch:
    """Return a batch of calls, of each of so many models in turn; `payload` decides their fingerprints."""
    ids = [SealedId(batch_id, number).text for number in range(count)]
    calls = [
        llm_call(
            event_id,
            run_id=run_id,
            ts=ts,
            model=f"model-{number % models}" if models > 1 else "gpt-4.1-mini",
            payload=fingerprint(f"{payload} {event_id}"),
        )
        for number, event_id in enumerate(ids)
    ]
    return SealedBatch(id=batch_id, events=calls)


def fingerprint(text: str) -> str:
    """Return a hash of the length of fingerprints."""
    return blake2b(text.encode(), digest_size=16).hexdigest()
