"""Ask again while a part of the stack is overloaded, as the product asks of its clients."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import uniform
from threading import Event
from time import monotonic
from typing import TypeVar

from tools.dev.errors import OverloadedError, StoppedError

T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Retries:
    """Repeat what fails with OverloadedError, after pauses that grow and vary, until `stop` is set or time is up."""

    stop: Event
    seconds: float = 90
    longest_pause_seconds: float = 5

    def __call__(self, ask: Callable[[], T]) -> T:
        """Return what `ask` returns.

        Raises StoppedError once `stop` is set, and the last OverloadedError when time is up.
        """
        for pause in self._pauses():
            try:
                return ask()
            except OverloadedError:
                if pause is None:
                    raise
            if self.stop.wait(pause):
                raise StoppedError
        raise AssertionError("the pauses end with the last attempt")

    def _pauses(self) -> Iterator[float | None]:
        """Yield the pause after each attempt; None after the last one."""
        if self.stop.is_set():
            raise StoppedError
        deadline, longest = monotonic() + self.seconds, _FIRST_PAUSE_SECONDS
        while monotonic() < deadline:
            yield uniform(longest / 2, longest)  # noqa: S311  # no secret: it only keeps clients apart
            longest = min(longest * 2, self.longest_pause_seconds)
        yield None
