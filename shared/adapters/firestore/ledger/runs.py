"""Lists of runs in Firestore: one query a page, in each order with each filter."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import microseconds
from shared.adapters.firestore.metering.events import (
    COMPLETED,
    FAILED,
    NO_OUTCOME,
    measure_write,
    read_run,
    tag_pair,
)
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.queries import AT_LEAST, AT_MOST, CONTAINS, EQUAL, LESS, MORE, Condition
from shared.adapters.firestore.rpc import FirestoreRpc, size_of
from shared.domain.metering.run_lists import (
    RunPlace,
    RunSort,
    RunsWanted,
    StatusAt,
    place_of,
    run_cursor,
    run_place,
)
from shared.domain.metering.runs import RUN_TIMEOUT, Run
from shared.ports import Page
from shared.ports.pages import PAGE_BYTES

BEGAN_AT, LAST_AT = "began_at_us", "last_at_us"
_FIELDS: Final[Mapping[RunSort, tuple[str, ...]]] = {
    "started": (BEGAN_AT,),
    "cost": ("totals.cost_nanousd", BEGAN_AT),
    "tokens": ("totals.total_tokens", BEGAN_AT),
    "duration": ("duration_ms", BEGAN_AT),
}


def list_runs(
    rpc: FirestoreRpc, paths: TenantPaths, wanted: RunsWanted, page: tuple[int, str | None]
) -> Page[Run]:
    """Return the runs of a page, given its limit and cursor; raise InvalidInput for a cursor of another list."""
    limit, cursor = page
    after = None if cursor is None else run_place(wanted, cursor)
    if wanted.id_prefix is None:
        query = queries.runs_sorted(_order(wanted), _conditions(wanted), limit + 1)
    else:
        query = queries.runs_named(wanted.id_prefix, limit + 1)
    if after is not None:
        queries.start_after_document(query, _values(after, wanted), paths.run(after.run_id))
    found = rpc.query(paths.tenant, query, PAGE_BYTES)
    has_next = len(found) > limit or size_of(found) > PAGE_BYTES
    runs = [read_run(document) for document in found[:limit]]
    return Page(runs, run_cursor(wanted, place_of(runs[-1], wanted)) if has_next else None)


def measure_runs(rpc: FirestoreRpc, paths: TenantPaths, limit: int) -> int:
    """See UsageStore.measure_runs."""
    found = rpc.query(paths.tenant, queries.unmeasured_runs(COMPLETED, limit))
    rpc.batch_write([measure_write(document) for document in found])
    return len(found)


def _order(wanted: RunsWanted) -> tuple[str, ...]:
    return (*_FIELDS[wanted.sort], *((LAST_AT,) if wanted.status else ()))


def _values(place: RunPlace, wanted: RunsWanted) -> list[object]:
    if wanted.id_prefix is not None:
        return [place.run_id]
    return [microseconds(each) if isinstance(each, datetime) else each for each in place.values]


def _conditions(wanted: RunsWanted) -> list[Condition]:
    conditions: list[Condition] = []
    if wanted.status:
        conditions += _with_status(wanted.status)
    if wanted.user_id is not None:
        conditions.append(("user_id", EQUAL, wanted.user_id))
    if wanted.workflow_id is not None:
        conditions.append(("workflow_id", EQUAL, wanted.workflow_id))
    if wanted.tag is not None:
        conditions.append(("tags", CONTAINS, tag_pair(*wanted.tag)))
    if wanted.since is not None:
        conditions.append((BEGAN_AT, AT_LEAST, microseconds(wanted.since)))
    if wanted.before is not None:
        conditions.append((BEGAN_AT, LESS, microseconds(wanted.before)))
    return conditions


def _with_status(wanted: StatusAt) -> list[Condition]:
    silent_since = microseconds(wanted.now - RUN_TIMEOUT)
    match wanted.status:
        case "completed":
            return [("outcome", EQUAL, COMPLETED)]
        case "failed":
            return [("outcome", EQUAL, FAILED)]
        case "open":
            return [("outcome", EQUAL, NO_OUTCOME), (LAST_AT, MORE, silent_since)]
        case "timed_out":
            return [("outcome", EQUAL, NO_OUTCOME), (LAST_AT, AT_MOST, silent_since)]
