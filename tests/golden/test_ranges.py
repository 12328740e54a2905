"""Golden behaviour of ranges: T9 (neighbouring ranges never share an event)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidInput
from shared.http.ledger.ranges import whole_hours
from tests.http.serving import Functions

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
EDGES = st.lists(st.integers(0, 48 * 60), min_size=2, max_size=6, unique=True)


@given(EDGES)
def test_t9_neighbouring_ranges_share_no_hour_and_leave_none_out(minutes: list[int]) -> None:
    edges = [FIRST + timedelta(minutes=minute) for minute in sorted(minutes)]
    ranges = []
    for start, end in pairwise(edges):
        try:
            ranges.append(whole_hours(start, end))
        except InvalidInput:
            continue  # both edges are in one hour, which belongs to a neighbour
    assert all(one.end == other.start for one, other in pairwise(ranges))


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
