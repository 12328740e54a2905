"""The stack on the emulators: every part in a process of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from tools.dev.admin_calls import by_command
from tools.dev.emulators import start_firestore, start_pubsub
from tools.dev.functions import emulated_environment, start_function
from tools.dev.local_stripe import LocalStripe, placed_functions, plan_stripe, start_double
from tools.dev.loopback import free_port
from tools.dev.processes import ChildProcess, Server, stop_all, wait_until_ready
from tools.dev.settings import ROOT, START_SECONDS, USUAL_FIRESTORE_PORT, USUAL_PUBSUB_PORT
from tools.dev.stack import Stack
from tools.dev.tick import connect_tick

_STRIPE = "stripe"


@contextmanager
def emulated_stack(stop: Event, *, logs: Path, root: Path = ROOT) -> Iterator[Stack]:
    """Start the emulators and Stripe's double, then the functions of `root`, and give the stack when all answer.

    Raises MissingEmulatorsError, StackError or StoppedError; whatever was started is stopped in any case.
    """
    functions: dict[str, Server] = {}
    doubles: dict[str, Server] = {}
    try:
        stripe = plan_stripe(root)
        _start_doubles(doubles, stripe, logs)
        wait_until_ready(list(doubles.values()), timeout_seconds=START_SECONDS, stop=stop)
        environment = emulated_environment(doubles["firestore"], doubles["pubsub"])
        environment |= stripe.settings() if stripe else {}
        for function in placed_functions(stripe, root):
            functions[function.name] = start_function(function, environment, logs, root)
        tick = connect_tick(doubles["pubsub"], functions.get("aggregate"))
        wait_until_ready(list(functions.values()), timeout_seconds=START_SECONDS, stop=stop)
        processes = _processes(functions) + _processes(doubles)
        yield Stack(
            parts=_addresses(functions, doubles),
            ports={name: server.port for name, server in functions.items()},
            admin=by_command(environment),
            tick=tick,
            failure=lambda: _failure(processes),
            secrets=stripe.secrets() if stripe else {},
        )
    finally:
        # First the functions: a request in flight still needs its store.
        stop_all(_processes(functions))
        stop_all(_processes(doubles))


def _start_doubles(doubles: dict[str, Server], stripe: LocalStripe | None, logs: Path) -> None:
    doubles["firestore"] = start_firestore(logs, port=free_port(USUAL_FIRESTORE_PORT))
    doubles["pubsub"] = start_pubsub(logs, port=free_port(USUAL_PUBSUB_PORT))
    if stripe:
        doubles[_STRIPE] = start_double(stripe, os.environ, logs)


def _processes(servers: dict[str, Server]) -> list[ChildProcess]:
    return [server.process for server in servers.values()]


def _addresses(functions: dict[str, Server], doubles: dict[str, Server]) -> dict[str, str]:
    """URLs, but for the emulators, whose clients take `host:port`."""
    urls = {name: server.url for name, server in functions.items()}
    return urls | {
        name: server.url if name == _STRIPE else server.host for name, server in sorted(doubles.items())
    }


def _failure(processes: list[ChildProcess]) -> str | None:
    return next((process.obituary() for process in processes if process.exit_code() is not None), None)
