"""The operations on the store that a request has cost."""

from dataclasses import dataclass


@dataclass(slots=True)
class Operations:
    """Round trips to the store, and the reads and writes that it bills."""

    calls: int = 0
    reads: int = 0
    writes: int = 0
