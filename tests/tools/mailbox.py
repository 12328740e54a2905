"""People who have mail waiting in a running stack: one who signs up, one who is invited."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.running import RunningStack

_PASSWORD = "correct-horse-battery"
_ACCOUNTS = "/identitytoolkit.googleapis.com/v1/accounts"


def sign_up(stack: RunningStack, email: str) -> None:
    """Sign up as the dashboard does, which asks for a mail with a link that confirms the address."""
    account = _accounts(stack, "signUp", {"email": email, "password": _PASSWORD})
    _accounts(stack, "sendOobCode", {"requestType": "VERIFY_EMAIL", "idToken": account["idToken"]})


def invite(stack: RunningStack, email: str) -> None:
    """Invite somebody to the demo tenant, as its owner does."""
    owner = _accounts(stack, "signInWithPassword", stack.entries["user"])
    path = f"/api/v1/tenants/{stack.entries['tenant_id']}/members"
    _ask(
        urlsplit(stack.entries["usage_api"]).netloc,
        ("PUT", path, {"email": email, "role": "member"}),
        {"Authorization": f"Bearer {owner['idToken']}"},
    )


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
