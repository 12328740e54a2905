"""Progress of `make dev`: each part that is ready, and the parts that it waits for."""

from collections.abc import Sequence
from time import monotonic

_TELL_EVERY_SECONDS = 10


class Progress:
    """Prints lines with the seconds since the command was given."""

    def __init__(self) -> None:
        self._started_at = monotonic()
        self._told_at = self._started_at
        self._ready: set[str] = set()

    @property
    def seconds(self) -> int:
        """How long the start has taken so far."""
        return round(monotonic() - self._started_at)

    def ready(self, part: str) -> None:
        """Tell that a part is ready; once."""
        if part not in self._ready:
            self._ready.add(part)
            self._tell(f"{part} is ready")

    def waiting(self, parts: Sequence[str]) -> None:
        """Say which parts are missing, if nothing was said for ten seconds."""
        if monotonic() >= self._told_at + _TELL_EVERY_SECONDS:
            self._tell(f"waiting for {', '.join(parts)} ...")

    def _tell(self, line: str) -> None:
        self._told_at = monotonic()
        print(f"  {self.seconds:>3} s  {line}", flush=True)
