"""The loopback interface: choosing free TCP ports, asking whether something answers, posting."""

import http.client
import json
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tools.dev.errors import OverloadedError, StackError
from tools.dev.port_reservations import reservations

HOST = "127.0.0.1"
# Below the range from which systems take the ports of outgoing connections.
_OTHER_PORTS = range(20_000, 32_000)
_POST_SECONDS = 30


def without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings by which clients reach this machine directly, whatever proxy `environment` names."""
    named = environment.get("no_proxy") or environment.get("NO_PROXY")
    direct = ",".join([*([named] if named else []), HOST, "localhost"])
    return {"no_proxy": direct, "NO_PROXY": direct}


@dataclass(frozen=True, kw_only=True)
class _Request:
    """A request to a server of this machine."""

    method: str
    path: str
    body: bytes | None
    headers: dict[str, str]


class Answer(NamedTuple):
    """An HTTP answer that arrived completely."""

    status: int
    body: bytes


def is_free(port: int) -> bool:
    """Return whether nothing listens on `port`, on the loopback interface or on all of them."""
    with socket.socket() as probe:
        # The servers set it too: without it a port that has just been closed looks taken for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(usual: int | None = None) -> int:
    """Return the usual port when it is free, otherwise any free one that was not given before.

    The port stays reserved for this process, so no other stack of this machine chooses it.
    """
    if usual is not None and is_free(usual) and reservations().reserve(usual):
        return usual
    for port in random.sample(_OTHER_PORTS, len(_OTHER_PORTS)):
        if not reservations().has(port) and is_free(port) and reservations().reserve(port):
            return port
    raise StackError(f"No port from {_OTHER_PORTS.start} to {_OTHER_PORTS.stop - 1} is free.")


def get(
    port: int, path: str, *, headers: Mapping[str, str] | None = None, timeout_seconds: float = 5
) -> Answer | None:
    """Return the answer to `GET path`, None when there is no complete one."""
    request = _Request(method="GET", path=path, body=None, headers=dict(headers or {}))
    try:
        return _ask(port, request, timeout_seconds)
    except (OSError, http.client.HTTPException):
        return None


def post_json(port: int, path: str, content: object, *, headers: Mapping[str, str]) -> Answer:
    """Return the answer to `POST path`; raise StackError when there is no complete one.

    That is OverloadedError where nothing was sent, because nothing listens.
    """
    body = json.dumps(content).encode()
    return _post(port, path, body, {"Content-Type": "application/json", **headers})


def post_form(port: int, path: str, fields: Mapping[str, str]) -> Answer:
    """Return the answer to a form, as a browser posts it; raise StackError when there is no complete one."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return _post(port, path, urlencode(fields).encode(), headers)


def json_of(answer: Answer, step: str) -> Any:
    """Return the JSON of an answer of status 200; raise OverloadedError for 503 and StackError for any other."""
    text = answer.body.decode(errors="replace")
    if answer.status == 503:
        raise OverloadedError(f"answer 503 while {step}:\n{text}")
    if answer.status != 200:
        raise StackError(f"answer {answer.status} while {step}:\n{text}")
    return json.loads(text)


def _post(port: int, path: str, body: bytes, headers: dict[str, str]) -> Answer:
    request = _Request(method="POST", path=path, body=body, headers=headers)
    try:
        return _ask(port, request, _POST_SECONDS)
    except ConnectionRefusedError as error:
        raise OverloadedError(f"nothing listens on port {port}") from error
    except (OSError, http.client.HTTPException) as error:
        raise StackError(f"POST {path} on port {port} got no answer: {error!r}") from error


def _ask(port: int, request: _Request, timeout_seconds: float) -> Answer:
    # Not urllib: it would send loopback requests through a proxy that the environment names.
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout_seconds)
    try:
        connection.request(request.method, request.path, request.body, request.headers)
        response = connection.getresponse()
        return Answer(response.status, response.read())
    finally:
        connection.close()
