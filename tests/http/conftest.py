"""The functions that a test asks: on a fresh memory store, at noon of a Friday."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.stores import process_memory
from tests.http.serving import Clock, Functions
from tests.http.stripe_caller import SECRET

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    """Friday, 20 November 2026, noon."""
    return Clock(NOON)


@pytest.fixture
def set_up(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Functions]]:
    """Loads all functions, in the environment of that moment, on one empty memory store."""
    process_memory.cache_clear()
    monkeypatch.setenv("GWI_STORE", "memory")
    monkeypatch.setenv("GWI_METERING_ENABLED", "1")
    yield lambda: Functions(clock)
    process_memory.cache_clear()


@pytest.fixture
def functions(set_up: Callable[[], Functions]) -> Functions:
    """All functions, on one empty memory store."""
    return set_up()


@pytest.fixture
def key(functions: Functions) -> str:
    """A key of tenant `acme`, on plan starter, that may do everything."""
    return functions.create_tenant()


@pytest.fixture
def functions_on_firestore(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, firestore_emulator_host: str
) -> Functions:
    """All functions, on an empty database of the emulator: it makes a project when it is first named."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", f"demo-{uuid4().hex[:12]}")
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator_host)
    # Nothing is published for so few tenants; without it the client would look for credentials.
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.setenv("GWI_METERING_ENABLED", "1")
    return Functions(clock)


@pytest.fixture
def platform(set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch) -> Functions:
    """The functions with a tenant `acme` on plan free; stripe_webhook has one secret and no key for the API."""
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
    functions = set_up()
    functions.create_tenant(plan="free")
    return functions
