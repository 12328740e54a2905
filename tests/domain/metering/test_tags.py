"""Tags: names and values that are accepted, and those that refuse their event."""

from typing import Any

import pytest

from shared.domain.errors import Problems
from shared.domain.metering.events import MeteringEvent, parse_events
from shared.domain.metering.recording import prepare
from tests.sample_events import NOON

CALL: dict[str, Any] = {"category": "llm", "provider": "nobody", "model": "unheard-of", "id": "e1"}
SIX = dict.fromkeys("abcdef", "x")


def _problem(tags: object) -> tuple[str, str]:
    problems = Problems()
    good = {**CALL, "tags": {"team": "search"}}
    events = parse_events([{**CALL, "tags": tags}, good], problems)
    assert list(events) == [1], "a bad event never loses a good one"
    (problem,) = problems.listed
    assert problem.index == 0
    assert len(problem.message) < 500
    return problem.field, problem.code


def _fingerprint(**fields: Any) -> str:
    return prepare(MeteringEvent(**(CALL | fields)), "acme", NOON).fingerprint


@pytest.mark.parametrize("name", ["a", "team", "cost_center-2", "a" * 32])
def test_a_name_begins_with_a_lower_case_letter_and_has_at_most_32_characters(name: str) -> None:
    assert MeteringEvent(**CALL, tags={name: "x"}).tags == {name: "x"}


@pytest.mark.parametrize(
    "name", ["", "A", "1a", "_a", "a.b", "a b", "a\n", "é", "<b>", "<script>alert(1)</script>", "a" * 33]
)
def test_any_other_name_refuses_the_event(name: str) -> None:
    assert _problem({name: "x"}) == (
        f"tags.{name}.[key]" if name else "tags..[key]",
        "string_pattern_mismatch",
    )


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "string_too_short"),
        ("  ", "string_too_short"),
        ("a\x00", "string_pattern_mismatch"),
        ("x" * 129, "string_too_long"),
        ("x" * 10_000, "string_too_long"),
        (1, "string_type"),
        (None, "string_type"),
        (["x"], "string_type"),
    ],
)
def test_a_value_is_text_of_1_to_128_visible_characters(value: object, code: str) -> None:
    assert _problem({"team": value}) == ("tags.team", code)
    assert MeteringEvent(**CALL, tags={"team": "x" * 128}).tags == {"team": "x" * 128}


def test_spaces_at_both_ends_of_a_value_are_cut_and_html_is_plain_text() -> None:
    assert MeteringEvent(**CALL, tags={"a": " <b>x</b> "}).tags == {"a": "<b>x</b>"}


def test_a_sixth_tag_of_one_event_refuses_it() -> None:
    assert _problem(SIX) == ("tags", "too_long")
    assert _problem({f"name{number}": "x" for number in range(100_000)}) == ("event", "too_many_fields")


@pytest.mark.parametrize("tags", ["team=search", ["team"], 1, True])
def test_tags_are_an_object(tags: object) -> None:
    assert _problem(tags) == ("tags", "dict_type")


def test_tags_change_the_fingerprint_and_their_order_does_not() -> None:
    tagged = _fingerprint(tags={"a": "x", "b": "y"})
    assert tagged == _fingerprint(tags={"b": "y", "a": "x"})
    assert len({tagged, _fingerprint(), _fingerprint(tags={"a": "y", "b": "x"})}) == 3


def test_an_event_without_tags_has_the_fingerprint_that_it_had_before_there_were_tags() -> None:
    assert _fingerprint() == _fingerprint(tags=None) == "b749be18749d4f80df4232a0546819ce"
