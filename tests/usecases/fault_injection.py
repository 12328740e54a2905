"""Stand-ins between a use case and its store: one breaks after some calls, one counts them, one lets others first."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

from shared.domain.errors import Unavailable

T = TypeVar("T")


class Fault(NamedTuple):
    """When a process loses its store: in call number `after_calls`, which took effect there or did not."""

    after_calls: int
    took_effect: bool


class PassingOn:
    """Hands every call on to `target`, the way `_call` wants it."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        return partial(self._call, name, found) if callable(found) else found

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        raise NotImplementedError(name)  # what happens to a call is all that the subclasses differ in


class _FaultyTarget(PassingOn):
    def __init__(self, target: Any, fault: Fault) -> None:
        super().__init__(target)
        self._cut_off = fault
        self._calls = 0

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        self._calls += 1
        if self._calls <= self._cut_off.after_calls:
            return method(*args, **named)
        if self._calls == self._cut_off.after_calls + 1 and self._cut_off.took_effect:
            method(*args, **named)
        raise Unavailable(f"{name} got no answer")


class _CountedTarget(PassingOn):
    def __init__(self, target: Any, calls: Counter[str]) -> None:
        super().__init__(target)
        self._calls = calls

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        self._calls[name] += 1
        return method(*args, **named)


class _JustBeforeSaving(PassingOn):
    """A store in which something happens just before the first day is saved."""

    def __init__(self, target: Any, happens: Callable[[], None]) -> None:
        super().__init__(target)
        self._happens: Callable[[], None] | None = happens

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        happens = self._happens
        if name == "save_day" and happens:
            self._happens = None
            happens()
        return method(*args, **named)


def with_fault(target: T, fault: Fault | None) -> T:
    """`target`, of which no call is answered any more once it is cut off; None: never."""
    return cast(T, _FaultyTarget(target, fault)) if fault else target


def counted(target: T) -> tuple[T, Counter[str]]:
    """`target`, and how often each of its methods has been called since the counter was last cleared."""
    calls: Counter[str] = Counter()
    return cast(T, _CountedTarget(target, calls)), calls


def just_before_saving(target: T, happens: Callable[[], None]) -> T:
    """`target`, where something `happens` when its user has read and counted, and is about to save."""
    return cast(T, _JustBeforeSaving(target, happens))
