"""Owns a running development stack: starting `python -m tools.dev`, speaking to it, and what is left of it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from copy import copy
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from tools.admin.__main__ import main as admin_tool
from tools.dev.admin_calls import environment_of_process
from tools.dev.errors import OverloadedError
from tools.dev.retries import Retries
from tools.dev.settings import ROOT, STACK_FILE
from tools.dev.stack_environment import stack_environment

START_SECONDS = 120
STOP_SECONDS = 20


class Answer(NamedTuple):
    """An HTTP answer; `content` is its JSON, or its text if it is none."""

    status: int
    content: Any


class Done(NamedTuple):
    """The end of a command."""

    returncode: int
    stdout: str
    stderr: str


class RunningStack:
    """The stack's process, and what its stack.json says."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self.process = process
        self.file = folder / STACK_FILE
        self.entries: dict[str, Any] = json.loads(self.file.read_text())

    def post(self, part: str, path: str, content: object) -> Answer:
        """The answer to a POST of JSON with the demo key."""
        return self._ask(part, "POST", path, json.dumps(content))

    def get(self, part: str, path: str, **query: object) -> Answer:
        """The answer to a GET with the demo key."""
        return self._ask(part, "GET", f"{path}?{urlencode(query)}" if query else path)

    def tenant(self, what: str, **query: object) -> Any:
        """Read the usage of the demo tenant from usage_api."""
        answer = self.get("usage_api", f"/api/v1/tenants/{self.entries['tenant_id']}/{what}", **query)
        assert answer.status == 200, answer
        return answer.content

    def _ask(self, part: str, method: str, path: str, body: str | None = None) -> Answer:
        """Ask as a good client does: again after a 503."""
        return Retries(Event())(lambda: self._ask_once(part, method, path, body))

    def _ask_once(self, part: str, method: str, path: str, body: str | None) -> Answer:
        # Not urllib: it would send loopback requests through a proxy that the environment names.
        connection = HTTPConnection(urlsplit(self.entries[part]).netloc, timeout=30)
        headers = {"Authorization": f"Bearer {self.entries['api_key']}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            if response.status == 503:
                raise OverloadedError(text)
            return Answer(
                response.status, json.loads(text) if "json" in response.headers["Content-Type"] else text
            )
        finally:
            connection.close()

    def environment(self) -> dict[str, str]:
        """The environment in which a tool works on the store of this stack, and on its Stripe."""
        return {**os.environ, **stack_environment(self.file.parent)}

    def admin(self, *arguments: str) -> Done:
        """Run the admin tool on the store of this stack; in this process, as another one takes a second to start."""
        output, complaint = StringIO(), StringIO()
        with (
            environment_of_process(self.environment()),
            redirect_stdout(output),
            redirect_stderr(complaint),
        ):
            code = admin_tool(["--json", *arguments])
        return Done(code, output.getvalue(), complaint.getvalue())

    def acting_for(self, tenant_id: str, api_key: str) -> "RunningStack":
        """The same stack, asked with another tenant's key."""
        other = copy(self)
        other.entries = {**self.entries, "tenant_id": tenant_id, "api_key": api_key}
        return other


@contextmanager
def running_stack(
    folder: Path, *options: str, environment: Mapping[str, str] = os.environ, root: Path = ROOT
) -> Iterator[RunningStack]:
    """Start the stack of `root`, give it when it is ready, and end it: SIGTERM must leave nothing running."""
    with (folder / "output").open("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.dev", "--folder", str(folder), *options],
            cwd=root,
            env=dict(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            eventually(lambda: (folder / STACK_FILE).exists() or process.poll() is not None, START_SECONDS)
            assert process.poll() is None, (folder / "output").read_text()
            yield RunningStack(process, folder)
        finally:
            children = descendants(process.pid)
            process.terminate()
            process.wait(STOP_SECONDS)
            assert alive(children) == set()


def eventually(condition: Callable[[], object], seconds: float = 180) -> bool:
    """Whether `condition` comes true within `seconds`."""
    deadline = monotonic() + seconds
    while not (reached := bool(condition())) and monotonic() < deadline:
        sleep(0.05)
    return reached


def descendants(pid: int) -> set[int]:
    """The processes that `pid` has started, those that they have started, and so on."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    pairs = [tuple(map(int, line.split())) for line in listing.splitlines()]
    found, new = set[int](), {pid}
    while new:
        new = {child for child, parent in pairs if parent in new} - found
        found |= new
    return found


def alive(pids: set[int]) -> set[int]:
    """Those of `pids` that still run; one that has ended and was not yet waited for does not."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    states = {int(pid): state for pid, state in (line.split() for line in listing.splitlines())}
    return {pid for pid in pids if not states.get(pid, "Z").startswith("Z")}
