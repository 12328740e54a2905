"""Requests that wait together in one process, so that all but the first share a commit."""

from collections.abc import Callable, Iterable
from threading import Event, Thread
from time import sleep
from typing import Any

from tests.usecases.fault_injection import PassingOn
from tests.usecases.limits.admission_world import Process


class Gate(PassingOn):
    """Lets calls through to a store while it is open."""

    def __init__(self, target: Any) -> None:
        super().__init__(target)
        self.is_waited_for = False
        self._opened = Event()
        self._opened.set()

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        self.is_waited_for = not self._opened.is_set()
        self._opened.wait()
        return method(*args, **named)

    def shut(self) -> None:
        self._opened.clear()
        self.is_waited_for = False

    def open(self) -> None:
        self._opened.set()


def ask_together(gate: Gate, process: Process, requests: Iterable[Callable[[], object]]) -> None:
    """Let the first request wait at the gate to the store until all others have gathered behind it."""
    failed: list[BaseException] = []
    threads: list[Thread] = []
    gate.shut()
    for request in requests:
        threads.append(Thread(target=collecting(failed, request), daemon=True))
        threads[-1].start()
        if len(threads) == 1:
            _wait_until(lambda: gate.is_waited_for)
        else:
            _wait_until(lambda: _waiting(process) == len(threads) - 1)
    gate.open()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def collecting(failed: list[BaseException], act: Callable[..., object]) -> Callable[..., None]:
    """Return a function that does the same, and keeps its failure for another thread."""

    def collected(*args: Any) -> None:
        try:
            act(*args)
        except BaseException as error:  # noqa: BLE001 (raised again by the thread of the test)
            failed.append(error)

    return collected


def _waiting(process: Process) -> int:
    return len(process.admitter._queues._queues[process.world.tenant.id].waiting)


def _wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(50_000):
        if is_so():
            return
        sleep(0.0002)
    raise AssertionError("the other thread does not get there")
