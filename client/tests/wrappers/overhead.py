"""Measures the time that a wrapped client adds to a call: `python -m tests.wrappers.overhead`, for the bench."""

import json
import statistics
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

ROUNDS = 5
CALLS = 500
WARM_UP = 100
CLOCKS = {"cpu": time.thread_time, "wall": time.perf_counter}
PIECES = 100
_STREAM = b"".join(map(sse, [*(PIECES * [chunk("Dear ")]), *CHAT_STREAM[2:]]))


def main() -> None:
    """Print, for plain and for streamed calls, what a wrapped client's calls take longer."""
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
    """Return the milliseconds between the percentiles of both, the median of several rounds."""
    for _ in range(WARM_UP):
        timed(call, own)
        timed(call, wrapped)
    rounds = [added_in_a_round(call, own, wrapped) for _ in range(ROUNDS)]
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def added_in_a_round(call: Callable[[OpenAI], object], own: OpenAI, wrapped: OpenAI) -> dict[str, float]:
    """Let calls of both take turns, so that noise is shared."""
    pairs = [(timed(call, own), timed(call, wrapped)) for _ in range(CALLS)]
    return {
        f"{clock}_p{percent}": 1000
        * (
            percentile([after[clock] for _, after in pairs], percent)
            - percentile([before[clock] for before, _ in pairs], percent)
        )
        for clock in CLOCKS
        for percent in (50, 99)
    }


def timed(call: Callable[[OpenAI], object], client: OpenAI) -> dict[str, float]:
    began = {clock: read() for clock, read in CLOCKS.items()}
    call(client)
    return {clock: read() - began[clock] for clock, read in CLOCKS.items()}


def percentile(values: list[float], percent: int) -> float:
    return sorted(values)[len(values) * percent // 100]


if __name__ == "__main__":
    main()
