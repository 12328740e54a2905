"""Tools and shells that work on the running stack, and never on one that has ended."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tools.dev.errors import StackError
from tools.dev.loopback import free_port
from tools.dev.settings import ROOT
from tools.dev.shell import main
from tools.dev.stack_environment import stack_environment, tool_environment

EMULATED = {"firestore": "127.0.0.1:8080", "pubsub": "127.0.0.1:8085", "auth": "127.0.0.1:9099"}
ENTRIES = {
    "project_id": "demo-gwi",
    "usage_api": "http://127.0.0.1:8082",
    "stripe": "http://127.0.0.1:8086",
    "tenant_id": "demo",
    "api_key": "gwi_test_example",
    "platform_key": "gwi_platform_test_example",
}


@pytest.fixture
def record_usage() -> Iterator[str]:
    """The address of a function that answers."""
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def write(folder: Path, **entries: str) -> Path:
    (folder / "stack.json").write_text(json.dumps({**ENTRIES, **entries}))
    return folder


def test_a_running_stack_is_named_to_tools_and_to_people(tmp_path: Path, record_usage: str) -> None:
    environment = tool_environment(write(tmp_path, record_usage=record_usage, **EMULATED))
    assert (
        environment.items()
        >= {
            "GOOGLE_CLOUD_PROJECT": "demo-gwi",
            "FIRESTORE_EMULATOR_HOST": "127.0.0.1:8080",
            "PUBSUB_EMULATOR_HOST": "127.0.0.1:8085",
            "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099",
            "STRIPE_API_BASE": "http://127.0.0.1:8086",
            "STRIPE_API_KEY": "sk_test_local",
            "RECORD_USAGE": record_usage,
            "USAGE_API": "http://127.0.0.1:8082",
            "TENANT_ID": "demo",
            "API_KEY": "gwi_test_example",
            "PLATFORM_KEY": "gwi_platform_test_example",
        }.items()
    )


def test_without_a_stack_it_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"No stack is running in .*; start one with `make dev`\."):
        stack_environment(tmp_path)


def test_a_stack_that_has_left_its_file_behind_is_not_taken_for_running(tmp_path: Path) -> None:
    write(tmp_path, record_usage=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(StackError, match=r"does not answer any more; start one with `make dev`\."):
        stack_environment(tmp_path)


def test_the_store_of_a_stack_in_memory_cannot_be_reached(tmp_path: Path, record_usage: str) -> None:
    folder = write(tmp_path, record_usage=record_usage)
    assert stack_environment(folder)["API_KEY"] == "gwi_test_example"
    with pytest.raises(StackError, match="keeps its data in its own process"):
        tool_environment(folder)


def test_the_shell_has_the_variables(tmp_path: Path, record_usage: str) -> None:
    write(tmp_path, record_usage=record_usage)
    done = subprocess.run(
        [sys.executable, "-m", "tools.dev.shell", "--folder", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "SHELL": "/bin/sh"},
        input='echo "$RECORD_USAGE $API_KEY"',
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == f"{record_usage} gwi_test_example"


def test_without_a_stack_there_is_no_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("make shell: No stack is running")


@pytest.mark.parametrize("place", [0, 2])
def test_the_admin_tool_says_so_too(place: int, tmp_path: Path) -> None:
    command = ["tenant", "list"]
    command[place:place] = ["--stack", "--folder", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "tools.admin", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == f"No stack is running in {tmp_path}; start one with `make dev`.\n"
