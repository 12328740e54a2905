"""Golden behaviours of prices: a corpus of responses in every format, each with its cost worked out by hand."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.recording import RecordedEvent, prepare
from shared.domain.metering.refusals import RefusedEvent
from shared.domain.metering.responses.extraction import extract
from shared.domain.metering.responses.formats import FORMATS
from shared.domain.prices.catalog import resolve_provider
from shared.domain.prices.money import nanousd_from_decimal

CASES = json.loads(Path(__file__).with_name("cases").joinpath("corpus.json").read_text("utf-8"))
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def cases(kind: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['behaviour']}-{case['name']}") for case in CASES if kind in case]


def recorded(event: dict[str, Any]) -> RecordedEvent:
    return prepare(MeteringEvent(category="llm", **event), "acme", NOW)


def worked_out_nanousd(expected: dict[str, Any]) -> int | None:
    """Return the sum of tokens x USD per million and of units x USD per thousand, or the amount as it is."""
    if "usd" in expected:
        return nanousd_from_decimal(Decimal(expected["usd"]))
    parts = [Decimal(usd) * count / 10**6 for count, usd in expected.get("mtok", [])]
    parts += [Decimal(usd) * count / 10**3 for count, usd in expected.get("kcount", [])]
    return nanousd_from_decimal(sum(parts, Decimal(0))) if parts else None


@pytest.mark.parametrize("case", cases("expected"))
def test_a_response_costs_what_its_provider_bills_or_says_what_is_missing(case: dict[str, Any]) -> None:
    expected = case["expected"]
    event = recorded(case["event"])
    assert (event.cost.status, event.cost.nanousd) == (expected["status"], worked_out_nanousd(expected))
    assert list(event.cost.unread) == expected.get("unread", [])
    assert event.served_model == expected.get("served_model")
    if "source" in expected:
        assert event.cost.source == expected["source"]
    pools = event.tokens._asdict() if event.tokens else {}
    assert {name: pools[name] for name in expected.get("tokens", {})} == expected.get("tokens", {})


@pytest.mark.parametrize("case", cases("refused"))
def test_a_response_that_would_be_guessed_is_refused_by_field(case: dict[str, Any]) -> None:
    with pytest.raises(RefusedEvent) as refusal:
        recorded(case["event"])
    assert [refusal.value.problem.field, refusal.value.problem.code] == case["refused"]


# T1 as a property: whatever a provider adds tomorrow, an event is never taken for fully priced


READABLE = [
    case["event"]
    for case in CASES
    if case.get("expected", {}).get("status") == "exact"
    and case["expected"].get("source") != "provider"
    and "response" in case["event"]
]
USAGE_NAMES = ("usage", "usageMetadata", "usage_metadata", "usage_info", "billed_units")
COUNTED_ELSEWHERE = ("iterations", "tokens", "raw", "context_details", "latency_checkpoint")


def usage_objects(value: object, *, inside: bool = False) -> list[dict[str, Any]]:
    """Return every object inside a usage object, itself included."""
    if isinstance(value, list):
        return [found for item in value for found in usage_objects(item, inside=inside)]
    if not isinstance(value, dict):
        return []
    below = [
        found
        for name, item in value.items()
        if name not in COUNTED_ELSEWHERE
        for found in usage_objects(item, inside=inside or name in USAGE_NAMES)
    ]
    return [value, *below] if inside else below


WITH_USAGE = [event for event in READABLE if usage_objects(event["response"])]
WITHOUT_USAGE = [event for event in READABLE if event not in WITH_USAGE]
NUMBERS = (
    st.integers(1, 10**9) | st.integers(-100, -1) | st.floats(0.001, 1e9) | st.sampled_from(["3", "0.5"])
)
LISTS = st.lists(NUMBERS, min_size=1, max_size=3)
OBJECTS = st.dictionaries(st.text(max_size=5), NUMBERS, min_size=1, max_size=2)


@given(st.sampled_from(WITH_USAGE), st.data())
def test_t1_an_extra_number_in_any_usage_makes_the_event_incomplete(
    event: dict[str, Any], data: st.DataObject
) -> None:
    changed = json.loads(json.dumps(event))
    place = data.draw(st.sampled_from(usage_objects(changed["response"])))
    name = data.draw(
        st.text(max_size=8).map("new_{}".format) | st.sampled_from(["a.b", "x[0]", "", "'", "__proto__"])
    )
    place[name] = data.draw(NUMBERS | LISTS | OBJECTS)
    cost = recorded(changed).cost
    assert cost.status == "incomplete"
    assert cost.unread != ()
    assert cost.nanousd == recorded(event).cost.nanousd


@pytest.mark.parametrize("event", WITHOUT_USAGE, ids=lambda event: event["model"])
def test_t1_an_extra_number_beside_counts_in_the_body_itself_makes_the_event_incomplete(
    event: dict[str, Any],
) -> None:
    changed = event | {"response": event["response"] | {"new_count": 3}}
    assert recorded(changed).cost == recorded(event).cost._replace(status="incomplete", unread=("new_count",))


def test_every_format_that_can_be_named_is_in_the_corpus() -> None:
    """Look for each format by the code that reads it: by its name, or found by its signs."""
    golden = json.loads(Path(__file__).with_name("cases").joinpath("responses.json").read_text("utf-8"))[
        "read"
    ]
    found = {case["format"] for case in golden}
    for event in (case["event"] for case in CASES if "expected" in case and "response" in case["event"]):
        provider = resolve_provider(event["provider"])
        found |= {extract(event["response"], event.get("response_format"), provider).format}
    # These three are other names for bodies that are found without them.
    assert found | {"perplexity", "openai.batch", "openai.realtime", "cohere.rerank"} == set(FORMATS)
