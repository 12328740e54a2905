"""The stack on the emulators: every part in a process of its own."""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.dev.admin_calls import admin_of
from tools.dev.auth_emulator import start_auth
from tools.dev.emulators import start_firestore, start_pubsub
from tools.dev.functions import emulated_environment, start_function
from tools.dev.launch import Launch
from tools.dev.local_stripe import LocalStripe, placed_functions, plan_stripe, start_double
from tools.dev.loopback import free_port
from tools.dev.processes import ChildProcess, Server, stop_all, wait_until_ready
from tools.dev.settings import ROOT, START_SECONDS, USUAL_FIRESTORE_PORT, USUAL_PUBSUB_PORT
from tools.dev.stack import Stack
from tools.dev.tick import RECONCILE_MESSAGE, TICK_MESSAGE, connect_tick
from tools.dev.web_app import FunctionUrls, LocalWeb, plan_web, start_web

_SLOW = ("auth", "web")


@contextmanager
def emulated_stack(launch: Launch, root: Path = ROOT) -> Iterator[Stack]:
    """Start the emulators and Stripe's double, then the functions and the web app of `root`.

    The functions answer then; the Auth emulator and the web app take longer, and nothing of the demo's history
    needs them. Raises MissingEmulatorsError, StackError or StoppedError; whatever was started is stopped in any case.
    """
    ours: dict[str, Server] = {}
    doubles: dict[str, Server] = {}
    try:
        stripe, web = plan_stripe(root), plan_web(root, built=launch.built)
        _start_doubles(doubles, stripe, web, launch.logs)
        _wait(doubles, launch, without=_SLOW)
        environment = _environment(doubles, stripe, web)
        for function in placed_functions(stripe, root):
            ours[function.name] = start_function(function, environment, launch.logs, root)
        if web:
            urls = FunctionUrls(api=ours["usage_api"].url, record=ours["record_usage"].url)
            ours["web"] = start_web(web, urls, environment, launch.logs)
        publish = connect_tick(doubles["pubsub"], ours.get("aggregate"), launch.retries)
        servers = ours | doubles
        _wait(servers, launch, without=_SLOW)
        yield Stack(
            parts=_addresses(ours, doubles),
            ports={name: server.port for name, server in servers.items()},
            admin=admin_of(environment),
            complete=lambda: _wait(servers, launch),
            tick=lambda: publish(TICK_MESSAGE),
            reconcile=lambda: publish(RECONCILE_MESSAGE),
            failure=lambda: _failure(_processes(servers)),
            secrets=stripe.secrets() if stripe else {},
        )
    finally:
        # Ours first: a request in flight still needs its store.
        stop_all(_processes(ours))
        stop_all(_processes(doubles))


def _start_doubles(
    doubles: dict[str, Server], stripe: LocalStripe | None, web: LocalWeb | None, logs: Path
) -> None:
    if web:
        doubles["auth"] = start_auth(logs, web.auth_port)
    doubles["firestore"] = start_firestore(logs, port=free_port(USUAL_FIRESTORE_PORT))
    doubles["pubsub"] = start_pubsub(logs, port=free_port(USUAL_PUBSUB_PORT))
    if stripe:
        doubles["stripe"] = start_double(stripe, os.environ, logs)


def _wait(servers: Mapping[str, Server], launch: Launch, *, without: Collection[str] = ()) -> None:
    waited_for = [server for name, server in servers.items() if name not in without]
    wait_until_ready(waited_for, timeout_seconds=START_SECONDS, stop=launch.stop, progress=launch.progress)


def _environment(
    doubles: Mapping[str, Server], stripe: LocalStripe | None, web: LocalWeb | None
) -> dict[str, str]:
    environment = emulated_environment(doubles["firestore"], doubles["pubsub"])
    return environment | (stripe.settings() if stripe else {}) | (web.settings() if web else {})


def _processes(servers: Mapping[str, Server]) -> list[ChildProcess]:
    return [server.process for server in servers.values()]


def _addresses(ours: Mapping[str, Server], doubles: Mapping[str, Server]) -> dict[str, str]:
    """URLs, but for the emulators, whose clients take `host:port`."""
    urls = {name: server.url for name, server in ours.items()}
    return urls | {
        name: server.url if name == "stripe" else server.host for name, server in sorted(doubles.items())
    }


def _failure(processes: list[ChildProcess]) -> str | None:
    return next((process.exit_report() for process in processes if process.exit_code() is not None), None)
