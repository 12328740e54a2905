"""The project's functions as local servers: which exist, how each is started and when it is ready."""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.domain.metering.seals import MIN_SECRET_CHARS
from tools.dev.loopback import free_port, without_proxy
from tools.dev.processes import ANY_ANSWER, ChildProcess, Command, Probe, Server
from tools.dev.settings import PROJECT_ID, ROOT, TICK_TOPIC


@dataclass(frozen=True, kw_only=True)
class Function:
    """A folder of functions/ whose main.py defines a function of the folder's name."""

    name: str
    usual_port: int
    signature: str = "http"
    probe: Probe = ANY_ANSWER

    def source(self, root: Path = ROOT) -> Path:
        """Return the file that defines the function."""
        return root / "functions" / self.name / "main.py"


WEBHOOK = "stripe_webhook"

FUNCTIONS = (
    Function(name="record_usage", usual_port=8081),
    Function(name="usage_api", usual_port=8082, probe=Probe("/api/v1/health", below_status=300)),
    Function(name="aggregate", usual_port=8083, signature="cloudevent"),
    Function(name=WEBHOOK, usual_port=8084),
)


def existing_functions(root: Path = ROOT) -> Iterator[Function]:
    """Return the functions whose source is there."""
    return (function for function in FUNCTIONS if function.source(root).exists())


def local_settings() -> dict[str, str]:
    """Return the environment of every function and the admin tool, without the store."""
    return {
        "GOOGLE_CLOUD_PROJECT": PROJECT_ID,
        "GWI_METERING_ENABLED": "1",
        "GWI_TICK_TOPIC": TICK_TOPIC,
        "GWI_LOCAL_WEBHOOKS": "1",
        "GWI_FORENSICS_ENABLED": "1",
        "GWI_SEALING_KEYS": f"local:{'0' * MIN_SECRET_CHARS}",
    }


def emulated_environment(firestore: Server, pubsub: Server) -> dict[str, str]:
    """Return the whole environment of a process that works on these emulators, but for what the web app adds."""
    return {
        **os.environ,
        **without_proxy(os.environ),
        **local_settings(),
        "GWI_STORE": "firestore",
        "FIRESTORE_EMULATOR_HOST": firestore.host,
        "PUBSUB_EMULATOR_HOST": pubsub.host,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def start_function(
    function: Function, environment: Mapping[str, str], logs: Path, root: Path = ROOT
) -> Server:
    """Start one function in its own functions-framework process; it is not ready yet."""
    port = free_port(function.usual_port)
    arguments = [sys.executable, "-m", "functions_framework", "--target", function.name]
    arguments += ["--source", str(function.source(root)), "--signature-type", function.signature]
    arguments += ["--host", "127.0.0.1", "--port", str(port)]
    command = Command(arguments, environment, folder=root)
    process = ChildProcess(function.name, command, log=logs / f"{function.name}.log")
    return Server(process, port, function.probe)
