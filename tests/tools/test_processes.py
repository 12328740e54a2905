"""Child processes: groups that end together, logs, readiness and crashes."""

import os
import signal
import sys
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import pytest

from tools.dev.errors import StackError, StoppedError
from tools.dev.loopback import free_port
from tools.dev.processes import ChildProcess, Command, Server, wait_until_ready

# Like the emulators' scripts: a shell that waits for the program it forked.
FORKING_SHELL = ["sh", "-c", "sleep 60 & echo $!; wait"]
STUBBORN = ["sh", "-c", "trap '' TERM; echo up; sleep 60"]
ANSWER_LATER = """
import http.server, sys, time
time.sleep(0.3)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def wait_for_log(process: ChildProcess) -> str:
    deadline = monotonic() + 10
    while not process.log_tail() and monotonic() < deadline:
        sleep(0.01)
    return process.log_tail()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that nobody has reaped yet is a zombie.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def test_stopping_ends_the_program_that_a_script_forked(tmp_path: Path) -> None:
    script = ChildProcess("emulator", Command(FORKING_SHELL), log=tmp_path / "emulator.log")
    program = int(wait_for_log(script))
    assert is_running(program)
    script.stop()
    assert not is_running(program)
    assert script.exit_code() == -signal.SIGTERM


def test_what_ignores_the_request_is_killed_after_the_grace(tmp_path: Path) -> None:
    process = ChildProcess("stubborn", Command(STUBBORN), log=tmp_path / "stubborn.log")
    assert wait_for_log(process) == "up"
    process.stop(grace_seconds=0.2)
    assert process.exit_code() == -signal.SIGKILL


def test_stopping_twice_is_stopping_once(tmp_path: Path) -> None:
    process = ChildProcess("shell", Command(FORKING_SHELL), log=tmp_path / "shell.log")
    process.stop()
    process.stop()
    assert process.exit_code() is not None


def test_an_exit_report_has_the_exit_code_and_the_end_of_the_log(tmp_path: Path) -> None:
    script = "for i in $(seq 30); do echo line $i; done; exit 3"
    process = ChildProcess("aggregate", Command(["sh", "-c", script]), log=tmp_path / "aggregate.log")
    while process.exit_code() is None:
        sleep(0.01)
    first, *tail = process.exit_report().splitlines()
    assert first == f"aggregate ended with exit code 3; the end of {tmp_path}/aggregate.log:"
    assert tail == [f"line {number}" for number in range(30 - 20 + 1, 30 + 1)]


@pytest.mark.parametrize(
    "line",
    [
        "java.net.BindException: Address already in use",
        "[ERROR] Connection in use: ('127.0.0.1', 8081)",
        "Error: Port 5173 is already in use",
        "Error: listen EADDRINUSE: address already in use 127.0.0.1:9099",
    ],
)
def test_a_port_that_somebody_took_meanwhile_is_reported_in_one_sentence(tmp_path: Path, line: str) -> None:
    report = ended_with(line, tmp_path).exit_report()
    assert report.startswith("Another program took the port of usage_api meanwhile; run `make dev` again.")


@pytest.mark.parametrize("line", ["OSError: [Errno 28] No space left on device", "Error: ENOSPC: write"])
def test_a_full_disk_is_reported_in_one_sentence(tmp_path: Path, line: str) -> None:
    assert ended_with(line, tmp_path).exit_report().startswith("The disk is full: usage_api could not write.")


def ended_with(line: str, folder: Path) -> ChildProcess:
    """A process that has ended with this line in its log."""
    command = Command(["sh", "-c", 'echo "$0"; exit 1', line])
    process = ChildProcess("usage_api", command, log=folder / "usage_api.log")
    while process.exit_code() is None:
        sleep(0.01)
    return process


def test_waits_until_a_server_answers(tmp_path: Path) -> None:
    port = free_port()
    command = Command([sys.executable, "-c", ANSWER_LATER, str(port)], folder=tmp_path)
    process = ChildProcess("slow", command, log=tmp_path / "slow.log")
    server = Server(process, port)
    try:
        wait_until_ready([server], timeout_seconds=10)
        assert server.is_ready()
    finally:
        process.stop()


def test_a_server_that_ends_instead_of_answering_fails_at_once_with_its_log(tmp_path: Path) -> None:
    process = ChildProcess(
        "usage_api", Command(["sh", "-c", "echo GWI_X is missing; exit 1"]), log=tmp_path / "log"
    )
    with pytest.raises(StackError, match=r"(?s)usage_api ended with exit code 1.*GWI_X is missing"):
        wait_until_ready([Server(process, free_port())], timeout_seconds=10)


def test_a_server_that_never_answers_fails_with_its_log_after_the_timeout(tmp_path: Path) -> None:
    process = ChildProcess("mute", Command(["sh", "-c", "echo waiting; exec sleep 60"]), log=tmp_path / "log")
    assert wait_for_log(process) == "waiting"
    try:
        with pytest.raises(StackError, match=r"(?s)mute did not answer within 0\.2 s.*waiting"):
            wait_until_ready([Server(process, free_port())], timeout_seconds=0.2)
    finally:
        process.stop()


def test_a_request_to_stop_ends_the_waiting(tmp_path: Path) -> None:
    process = ChildProcess("mute", Command(["sleep", "60"]), log=tmp_path / "log")
    stop = Event()
    stop.set()
    try:
        with pytest.raises(StoppedError):
            wait_until_ready([Server(process, free_port())], timeout_seconds=10, stop=stop)
    finally:
        process.stop()
