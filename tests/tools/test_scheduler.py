"""What the stack sends to the tick's topic, and how often: as Cloud Scheduler does in production."""

from threading import Event

import pytest

from tools.dev import stack as life
from tools.dev.errors import StoppedError
from tools.dev.stack import Stack, _keep_ticking


def sent(parts: dict[str, str], ticks: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a stack of these parts sends until it has ticked so often."""
    monkeypatch.setattr(life, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(life, "_WATCH_SECONDS", 0.001)
    stop, messages = Event(), list[str]()

    def tick() -> None:
        messages.append("tick")
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


def test_a_stack_without_stripe_has_nothing_to_reconcile(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent({}, 2, monkeypatch) == ["tick", "tick"]
