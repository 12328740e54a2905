"""Installing packages: progress while it lasts, one sentence when it fails, nothing left when it is stopped."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.running import alive, descendants, eventually
from tools.dev.settings import ROOT

INSTALL = ROOT / "tools/dev/install.sh"


def install(script: str, temporary: Path) -> "subprocess.CompletedProcess[str]":
    """Install by a shell script."""
    return subprocess.run(
        ["sh", str(INSTALL), "the packages of web", "sh", "-c", script],
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_installation_is_announced_and_otherwise_silent(tmp_path: Path) -> None:
    done = install("echo many words", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Installing the packages of web ...\n", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("npm error code EAI_AGAIN", "the package registry cannot be reached; is there a network?"),
        (
            "npm error network getaddrinfo ENOTFOUND",
            "the package registry cannot be reached; is there a network?",
        ),
        ("error: Failed to fetch: dns error", "the package registry cannot be reached; is there a network?"),
        ("npm error code ENOSPC", "the disk is full"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("hash mismatch", "the command failed"),
    ],
)
def test_a_failure_ends_with_one_sentence_after_the_end_of_its_output(
    said: str, reason: str, tmp_path: Path
) -> None:
    done = install(f"echo '{said}'; exit 7", tmp_path)
    (log,) = tmp_path.iterdir()
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        said,
        f"the packages of web could not be installed: {reason} (all of it: {log})",
    ]


def test_a_disk_that_takes_no_log_is_reported(tmp_path: Path) -> None:
    done = install("echo", tmp_path / "missing")
    assert done.returncode == 1
    assert f"nothing can be written to {tmp_path}/missing." in done.stderr
    assert "Installing" not in done.stdout


@pytest.mark.parametrize(
    ("number", "send"), [(signal.SIGINT, os.killpg), (signal.SIGTERM, os.kill)], ids=["terminal", "make"]
)
def test_a_signal_stops_the_installation(
    number: int, send: Callable[[int, int], None], tmp_path: Path
) -> None:
    process = subprocess.Popen(
        ["sh", str(INSTALL), "the packages of web", "sleep", "60"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert eventually(lambda: len(descendants(process.pid)) > 1)
    children = descendants(process.pid)
    send(process.pid, number)
    _, complaint = process.communicate(timeout=10)
    assert (process.returncode, complaint) == (130, "Stopped while installing the packages of web.\n")
    assert alive(children) == set()
    assert list(tmp_path.iterdir()) == []
