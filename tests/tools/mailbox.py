"""A person who has mail waiting in a running stack: they have signed up."""

import json
from http.client import HTTPConnection
from typing import Any

from tests.e2e.running import RunningStack

_PASSWORD = "correct-horse-battery"
_ACCOUNTS = "/identitytoolkit.googleapis.com/v1/accounts"


def sign_up(stack: RunningStack, email: str) -> None:
    """Sign up as the dashboard does, which asks for a mail with a link that confirms the address."""
    account = _accounts(stack, "signUp", {"email": email, "password": _PASSWORD})
    _accounts(stack, "sendOobCode", {"requestType": "VERIFY_EMAIL", "idToken": account["idToken"]})


def _accounts(stack: RunningStack, action: str, content: dict[str, str]) -> Any:
    request = ("POST", f"{_ACCOUNTS}:{action}?key=local", {"returnSecureToken": True, **content})
    return _ask(stack.entries["auth"], request, {})


def _ask(host: str, request: tuple[str, str, dict[str, Any]], headers: dict[str, str]) -> Any:
    method, path, content = request
    # Not urllib: it would send loopback requests through a proxy that the environment names.
    connection = HTTPConnection(host, timeout=30)
    try:
        connection.request(method, path, json.dumps(content), {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        text = response.read().decode()
        assert response.status == 200, text
        return json.loads(text)
    finally:
        connection.close()
