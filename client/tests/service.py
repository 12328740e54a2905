"""A double of the service: it keeps events by their id, and can fail in the ways that services and proxies do."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

Reply = tuple[int, dict[str, str], bytes]


def problem(status: int, code: str, **headers: str) -> Reply:
    """An error as GWI Usage answers it."""
    body = json.dumps({"status": status, "code": code, "detail": code.replace("_", " ")}).encode()
    return status, {"Content-Type": "application/problem+json", **headers}, body


def page(status: int) -> Reply:
    """A page of a proxy."""
    return status, {"Content-Type": "text/html; charset=utf-8"}, b"<html><body>Welcome</body></html>"


def _json(status: int, content: object) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


@dataclass(kw_only=True)
class Received:
    """A request that arrived."""

    path: str
    body: str
    tenant: str | None
    key: str | None

    @property
    def content(self) -> Any:
        return json.loads(self.body)


@dataclass(kw_only=True)
class Service:
    """The requests that the double has received, and its way to answer."""

    url: str = ""
    requests: list[Received] = field(default_factory=list)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    repeated: int = 0
    instead: Callable[[Received], Reply | None] | None = None
    """Answers a request before anything is recorded; None lets it pass."""
    after: Callable[[Received], Reply | None] | None = None
    """Answers a request after it has taken effect."""
    refuse: Callable[[dict[str, Any]], str | None] = lambda event: None
    """The code with which an event is refused."""
    lock: Lock = field(default_factory=Lock)

    def sent(self, path: str) -> list[Received]:
        return [each for each in self.requests if each.path == path]

    def values(self, name: str) -> list[Any]:
        return [event.get(name) for event in self.events.values()]

    def answer(self, received: Received) -> Reply:
        with self.lock:
            self.requests.append(received)
            if self.instead and (reply := self.instead(received)):
                return reply
            effect = self._effect(received)
            return (self.after and self.after(received)) or effect

    def _effect(self, received: Received) -> Reply:
        if received.path == "/v1/events":
            return self._record(received.content)
        if received.path == "/v1/check":
            return _json(200, {"allowed": received.content.get("tokens", 0) < 1000, "code": None})
        if received.path == "/v1/runs":
            return _json(201, {"hold": {"usd": received.content.get("budget_usd")}})
        if received.path.endswith("/end"):
            return _json(200, {"status": received.content["status"], "used": {"usd": "0.00"}})
        return _json(200, {"hold": {"usd": received.content.get("budget_usd")}})

    def _record(self, events: list[dict[str, Any]]) -> Reply:
        rejected, ids = [], []
        for index, event in enumerate(events):
            if code := self.refuse(event):
                rejected.append({"index": index, "field": "event", "code": code, "message": f"it is {code}"})
                continue
            self.repeated += event["id"] in self.events
            assert self.events.setdefault(event["id"], event) == event
            ids.append(event["id"])
        if rejected and not ids:
            return _json(422, {"code": rejected[0]["code"], "detail": "none", "errors": rejected})
        return _json(200, {"accepted": len(ids), "duplicates": 0, "rejected": rejected, "ids": ids})


@contextmanager
def serving(service: Service, port: int = 0) -> Iterator[Service]:
    """Serve until the block ends; then connections are refused."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            received = Received(
                path=self.path,
                body=self.rfile.read(int(self.headers["Content-Length"])).decode(),
                tenant=self.headers["GWI-Tenant"],
                key=self.headers["Authorization"],
            )
            status, headers, body = service.answer(received)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the overridden method
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
