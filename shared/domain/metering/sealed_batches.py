"""A sealed batch: the events of a request that are stored in one document, and what was rejected beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple

from shared.domain.ledger.budget_counts import BudgetSlot, BudgetUnit, Counted
from shared.domain.ledger.counters import Series
from shared.domain.metering.amounts import Measures, amounts_of
from shared.domain.metering.batch_format import Column, Table, pack, unpack
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.sealed_ids import SealedId
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import TokenPools

WIDEST: Final = timedelta(hours=24)
"""Between the first and the last event of a batch, so that a list by time knows which batches it needs."""
_MICROSECOND: Final = timedelta(microseconds=1)
_AS_THEY_ARE: Final = (
    *("category", "provider", "model", "status", "latency_ms", "served_model", "user_id", "run_id"),
    *("workflow_id", "request_id", "kind", "metadata_json", "fingerprint", "tags", "key", "parent_run_id"),
)
_TOKENS: Final = tuple(f"tokens.{name}" for name in TokenPools._fields)
_COST: Final = ("cost_status", "cost_nanousd", "price_source", "unread", "catalog_cost_nanousd")
_NO_TOKENS: Final = (None,) * len(_TOKENS)
_MOSTLY_EMPTY: Final = ("unread", "metadata_cut", "redactions", "budgets")
_OF_A_USER: Final = frozenset({"user_id", "metadata_json", "metadata_cut", "redactions"})
_STEPS: Final = "after_us"
"""Microseconds between an event and the one before it."""
_COLUMNS: Final = (*_AS_THEY_ARE, *_TOKENS, *_COST, "series", "metadata_cut", "redactions", "budgets", _STEPS)


class RejectedItem(NamedTuple):
    """An item of a batch that was not recorded: a hash of it, and the field and code of each problem."""

    fingerprint: str
    problems: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedBatch:
    """The events of a batch in the order of their numbers, and the rejected items by theirs."""

    id: str
    events: Sequence[RecordedEvent]
    rejected: Mapping[int, RejectedItem] = field(default_factory=dict)
    is_truncated: bool = False
    """True if `rejected` has only the first problems."""

    def event(self, number: int) -> RecordedEvent | None:
        """Return the event of this number; None if it was rejected, or never part of the batch."""
        return self.numbered.get(number)

    @property
    def size(self) -> int:
        """The number of items that the batch was recorded from."""
        return len(self.events) + len(self.rejected)

    @property
    def numbered(self) -> dict[int, RecordedEvent]:
        """The events by their numbers."""
        return dict(zip(_numbers(len(self.events), self.rejected), self.events, strict=True))


def packed_batch(batch: SealedBatch) -> bytes:
    """Return the bytes in which a batch is stored."""
    fields = dict(zip(RecordedEvent._fields, zip(*batch.events, strict=True), strict=True))
    columns: dict[str, Column] = {name: fields[name] for name in _AS_THEY_ARE}
    columns[_STEPS] = [0, *((later - ts) // _MICROSECOND for ts, later in pairwise(fields["ts"]))]
    names = zip(fields["provider"], fields["model"], strict=True)
    columns["series"] = [
        None if series == sent else series for series, sent in zip(fields["series"], names, strict=True)
    ]
    pools = [each or _NO_TOKENS for each in fields["tokens"]]
    columns.update(zip(_TOKENS, zip(*pools, strict=True), strict=True))
    columns.update(zip(_COST, zip(*fields["cost"], strict=True), strict=True))
    for name in _MOSTLY_EMPTY:
        columns[name] = [value or None for value in columns.get(name) or fields[name]]
    return pack(Table(rows=len(batch.events), columns=columns, about=_about(batch)))


def _about(batch: SealedBatch) -> dict[str, Any]:
    about: dict[str, Any] = {"first_ts": batch.events[0].ts.isoformat()}
    if batch.rejected:
        about["rejected"] = {str(number): item for number, item in batch.rejected.items()}
    if batch.is_truncated:
        about["is_truncated"] = True
    return about


def unpacked_batch(batch_id: str, packed: bytes) -> SealedBatch:
    """Return the batch that was packed; raise NewerBatch or DamagedBatch."""
    table = unpack(packed)
    rejected = {
        int(number): RejectedItem(fingerprint, tuple((name, code) for name, code in problems))
        for number, (fingerprint, problems) in table.about.get("rejected", {}).items()
    }
    numbers = _numbers(table.rows, rejected)
    ids = (SealedId(batch_id, number).text for number in numbers)
    return SealedBatch(
        id=batch_id,
        events=[_event(event_id, row) for event_id, row in zip(ids, _rows(table), strict=True)],
        rejected=rejected,
        is_truncated=table.about.get("is_truncated", False),
    )


def without_user(packed: bytes, user_id: str) -> tuple[bytes, int] | None:
    """Return a packed batch without a user and the metadata of its events, and their number; None if it has none.

    Columns of a newer release stay as they are.
    """
    table = unpack(packed)
    users = table.columns.get("user_id", ())
    rows = {row for row, user in enumerate(users) if user == user_id}
    if not rows:
        return None
    erased = {
        name: [None if row in rows else value for row, value in enumerate(column)]
        for name, column in table.columns.items()
        if name in _OF_A_USER
    }
    return pack(Table(rows=table.rows, columns={**table.columns, **erased}, about=table.about)), len(rows)


def _numbers(events: int, rejected: Mapping[int, RejectedItem]) -> list[int]:
    """Return the numbers of the events, which are all that the rejected items leave."""
    return [number for number in range(events + len(rejected)) if number not in rejected]


def _rows(table: Table) -> Iterator[dict[str, Any]]:
    """Yield the fields of each event."""
    nothing = [None] * table.rows
    columns = [table.columns.get(name, nothing) for name in _COLUMNS]
    ts = datetime.fromisoformat(table.about["first_ts"])
    for values in zip(*columns, strict=True):
        row = dict(zip(_COLUMNS, values, strict=True))
        ts += row[_STEPS] * _MICROSECOND
        yield row | {"ts": ts}


def _event(event_id: str, row: Mapping[str, Any]) -> RecordedEvent:
    pools = [row[name] for name in _TOKENS]
    tokens = None if pools[0] is None else TokenPools(*pools)
    status, nanousd, source, unread, catalog_nanousd = (row[name] for name in _COST)
    cost = EventCost(status, nanousd, source, tuple(unread or ()), catalog_nanousd)
    return RecordedEvent(
        id=event_id,
        identity=event_id,
        ts=row["ts"],
        series=Series(*(row["series"] or (row["provider"], row["model"]))),
        tokens=tokens,
        cost=cost,
        amounts=amounts_of(Measures(row["category"], row["status"], tokens, row["latency_ms"], cost)),
        metadata_cut=bool(row["metadata_cut"]),
        redactions=row["redactions"] or 0,
        budgets=tuple(_counted(*each) for each in row["budgets"] or ()),
        **{name: row[name] for name in _AS_THEY_ARE},
    )


def _counted(slot: Sequence[str], unit: BudgetUnit, is_by_run: bool) -> Counted:
    return Counted(BudgetSlot(*slot), unit, is_by_run)
