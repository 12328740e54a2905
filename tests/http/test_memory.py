"""record_usage behind its real server: the costliest requests stay within a small instance's memory."""

import gzip
import http.client
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import pytest

from shared.config import load_config
from shared.container import Container
from shared.domain.people.audit import Change
from shared.usecases.people.manage_tenants import TenantRequest, create_tenant
from tests.http.serving import BY_NAME, bearer
from tests.plans import ENTERPRISE
from tools.dev.functions import start_function
from tools.dev.processes import Server, wait_until_ready

ROOT = Path(__file__).resolve().parents[2]
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
ONE_AT_A_TIME_MIB, EIGHT_AT_ONCE_MIB = 256, 512
AT_ONCE = 8


def wide(fields: int) -> dict[str, Any]:
    return CALL | {f"u{number}": 1 for number in range(fields)}


COSTLY: dict[str, object] = {
    "an event of 300,000 unknown fields": wide(300_000),
    "500 events of 600 unknown fields": [wide(600)] * 500,
    "500 events of 97 unknown fields": [wide(97)] * 500,
    "unknown tokens": CALL | {"tokens": wide(200_000)},
    "a name of 3 MB": CALL | {"x" * 3_000_000: 1},
    "a value of 3 MB": CALL | {"tokens": "x" * 3_000_000},
    "metadata of 3 MB": CALL | {"metadata": {"text": "x" * 3_000_000}},
    "metadata of many entries": CALL | {"metadata": {f"m{number}": number for number in range(200_000)}},
    "500 events with all the metadata that a body holds": [CALL | {"metadata": {"text": "x" * 8_000}}] * 500,
    "500 events of as many models": [CALL | {"model": f"m-{uuid4()}"} for _ in range(500)],
    "a deep response": CALL | {"response": {"usage": [[[{"a": 1}] * 100] * 100] * 30}},
}
"""Requests that a review found costly, and their like."""


@pytest.fixture(scope="module")
def environment(firestore_emulator_host: str) -> dict[str, str]:
    return {
        "GOOGLE_CLOUD_PROJECT": f"demo-{uuid4().hex[:12]}",
        "FIRESTORE_EMULATOR_HOST": firestore_emulator_host,
        "GWI_METERING_ENABLED": "1",
        "THREADS": str(2 * AT_ONCE),
    }


@pytest.fixture(scope="module")
def keys(environment: dict[str, str]) -> list[str]:
    """The keys of two tenants."""
    directory, change = Container(load_config(environment)).directory, Change("test", datetime.now(UTC))
    return [
        create_tenant(directory, TenantRequest(name, name, ENTERPRISE), change, is_live=False)[1].secret
        for name in ("costly", "other")
    ]


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    inherited = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": str(Path(sys.executable).parent)}
    server = start_function(BY_NAME["record_usage"], inherited | environment, tmp_path)
    try:
        wait_until_ready([server], timeout_seconds=60)
        yield server
    finally:
        server.process.stop()


def post(server: Server, path: str, key: str, body: bytes, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        connection.request("POST", path, body, {**bearer(key), "Content-Type": "application/json", **headers})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def most_mib(server: Server) -> float:
    """Return the most memory that any process of the server has had."""
    peaks = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if os.getpgid(int(status.parent.name)) == server.process.group:
                text = status.read_text()
                peaks.append(int(text.split("VmHWM:")[1].split()[0]) / 1024)
        except (OSError, IndexError):
            continue
    return max(peaks)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_costly_requests_one_at_a_time_and_eight_at_once(server: Server, keys: list[str]) -> None:
    costly, other = keys
    post(server, "/v1/check", other, b"{}")
    lines = [f"started: {most_mib(server):.0f} MiB"]
    for name, body in COSTLY.items():
        status = post(server, "/v1/events", costly, json.dumps(body).encode())
        assert status in (200, 422), name
        lines.append(f"{name}: {status}, {most_mib(server):.0f} MiB")
    packed = gzip.compress(json.dumps([CALL | {"metadata": {"text": "x" * 16_000}}] * 490).encode())
    assert post(server, "/v1/events", costly, packed, **{"Content-Encoding": "gzip"}) == 200
    lines.append(f"7.9 MB in gzip: {most_mib(server):.0f} MiB")
    one_at_a_time = most_mib(server)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        body = json.dumps(wide(300_000)).encode()
        sent = [threads.submit(post, server, "/v1/events", costly, body) for _ in range(3 * AT_ONCE)]
        slowest = 0.0
        while not all(each.done() for each in sent):
            began = perf_counter()
            assert post(server, "/v1/check", other, b"{}") == 200
            slowest = max(slowest, perf_counter() - began)
        assert {each.result() for each in sent} == {422}
    lines.append(f"eight at once: {most_mib(server):.0f} MiB; another tenant's slowest check {slowest:.2f} s")
    sys.stdout.write("\n".join(lines) + "\n")
    assert one_at_a_time < ONE_AT_A_TIME_MIB
    assert most_mib(server) < EIGHT_AT_ONCE_MIB
