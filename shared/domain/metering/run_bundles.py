"""The facts about a run that its bundle states beside the events themselves."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.ledger.counters import Totals, add
from shared.domain.metering.kinds import Decisions, decisions_of, default_kind
from shared.domain.metering.recording import RecordedEvent

MAX_EVENTS: Final = 10_000
MAX_BYTES: Final = 16 * 1024 * 1024
"""Of metadata and fields together, as far as Python holds them: the response has to fit into Cloud Run's 32 MiB."""
_NAMES: Final = ("name", "type", "code")


@dataclass(frozen=True, slots=True)
class RunError:
    """The error with which a run failed, as its event's metadata states it."""

    name: str | None
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """The summary of a run's events."""

    kinds: Mapping[str, int]
    """How many events have each kind."""
    providers: Mapping[str, Totals]
    """The totals of each provider, as the catalog names it."""
    decisions: Decisions
    error: RunError | None
    redactions: int


def facts_of(events: Sequence[RecordedEvent]) -> RunFacts:
    """Return the facts about `events`, which are in the order of time."""
    kinds = Counter(kind_of(event) for event in events)
    providers: dict[str, Totals] = {}
    for event in events:
        add(providers.setdefault(event.series.provider, {}), event.amounts)
    return RunFacts(
        kinds=dict(sorted(kinds.items())),
        providers=dict(sorted(providers.items())),
        decisions=decisions_of(kinds.elements()),
        error=_error_of(events),
        redactions=sum(event.redactions for event in events),
    )


def kind_of(event: RecordedEvent) -> str:
    """Return the kind that the event names, or the one that its category and status amount to."""
    return event.kind or default_kind(event.category, event.status)


def _error_of(events: Iterable[RecordedEvent]) -> RunError | None:
    """Return the error of the event that failed the run, or else of the last event that failed."""
    failed = [event for event in events if event.status in ("failed", "error")]
    last = sorted(failed, key=lambda event: (event.status == "failed", event.ts))[-1:]
    return _stated_error(last[0]) if last else None


def _stated_error(event: RecordedEvent) -> RunError:
    return stated_error(json.loads(event.metadata_json or "{}"))


def stated_error(metadata: Mapping[str, Any]) -> RunError:
    """Return the error in metadata: `{"error": {"name", "message"}}`, a text, or `error_name` and such."""
    stated = metadata.get("error")
    if isinstance(stated, Mapping):
        name = next((str(stated[each]) for each in _NAMES if stated.get(each)), None)
        return RunError(name, _text(stated.get("message")))
    name = next((str(metadata[f"error_{each}"]) for each in _NAMES if metadata.get(f"error_{each}")), None)
    return RunError(name, _text(metadata.get("error_message", stated)))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
