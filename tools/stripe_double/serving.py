"""Owns putting the double together, and serving it on a port of this machine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tools.stripe_double.account import Account
from tools.stripe_double.api import Api
from tools.stripe_double.control import Control
from tools.stripe_double.courier import Courier
from tools.stripe_double.delivery import WebhookEndpoint
from tools.stripe_double.failures import Failures
from tools.stripe_double.pages import Pages

HOST = "127.0.0.1"
# How long stopping may take: the server looks this often whether it shall.
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Double:
    """A double that is not served yet, or the one behind a URL."""

    app: Flask
    account: Account
    courier: Courier


def create_double(*, base_url: str, webhook: WebhookEndpoint | None = None) -> Double:
    """Put a double together; without a webhook endpoint events wait for nobody."""
    if webhook is not None and not webhook.is_local:
        raise ValueError(f"webhook URL {webhook.url!r}: the double sends to this machine only")
    account, failures = Account(base_url), Failures()
    courier = Courier(webhook)
    account.on_event = courier.enqueue
    app = Flask(__name__)
    Control(account, courier, failures).serve(app)
    Pages(account).serve(app)
    Api(account, failures).serve(app)
    return Double(app, account, courier)


class _Quiet(WSGIRequestHandler):
    """Keeps connections open, as Stripe does, and the terminal clear of requests."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing about requests that went as they should."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A double that answers at `url`."""

    url: str
    account: Account
    courier: Courier
    server: BaseWSGIServer


@contextmanager
def serving(*, port: int = 0, webhook: WebhookEndpoint | None = None) -> Iterator[Served]:
    """Serve a double in threads of this process; port 0 takes a free one."""
    server = make_server(HOST, port, _starting, threaded=True, request_handler=_Quiet)
    url = f"http://{HOST}:{server.server_port}"
    double = create_double(base_url=url, webhook=webhook)
    server.app = double.app
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="stripe-double")
    double.courier.start()
    thread.start()
    try:
        yield Served(url=url, account=double.account, courier=double.courier, server=server)
    finally:
        double.courier.stop()
        server.shutdown()
        thread.join()
        server.server_close()


def _starting(_environ: object, start_response: object) -> list[bytes]:
    raise RuntimeError(f"the double answered before it was put together: {start_response!r}")
