"""Reads the service's answer about a batch, or about the end of a run."""

from __future__ import annotations

from gwi_usage.exchanges import Answer
from gwi_usage.outbox.batches import Batch, Refusal

_REFUSED = frozenset({400, 413, 415, 422})
_PASSING = frozenset({"not_recorded", "rate_limited", "too_many_events"})
"""Refusals of single events that the same request may outlive."""


def refusals(batch: Batch, answer: Answer) -> list[Refusal] | None:
    """Return the events that are refused for good; None if the batch has to be sent again.

    Only an answer that names the events it recorded is an acknowledgement, so no proxy can give one.
    """
    if answer.status == 200:
        return _rejected(batch, answer)
    if answer.status in _REFUSED and answer.code:
        return _all(batch, answer)
    return None


def _rejected(batch: Batch, answer: Answer) -> list[Refusal] | None:
    ids = answer.content.get("ids")
    if answer.content.get("metering_enabled") is False:
        return []
    if not isinstance(ids, list):
        return None
    recorded, reasons = set(ids), _reasons(answer.content.get("rejected"))
    if any(code in _PASSING for code, _ in reasons.values()):
        return None
    missing = [index for index in range(batch.count) if batch.event_id(index) not in recorded]
    unnamed = ("refused", "The service named the first refused events only, and this is a later one.")
    return [Refusal(index, *reasons.get(index, unnamed)) for index in missing]


def _all(batch: Batch, answer: Answer) -> list[Refusal] | None:
    reasons = _reasons(answer.content.get("errors"))
    if any(code in _PASSING for code, _ in reasons.values()):
        return None
    whole = (str(answer.code), str(answer.content.get("detail", "")))
    return [Refusal(index, *reasons.get(index, whole)) for index in range(batch.count)]


def _reasons(problems: object) -> dict[int, tuple[str, str]]:
    """Return the first problem of each event."""
    found: dict[int, tuple[str, str]] = {}
    for problem in problems if isinstance(problems, list) else []:
        index = problem.get("index")
        if isinstance(index, int):
            found.setdefault(index, (str(problem.get("code")), str(problem.get("message"))))
    return found


def is_final(answer: Answer, field: str) -> bool:
    """Return whether the service has decided about a run. An approval has this field."""
    if answer.status is None or answer.status in {401, 403, 408, 429} or answer.status >= 500:
        return False
    if answer.status in {200, 201}:
        return field in answer.content or answer.content.get("metering_enabled") is False
    return answer.code is not None
