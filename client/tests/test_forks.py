"""Processes that fork while they use an outbox: no child waits forever, and nothing is lost."""

import multiprocessing
import os
import threading
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from gwi_usage import Meter
from tests.conftest import NewMeter, track
from tests.service import Service

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork"),
    # Python 3.12 and newer warn of what these tests are about.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]
FORKS = multiprocessing.get_context("fork")
SECONDS = 60


def _track_and_flush(meter: Meter) -> None:
    track(meter, 4, request_id="child")
    assert meter.flush()
    meter.close()


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_fork_seals_under_a_name_of_its_own(
    in_memory: bool, new_meter: NewMeter, service: Service, path: Path
) -> None:
    meter = new_meter(outbox=None if in_memory else path)
    track(meter, 1, request_id="sent before")
    meter.flush()
    track(meter, 2, request_id="before")
    child = FORKS.Process(target=_track_and_flush, args=(meter,))
    child.start()
    track(meter, 3, request_id="parent")
    child.join()
    assert child.exitcode == 0
    assert meter.flush()
    assert sorted(service.values("request_id")) == ["before"] * 2 + ["child"] * 4 + ["parent"] * 3 + [
        "sent before"
    ]
    assert len({event_id.split(".")[1] for event_id in service.events}) == 2


def test_a_fork_of_a_closed_meter_has_a_name_of_its_own_too(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter()
    track(meter)
    meter.close()
    child = FORKS.Process(target=_track_and_flush, args=(meter,))
    child.start()
    child.join()
    track(meter, 3)
    assert meter.flush()
    assert (child.exitcode, len(service.events)) == (0, 1 + 4 + 3)


def _track_around(meter: Meter, has_tracked: Event, is_closed: Event) -> None:
    track(meter, 1, request_id="child before")
    has_tracked.set()
    assert is_closed.wait(SECONDS)
    track(meter, 1, request_id="child after")
    os._exit(0)  # as a killed process ends


def test_a_child_writes_on_when_its_parent_has_closed_the_file(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter(url="http://127.0.0.1:1")
    track(meter, 1, request_id="parent")
    has_tracked, is_closed = FORKS.Event(), FORKS.Event()
    child = FORKS.Process(target=_track_around, args=(meter, has_tracked, is_closed))
    child.start()
    assert has_tracked.wait(SECONDS)
    meter.close(timeout=0)
    is_closed.set()
    child.join()
    assert child.exitcode == 0
    assert new_meter().flush()
    assert sorted(service.values("request_id")) == ["child after", "child before", "parent"]


def _track_and_leave(meter: Meter) -> None:
    track(meter, 4, request_id="child")
    os._exit(0)


def test_children_of_a_process_whose_threads_track_are_not_in_their_way(
    new_meter: NewMeter, service: Service
) -> None:
    meter, ends = new_meter(send_events=10_000, send_seconds=SECONDS), threading.Event()

    def track_on(counts: list[int]) -> None:
        while not ends.is_set():
            track(meter)
            counts.append(1)

    counts: list[int] = []
    threads = [threading.Thread(target=track_on, args=(counts,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    children = [FORKS.Process(target=_track_and_leave, args=(meter,)) for _ in range(10)]
    for child in children:
        child.start()
        child.join(SECONDS)
    ends.set()
    for thread in threads:
        thread.join()
    assert [child.exitcode for child in children] == 10 * [0]
    assert meter.flush(SECONDS)
    assert len(service.events) == len(counts) + 10 * 4


def test_a_child_logs_although_another_thread_was_logging(
    new_meter: NewMeter, caplog: pytest.LogCaptureFixture
) -> None:
    notices = new_meter()._core.notices
    with notices._lock:
        child = FORKS.Process(target=notices.log, args=("kind", "message"))
        child.start()
    child.join(SECONDS)
    assert child.exitcode == 0


def test_a_fork_does_not_wait_forever_for_its_own_thread(
    new_meter: NewMeter, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gwi_usage.outbox.forks._SECONDS", 0.05)
    meter = new_meter(outbox=None)
    track(meter)
    with meter._core.outbox._stores()[0].transaction():
        child = FORKS.Process(target=_track_and_flush, args=(meter,))
        child.start()
    child.join(SECONDS)
    assert child.exitcode == 0
    assert meter.flush()
    assert len(service.events) == 1 + 4
