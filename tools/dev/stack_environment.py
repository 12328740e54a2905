"""The environment in which tools and commands reach the stack that is running, and no other."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tools.dev.errors import StackError
from tools.dev.loopback import get, without_proxy
from tools.dev.settings import STACK_FILE, STRIPE_API_KEY

_TOOLS = {
    "GOOGLE_CLOUD_PROJECT": "project_id",
    "FIRESTORE_EMULATOR_HOST": "firestore",
    "PUBSUB_EMULATOR_HOST": "pubsub",
    "FIREBASE_AUTH_EMULATOR_HOST": "auth",
    "STRIPE_API_BASE": "stripe",
}
"""The admin tool's variables, and the entries of the stack file that fill them."""

_COMMANDS = {
    "RECORD_USAGE": "record_usage",
    "USAGE_API": "usage_api",
    "TENANT_ID": "tenant_id",
    "API_KEY": "api_key",
    "PLATFORM_KEY": "platform_key",
}
"""Short names for what is typed by hand."""


def stack_environment(folder: Path) -> dict[str, str]:
    """Return the variables that name the stack which runs in `folder`; StackError when none does."""
    entries = _entries(folder)
    names = _TOOLS | _COMMANDS
    known = {name: str(entries[entry]) for name, entry in names.items() if entry in entries}
    return {**without_proxy(os.environ), "STRIPE_API_KEY": STRIPE_API_KEY, **known}


def tool_environment(folder: Path) -> dict[str, str]:
    """Return the variables that a tool needs to work on the running stack's store.

    Raises StackError where no stack runs, and for one in memory, whose store no other process reaches.
    """
    environment = stack_environment(folder)
    if "FIRESTORE_EMULATOR_HOST" not in environment:
        raise StackError("The running stack keeps its data in its own process; use its HTTP interface.")
    return environment


def _entries(folder: Path) -> Mapping[str, Any]:
    file = folder / STACK_FILE
    try:
        entries: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError as error:
        raise StackError(f"No stack is running in {folder}; start one with `make dev`.") from error
    url = urlsplit(str(entries["record_usage"]))
    if url.port is None or get(url.port, "/") is None:
        raise StackError(f"The stack of {file} does not answer any more; start one with `make dev`.")
    return entries
