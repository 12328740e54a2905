"""The route that exports a tenant's events or charges as a file, written while it is read from the store."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.domain.ledger.periods import Period
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.http.bodies import read_query
from shared.http.inputs import RangeEdge
from shared.http.ledger.events import invalid
from shared.http.ledger.export_files import (
    CSV,
    JSONL,
    EventFormat,
    ExportedEvent,
    ExportEnd,
    focus_text,
    gzipped,
)
from shared.http.ledger.ranges import whole_hours
from shared.http.routes import PRIVATE, Call, Container, Route
from shared.logs import FIELDS, LOGGER
from shared.ports import EventsWanted, Page, UsageStore
from shared.usecases.ledger.export_focus import export_charges
from shared.usecases.ledger.read_corrections import corrected
from shared.usecases.people.manage_tenants import existing_tenant

MAX_DAYS: Final = 31
MAX_EVENTS: Final = 100_000
"""A file with more is cut, and names the cursor at which to go on."""
MAX_SECONDS: Final = 45.0
"""Firebase Hosting ends a response after 60 s; the file is cut before."""
_PAGE: Final = 500
_FORMATS: Final = {"jsonl": JSONL, "csv": CSV}


class ExportQuery(BaseModel):
    """The interval of at most 31 days to export, and the format of the file."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["jsonl", "csv", "focus"] = Field(
        "jsonl",
        description="`jsonl`: a line for each event, newest first, and a last line that counts them. `csv`: the "
        "same events without metadata. `focus`: charges by hour, provider and model, in the columns of FOCUS 1.2.",
    )
    start: RangeEdge = Field(alias="from")
    to: RangeEdge
    metadata: bool = Field(False, description="With the events' metadata, in `jsonl` alone.")
    cursor: str | None = Field(None, max_length=500, description="Where a file of events was cut.")


def _export(call: Call, container: Container) -> Response:
    query = read_query(call.request, ExportQuery)
    within = _interval(query)
    end = container.export_slots.take(call.caller.tenant_id)
    try:
        parts = _parts(query, within, call, container)
        # Read before the response begins, so that a failure still has a status of its own.
        first = next(parts)
    except BaseException:
        end()
        raise
    return _file(_counted(first, parts, container), _name(query, within, call), call, end)


def _interval(query: ExportQuery) -> Period:
    within = whole_hours(query.start, query.to)
    if (within.end - within.start).days > MAX_DAYS:
        raise invalid("from", "range_too_long", f"an export covers at most {MAX_DAYS} days")
    for field, is_given in (("cursor", query.cursor is not None), ("metadata", query.metadata)):
        if is_given and query.format == "focus":
            raise invalid(field, "contradictory", "charges have none: leave it out")
    if query.metadata and query.format == "csv":
        raise invalid("metadata", "contradictory", "a CSV file has none: use the format jsonl")
    return within


def _parts(query: ExportQuery, within: Period, call: Call, container: Container) -> Iterator[str]:
    """Return the parts of the file. The first has the first page, if the file has events."""
    # As it is now: the tenant of a key may be a minute old, and not know of a first correction.
    tenant = existing_tenant(container.directory, call.caller.tenant_id)
    if query.format == "focus":
        return focus_text(export_charges(container.ledger, tenant, within, call.now))
    wanted = EventsWanted(since=within.start, before=within.end, with_metadata=query.metadata)
    read = partial(_page, container.usage, tenant, wanted)
    return _event_text(_FORMATS[query.format], read, query.cursor)


def _page(store: UsageStore, tenant: Tenant, wanted: EventsWanted, cursor: str | None) -> Page[RecordedEvent]:
    """Return a page of events with their corrections."""
    page = store.list_events(tenant.id, wanted, limit=_PAGE, cursor=cursor)
    return Page(corrected(store, tenant, page.items), page.next_cursor)


def _event_text(
    file: EventFormat, read: Callable[[str | None], Page[RecordedEvent]], cursor: str | None
) -> Iterator[str]:
    """Yield the file until its events end, or it is long enough."""
    ends_at = time.monotonic() + MAX_SECONDS
    page, count = read(cursor), 0
    text = file.head
    while True:
        count += len(page.items)
        yield text + file.page(page.items)
        text = ""
        if page.next_cursor is None or count >= MAX_EVENTS or time.monotonic() > ends_at:
            break
        page = read(page.next_cursor)
    yield file.end(count, page.next_cursor)


def _file(parts: Iterator[str], name: str, call: Call, end: Callable[[], None]) -> Response:
    """Return the response that writes the file. `end` is called when it is written, or its reader has gone."""
    is_packed = bool(call.request.accept_encodings["gzip"])
    body = gzipped(parts) if is_packed else (part.encode() for part in parts)
    headers = {"Cache-Control": PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    content_type = JSONL.content_type if name.endswith(JSONL.extension) else CSV.content_type
    response = Response(body, 200, headers, mimetype=content_type)
    response.vary.add("Accept-Encoding")
    response.call_on_close(end)
    return response


def _counted(first: str, rest: Iterator[str], container: Container) -> Iterator[str]:
    """Yield all parts, each read within a request of its own, and log what they have cost."""
    yield first
    calls = reads = 0
    while True:
        with container.request() as operations:
            part = next(rest, None)
        calls, reads = calls + operations.calls, reads + operations.reads
        if part is None:
            break
        yield part
    LOGGER.info("export written", extra={FIELDS: {"calls": calls, "reads": reads}})


def _name(query: ExportQuery, within: Period, call: Call) -> str:
    """Return a name of letters, digits, hyphens and underscores, as tenant ids have no others."""
    subject = "charges" if query.format == "focus" else "events"
    extension = JSONL.extension if query.format == "jsonl" else CSV.extension
    days = f"{within.first_day}-to-{within.last_day}"
    return f"{subject}-{call.caller.tenant_id}-{days}.{extension}"


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/export",
        summary="Events, or charges in FOCUS, as a file",
        handle=_export,
        needs="usage:read",
        response=ExportedEvent | ExportEnd,
        files=(JSONL.content_type, CSV.content_type),
        query=ExportQuery,
    ),
)
