"""The stack on the emulators: every part in a process of its own."""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.dev.admin_calls import admin_of
from tools.dev.auth_emulator import start_auth
from tools.dev.bundles import start_bundles
from tools.dev.emulators import start_firestore, start_pubsub
from tools.dev.functions import emulated_environment, start_function
from tools.dev.launch import Launch
from tools.dev.local_mail import LocalMail, plan_mail, start_mail
from tools.dev.local_stripe import LocalStripe, placed_functions, plan_stripe, start_double
from tools.dev.loopback import free_port
from tools.dev.processes import ChildProcess, Server, stop_all, wait_until_ready
from tools.dev.settings import ROOT, START_SECONDS, USUAL_FIRESTORE_PORT, USUAL_PUBSUB_PORT, WAREHOUSE_TOPIC
from tools.dev.stack import Stack
from tools.dev.tick import RECONCILE_MESSAGE, TICK_MESSAGE, connect_tick
from tools.dev.web_app import LocalWeb, ProxyTargets, plan_web, start_web

_SLOW = ("auth", "web")


@dataclass(frozen=True)
class _Plan:
    """The parts whose ports the functions need to know."""

    mail: LocalMail
    stripe: LocalStripe | None
    web: LocalWeb | None

    def settings(self) -> dict[str, str]:
        stripe, web = self.stripe, self.web
        return self.mail.settings() | (stripe.settings() if stripe else {}) | (web.settings() if web else {})


@contextmanager
def emulated_stack(launch: Launch, root: Path = ROOT) -> Iterator[Stack]:
    """Start the emulators, Stripe's double and the mail server, then the functions and the web app of `root`.

    The functions answer then; the Auth emulator and the web app take longer, and nothing of the demo's history
    needs them. Raises MissingEmulatorsError, StackError or StoppedError; whatever was started is stopped in any case.
    """
    ours: dict[str, Server] = {}
    doubles: dict[str, Server] = {}
    try:
        stripe, web = plan_stripe(root), plan_web(root, built=launch.built)
        plan = _Plan(plan_mail(), stripe, web)
        _start_doubles(doubles, plan, launch.logs)
        _wait(doubles, launch, without=_SLOW)
        environment = emulated_environment(doubles["firestore"], doubles["pubsub"])
        environment |= {"GWI_WAREHOUSE_TOPIC": WAREHOUSE_TOPIC, **plan.settings()}
        functions = placed_functions(stripe, root)
        if launch.built:
            bundles = start_bundles(functions, environment, launch.logs, root)
            ours |= {server.process.name: server for server in bundles}
        else:
            for function in functions:
                ours[function.name] = start_function(function, environment, launch.logs, root)
        if web:
            api, record = ours["usage_api"].url, ours["record_usage"].url
            targets = ProxyTargets(api=api, record=record, mail=plan.mail.url)
            ours["web"] = start_web(web, targets, environment, launch.logs)
        publish = connect_tick(doubles["pubsub"], ours.get("aggregate"), launch.retries)
        servers = ours | doubles
        _wait(servers, launch, without=_SLOW)
        yield Stack(
            parts=_addresses(ours, doubles) | plan.mail.parts(),
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


def _start_doubles(doubles: dict[str, Server], plan: _Plan, logs: Path) -> None:
    if plan.web:
        doubles["auth"] = start_auth(logs, plan.web.auth_port)
    doubles["firestore"] = start_firestore(logs, port=free_port(USUAL_FIRESTORE_PORT))
    doubles["pubsub"] = start_pubsub(logs, port=free_port(USUAL_PUBSUB_PORT))
    doubles["mail"] = start_mail(plan.mail, plan.web.auth_port if plan.web else None, logs)
    if plan.stripe:
        doubles["stripe"] = start_double(plan.stripe, os.environ, logs)


def _wait(servers: Mapping[str, Server], launch: Launch, *, without: Collection[str] = ()) -> None:
    waited_for = [server for name, server in servers.items() if name not in without]
    wait_until_ready(waited_for, timeout_seconds=START_SECONDS, stop=launch.stop, progress=launch.progress)


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
