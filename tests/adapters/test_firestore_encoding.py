"""The encoding of keys and values in Firestore: reversible, and always legal."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.adapters.firestore.encoding import (
    Document,
    Value,
    decode_day,
    decode_key,
    decode_series,
    encode_key,
    encode_series,
    field_path,
    from_microseconds,
    get_value,
    microseconds,
    set_value,
)
from shared.adapters.firestore.ledger.counters import counter_write, day_write, read_day
from shared.adapters.firestore.metering.events import read_event, run_write
from shared.adapters.firestore.metering.recorder import split
from shared.adapters.firestore.paths import hashed_id
from shared.domain.ledger.counters import METRICS, OTHER, Cell, Cells, Series
from shared.domain.ledger.periods import day_key
from shared.domain.ledger.rollups import DayRollup
from shared.domain.metering.deltas import DayDelta, deltas_by_day
from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.runs import runs_of
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import TokenPools
from tests.adapters.writes import event_write
from tests.contracts.test_counting import ODD_NAMES
from tests.sample_events import NOON, TODAY, costing, event_of

MAX_TRANSFORMS_PER_DOCUMENT = 500
MAX_PATH_BYTES = 1_500
QUOTED_SEGMENT = re.compile(r"`[^`\\]+`")
SIMPLE_SEGMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

providers, models = st.text(min_size=1, max_size=100), st.text(min_size=1, max_size=250)
instants = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 (the timezone is its own argument)


@given(st.text())
def test_a_key_is_read_back_unchanged(text: str) -> None:
    assert decode_key(encode_key(text)) == text


@pytest.mark.parametrize("text", [*ODD_NAMES, ""])
def test_an_odd_key_is_read_back_unchanged(text: str) -> None:
    assert decode_key(encode_key(text)) == text


@given(st.text(), st.text())
def test_different_texts_are_different_keys(one: str, other: str) -> None:
    assert (encode_key(one) == encode_key(other)) == (one == other)


@given(st.text())
@example("__name__")
@example("")
@example("..")
def test_a_key_is_legal_in_documents_and_in_paths(text: str) -> None:
    key = encode_key(text)
    assert key
    assert not re.fullmatch(r"__.*__", key, re.DOTALL)
    assert not set(key) & set("./`\\|~*[]")
    assert not re.search(r"[\x00-\x1f\x7f]", key)


@given(st.builds(Series, providers | st.sampled_from(ODD_NAMES), models | st.sampled_from(ODD_NAMES)))
def test_a_series_is_read_back_unchanged(series: Series) -> None:
    assert decode_series(encode_series(series)) == series
    assert encode_series(series) != encode_series(OTHER)


def test_the_merged_series_is_read_back_unchanged() -> None:
    assert encode_series(OTHER) == "other"
    assert decode_series("other") == OTHER


@given(providers, models)
@example("\U0001f600" * 100, "\U0001f600" * 250)
@example("%" * 100, "\x00" * 250)
def test_the_path_of_any_name_in_an_event_is_legal(provider: str, model: str) -> None:
    for metric in METRICS:
        hours, hour, series, last = ("hours", "23", encode_series(Series(provider, model)), metric)
        path = f"{field_path(hours, hour, series)}.{last}"
        assert len(path.encode()) <= MAX_PATH_BYTES
        assert path == f"hours.`23`.`{series}`.{metric}"
        assert QUOTED_SEGMENT.fullmatch(f"`{series}`")


def test_a_plain_segment_is_not_quoted() -> None:
    assert field_path("hours", "a_1", "1a", "é", "a-b") == "hours.a_1.`1a`.`é`.`a-b`"
    assert all(SIMPLE_SEGMENT.fullmatch(metric) for metric in METRICS)


@given(st.dates(date(1970, 1, 1), date(9999, 12, 31)))
def test_a_day_is_read_back_and_sorts_as_time_does(day: date) -> None:
    assert decode_day(day_key(day)) == day
    assert day_key(day) > "19691231"


@given(instants)
def test_an_instant_is_read_back_to_the_microsecond(instant: datetime) -> None:
    assert from_microseconds(microseconds(instant)) == instant


def _written(value: object) -> Any:
    message = Value()
    set_value(message, value)
    return Value.FromString(message.SerializeToString())


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | instants,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(plain_values)
@example({})
@example([])
@example(0)
@example(False)
@example("")
@example(None)
@example(b"\0\xff")
def test_a_value_is_read_back_unchanged(value: object) -> None:
    assert get_value(_written(value)) == value
    assert type(get_value(_written(value))) is type(value)


@pytest.mark.parametrize("value", [1.5, bytearray(b"bytes"), object(), {"nested": 0.1}, [float("nan")]])
def test_a_value_that_is_not_exact_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="has no Firestore value"):
        set_value(Value(), value)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_an_amount_beyond_int64_is_refused_rather_than_rounded(value: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        set_value(Value(), value)


@given(st.text(), st.text())
def test_document_ids_are_legal_and_differ_if_their_texts_do(one: str, other: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{40}", hashed_id(one))
    assert (hashed_id(one) == hashed_id(other)) == (one == other)


ALL_POOLS = TokenPools(100, 50, 150, 30, 20, 5, 40)
events_of_all_metrics = st.builds(
    event_of,
    st.uuids().map(str),
    st.sampled_from([ALL_POOLS, TokenPools(1, 2, 3), None]),
    st.sampled_from([None, 0, 350]),
    st.sampled_from([None, 0, 72_000]),
    category=st.sampled_from(["llm", "tool", "other"]),
    status=st.sampled_from([None, "ok", "error", "started", "completed", "failed"]),
    ts=st.integers(0, 72).map(lambda hours: NOON - timedelta(hours=hours)),
    series=st.integers(0, 60).map(lambda number: Series("openai", f"model-{number}")),
    run_id=st.none() | st.integers(0, 3).map(str),
)


@given(st.lists(events_of_all_metrics, max_size=300))
def test_no_commit_has_more_transforms_of_a_document_than_firestore_allows(
    events: list[RecordedEvent],
) -> None:
    parts = list(split(events))
    assert [event for part in parts for event in part] == events
    for part in parts:
        counters = [counter_write("name", delta, NOON) for delta in deltas_by_day(part).values()]
        runs = [run_write("name", run) for run in runs_of(part).values()]
        for write in counters + runs:
            assert len(write.update_transforms) <= MAX_TRANSFORMS_PER_DOCUMENT
            paths = [transform.field_path for transform in write.update_transforms]
            assert len(set(paths)) == len(paths)


def test_parts_of_series_that_count_every_metric_are_as_large_as_firestore_allows() -> None:
    series = [Series("openai", f"model-{number}") for number in range(100)]
    failed = [
        event_of(f"e{n}", ALL_POOLS, 9, None, status="error", series=each) for n, each in enumerate(series)
    ]
    tools = [event_of(f"t{n}", None, 9, 5, category="tool", series=each) for n, each in enumerate(series)]
    incomplete = [costing(each._replace(id=f"i{each.id}"), EventCost("incomplete")) for each in failed]
    events = [event for of_series in zip(failed, tools, incomplete, strict=True) for event in of_series]
    days = [deltas_by_day(part)[TODAY].cells for part in split(events)]
    assert [len(cells) for cells in days] == [37, 37, 26]
    assert {len(totals) for cells in days for totals in cells.values()} == {len(METRICS)}
    # The cells, the totals of the day, `commits`, `events` and `fold_due`.
    transforms = len(counter_write("name", DayDelta(days[0], set(range(24))), NOON).update_transforms)
    assert transforms == 37 * len(METRICS) + len(METRICS) + 3 <= MAX_TRANSFORMS_PER_DOCUMENT


def test_a_batch_of_few_series_is_one_part() -> None:
    events = [event_of(f"e{number}", ALL_POOLS, 1, 1) for number in range(500)]
    assert list(split(events)) == [events]


@given(events_of_all_metrics)
def test_an_event_is_read_back_from_its_bytes(event: RecordedEvent) -> None:
    write = event_write("projects/p/databases/d/documents/tenants/t/events/e", event)
    assert read_event(Document.FromString(write.update.SerializeToString())) == event


def test_an_event_document_names_no_field_that_a_caller_chose() -> None:
    event = event_of("e", ALL_POOLS, 1, 1)._replace(metadata_json='{"__x__": {"a.b": 1}}')
    fields = event_write("name", event).update.fields
    assert set(fields) & set(MeteringEvent.model_fields) >= {"id", "ts", "category", "provider", "model"}
    assert fields["metadata_json"].string_value == '{"__x__": {"a.b": 1}}'


@given(
    st.dictionaries(
        st.builds(
            Cell,
            st.integers(0, 23),
            st.just(OTHER) | st.builds(Series, providers, st.sampled_from(ODD_NAMES)),
        ),
        st.dictionaries(st.sampled_from(METRICS), st.integers(1, 2**53), min_size=1),
        max_size=20,
    )
)
def test_a_day_is_read_back_from_its_bytes(cells: Cells) -> None:
    rollup = DayRollup(day=TODAY, cells=cells, commits=7, folded_at=NOON)
    write = day_write("projects/p/databases/d/documents/tenants/t/days/20261120", rollup)
    document = Document.FromString(write.update.SerializeToString())
    found = read_day(document)
    assert (found.day, found.cells, found.commits, found.folded_at) == (TODAY, cells, 7, NOON)
