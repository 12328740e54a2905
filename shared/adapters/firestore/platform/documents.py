"""Write and read the documents about the service itself."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from shared.adapters.firestore.encoding import get_fields, read_as, set_value
from shared.adapters.firestore.people.tenants import change_write, delete_write
from shared.domain.billing.margins import Margin
from shared.domain.ledger.periods import month_key
from shared.domain.notices.outbox import Backlog
from shared.domain.people.tenant_rows import RowCounts
from shared.domain.platform.failures import FAILURES_KEPT_FOR, DeadLetter, FailureCounts, StripeFailure
from shared.domain.platform.overview import Overview, UncertainModel
from shared.domain.platform.ticks import TickRun
from shared.ports import FailedAttempt

STRIPE_FAILURES, DEAD_LETTERS = "stripe_failures", "dead_letters"
_ATTEMPTED_AT = "attempted_at"


def overview_fields(overview: Overview) -> dict[str, object]:
    return {**asdict(overview), "month": month_key(overview.month)}


def read_overview(document: Any) -> Overview:
    fields = get_fields(document.fields)
    return Overview(
        computed_at=fields["computed_at"],
        rows=read_as(RowCounts, fields["rows"]),
        month=datetime.strptime(fields["month"], "%Y%m").replace(tzinfo=UTC).date(),
        margin=read_as(Margin, fields["margin"]),
        outbox=read_as(Backlog, fields["outbox"]),
        failures=read_as(FailureCounts, fields["failures"]),
        models=[read_as(UncertainModel, each) for each in fields["models"]],
    )


def ticks_fields(ticks: list[TickRun]) -> dict[str, object]:
    return {"ticks": [asdict(each) for each in ticks]}


def read_ticks(document: Any) -> list[TickRun]:
    return [read_as(TickRun, each) for each in get_fields(document.fields)["ticks"]]


def failed_attempt_write(documents: str, attempt: FailedAttempt) -> Any:
    """Return a write that creates the failure or adds an attempt to it, without reading it."""
    fields: Mapping[str, object] = {
        "type": attempt.type,
        "tenant_id": attempt.tenant_id,
        "error": attempt.error,
        "last_at": attempt.at,
        "expire_at": attempt.at + FAILURES_KEPT_FOR,
    }
    write = change_write(failure_name(documents, attempt.event_id), fields)
    write.ClearField("current_document")
    # A set of instants, because an increment that is repeated after a lost response would count twice.
    instants = write.update_transforms.add(field_path=_ATTEMPTED_AT)
    set_value(instants.append_missing_elements.values.add(), attempt.at)
    return write


def remove_failure_write(documents: str, event_id: str) -> Any:
    """Return a write that removes the failure of an event; it succeeds without one too."""
    return delete_write(failure_name(documents, event_id))


def failure_name(documents: str, event_id: str) -> str:
    return f"{documents}/{STRIPE_FAILURES}/{event_id}"


def read_failure(document: Any) -> StripeFailure:
    fields = get_fields(document.fields)
    return StripeFailure(
        event_id=document.name.rpartition("/")[2],
        attempted_at=frozenset(fields[_ATTEMPTED_AT]),
        **{name: fields[name] for name in ("type", "tenant_id", "error")},
    )


def dead_letter_fields(letter: DeadLetter) -> dict[str, object]:
    fields = asdict(letter)
    del fields["id"]
    return {**fields, "expire_at": letter.at + FAILURES_KEPT_FOR}


def read_dead_letter(document: Any) -> DeadLetter:
    fields = get_fields(document.fields)
    return read_as(DeadLetter, fields, id=document.name.rpartition("/")[2])
