"""Runs several processes so that their calls to a store take turns in a given order: races that can be repeated."""

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Any, TypeVar, cast

from tests.usecases.fault_injection import PassingOn

T = TypeVar("T")


class Interleaving:
    """Threads of which only one runs at any time: each stops before every call, until it is let."""

    def __init__(self) -> None:
        self._permits: list[Semaphore] = []
        self._stopped: SimpleQueue[None] = SimpleQueue()
        self._ended: set[int] = set()

    def run(self, schedule: Sequence[int], target: T, actors: Sequence[Callable[[T], object]]) -> None:
        """Give each of `actors` its own way to `target`; each entry of `schedule` lets one make its next call."""
        self._permits = [Semaphore(0) for _ in actors]
        for number, actor in enumerate(actors):
            Thread(target=self._act, args=(number, actor, target), daemon=True).start()
            self._stopped.get()
        for number in schedule:
            self._let(number % len(actors))
        for number in range(len(actors)):
            while number not in self._ended:
                self._let(number)

    def _let(self, number: int) -> None:
        if number not in self._ended:
            self._permits[number].release()
            self._stopped.get()

    def _act(self, number: int, actor: Callable[[T], object], target: T) -> None:
        try:
            actor(cast(T, _Interleaved(target, lambda: self._stop(number))))
        finally:
            self._ended.add(number)
            self._stopped.put(None)

    def _stop(self, number: int) -> None:
        self._stopped.put(None)
        self._permits[number].acquire()


class _Interleaved(PassingOn):
    def __init__(self, target: Any, stop: Callable[[], None]) -> None:
        super().__init__(target)
        self._stop = stop

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        self._stop()
        return method(*args, **named)
