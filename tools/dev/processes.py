"""A child process of the stack: its process group, its log, its readiness and its end."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic, sleep

from tools.dev.errors import StackError, StoppedError
from tools.dev.loopback import HOST, get
from tools.dev.progress import Progress

_POLL_SECONDS = 0.05
_PORT_TAKEN = re.compile(
    r"address already in use|connection in use|EADDRINUSE|port \d+ is (already in use|taken)", re.IGNORECASE
)
_DISK_FULL = re.compile(r"no space left on device|ENOSPC", re.IGNORECASE)


@dataclass(frozen=True)
class Command:
    """A command line, and the environment and the folder that it runs in; None: the caller's own."""

    arguments: Sequence[str]
    environment: Mapping[str, str] | None = None
    folder: Path | None = None


class ChildProcess:
    """A running command that leads its own process group and writes to its own log.

    The group matters: the emulators' scripts fork a JVM that outlives the script when only the script is
    stopped, and a Ctrl-C in the terminal must reach the stack first so that it stops the parts in order.
    """

    def __init__(self, name: str, command: Command, *, log: Path) -> None:
        """Start `command`."""
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        # A new file: a stack that still runs keeps writing to the one it opened.
        log.unlink(missing_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command.arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=command.environment,
                cwd=command.folder,
                start_new_session=True,
            )

    @property
    def group(self) -> int:
        """The id of the process group, which is the pid of its leader."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return the leader's exit code, None while it runs."""
        return self._process.poll()

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def exit_report(self) -> str:
        """Return what a developer needs to know when this process ended by itself."""
        tail = self.log_tail() or "(empty)"
        if _PORT_TAKEN.search(tail):
            return (
                f"Another program took the port of {self.name} meanwhile; run `make dev` again. ({self.log})"
            )
        if _DISK_FULL.search(tail):
            return f"The disk is full: {self.name} could not write. ({self.log})"
        return f"{self.name} ended with exit code {self.exit_code()}; the end of {self.log}:\n{tail}"

    def ask_to_stop(self) -> None:
        """Send SIGTERM to every process of the group; do not wait."""
        self._signal_group(signal.SIGTERM)

    def stop(self, *, grace_seconds: float = 10) -> None:
        """Stop every process of the group, by force after the grace, and return when all are gone."""
        self.ask_to_stop()
        deadline = monotonic() + grace_seconds
        while self._group_lives() and monotonic() < deadline:
            sleep(_POLL_SECONDS)
        self._signal_group(signal.SIGKILL)
        self._process.wait()

    def _group_lives(self) -> bool:
        self._process.poll()  # reaps the leader: a zombie would count as a living member
        return self._signal_group(0)

    def _signal_group(self, number: int) -> bool:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.group, number)
            return True
        return False


@dataclass(frozen=True)
class Probe:
    """The request that a ready server answers with a status below `below_status`."""

    path: str
    below_status: int


ANY_ANSWER = Probe("/", below_status=500)
"""For a server that is ready as soon as it answers at all."""


@dataclass(frozen=True)
class Server:
    """A child process that serves HTTP."""

    process: ChildProcess
    port: int
    probe: Probe = ANY_ANSWER

    @property
    def host(self) -> str:
        """The address as `host:port`, the form that the emulators' variables take."""
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """The address as a URL without a path."""
        return f"http://{self.host}"

    def is_ready(self) -> bool:
        """Return whether it answers; raise StackError with its log's tail when its process has ended."""
        if self.process.exit_code() is not None:
            raise StackError(self.process.exit_report())
        answer = get(self.port, self.probe.path)
        return answer is not None and answer.status < self.probe.below_status


def wait_until_ready(
    servers: Sequence[Server],
    *,
    timeout_seconds: float,
    stop: Event | None = None,
    progress: Progress | None = None,
) -> None:
    """Return when all answer; `progress` hears of each part that does and of those that do not yet.

    Raises StackError when one of them ends or does not answer in time, StoppedError as soon as `stop` is set.
    """
    pause = stop.wait if stop else Event().wait
    deadline = monotonic() + timeout_seconds
    waiting = list(servers)
    while waiting := [server for server in waiting if not _answers(server, progress)]:
        if pause(_POLL_SECONDS):
            raise StoppedError
        if progress:
            progress.waiting([server.process.name for server in waiting])
        if monotonic() > deadline:
            first = waiting[0].process
            raise StackError(
                f"{first.name} did not answer within {timeout_seconds:g} s; the end of {first.log}:\n"
                f"{first.log_tail()}"
            )


def _answers(server: Server, progress: Progress | None) -> bool:
    is_ready = server.is_ready()
    if is_ready and progress:
        progress.ready(server.process.name)
    return is_ready


def stop_all(processes: Sequence[ChildProcess]) -> None:
    """Stop the processes at the same time and return when every group is gone."""
    for process in processes:
        process.ask_to_stop()
    for process in processes:
        process.stop()
