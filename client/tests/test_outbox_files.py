"""Outbox files that fail: each failure is logged, nothing is lost, and the agent goes on."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gwi_usage import Meter
from gwi_usage.notices import Notices
from gwi_usage.outbox import files
from gwi_usage.outbox.batches import Producer, Refusal, RunEnd
from gwi_usage.outbox.claims import LEASE_SECONDS
from gwi_usage.outbox.contents import summary
from gwi_usage.outbox.files import spare_of
from gwi_usage.outbox.store import Store
from tests.conftest import NewMeter, track
from tests.service import Service


def test_what_a_process_leaves_is_sent_by_the_next(new_meter: NewMeter, service: Service) -> None:
    track(new_meter(), 3)
    assert new_meter().flush()
    assert len(service.events) == 3


def test_only_the_owner_can_read_the_file(meter: Meter, path: Path) -> None:
    track(meter)
    assert path.stat().st_mode & 0o777 == 0o600


def test_memory_keeps_events_where_the_outbox_is_set_to(
    new_meter: NewMeter, service: Service, path: Path
) -> None:
    meter = new_meter(outbox=None)
    track(meter, 2)
    assert (meter.pending, path.exists()) == (2, False)
    meter.close()
    assert len(service.events) == 2


def test_what_memory_loses_is_logged(new_meter: NewMeter, caplog: pytest.LogCaptureFixture) -> None:
    meter = new_meter(outbox=None, url="http://127.0.0.1:1")
    track(meter, 2)
    meter.close(timeout=0)
    assert "2 events were not sent and no file keeps them" in caplog.text


def _lock(path: Path) -> Callable[[], None]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return other.close


def test_a_locked_file_is_waited_for_and_then_left(
    new_meter: NewMeter, service: Service, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    meter = new_meter()
    track(meter)
    unlock = _lock(path)
    track(meter, 2)
    assert "database is locked" in caplog.text
    unlock()
    time.sleep(0.06)  # a file that failed is tried again after 0.05 s
    track(meter)
    assert meter.pending == 4
    assert meter.flush()
    assert len(service.events) == 4


def test_a_full_disk_leaves_events_in_memory_from_which_they_are_sent(
    new_meter: NewMeter, service: Service, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    meter = new_meter()
    track(meter)
    _database_of(meter).execute("PRAGMA max_page_count = 1")
    track(meter, 3, metadata={"text": "x" * 10_000})
    assert "database or disk is full" in caplog.text
    assert meter.pending == 4
    assert meter.flush()
    assert len(service.events) == 4


def test_a_file_that_works_again_gets_what_memory_kept(new_meter: NewMeter, path: Path) -> None:
    meter = new_meter(url="http://127.0.0.1:1")
    track(meter)
    unlock = _lock(path)
    track(meter, 2)
    meter.flush(timeout=0)
    unlock()
    time.sleep(0.06)  # a file that failed is tried again after 0.05 s
    meter.close(timeout=0)
    assert Store(path).pending() == 3


def test_a_file_that_may_only_be_read_is_left(
    new_meter: NewMeter, service: Service, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    track(meter := new_meter())
    meter.close()
    connect = sqlite3.connect

    def read_only(path: Path, **options: object) -> sqlite3.Connection:
        return connect(f"file:{path}?mode=ro", uri=True, **options)  # type: ignore[call-overload,no-any-return]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sqlite3,
            "connect",
            lambda p, **o: connect(p, **o) if p == ":memory:" else read_only(p, **o),
        )
        track(meter := new_meter())
        assert "attempt to write a readonly database" in caplog.text
        assert meter.flush()
    assert len(service.events) == 2


def test_a_folder_that_cannot_be_made_is_logged(
    new_meter: NewMeter, service: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    meter = new_meter(outbox=tmp_path / "file" / "outbox.sqlite")
    track(meter, 2)
    assert "events wait in memory" in caplog.text
    assert meter.flush()
    assert len(service.events) == 2


def _corrupt(path: Path) -> None:
    path.write_bytes(b"no database " * 1000)


def _from_the_future(path: Path) -> None:
    Store(path).close()
    with sqlite3.connect(path) as future:
        future.execute("PRAGMA user_version = 99")


@pytest.fixture(
    params=[(_corrupt, "file is not a database"), (_from_the_future, "it has version 99")],
    ids=["corrupt", "newer"],
)
def spoiled(path: Path, request: pytest.FixtureRequest) -> tuple[Path, str]:
    """A file that cannot be read, and the reason that is logged."""
    spoil, reason = request.param
    spoil(path)
    return path, reason


def test_a_file_that_cannot_be_read_is_left_as_it_is(
    spoiled: tuple[Path, str], new_meter: NewMeter, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    path, reason = spoiled
    content = path.read_bytes()
    meter = new_meter(url="http://127.0.0.1:1")
    track(meter, 2)
    meter.close(timeout=0)
    assert reason in caplog.text
    assert path.read_bytes() == content
    assert Store(spare_of(path)).pending() == 2
    path.unlink()
    assert new_meter().flush()
    assert len(service.events) == 2


def test_a_file_whose_tables_cannot_be_read_is_left(
    new_meter: NewMeter, service: Service, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Store(path).close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    meter = new_meter()
    track(meter, 3)
    assert "disk image is malformed" in caplog.text
    assert meter.flush()
    assert len(service.events) == 3


def test_a_lease_is_over_when_its_process_must_be_dead(path: Path, new_meter: NewMeter) -> None:
    track(new_meter(), 2)
    store, now = Store(path), time.time()
    assert store.claim_batch(Producer(), now, ())
    assert store.claim_batch(Producer(), now + LEASE_SECONDS - 1, ()) is None
    claimed = store.claim_batch(Producer(), now + LEASE_SECONDS, ())
    assert claimed
    assert (claimed.count, claimed.attempts) == (2, 2)


def test_a_lease_from_a_clock_that_was_ahead_is_none(path: Path, new_meter: NewMeter) -> None:
    track(new_meter())
    store, now = Store(path), time.time()
    assert store.claim_batch(Producer(), now + 3600, ())
    assert store.claim_batch(Producer(), now, ())


def test_a_clock_that_goes_back_is_logged_and_loses_nothing(
    new_meter: NewMeter, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    meter = new_meter()
    meter._core._last = meter._core._now().replace(year=2090)
    track(meter, 2)
    assert "The clock went back" in caplog.text
    assert meter.flush()
    assert len(service.events) == 2


def test_the_end_of_a_run_waits_for_the_events_before_it(path: Path, new_meter: NewMeter) -> None:
    store, now = Store(path), time.time()
    end = RunEnd(tenant_id="", run_id="run", body="{}")
    track(meter := new_meter())
    store.add_end(end)
    track(meter)
    assert store.claim_end(now, ()) is None
    batch = store.claim_batch(Producer(), now, ())
    assert batch
    assert store.claim_end(now, ()) is None
    store.settle(batch, (), now)
    claimed = store.claim_end(now, ())
    assert claimed
    assert claimed.run_id == "run"


def test_a_batch_that_two_processes_settle_keeps_its_refusals_once(path: Path, new_meter: NewMeter) -> None:
    track(new_meter())
    store, now = Store(path), time.time()
    batch = store.claim_batch(Producer(), now, ())
    assert batch
    for _ in range(2):
        store.settle(batch, [("{}", Refusal(0, "unknown_tenant", "There is no such tenant."))], now)
    assert summary(store).refused == 1


def test_a_file_that_fails_keeps_nobody_waiting_twice(
    new_meter: NewMeter, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_RETRY_SECONDS", 60)
    track(meter := new_meter())
    unlock = _lock(path)
    track(meter)
    assert meter._core.outbox._files.writable() is None
    unlock()


def test_notices_of_one_kind_come_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    notices = Notices()
    for _ in range(3):
        notices.log("kind", "message")
    assert len(caplog.records) == 1


def _database_of(meter: Meter) -> sqlite3.Connection:
    return meter._core.outbox._files.stores()[0]._connected()
