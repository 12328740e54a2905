"""Fixtures of every test: an environment without this machine's settings, one emulator, bounded properties."""

import gc
import logging
import os
import re
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from shared.logs import LOGGER, JsonLines
from tools.dev.auth_emulator import auth_emulator
from tools.dev.emulators import firestore_emulator

_OWN_PREFIXES = ("GWI_", "GOOGLE_", "GCLOUD_", "CLOUDSDK_CORE_", "FIREBASE_", "STRIPE_", "K_")
_OWN_SUFFIX = "_EMULATOR_HOST"
# Read before any test has an environment of its own: the fixture may first be asked for in the middle of one.
_RUNNING_EMULATOR = os.environ.get("FIRESTORE_EMULATOR_HOST")
_RUNNING_AUTH_EMULATOR = os.environ.get("FIREBASE_AUTH_EMULATOR_HOST")

settings.register_profile(
    "ci",
    max_examples=30,
    deadline=None,  # a shared machine pauses for longer than any useful deadline
    derandomize=True,  # a change is refused for what it did, not for an example that nobody tried before
    # Each example addresses a tenant of its own, so a store shared by the examples of a test is fine.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("ci"), max_examples=2_000, derandomize=False)
# A mutant is seen by the first example that fails, however long it is.
settings.register_profile("mutants", settings.get_profile("thorough"), phases=[Phase.generate])
settings.load_profile("ci")


def pytest_configure() -> None:
    """End the run as Ctrl-C does when it is asked to stop: fixtures stop the emulators that they started."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Leave modules and collected tests out of garbage collection: a tenth of a run was spent on looking at them."""
    gc.freeze()


@pytest.fixture(scope="session")
def firestore_emulator_host() -> Iterator[str]:
    """`host:port` of a Firestore emulator: the one the environment names, or one for this session."""
    if _RUNNING_EMULATOR:
        yield _RUNNING_EMULATOR
        return
    with firestore_emulator() as host:
        yield host


@pytest.fixture(scope="session")
def auth_emulator_host() -> Iterator[str]:
    """`host:port` of an Auth emulator: the one the environment names, or one for this session."""
    if _RUNNING_AUTH_EMULATOR:
        yield _RUNNING_AUTH_EMULATOR
        return
    with auth_emulator() as host:
        yield host


_SECRET_IN_LOG = re.compile(
    r"gwi_[a-z_]+_[0-9A-Za-z]{6}|\b(?:sk|rk|whsec)_\w|\beyJ\w{8}|\w@\w+\.\w|\"metadata\""
)
"""Keys, tokens, addresses, and the body of an event."""


class _Lines(logging.Handler):
    """Keeps the lines that a deployed function would write."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines("demo-gwi"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(autouse=True)
def _nothing_secret_is_logged() -> Iterator[None]:
    """Read everything that a test lets the product log: no key, token, address or body may be in it."""
    read = _Lines()
    LOGGER.addHandler(read)
    yield
    LOGGER.removeHandler(read)
    assert [line for line in read.lines if _SECRET_IN_LOG.search(line)] == []


@pytest.fixture(autouse=True)
def _isolated_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide what the shell says about this product and its platform; a test sets what it needs."""
    for name in tuple(os.environ):
        if name.startswith(_OWN_PREFIXES) or name.endswith(_OWN_SUFFIX):
            monkeypatch.delenv(name)
