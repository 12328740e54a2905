"""Fixtures of most tests: a double of the service, and meters whose pauses are short."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gwi_usage import Meter, delivery
from gwi_usage.outbox import database, files, store
from tests.service import Service, serving

NewMeter = Callable[..., Meter]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_FIRST_SECONDS", 0.02)
    monkeypatch.setattr(files, "_RETRY_SECONDS", 0.05)


@pytest.fixture(autouse=True)
def _temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


@pytest.fixture(autouse=True)
def _closed_databases(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what a test leaves open, as a process does that ends."""
    databases: list[sqlite3.Connection] = []

    def opened(path: Path | None) -> sqlite3.Connection:
        databases.append(database.opened(path))
        return databases[-1]

    monkeypatch.setattr(store, "opened", opened)
    yield
    for each in databases:
        each.close()


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(Service()) as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def new_meter(service: Service, path: Path) -> Iterator[NewMeter]:
    """Makes meters on one outbox that raise their own failures, and closes them."""
    meters: list[Meter] = []

    def make(**options: Any) -> Meter:
        meter = Meter(
            "gwi_test_key", options.pop("url", service.url), **{"outbox": path, "raises": True, **options}
        )
        meters.append(meter)
        return meter

    yield make
    for meter in meters:
        meter.close(timeout=0)


@pytest.fixture
def meter(new_meter: NewMeter) -> Meter:
    return new_meter()


def track(meter: Meter, count: int = 1, **event: Any) -> None:
    for _ in range(count):
        meter.track(
            **{"provider": "openai", "model": "gpt-4.1-mini", "tokens": {"input_tokens": 100}, **event}
        )
