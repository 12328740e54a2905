"""Asking an overloaded part of the stack again."""

from collections.abc import Callable
from threading import Event

import pytest

from tools.dev.errors import OverloadedError, StackError, StoppedError
from tools.dev.retries import Retries


class Pauses(Event):
    """A stop that nobody sets; it keeps the pauses instead of waiting for them."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0)
        return self.is_set()


def overloaded(times: int, then: Exception | None = None) -> Callable[[], str]:
    """Return what fails so many times before it answers, or fails otherwise."""
    left = [OverloadedError("503")] * times

    def ask() -> str:
        if left:
            raise left.pop()
        if then:
            raise then
        return "answer"

    return ask


def test_what_answers_at_once_is_asked_once_and_without_a_pause() -> None:
    pauses = Pauses()
    assert Retries(pauses)(overloaded(0)) == "answer"
    assert pauses.seconds == []


def test_what_is_overloaded_is_asked_again_after_pauses_that_grow_up_to_the_longest() -> None:
    pauses = Pauses()
    assert Retries(pauses, longest_pause_seconds=1)(overloaded(6)) == "answer"
    for pause, longest in zip(pauses.seconds, [0.2, 0.4, 0.8, 1, 1, 1], strict=True):
        assert longest / 2 <= pause <= longest


def test_two_clients_do_not_pause_alike() -> None:
    runs = [Pauses(), Pauses()]
    for pauses in runs:
        Retries(pauses)(overloaded(5))
    assert runs[0].seconds != runs[1].seconds


def test_when_time_is_up_the_last_error_is_raised() -> None:
    with pytest.raises(OverloadedError):
        Retries(Pauses(), seconds=0)(overloaded(1))


def test_another_error_is_raised_at_once() -> None:
    pauses = Pauses()
    with pytest.raises(StackError, match="refused"):
        Retries(pauses)(overloaded(0, StackError("refused")))
    assert pauses.seconds == []


def test_a_request_to_stop_ends_it_before_and_between_attempts() -> None:
    stop = Event()
    stop.set()
    with pytest.raises(StoppedError):
        Retries(stop)(overloaded(0))

    def set_stop() -> None:
        pauses.set()
        raise OverloadedError("503")

    pauses = Pauses()
    with pytest.raises(StoppedError):
        Retries(pauses)(set_stop)
