"""Lists of runs: their orders, filters and cursors."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

from shared.domain.errors import InvalidInput
from shared.domain.metering.runs import Run, RunStatus

_MAX_INT64: Final = 2**63 - 1

RunSort = Literal["started", "cost", "tokens", "duration"]
"""The order of a list: newest first, or the largest first."""


class StatusAt(NamedTuple):
    """A status that runs have at an instant: silence alone makes an open run a timed-out one."""

    status: RunStatus
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsWanted:
    """The runs to list: of a time or all, with one more filter at most. With an `id_prefix`, that is the only one."""

    sort: RunSort = "started"
    """Runs with an `id_prefix` are in the order of their ids."""
    since: datetime | None = None
    before: datetime | None = None
    """Only runs that began within [since, before)."""
    status: StatusAt | None = None
    user_id: str | None = None
    workflow_id: str | None = None
    tag: tuple[str, str] | None = None
    id_prefix: str | None = None

    def includes(self, run: Run) -> bool:
        """Return whether a run is one of these."""
        return (
            (self.since is None or self.since <= run.began_at)
            and (self.before is None or run.began_at < self.before)
            and (self.status is None or run.status(self.status.now) == self.status.status)
            and self.user_id in (None, run.user_id)
            and self.workflow_id in (None, run.workflow_id)
            and (self.tag is None or self.tag in (run.tags or {}).items())
            and run.id.startswith(self.id_prefix or "")
        )


ALL_RUNS: Final = RunsWanted()

SortValue = int | datetime


class RunPlace(NamedTuple):
    """The place of a run in a list: what the list is sorted by, and the run's id."""

    values: tuple[SortValue, ...]
    run_id: str


def place_of(run: Run, wanted: RunsWanted) -> RunPlace:
    """Return the place of a run in the list; runs of an equal amount are listed newest first."""
    if wanted.id_prefix is not None:
        return RunPlace((), run.id)
    amounts = {
        "cost": run.totals.get("cost_nanousd", 0),
        "tokens": run.totals.get("total_tokens", 0),
        "duration": run.measured_ms or 0,
    }
    values: list[SortValue] = [] if wanted.sort == "started" else [amounts[wanted.sort]]
    values.append(run.began_at)
    if wanted.status is not None:
        values.append(run.last_at)
    return RunPlace(tuple(values), run.id)


def run_cursor(wanted: RunsWanted, place: RunPlace) -> str:
    """Return the cursor that goes on after a place."""
    values = [each if isinstance(each, int) else each.isoformat() for each in place.values]
    content = json.dumps(["runs", _name(wanted), values, place.run_id], ensure_ascii=False)
    return base64.urlsafe_b64encode(content.encode()).decode()


def run_place(wanted: RunsWanted, cursor: str) -> RunPlace:
    """Return the place after which a list goes on; raise InvalidInput for a cursor of another list."""
    try:
        collection, name, values, run_id = json.loads(base64.urlsafe_b64decode(cursor))
        if (collection, name) != ("runs", _name(wanted)) or not isinstance(run_id, str):
            raise ValueError("a place in another list")
        run_id.encode()
        return RunPlace(
            tuple(_value(each, kind) for each, kind in zip(values, _kinds(wanted), strict=True)), run_id
        )
    except (ValueError, TypeError, RecursionError) as error:
        message = f"cursor {cursor[:80]!r} is not valid for this list"
        raise InvalidInput(message, code="invalid_cursor") from error


def _name(wanted: RunsWanted) -> str:
    return "id" if wanted.id_prefix is not None else wanted.sort


def _kinds(wanted: RunsWanted) -> list[type]:
    if wanted.id_prefix is not None:
        return []
    amount = [] if wanted.sort == "started" else [int]
    return [*amount, datetime, *([datetime] if wanted.status is not None else [])]


def _value(said: object, kind: type) -> SortValue:
    if kind is int and type(said) is int and abs(said) <= _MAX_INT64:
        return said
    if kind is datetime and isinstance(said, str) and (at := datetime.fromisoformat(said)).tzinfo:
        return at
    raise ValueError("not what the list is sorted by")
