"""The text of exported files, a page of it at a time, and its compression."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from shared.domain.ledger.focus_rows import FOCUS_COLUMNS, Charge, FocusValue, focus_row
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.usage_rows import EVENT_COLUMNS, CellValue, Column
from shared.http.csv_files import file_text, text_cell
from shared.http.responses import EventResponse, ResponseModel
from shared.http.routes import json_text

_LEVEL: Final = 5
_GZIP_FORMAT: Final = 31


class ExportedEvent(EventResponse):
    """A line of an export: an event as the list of events has it."""

    object: Literal["event"] = "event"


class ExportEnd(ResponseModel):
    """The last line of an export: a file without it is not complete."""

    object: Literal["end"] = "end"
    events: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFormat:
    """The text of a file's beginning, of a page of events, and of its end after so many events."""

    content_type: str
    extension: str
    head: str
    page: Callable[[Sequence[RecordedEvent]], str]
    end: Callable[[int, str | None], str]


def _json_page(events: Sequence[RecordedEvent]) -> str:
    return "".join(f"{json_text(ExportedEvent.model_validate(event))}\n" for event in events)


def _json_end(count: int, next_cursor: str | None) -> str:
    return f"{json_text(ExportEnd(events=count, next_cursor=next_cursor))}\n"


def _csv_page(events: Sequence[RecordedEvent]) -> str:
    return file_text(
        ",".join(_cell(column, column.of(event)) for column in EVENT_COLUMNS) for event in events
    )


def _cell(column: Column, value: CellValue) -> str:
    if value is None or column.type in ("STRING", "TIMESTAMP"):
        return text_cell(None if value is None else str(value))
    return str(value)


def _csv_end(count: int, next_cursor: str | None) -> str:
    if next_cursor is None:
        return ""
    return file_text([text_cell(f"Cut after {count:,} events: go on with the cursor {next_cursor}")])


JSONL: Final = EventFormat(
    content_type="application/x-ndjson", extension="jsonl", head="", page=_json_page, end=_json_end
)
CSV: Final = EventFormat(
    content_type="text/csv",
    extension="csv",
    head=file_text([",".join(text_cell(column.name) for column in EVENT_COLUMNS)]),
    page=_csv_page,
    end=_csv_end,
)


def focus_text(days: Iterable[Sequence[Charge]]) -> Iterator[str]:
    """Yield a CSV file of FOCUS, a day's charges at a time; the first part has the header too."""
    text = _focus_lines([FOCUS_COLUMNS])
    for charges in days:
        yield text + _focus_lines(focus_row(charge).values() for charge in charges)
        text = ""


def _focus_lines(rows: Iterable[Iterable[FocusValue]]) -> str:
    return file_text(",".join(map(_focus_cell, row)) for row in rows)


def _focus_cell(value: FocusValue) -> str:
    """Return text in quotes, a number without an exponent, and nothing at all for null."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, int) else text_cell(value)


def gzipped(parts: Iterable[str]) -> Iterator[bytes]:
    """Compress a file as it is written; each part can be read as soon as it is sent."""
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP_FORMAT)
    for part in parts:
        yield packer.compress(part.encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()
