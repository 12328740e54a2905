"""Processes that share an outbox, are killed, or fork: nothing is lost, and nothing counts twice."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gwi_usage import Meter
from tests.conftest import NewMeter, track
from tests.service import Service, page, serving

_AGENT = """
import sys
from gwi_usage import Meter
url, outbox, start, stop, ends = sys.argv[1:]
meter = Meter("gwi_test_key", url, outbox=outbox, send_events=50, timeout=1, raises=True)
for number in range(int(start), int(stop)):
    meter.track(provider="openai", model="gpt-4.1-mini", request_id=str(number))
    print(number, flush=True)
if ends == "killed":
    input()
meter.close()
"""


def agent(service_url: str, path: Path, numbers: range, ends: str = "closed") -> "subprocess.Popen[str]":
    arguments = [service_url, str(path), str(numbers.start), str(numbers.stop), ends]
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", _AGENT, *arguments], stdin=pipe, stdout=pipe, text=True)


def test_processes_share_an_outbox(service: Service, path: Path) -> None:
    agents = [agent(service.url, path, range(first, first + 200)) for first in range(0, 4000, 1000)]
    for each in agents:
        assert len(each.communicate()[0].split()) == 200
    meter = Meter("gwi_test_key", service.url, outbox=path)
    assert meter.flush()
    meter.close()
    expected = {str(1000 * process + number) for process in range(4) for number in range(200)}
    assert (len(service.events), set(service.values("request_id"))) == (4 * 200, expected)


def test_a_killed_process_loses_nothing_that_was_tracked(service: Service, path: Path) -> None:
    killed = agent(service.url, path, range(120), "killed")
    assert killed.stdout
    tracked = [killed.stdout.readline().strip() for _ in range(120)]
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert len(service.events) < 120
    agent(service.url, path, range(120, 121)).communicate()
    assert sorted(service.values("request_id")) == sorted([*tracked, "120"])


def test_a_process_that_is_killed_while_it_sends_counts_nothing_twice(path: Path) -> None:
    with serving(Service()) as service:
        service.after = lambda received: time.sleep(1) or page(500)  # type: ignore[func-returns-value]
        killed = agent(service.url, path, range(50))
        while not service.events:
            time.sleep(0.01)
        killed.kill()
        killed.communicate()
        service.after = None
        with pytest.MonkeyPatch.context() as patch:
            now = time.time()
            patch.setattr(time, "time", lambda: now + 61)  # when the lease of the killed process has ended
            meter = Meter("gwi_test_key", service.url, outbox=path)
            assert meter.flush()
            meter.close()
        assert (len(service.events), service.repeated) == (50, 50)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("in_memory", [False, True])
def test_a_fork_seals_under_a_name_of_its_own(
    in_memory: bool, new_meter: NewMeter, service: Service, path: Path
) -> None:
    meter = new_meter(outbox=None if in_memory else path)
    track(meter, 1, request_id="sent before")
    meter.flush()
    track(meter, 2, request_id="before")
    child = multiprocessing.get_context("fork").Process(target=_track_and_flush, args=(meter,))
    child.start()
    track(meter, 3, request_id="parent")
    child.join()
    assert child.exitcode == 0
    assert meter.flush()
    assert sorted(service.values("request_id")) == ["before"] * 2 + ["child"] * 4 + ["parent"] * 3 + [
        "sent before"
    ]
    assert len({event_id.split(".")[1] for event_id in service.events}) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_of_a_closed_meter_has_a_name_of_its_own_too(new_meter: NewMeter, service: Service) -> None:
    meter = new_meter()
    track(meter)
    meter.close()
    child = multiprocessing.get_context("fork").Process(target=_track_and_flush, args=(meter,))
    child.start()
    child.join()
    track(meter, 3)
    assert meter.flush()
    assert (child.exitcode, len(service.events)) == (0, 1 + 4 + 3)


def _track_and_flush(meter: Meter) -> None:
    track(meter, 4, request_id="child")
    assert meter.flush()
    meter.close()


def test_a_meter_that_nobody_closes_sends_when_its_process_ends(service: Service) -> None:
    script = f"""
from gwi_usage import Meter
Meter("gwi_test_key", {service.url!r}, outbox=None).track(provider="openai", model="gpt-4.1-mini")
"""
    subprocess.run([sys.executable, "-c", script], check=True)
    assert len(service.events) == 1
