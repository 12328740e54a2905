"""Functions that the bench runs in processes of their own against an emulator of its own, and their callers."""

import http.client
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from shared.adapters.default_plans import default_plans
from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc
from shared.adapters.firestore.rpc import open_channel
from shared.domain.people.audit import Change
from shared.usecases.people.manage_tenants import TenantRequest, create_tenant, known_plan
from tools.dev.functions import FUNCTIONS, Function, local_settings, start_function
from tools.dev.loopback import HOST, free_port
from tools.dev.processes import Server, stop_all, wait_until_ready
from tools.dev.settings import PROJECT_ID, ROOT, START_SECONDS

TENANT_ID = "bench"


@dataclass(frozen=True)
class Baseline(Function):
    """A function of this folder: `baseline_<name>.py`."""

    def source(self, root: Path = ROOT) -> Path:
        """Return the file that defines the function."""
        return root / "tools" / "bench" / f"baseline_{self.name}.py"


def named(name: str) -> Function:
    """One of the project's functions."""
    return next(function for function in FUNCTIONS if function.name == name)


@contextmanager
def served(
    emulator_host: str, *functions: Function, settings: Mapping[str, str] | None = None
) -> Iterator[list[Server]]:
    """Run each function by functions-framework, as in production, with `settings` besides the usual; all answer."""
    environment = {**os.environ, **local_settings(), "FIRESTORE_EMULATOR_HOST": emulator_host}
    environment |= {"GWI_STORE": "firestore", "PYTHONPATH": str(ROOT), **(settings or {})}
    servers: list[Server] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as logs:
        try:
            for function in functions:
                own = replace(function, usual_port=free_port())
                servers.append(start_function(own, environment, Path(logs)))
            wait_until_ready(servers, timeout_seconds=START_SECONDS)
            yield servers
        finally:
            stop_all([server.process for server in servers])


def create_bench_tenant(emulator_host: str) -> str:
    """Create the tenant that the bench records for; its key."""
    with open_channel(emulator_host) as channel:
        directory = FirestoreDirectory(FirestoreRpc(PROJECT_ID, lambda: channel, is_emulator=True))
        request = TenantRequest(TENANT_ID, "Bench", known_plan(default_plans(), "starter"))
        made = create_tenant(directory, request, Change("bench", datetime.now(UTC)), is_live=False)
    return made[1].secret


class Caller:
    """One kept connection to a function, as an agent platform's client keeps one."""

    def __init__(self, server: Server, key: str | None = None, path: str = "/v1/events") -> None:
        """Without a key it posts webhooks to the root, with one to `path`."""
        self._server = server
        self._path = path if key else "/"
        self._headers = {"Content-Type": "application/json"}
        self._headers |= {"Authorization": f"Bearer {key}"} if key else {}
        self._connection = http.client.HTTPConnection(HOST, server.port, timeout=60)

    def send(self, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
        """Post `body`; RuntimeError for any answer but 200."""
        sent = self._headers | dict(headers or {})
        try:
            self._connection.request("POST", self._path, body, sent)
            response = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # The server closes what was idle for two seconds; only then, so nothing was recorded.
            self._connection.close()
            self._connection.request("POST", self._path, body, sent)
            response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{self._server.process.name} answered {response.status}: {answer[:500]!r}")
        return answer
