"""The stack on the real emulators, with functions so small that only the stack itself can fail."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import pytest

from tools.dev.emulated import emulated_stack
from tools.dev.errors import StackError
from tools.dev.loopback import get
from tools.dev.stack import Stack

RECORD_USAGE = """
import os
def record_usage(request):
    return {name: os.environ.get(name) for name in ("GOOGLE_CLOUD_PROJECT", "FIRESTORE_EMULATOR_HOST",
        "PUBSUB_EMULATOR_HOST", "GWI_STORE", "GWI_METERING_ENABLED", "GWI_TICK_TOPIC")}
"""
AGGREGATE = """
import pathlib, sys
def aggregate(event):
    if pathlib.Path(__file__).with_name("fail").exists():
        sys.exit("gone")
    with pathlib.Path(__file__).with_name("ticks").open("a") as ticks:
        ticks.write(event["type"] + "\\n")
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    for name, source in {"record_usage": RECORD_USAGE, "aggregate": AGGREGATE}.items():
        main = root / "functions" / name / "main.py"
        main.parent.mkdir(parents=True)
        main.write_text(source)
    return root


@pytest.fixture(scope="module")
def stack(root: Path) -> Iterator[Stack]:
    with emulated_stack(Event(), logs=root / "logs", root=root) as stack:
        yield stack


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = monotonic() + 15
    while not condition() and monotonic() < deadline:
        sleep(0.05)
    return condition()


def test_starts_the_emulators_and_the_functions_that_exist(stack: Stack) -> None:
    assert set(stack.parts) == {"record_usage", "aggregate", "firestore", "pubsub"}
    assert stack.failure() is None


def test_a_function_is_told_the_emulators_and_its_configuration(stack: Stack) -> None:
    answer = get(stack.ports["record_usage"], "/")
    assert answer is not None
    assert json.loads(answer.body) == {
        "GOOGLE_CLOUD_PROJECT": "demo-gwi",
        "FIRESTORE_EMULATOR_HOST": stack.parts["firestore"],
        "PUBSUB_EMULATOR_HOST": stack.parts["pubsub"],
        "GWI_STORE": "firestore",
        "GWI_METERING_ENABLED": "1",
        "GWI_TICK_TOPIC": "usage-tick",
    }


def test_a_tick_reaches_aggregate_as_a_pubsub_event(stack: Stack, root: Path) -> None:
    stack.tick()
    ticks = root / "functions/aggregate/ticks"
    assert eventually(ticks.exists)
    assert ticks.read_text().splitlines()[0] == "google.cloud.pubsub.topic.v1.messagePublished"


def test_a_function_that_cannot_start_stops_everything_and_shows_its_log(tmp_path: Path) -> None:
    main = tmp_path / "functions/usage_api/main.py"
    main.parent.mkdir(parents=True)
    main.write_text("raise RuntimeError('GWI_X is missing')\n")
    with (
        pytest.raises(StackError, match=r"(?s)usage_api ended with exit code 1.*GWI_X is missing"),
        emulated_stack(Event(), logs=tmp_path / "logs", root=tmp_path),
    ):
        pass
