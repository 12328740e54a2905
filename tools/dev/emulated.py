"""The stack on the emulators: every part in a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from tools.dev.demo_tenant import create_by_command
from tools.dev.emulators import start_firestore, start_pubsub
from tools.dev.functions import emulated_environment, existing_functions, start_function
from tools.dev.loopback import free_port
from tools.dev.processes import ChildProcess, Server, stop_all, wait_until_ready
from tools.dev.settings import ROOT, START_SECONDS, USUAL_FIRESTORE_PORT, USUAL_PUBSUB_PORT
from tools.dev.stack import Stack
from tools.dev.tick import connect_tick


@contextmanager
def emulated_stack(stop: Event, *, logs: Path, root: Path = ROOT) -> Iterator[Stack]:
    """Start the emulators, then the functions of `root`, and give the stack when all answer.

    Raises MissingEmulatorsError, StackError or StoppedError; whatever was started is stopped in any case.
    """
    functions: dict[str, Server] = {}
    emulators: dict[str, Server] = {}
    try:
        _start_emulators(emulators, logs)
        wait_until_ready(list(emulators.values()), timeout_seconds=START_SECONDS, stop=stop)
        environment = emulated_environment(emulators["firestore"], emulators["pubsub"])
        for function in existing_functions(root):
            functions[function.name] = start_function(function, environment, logs, root)
        tick = connect_tick(emulators["pubsub"], functions.get("aggregate"))
        wait_until_ready(list(functions.values()), timeout_seconds=START_SECONDS, stop=stop)
        processes = _processes(functions) + _processes(emulators)
        yield Stack(
            parts=_addresses(functions, emulators),
            ports={name: server.port for name, server in functions.items()},
            create_tenant=lambda: create_by_command(environment),
            tick=tick,
            failure=lambda: _failure(processes),
        )
    finally:
        # First the functions: a request in flight still needs its store.
        stop_all(_processes(functions))
        stop_all(_processes(emulators))


def _start_emulators(emulators: dict[str, Server], logs: Path) -> None:
    emulators["firestore"] = start_firestore(logs, port=free_port(USUAL_FIRESTORE_PORT))
    emulators["pubsub"] = start_pubsub(logs, port=free_port(USUAL_PUBSUB_PORT))


def _processes(servers: dict[str, Server]) -> list[ChildProcess]:
    return [server.process for server in servers.values()]


def _addresses(functions: dict[str, Server], emulators: dict[str, Server]) -> dict[str, str]:
    urls = {name: server.url for name, server in functions.items()}
    return urls | {name: server.host for name, server in emulators.items()}


def _failure(processes: list[ChildProcess]) -> str | None:
    return next((process.obituary() for process in processes if process.exit_code() is not None), None)
