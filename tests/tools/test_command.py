"""`make dev` where it cannot start: one plain sentence, exit code 1, and nothing left running."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from tests.e2e.running import alive, descendants, eventually
from tools.dev import command
from tools.dev.errors import MissingEmulatorsError, StackError
from tools.dev.settings import ROOT

Capture = pytest.CaptureFixture[str]


def failed(capture: Capture, folder: Path) -> str:
    """Return the message of a stack that cannot start."""
    assert command.main(["--folder", str(folder)], Event()) == 1
    return capture.readouterr().err


def failing_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the stack fail with this error when it starts."""

    def stack(*_: object) -> None:
        raise error

    monkeypatch.setattr(command, "emulated_stack", stack)


@pytest.mark.parametrize(
    "error", [MissingEmulatorsError("There is no Java."), StackError("usage_api ended with exit code 1")]
)
def test_what_is_wrong_with_a_part_is_said_without_a_trace(
    error: StackError, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_with(error, monkeypatch)
    assert failed(capsys, tmp_path) == f"make dev: {error}\n"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_one_sentence(
    number: int, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "logs/firestore.log"
    failing_with(OSError(number, os.strerror(number), str(log)), monkeypatch)
    expected = f"The disk is full: {log} could not be written. Make room, or choose another --folder."
    assert failed(capsys, tmp_path) == f"make dev: {expected}\n"


def test_a_full_disk_that_names_no_file_is_reported_with_the_folder(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_with(OSError(errno.ENOSPC, "No space left on device"), monkeypatch)
    assert f"The disk is full: {tmp_path} could not be written." in failed(capsys, tmp_path)


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "file"
    file.touch()
    assert (
        failed(capsys, file)
        == f"make dev: {file} cannot be written (File exists); choose another --folder.\n"
    )


def test_an_error_that_is_no_matter_of_the_disk_keeps_its_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_with(ConnectionResetError(errno.ECONNRESET, "reset"), monkeypatch)
    with pytest.raises(ConnectionResetError):
        command.main(["--folder", str(tmp_path)], Event())


def test_a_machine_without_emulators_is_shown_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.dev", "--folder", str(tmp_path / "local")],
        cwd=ROOT,
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert done.stderr.startswith("make dev: ")
    assert 'make dev ARGS="--memory"' in done.stderr


@pytest.mark.parametrize("phase", ["", "Starting the stack", "firestore is ready"], ids=str)
def test_ctrl_c_in_each_phase_stops_everything_without_a_trace(phase: str, tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.dev", "--folder", str(tmp_path / "local"), "--empty"],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    children = set[int]()
    try:
        assert eventually(lambda: _is_in(phase, output, process.pid), 120)
        children = descendants(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(30) == 0, output.read_text()
    finally:
        process.kill()
    assert alive(children) == set()
    assert output.read_text().endswith("Stopped.\n")
    assert "Traceback" not in output.read_text()


def _is_in(phase: str, output: Path, pid: int) -> bool:
    """Whether a line tells the phase; the first one is when Python handles the signal itself."""
    if phase:
        return phase in output.read_text()
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signal.SIGHUP - 1) & 1)
