"""Golden behaviour of ranges: T9 (neighbouring ranges never share an event)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.errors import InvalidInput
from shared.domain.ledger.counters import Totals, sum_totals
from shared.domain.ledger.periods import Period
from shared.domain.ledger.usage import Detail
from shared.http.ledger.ranges import whole_hours
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.ledger.read_series import SeriesRequest, read_series
from tests.http.serving import Functions
from tests.sample_events import NOON, ONE_SHARD, llm_call
from tests.usecases.plain_sums import new_tenant, stored_tenant, tick

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
MINUTES = st.integers(0, 48 * 60)
EDGES = st.lists(MINUTES, min_size=2, max_size=6, unique=True)


def ranges_between(edges: list[datetime]) -> list[Period]:
    """Return the ranges between neighbouring edges. Two edges in one hour have none: it belongs to a neighbour."""
    ranges = []
    for start, end in pairwise(edges):
        try:
            ranges.append(whole_hours(start, end))
        except InvalidInput:
            continue
    return ranges


@given(EDGES)
def test_t9_neighbouring_ranges_share_no_hour_and_leave_none_out(minutes: list[int]) -> None:
    ranges = ranges_between([FIRST + timedelta(minutes=minute) for minute in sorted(minutes)])
    assert all(one.end == other.start for one, other in pairwise(ranges))


@given(
    events=st.lists(MINUTES, max_size=12),
    minutes=EDGES,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "Pacific/Auckland"]),
    is_folded=st.booleans(),
)
def test_t9_the_sums_of_neighbouring_ranges_add_up_to_the_whole(
    events: list[int], minutes: list[int], zone: str, is_folded: bool
) -> None:
    store = MemoryStore()
    new_tenant(store)
    calls = [llm_call(f"e{n}", ts=FIRST + timedelta(minutes=minute)) for n, minute in enumerate(events)]
    store.record("acme", calls, ONE_SHARD, NOON)
    if is_folded:
        tick(store, NOON)
    ledger, tenant = Ledger(store), stored_tenant(store)

    def in_range(within: Period) -> Totals:
        return ledger.within(tenant, within, Detail.TOTALS, NOON).usage.totals

    def in_steps(within: Period) -> Totals:
        request = SeriesRequest(within=within, granularity="day", zone=ZoneInfo(zone))
        return sum_totals(point.totals for point in read_series(ledger, tenant, request, NOON))

    ranges = ranges_between([FIRST + timedelta(minutes=minute) for minute in sorted(minutes)])
    if not ranges:
        return
    whole = in_range(Period(ranges[0].start, ranges[-1].end))
    assert sum_totals(map(in_range, ranges)) == whole
    assert sum_totals(map(in_steps, ranges)) == whole


def test_t9_a_day_in_a_zone_with_half_hours_shares_no_event_with_the_next_one(
    functions: Functions, key: str
) -> None:
    call: dict[str, Any] = {"category": "llm", "provider": "openai", "model": "gpt-5"}
    hours = ["17T18:10", "17T18:40", "18T18:10", "18T18:40"]
    functions.record(
        key, *({**call, "ts": f"2026-11-{hour}:00Z", "tokens": {"input_tokens": 1}} for hour in hours)
    )
    kolkata = [f"2026-11-{day}T00:00:00%2B05:30" for day in (18, 19, 20)]
    counts = [
        functions.read(key, f"/tenants/acme/usage?from={start}&to={end}")["aggregate"]["total_llm_calls"]
        for start, end in pairwise(kolkata)
    ]
    assert counts == [2, 2]
