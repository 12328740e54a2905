"""Owns how tests call the admin tool: in this process, on its memory store, and as machines do."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.stores import process_memory
from shared.usecases.people.authenticate import Access, KeyAuthenticator
from tests.key_fixtures import tenant_access
from tools.admin.__main__ import main

Capture = pytest.CaptureFixture[str]
CREATE = ("tenant", "create", "--id", "acme", "--name", "Acme")


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty store in this process, which the commands share as they share Firestore elsewhere."""
    process_memory.cache_clear()
    monkeypatch.setenv("GWI_STORE", "memory")


def run(capture: Capture, *arguments: str) -> dict[str, Any]:
    """Return the JSON that a successful command prints."""
    code = main(["--json", *arguments])
    printed = capture.readouterr()
    assert (code, printed.err) == (0, ""), printed.err
    answer: dict[str, Any] = json.loads(printed.out)
    return answer


def failed(capture: Capture, *arguments: str) -> str:
    """Return the message of a command that fails: neither JSON nor a traceback."""
    code = main(["--json", *arguments])
    printed = capture.readouterr()
    assert (code, printed.out) == (2, "")
    return printed.err


def access(secret: str) -> Access:
    """Return the access of a key, as a new instance finds it."""
    return tenant_access(KeyAuthenticator(process_memory()), secret, datetime.now(UTC))
