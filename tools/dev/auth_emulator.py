"""Starting and stopping the Firebase Auth emulator, which needs no Java, and making its users."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.dev.errors import StackError
from tools.dev.firebase_tools import Emulator, start_emulator
from tools.dev.loopback import free_port, get, post_json
from tools.dev.processes import Server, wait_until_ready
from tools.dev.settings import PROJECT_ID, START_SECONDS

_ACCOUNTS = f"/identitytoolkit.googleapis.com/v1/projects/{PROJECT_ID}/accounts"
_ACTION_LINKS = f"/emulator/v1/projects/{PROJECT_ID}/oobCodes"
_AS_ADMINISTRATOR = {"Authorization": "Bearer owner"}  # the emulator's own word for "not an end user"


def start_auth(logs: Path, port: int | None = None) -> Server:
    """Start the Auth emulator of the demo project; it is ready after about ten seconds.

    Raises StackError where Node or firebase-tools is missing.
    """
    return start_emulator(Emulator(name="auth", port=port or free_port()), logs)


@contextmanager
def auth_emulator() -> Iterator[str]:
    """Run an Auth emulator of one's own and give its `host:port` for FIREBASE_AUTH_EMULATOR_HOST."""
    with tempfile.TemporaryDirectory(prefix="auth-") as logs:
        emulator = start_auth(Path(logs))
        try:
            wait_until_ready([emulator], timeout_seconds=START_SECONDS)
            yield emulator.host
        finally:
            emulator.process.stop()


def create_user(auth_port: int, *, email: str, password: str, name: str) -> str:
    """Create a user whose email is verified, return the uid; raise StackError when the emulator refuses."""
    user = {"email": email, "password": password, "displayName": name, "emailVerified": True}
    answer = post_json(auth_port, _ACCOUNTS, user, headers=_AS_ADMINISTRATOR)
    text = answer.body.decode(errors="replace")
    if answer.status != 200:
        raise StackError(f"the Auth emulator answered {answer.status} to user {email}:\n{text}")
    return str(json.loads(text)["localId"])


def action_links(auth_port: int) -> list[dict[str, Any]]:
    """Return the links that confirm an address or reset a password, the oldest first; none without an answer."""
    answer = get(auth_port, _ACTION_LINKS, headers=_AS_ADMINISTRATOR)
    if answer is None or answer.status != 200:
        return []
    links: list[dict[str, Any]] = json.loads(answer.body)["oobCodes"]
    return links
