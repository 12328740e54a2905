"""The stack without emulators: every function in this process, on the in-memory store."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import functions_framework
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from tools.dev.demo_tenant import Tenant, create_in_process
from tools.dev.functions import Function, existing_functions, local_settings
from tools.dev.loopback import HOST, free_port
from tools.dev.settings import ROOT
from tools.dev.stack import Stack
from tools.dev.tick import push_tick


@contextmanager
def memory_stack(*, root: Path = ROOT) -> Iterator[Stack]:
    """Serve every function of `root` from threads of this process.

    The functions share the process's one memory store, as they share Firestore elsewhere.
    """
    os.environ.update(local_settings() | {"GWI_STORE": "memory"})
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not a line for every request
    servers = {function.name: _server(function, root) for function in existing_functions(root)}
    threads = {name: Thread(target=server.serve_forever, daemon=True) for name, server in servers.items()}
    for thread in threads.values():
        thread.start()
    try:
        yield Stack(
            parts={name: f"http://{HOST}:{server.server_port}" for name, server in servers.items()},
            ports={name: server.server_port for name, server in servers.items()},
            create_tenant=_create_tenant,
            tick=lambda: _tick(servers),
            failure=lambda: _failure(threads),
        )
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()


def _server(function: Function, root: Path) -> BaseWSGIServer:
    create_app: Callable[..., Flask] = functions_framework.create_app
    app = create_app(function.name, str(function.source(root)), function.signature)
    return make_server(HOST, free_port(function.usual_port), app, threaded=True)


def _create_tenant() -> Tenant:
    from tools.admin.__main__ import main  # here: it reads the environment that has just been set

    return create_in_process(main)


def _tick(servers: Mapping[str, BaseWSGIServer]) -> None:
    if aggregate := servers.get("aggregate"):
        push_tick(aggregate.server_port, datetime.now(UTC))


def _failure(threads: Mapping[str, Thread]) -> str | None:
    return next(
        (f"{name} has stopped serving" for name, thread in threads.items() if not thread.is_alive()), None
    )
