"""A recorded event as one flat row, for CSV files and the warehouse."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from shared.domain.ledger.counters import METRICS, Metric
from shared.domain.metering.recording import RecordedEvent
from shared.domain.prices.money import usd_string

ColumnType = Literal["STRING", "TIMESTAMP", "INTEGER", "NUMERIC"]
"""The names are BigQuery's."""
CellValue = str | int | None
Row = dict[str, CellValue]
COST: Final[Metric] = "cost_nanousd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a row; `of` returns its value for an event."""

    name: str
    type: ColumnType
    description: str
    is_required: bool = False
    of: Callable[[RecordedEvent], CellValue]


def _text(name: str, description: str, of: Callable[[RecordedEvent], str | None]) -> Column:
    return Column(name=name, type="STRING", description=description, of=of)


def _key(name: str, description: str, of: Callable[[RecordedEvent], str]) -> Column:
    return Column(name=name, type="STRING", description=description, is_required=True, of=of)


def _amount(metric: Metric) -> Column:
    return Column(
        name=metric,
        type="INTEGER",
        description=f"Adds to {metric} of the tenant's usage.",
        of=lambda event: event.amounts.get(metric, 0),
    )


def _usd(nanousd: int | None) -> str | None:
    return None if nanousd is None else usd_string(nanousd)


def _json(value: object) -> str | None:
    """Return the JSON text of a map or a list; None if it is empty."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False) if value else None


def instant_text(instant: datetime) -> str:
    """Return an instant as RFC 3339 text in UTC, with microseconds."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


EVENT_COLUMNS: Final = (
    _key("id", "The event's id.", lambda event: event.id),
    _key(
        "identity",
        "Unique for each event of a tenant: the id, except for a CloudEvent, whose source is part of it.",
        lambda event: event.identity,
    ),
    Column(
        name="ts",
        type="TIMESTAMP",
        description="When it happened.",
        is_required=True,
        of=lambda event: instant_text(event.ts),
    ),
    _key("category", "llm, tool, storage, compute or other.", lambda event: event.category),
    _key("provider", "The provider, as the caller named it.", lambda event: event.provider),
    _key("model", "The model, as the caller named it.", lambda event: event.model),
    _key("series_provider", "The provider that it is counted under.", lambda event: event.series.provider),
    _key("series_model", "The model that it is counted under.", lambda event: event.series.model),
    _text(
        "served_model", "The model that answered, where it is another one.", lambda event: event.served_model
    ),
    _text("status", "ok, error, started, completed or failed.", lambda event: event.status),
    _text("kind", "The step that it reports.", lambda event: event.kind),
    *(_amount(metric) for metric in METRICS if metric != COST),
    Column(
        name="cost_usd",
        type="NUMERIC",
        description="Adds to the cost. Null if the price is not known: never 0 for it.",
        of=lambda event: None if event.cost.nanousd is None else _usd(event.amounts.get(COST, 0)),
    ),
    _text("cost_status", "exact, client, incomplete or unknown.", lambda event: event.cost.status),
    Column(
        name="catalog_cost_usd",
        type="NUMERIC",
        description="The catalog's figure, where the provider's own bill is the cost.",
        of=lambda event: _usd(event.cost.catalog_nanousd),
    ),
    _text("price_source", "The source of the price.", lambda event: event.cost.source),
    _text("unread", "JSON list: parts that the cost leaves out.", lambda event: _json(event.cost.unread)),
    _text("user_id", "The user that it was for.", lambda event: event.user_id),
    _text("run_id", "Its run.", lambda event: event.run_id),
    _text("parent_run_id", "The run that started its run.", lambda event: event.parent_run_id),
    _text("workflow_id", "Its workflow.", lambda event: event.workflow_id),
    _text("request_id", "The provider's id of the request.", lambda event: event.request_id),
    _text("api_key", "The id of the API key that recorded it.", lambda event: event.key),
    _text("tags", "JSON object of its tags.", lambda event: _json(event.tags)),
    _text(
        "correction",
        "voided, unvoided, amended, amendment or rerated; null if it was never corrected.",
        lambda event: event.correction.state if event.correction else None,
    ),
    _text("adjusts", "The corrected event whose difference it is.", lambda event: event.adjusts),
)
"""Metadata is not among them: it may be 256 KB, and is deleted with the event."""


def row_of(event: RecordedEvent) -> Row:
    """Return the row of an event."""
    return {column.name: column.of(event) for column in EVENT_COLUMNS}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedUsage:
    """An event as the warehouse gets it: with its tenant, and the server's time when it was recorded or corrected."""

    tenant_id: str
    recorded_at: datetime
    event: RecordedEvent

    @property
    def row(self) -> Row:
        """The row of the warehouse's table."""
        own: Row = {"tenant_id": self.tenant_id, "recorded_at": instant_text(self.recorded_at)}
        return own | row_of(self.event)


def table_schema() -> list[Mapping[str, str]]:
    """Return the schema of the warehouse's table, as BigQuery's tools read it."""
    own = [
        {"name": "tenant_id", "type": "STRING", "mode": "REQUIRED", "description": "The tenant."},
        {
            "name": "recorded_at",
            "type": "TIMESTAMP",
            "mode": "REQUIRED",
            "description": "When the event was recorded, or corrected last, by the server's clock.",
        },
    ]
    columns = [
        {
            "name": column.name,
            "type": column.type,
            "mode": "REQUIRED" if column.is_required else "NULLABLE",
            "description": column.description,
        }
        for column in EVENT_COLUMNS
    ]
    return [*own, *columns]
