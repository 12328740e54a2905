"""Events in the memory of a process that ends: they go to a file, which the next process takes over."""

import stat
from pathlib import Path

import pytest

from gwi_usage.outbox import files
from gwi_usage.outbox.files import spare_of, temporary_of
from gwi_usage.outbox.store import Store
from tests.conftest import NewMeter, track
from tests.service import Service
from tests.test_outbox_files import _database_of, _lock

NOWHERE = "http://127.0.0.1:1"


def test_a_spare_takes_what_a_locked_file_cannot(
    new_meter: NewMeter, service: Service, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    meter = new_meter(url=NOWHERE)
    track(meter)
    unlock = _lock(path)
    track(meter, 2)
    meter.close(timeout=0)
    assert f"Events that were not sent are in {spare_of(path)}" in caplog.text
    assert "lost" not in caplog.text
    unlock()
    assert new_meter().flush()
    assert len(service.events) == 3


def test_a_file_that_was_locked_from_the_start_is_no_loss(
    new_meter: NewMeter, service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gwi_usage.outbox.database._OPENING_SECONDS", 0)
    Store(path).close()
    unlock = _lock(path)
    meter = new_meter(url=NOWHERE)
    track(meter, 2)
    meter.close(timeout=0)
    unlock()
    assert new_meter().flush()
    assert len(service.events) == 2


def test_a_spare_takes_what_a_full_file_cannot(new_meter: NewMeter, service: Service, path: Path) -> None:
    meter = new_meter(url=NOWHERE)
    track(meter)
    _database_of(meter).execute("PRAGMA max_page_count = 1")
    track(meter, 3, metadata={"text": "x" * 10_000})
    meter.close(timeout=0)
    assert Store(spare_of(path)).pending() == 3
    assert new_meter().flush()
    assert len(service.events) == 4


def test_the_end_of_the_last_pause_is_not_waited_for(
    new_meter: NewMeter, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_RETRY_SECONDS", 60)
    meter = new_meter(url=NOWHERE)
    track(meter)
    unlock = _lock(path)
    track(meter, 2)
    unlock()
    meter.close(timeout=0)
    assert (Store(path).pending(), spare_of(path).exists()) == (3, False)


def test_the_folder_for_temporary_files_takes_what_the_folder_of_the_outbox_cannot(
    new_meter: NewMeter, service: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "outbox.sqlite"
    meter = new_meter(url=NOWHERE, outbox=path)
    track(meter, 2)
    meter.close(timeout=0)
    kept = temporary_of(path)
    assert f"Events that were not sent are in {kept}" in caplog.text
    assert [stat.S_IMODE(each.stat().st_mode) for each in (kept, kept.parent)] == [0o600, 0o700]
    (tmp_path / "file").unlink()
    assert new_meter(outbox=path).flush()
    assert len(service.events) == 2


def test_a_temporary_folder_of_another_user_is_not_used(
    new_meter: NewMeter, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "outbox.sqlite"
    (tmp_path / "elsewhere").mkdir()
    temporary_of(path).parent.symlink_to(tmp_path / "elsewhere")
    meter = new_meter(url=NOWHERE, outbox=path)
    track(meter, 2)
    meter.close(timeout=0)
    assert "2 events were not sent and no file keeps them" in caplog.text
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_refused_events_are_kept_too(new_meter: NewMeter, service: Service, path: Path) -> None:
    service.refuse = lambda event: "unknown_tenant"
    meter = new_meter()
    track(meter)
    assert meter.flush()
    unlock = _lock(path)
    track(meter)
    assert meter.flush()
    unlock()
    meter.close()
    rows = Store(path)._connected().execute("SELECT COUNT(*) FROM refused").fetchone()
    assert rows == (2,)
