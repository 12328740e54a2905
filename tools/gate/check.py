"""A check, its result, and the table of results."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from time import monotonic, sleep
from typing import TypeVar

from tools.dev.errors import StackError
from tools.gate.target import Target

_UNREADABLE = (StackError, OSError, HTTPException, LookupError, StopIteration, TypeError, ValueError)
"""What an answer of another shape, or none, comes to."""
_POLL_SECONDS = 0.25
_T = TypeVar("_T")
PASS, FAIL, SKIPPED = "pass", "FAIL", "skipped"


class UnexpectedError(Exception):
    """The behaviour that was seen is not the one that is promised."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """A behaviour of the product. `run` does what `action` says and returns what was seen.

    It raises UnexpectedError if that is wrong. `needs` names the parts of the target without which the check is
    skipped; `smoke` says that it also belongs to the test of a deployment.
    """

    name: str
    action: str
    run: Callable[[Target], str]
    needs: tuple[str, ...] = ()
    smoke: bool = False


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of a check."""

    check: Check
    outcome: str
    seen: str
    seconds: float


def run_check(check: Check, target: Target) -> Result:
    """Run a check; whatever it trips over is a failure of its own."""
    started = monotonic()
    if missing := [part for part in check.needs if not target.has(part)]:
        return Result(check=check, outcome=SKIPPED, seen=f"needs {', '.join(missing)}", seconds=0)
    try:
        outcome, seen = PASS, check.run(target)
    except UnexpectedError as error:
        outcome, seen = FAIL, str(error)
    except _UNREADABLE as error:
        outcome, seen = FAIL, f"{type(error).__name__}: {error}"
    return Result(check=check, outcome=outcome, seen=seen, seconds=monotonic() - started)


def expect(condition: object, seen: object) -> None:
    """Raise UnexpectedError with what was `seen` unless the condition holds."""
    if not condition:
        raise UnexpectedError(str(seen))


def eventually(look: Callable[[], _T], is_right: Callable[[_T], object], seconds: float) -> _T:
    """Look until it is right, and return what was seen; raise UnexpectedError with the last sight after `seconds`."""
    deadline = monotonic() + seconds
    while not is_right(seen := look()):
        if monotonic() > deadline:
            raise UnexpectedError(f"after {seconds:g} s still {seen}")
        sleep(_POLL_SECONDS)
    return seen


def table(results: Sequence[Result]) -> str:
    """Return the results as a table for people, failures in full."""
    width = max(len(result.check.name) for result in results)
    lines = []
    for each in results:
        lines.append(f"{each.outcome:<7}  {each.check.name:<{width}}  {each.check.action}")
        lines.append(f"{'':<7}  {f'{each.seconds:.1f} s':<{width}}  -> {each.seen}")
    counts = {name: [each.outcome for each in results].count(name) for name in (PASS, FAIL, SKIPPED)}
    return "\n".join([*lines, "", ", ".join(f"{count} {name}" for name, count in counts.items())])
