"""Processes that share an outbox, or are killed: nothing is lost, and nothing counts twice."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gwi_usage import Meter
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


def test_a_meter_that_nobody_closes_sends_when_its_process_ends(service: Service) -> None:
    script = f"""
from gwi_usage import Meter
Meter("gwi_test_key", {service.url!r}, outbox=None).track(provider="openai", model="gpt-4.1-mini")
"""
    subprocess.run([sys.executable, "-c", script], check=True)
    assert len(service.events) == 1
