"""The local scheduler sends the same messages as Cloud Scheduler, as often."""

from pathlib import Path
from threading import Event

import pytest

from tools.dev import stack as life
from tools.dev.emulators import start_pubsub
from tools.dev.errors import OverloadedError, StoppedError
from tools.dev.processes import wait_until_ready
from tools.dev.retries import Retries
from tools.dev.stack import Stack, _keep_ticking
from tools.dev.tick import TICK_MESSAGE, connect_tick


def sent(parts: dict[str, str], ticks: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the messages of a stack of these parts up to a number of ticks."""
    monkeypatch.setattr(life, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(life, "_WATCH_SECONDS", 0.001)
    stop, messages = Event(), list[str]()

    def tick() -> None:
        messages.append("tick")
        if messages.count("tick") == 1:
            raise OverloadedError("busy")
        if messages.count("tick") == ticks:
            stop.set()

    stack = Stack(
        parts=parts,
        ports={},
        admin=lambda *_: {},
        complete=lambda: None,
        tick=tick,
        reconcile=lambda: messages.append("reconcile"),
        failure=lambda: None,
        secrets={},
    )
    with pytest.raises(StoppedError):
        _keep_ticking(stack, stop)
    return messages


def test_billing_is_reconciled_at_the_start_and_then_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    stripe = {"stripe": "http://127.0.0.1:1"}
    assert sent(stripe, 3, monkeypatch) == ["reconcile", "tick", "tick", "tick"]
    monkeypatch.setattr(life, "_RECONCILE_SECONDS", 0)
    assert sent(stripe, 3, monkeypatch).count("reconcile") >= 3


def test_a_tick_that_a_busy_machine_does_not_take_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sent({}, 3, monkeypatch) == ["tick", "tick", "tick"]
    assert capsys.readouterr().out == "A tick was left out: busy\n"


def test_a_stack_without_stripe_has_nothing_to_reconcile(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent({}, 2, monkeypatch) == ["tick", "tick"]


def test_a_topic_and_a_subscription_that_exist_already_are_as_good_as_created(tmp_path: Path) -> None:
    pubsub = start_pubsub(tmp_path)
    try:
        wait_until_ready([pubsub], timeout_seconds=60)
        for _ in range(2):
            publish = connect_tick(pubsub, pubsub, Retries(Event()))  # whom it pushes to does not matter here
            publish(TICK_MESSAGE)
    finally:
        pubsub.process.stop()
