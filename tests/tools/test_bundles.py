"""Each function, staged as it is deployed, serves from a virtual environment that has only its own pins."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time
from typing import NamedTuple

import pytest

from tools.build import function_names, stage
from tools.dev.bundles import own_python
from tools.dev.emulators import firestore_emulator, pubsub_emulator
from tools.dev.functions import FUNCTIONS, local_settings
from tools.dev.loopback import Answer, free_port, get, post_json
from tools.dev.processes import ChildProcess, Command, Server, wait_until_ready
from tools.dev.tick import PUSH_PATH
from tools.stripe_double.delivery import signature_header

SIGNATURES = {function.name: function.signature for function in FUNCTIONS}
TICK = {"message": {"data": "e30=", "messageId": "1"}, "subscription": "projects/demo-gwi/subscriptions/s"}

WEBHOOK_SECRET = "whsec_of_the_bundles"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "plan.created",
    "created": 1_790_000_000,
    "livemode": False,
}
EVENT |= {"api_version": "2026-10-28.endive", "data": {"object": {"id": "plan_1", "object": "plan"}}}


class Answers(NamedTuple):
    """Return a function's answer to a request that reaches its store."""

    path: str
    body: object
    status: int
    headers: dict[str, str]


EXPECTED = {
    "record_usage": [Answers("/v1/events", [], 401, {"Authorization": "Bearer gwi_test_nobody"})],
    "usage_api": [
        Answers("/api/v1/health", None, 200, {}),
        Answers("/api/v1/me", None, 401, {"Authorization": "Bearer an.id.token"}),
    ],
    "aggregate": [Answers(PUSH_PATH, TICK, 200, {})],
    "stripe_webhook": [Answers("/", EVENT, 200, {})],
}


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """The environment of a deployed function, but for the emulators; the repository is not on its path."""
    with firestore_emulator() as firestore, pubsub_emulator() as pubsub:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        yield {
            **inherited,
            **local_settings(),
            "FIRESTORE_EMULATOR_HOST": firestore,
            "PUBSUB_EMULATOR_HOST": pubsub,
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }


@contextmanager
def serving(name: str, bundle: Path, python: Path, environment: dict[str, str]) -> Iterator[int]:
    port = free_port()
    arguments = [str(python), "-m", "functions_framework", "--target", name, "--host", "127.0.0.1"]
    arguments += ["--port", str(port), "--signature-type", SIGNATURES[name]]
    command = Command(arguments, environment, folder=bundle)
    process = ChildProcess(name, command, log=bundle.with_suffix(".log"))
    try:
        wait_until_ready([Server(process, port)], timeout_seconds=60)
        yield port
    finally:
        process.stop()


def signature(body: object) -> dict[str, str]:
    """The header that only Stripe can make, at the instant at which the body is sent."""
    return {"Stripe-Signature": signature_header(json.dumps(body).encode(), WEBHOOK_SECRET, int(time()))}


@pytest.mark.parametrize("name", function_names())
def test_a_staged_function_serves_with_its_own_requirements_only(
    name: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    bundle = stage(name, tmp_path / "dist")
    python = own_python(tmp_path / "venv", bundle / "requirements.txt")
    with serving(name, bundle, python, environment) as port:
        for expected in EXPECTED[name]:
            answer = ask(port, expected, signature(expected.body) if name == "stripe_webhook" else {})
            assert answer is not None
            assert answer.status == expected.status, answer.body.decode()


def ask(port: int, expected: Answers, signed: dict[str, str]) -> Answer | None:
    path, body, _, headers = expected
    if body is None:  # the first request waits for imports that have never been compiled
        return get(port, path, headers=headers, timeout_seconds=30)
    return post_json(port, path, body, headers=headers | signed)
