"""The stack without emulators: every function in this process, on the in-memory store."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import functions_framework
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from shared.logs import LOGGER
from tools.dev.admin_calls import admin_of
from tools.dev.functions import Function, local_settings
from tools.dev.local_mail import LocalMail, plan_mail
from tools.dev.local_stripe import LocalStripe, placed_functions, plan_stripe
from tools.dev.loopback import HOST, free_port, without_proxy
from tools.dev.settings import ROOT
from tools.dev.stack import Stack
from tools.dev.tick import RECONCILE_MESSAGE, TICK_MESSAGE, push_tick
from tools.local_mail.serving import serving as serving_mail
from tools.stripe_double.delivery import WebhookEndpoint
from tools.stripe_double.serving import serving


@contextmanager
def memory_stack(*, root: Path = ROOT) -> Iterator[Stack]:
    """Serve Stripe's double, the mail server and every function of `root` from threads of this process.

    The functions share the process's one memory store, as they share Firestore elsewhere.
    """
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not a line for every request
    stripe, mail = plan_stripe(root), plan_mail()
    os.environ.update(_settings(stripe, mail))
    with (
        serving_mail(port=mail.port, smtp_port=mail.smtp_port),
        _double(stripe),
        _functions(stripe, root) as (servers, threads),
    ):
        parts = {name: f"http://{HOST}:{server.server_port}" for name, server in servers.items()}
        yield Stack(
            parts=parts | ({"stripe": stripe.url} if stripe else {}) | mail.parts(),
            ports={name: server.server_port for name, server in servers.items()}
            | ({"stripe": stripe.port} if stripe else {}),
            admin=admin_of({}),
            complete=lambda: None,
            tick=lambda: _push(servers, TICK_MESSAGE),
            reconcile=lambda: _push(servers, RECONCILE_MESSAGE),
            failure=lambda: _failure(threads),
            secrets=stripe.secrets() if stripe else {},
        )


def _settings(stripe: LocalStripe | None, mail: LocalMail) -> dict[str, str]:
    common = local_settings() | without_proxy(os.environ) | {"GWI_STORE": "memory"} | mail.settings()
    return common | (stripe.settings() if stripe else {})


def _double(stripe: LocalStripe | None) -> AbstractContextManager[object]:
    if stripe is None:
        return nullcontext()
    webhook = WebhookEndpoint(stripe.webhook_url, stripe.webhook_secret)
    return serving(port=stripe.port, webhook=webhook)


@contextmanager
def _functions(
    stripe: LocalStripe | None, root: Path
) -> Iterator[tuple[dict[str, BaseWSGIServer], dict[str, Thread]]]:
    """Serve the functions; they read the environment of this process when they are loaded."""
    servers = {each.name: _server(each, root) for each in placed_functions(stripe, root)}
    # The functions log to this terminal, where a line for each request would hide everything else.
    LOGGER.handlers.clear()
    LOGGER.setLevel(logging.WARNING)
    threads = {name: Thread(target=server.serve_forever, daemon=True) for name, server in servers.items()}
    for thread in threads.values():
        thread.start()
    try:
        yield servers, threads
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()


def _server(function: Function, root: Path) -> BaseWSGIServer:
    create_app: Callable[..., Flask] = functions_framework.create_app
    app = create_app(function.name, str(function.source(root)), function.signature)
    return make_server(HOST, free_port(function.usual_port), app, threaded=True)


def _push(servers: Mapping[str, BaseWSGIServer], message: bytes) -> None:
    if aggregate := servers.get("aggregate"):
        push_tick(aggregate.server_port, message, datetime.now(UTC))


def _failure(threads: Mapping[str, Thread]) -> str | None:
    return next(
        (f"{name} has stopped serving" for name, thread in threads.items() if not thread.is_alive()), None
    )
