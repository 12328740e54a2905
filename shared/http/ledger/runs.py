"""The route that finds runs: in four orders, of one filter, as JSON or CSV."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal

from flask import Response
from pydantic import Field

from shared.domain.ledger.zones import UTC_NAME, zone_named
from shared.domain.metering.events import EventId, Reference
from shared.domain.metering.run_lists import RunSort, RunsWanted, StatusAt
from shared.domain.metering.runs import RunStatus
from shared.http.bodies import read_query
from shared.http.csv_files import NEXT_CURSOR, csv_response, file_text, text_cell
from shared.http.inputs import HasByteOrderMark, PageQuery, RangeEdge, Tag, TimeZone, tag_named
from shared.http.ledger.events import invalid
from shared.http.ledger.usage_responses import RunResponse, RunsResponse
from shared.http.routes import Call, Container, Route, json_response

MAX_CSV_RUNS: Final = 5_000
_RUNS_PER_PAGE: Final = 500
_FILTERS: Final = ("status", "user_id", "workflow_id", "tag")
_TEXTS: Final = ("id", "status", "began_at", "last_at", "user_id", "workflow_id")
_NUMBERS: Final = (
    *("duration_ms", "calls", "tool_calls", "errors", "unpriced_calls", "incomplete_calls"),
    *("latency_ms", "cost_usd"),
)
_TOKENS: Final = ("input", "output", "total", "cache_read", "cache_write", "reasoning")


class RunsQuery(PageQuery):
    """The runs to return. Beside a time, only one filter may be named; beside `id`, nothing."""

    cursor: str | None = Field(
        None, max_length=1_000, description="Only with the order and filters it came from."
    )
    sort: RunSort = Field(
        "started",
        description="Newest first, or the largest first. By `duration`: runs that have ended, as of the last "
        "fold, which is at most 15 minutes ago.",
    )
    tz: TimeZone = UTC_NAME
    start: RangeEdge | None = Field(
        None, alias="from", description="Only runs that began at this instant or later."
    )
    to: RangeEdge | None = Field(None, description="Only runs that began before this instant.")
    status: RunStatus | None = None
    user_id: Reference | None = None
    workflow_id: Reference | None = None
    tag: Tag | None = None
    id: EventId | None = Field(
        None, description="The beginning of an id. The runs are in the order of their ids."
    )
    format: Literal["json", "csv"] = Field(
        "json", description=f"`csv`: a file of at most {MAX_CSV_RUNS:,} runs, whatever `limit` is."
    )
    bom: HasByteOrderMark = False

    def wanted(self, now: datetime) -> RunsWanted:
        """Return the runs that are wanted; raise InvalidInput for filters that contradict each other."""
        zone_named(self.tz, "tz")
        named = [name for name in _FILTERS if getattr(self, name) is not None]
        if len(named) > 1:
            raise invalid(named[1], "contradictory", f"leave out {named[0]}: runs have one filter at a time")
        if self.id is not None and (named or self.start or self.to or self.sort != "started"):
            raise invalid("id", "contradictory", "a search by id has no other filter, time or order")
        if self.sort == "duration" and self.status in ("open", "timed_out"):
            raise invalid("status", "contradictory", "only runs that have ended are sorted by duration")
        if self.start and self.to and self.start >= self.to:
            raise invalid(
                "from", "empty_range", f"{self.start.isoformat()} is not before to {self.to.isoformat()}"
            )
        return RunsWanted(
            sort=self.sort,
            since=self.start,
            before=self.to,
            status=StatusAt(self.status, now) if self.status else None,
            user_id=self.user_id,
            workflow_id=self.workflow_id,
            tag=tag_named(self.tag),
            id_prefix=self.id,
        )


def _runs(call: Call, container: Container) -> Response:
    query, tenant_id = read_query(call.request, RunsQuery), call.caller.tenant_id
    wanted = query.wanted(call.now)
    if query.format == "csv":
        return _file(query, wanted, call, container)
    page = container.usage.list_runs(tenant_id, wanted, limit=query.limit, cursor=query.cursor)
    runs = [RunResponse.of(run, call.now) for run in page.items]
    return json_response(RunsResponse(runs=runs, next_cursor=page.next_cursor))


def _file(query: RunsQuery, wanted: RunsWanted, call: Call, container: Container) -> Response:
    """Return the runs as CSV: all of them, or the first ones, a last line that says so, and where to go on."""
    tenant_id, cursor, room = call.caller.tenant_id, query.cursor, MAX_CSV_RUNS
    lines = [
        ",".join(
            map(text_cell, (*_TEXTS, "tags", *_NUMBERS, "cost_status", *(f"{t}_tokens" for t in _TOKENS)))
        )
    ]
    while room:
        page = container.usage.list_runs(tenant_id, wanted, limit=min(room, _RUNS_PER_PAGE), cursor=cursor)
        lines += [
            ",".join(_cells(RunResponse.of(run, call.now).model_dump(mode="json"))) for run in page.items
        ]
        room, cursor = room - len(page.items), page.next_cursor
        if cursor is None:
            break
    if cursor is not None:
        cut = f"Cut after {MAX_CSV_RUNS:,} runs: narrow the filters, or go on with the cursor {cursor}"
        lines.append(text_cell(cut))
    name = f"runs-{tenant_id}-by-{'id' if query.id else query.sort}{'-cut' if cursor else ''}.csv"
    response = csv_response(file_text(lines), name, has_bom=query.bom)
    if cursor is not None:
        response.headers[NEXT_CURSOR] = cursor
    return response


def _cells(run: Mapping[str, Any]) -> Iterator[str]:
    yield from (text_cell(run[name]) for name in _TEXTS)
    yield text_cell(", ".join(f"{name}:{value}" for name, value in (run["tags"] or {}).items()) or None)
    yield from (str(run[name]) for name in _NUMBERS)
    yield text_cell(run["cost_status"])
    yield from (str(run["tokens"][name]) for name in _TOKENS)


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/runs",
        summary="Runs: the newest, most costly, largest or longest first",
        handle=_runs,
        needs="usage:read",
        response=RunsResponse,
        query=RunsQuery,
        is_also_csv=True,
    ),
)
