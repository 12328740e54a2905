"""The client on the real service: agents that share an outbox, one of which is killed, as the service is."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from shared.domain.errors import Unavailable
from shared.domain.metering.recording import RecordedEvent
from shared.ports.pages import Page
from shared.usecases.ledger.verify_counters import verify_counters
from tests.chaos.stack import TENANT, ChaosStack, chaos_stack
from tests.e2e.running import eventually
from tests.tcp_proxy import Proxy, proxy
from tools.dev.settings import ROOT

AGENTS = 4
EVENTS = 10_000
_EACH = EVENTS // AGENTS
_SECONDS = 120.0


class Agent:
    """A process that tracks the calls of a range, and the numbers of those for which `track` has returned."""

    def __init__(self, stack: ChaosStack, front: Proxy, outbox: Path, calls: range) -> None:
        self.tracked: list[int] = []
        arguments = [f"http://{front.host}", stack.key, str(outbox), str(calls.start), str(calls.stop)]
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/e2e/metering_agent.py"), *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT / "client"), "NO_PROXY": "127.0.0.1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            if line.endswith("\n"):  # a killed process may leave half a line
                self.tracked.append(int(line))

    def has_tracked(self, count: int) -> bool:
        return eventually(lambda: len(self.tracked) >= count, _SECONDS)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self._read_the_rest()

    def finish(self) -> None:
        assert self._read_the_rest() == 0

    def _read_the_rest(self) -> int:
        status = self.process.wait(_SECONDS)
        self._reader.join()
        assert self.process.stdout
        self.process.stdout.close()
        return status


@pytest.mark.timeout(600)
def test_an_outage_and_a_kill_lose_nothing_and_count_nothing_twice(tmp_path: Path) -> None:
    with chaos_stack(tmp_path) as stack, proxy(stack.recorders[0].server.host) as front:
        outbox = tmp_path / "outbox.sqlite"
        agents = [
            Agent(stack, front, outbox, range(number * _EACH, (number + 1) * _EACH))
            for number in range(AGENTS)
        ]
        assert agents[1].has_tracked(_EACH // 10)
        with front.refusing():
            stack.recorders[0].signal(signal.SIGKILL)
            assert agents[0].has_tracked(_EACH // 3)
            agents[0].kill()
            restarted = Agent(stack, front, outbox, range(len(agents[0].tracked), _EACH))
            assert all(agent.has_tracked(_EACH * 2 // 3) for agent in agents[1:])
            stack.recorders[0].kill()
            front.forward_to(stack.recorders[0].server.host)
        for agent in [*agents[1:], restarted]:
            agent.finish()
        tracked = {f"call-{call}" for agent in [*agents, restarted] for call in agent.tracked}
        recorded = Counter(_request_ids(stack))
        assert tracked - recorded.keys() == set()
        assert len(tracked) == EVENTS
        # The killed process may have tracked one call whose number it did not print, which the next one tracks too.
        assert recorded.total() - len(tracked) <= 1
        for _ in range(3):
            stack.tick()
        config = stack.container.config
        assert (
            verify_counters(stack.container.usage, TENANT, config.retention, datetime.now(UTC)).drifts == []
        )


def _request_ids(stack: ChaosStack) -> Iterator[str]:
    cursor: str | None = None
    while True:
        page = _page(stack, cursor)
        yield from (str(event.request_id) for event in page.items)
        if (cursor := page.next_cursor) is None:
            return


def _page(stack: ChaosStack, cursor: str | None, attempts: int = 10) -> Page[RecordedEvent]:
    """Read a page of events, again if the emulator of a busy machine does not answer in time."""
    try:
        return stack.container.usage.list_events(TENANT, limit=500, cursor=cursor)
    except Unavailable:
        if attempts == 1:
            raise
        return _page(stack, cursor, attempts - 1)
