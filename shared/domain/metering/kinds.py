"""The kind of an event: a dotted name of the step that it reports, such as `tool.failed` or `approval.granted`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

KIND_PATTERN: Final = r"^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){1,4}$"
MAX_KIND_CHARS: Final = 64

ImpliedStatus = Literal["error", "started", "completed", "failed"]

_LIFECYCLE: Final[Mapping[str, ImpliedStatus]] = {
    "run.started": "started",
    "run.completed": "completed",
    "run.failed": "failed",
}
_BEGINNINGS: Final = frozenset({"started", "request", "requested"})
_FAILURES: Final = frozenset({"failed", "error"})
_APPROVED: Final = frozenset({"granted", "approved", "allowed"})
_DENIED: Final = frozenset({"denied", "rejected", "blocked"})
_JUDGES: Final = frozenset({"policy", "approval"})


@dataclass(frozen=True, slots=True)
class Decisions:
    """How often policies and people decided about a step of a run."""

    policy_checks: int = 0
    approvals: int = 0
    denials: int = 0


def implied_status(kind: str) -> ImpliedStatus | None:
    """Return the status of an event that names only its kind; None if the kind says nothing about it.

    The beginning of a step is no call of its own: its end reports the call.
    """
    if kind in _LIFECYCLE:
        return _LIFECYCLE[kind]
    last = kind.rpartition(".")[2]
    if last in _FAILURES:
        return "error"
    return "started" if last in _BEGINNINGS else None


def contradicts(kind: str, status: str) -> bool:
    """Return whether the beginning or end of a run is named by `kind`, and another one by `status`."""
    return kind in _LIFECYCLE and _LIFECYCLE[kind] != status


def default_kind(category: str, status: str | None) -> str:
    """Return the kind of an event that names none."""
    if status in ("started", "completed", "failed"):
        return f"run.{status}"
    return f"{category}.{'failed' if status == 'error' else 'call'}"


def decisions_of(kinds: Iterable[str]) -> Decisions:
    """Count the policy checks, approvals and denials among `kinds`."""
    counts: Counter[str] = Counter()
    for kind in kinds:
        area, last = kind.partition(".")[0], kind.rpartition(".")[2]
        if area not in _JUDGES:
            continue
        counts["policy_checks"] += area == "policy"
        counts["approvals"] += area == "approval" and last in _APPROVED
        counts["denials"] += last in _DENIED
    return Decisions(counts["policy_checks"], counts["approvals"], counts["denials"])
