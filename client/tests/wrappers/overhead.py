"""Measures the time that a wrapped client adds to a call: `python -m tests.wrappers.overhead`, for the bench."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
from openai import OpenAI

from gwi_usage import Meter
from gwi_usage.wrappers import wrap
from tests.service import Service, serving
from tests.wrappers.conftest import chat
from tests.wrappers.providers import CHAT, CHAT_STREAM, chunk, sse

CALLS = 1000
WARM_UP = 100
PIECES = 100
_STREAM = b"".join(map(sse, [*(PIECES * [chunk("Dear ")]), *CHAT_STREAM[2:]]))


def main() -> None:
    """Print, for plain and for streamed calls, how much the 99th percentile of a wrapped client's calls is higher."""
    with clients() as (own, wrapped):
        plain = added(chat, own, wrapped)
        streamed = added(lambda client: list(chat(client, stream=True)), own, wrapped)
    print(json.dumps({"plain": plain, "streamed": streamed}))  # noqa: T201 - its result


@contextmanager
def clients() -> Iterator[tuple[OpenAI, OpenAI]]:
    """Two clients whose calls are answered in this process; the second one records in a file, and sends."""
    with (
        TemporaryDirectory() as folder,
        serving(Service()) as service,
        Meter("gwi_test_key", service.url, outbox=Path(folder) / "outbox.sqlite") as meter,
    ):
        yield answered(), wrap(answered(), meter)


def answered() -> OpenAI:
    transport = httpx2.MockTransport(_answer)
    return OpenAI(api_key="sk", base_url="http://provider/v1", http_client=httpx2.Client(transport=transport))


def _answer(request: httpx2.Request) -> httpx2.Response:
    if b'"stream":true' not in request.content:
        return httpx2.Response(200, json=CHAT)
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=_STREAM)


def added(call: Callable[[OpenAI], object], own: OpenAI, wrapped: OpenAI) -> dict[str, float]:
    """Return the milliseconds between the 99th percentiles; calls of both take turns, so that noise is shared."""
    clocks = {"cpu": time.thread_time, "wall": time.perf_counter}
    seconds: dict[tuple[str, str], list[float]] = {}
    for _ in range(WARM_UP + CALLS):
        for name, client in (("own", own), ("wrapped", wrapped)):
            began = {clock: read() for clock, read in clocks.items()}
            call(client)
            for clock, read in clocks.items():
                seconds.setdefault((name, clock), []).append(read() - began[clock])
    high = {key: percentile(values[WARM_UP:]) for key, values in seconds.items()}
    return {clock: 1000 * (high["wrapped", clock] - high["own", clock]) for clock in clocks}


def percentile(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]


if __name__ == "__main__":
    main()
