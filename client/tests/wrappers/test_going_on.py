"""Chunks that only carry content are recognised by their text, and nothing that may cost is taken for one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwi_usage.wrappers.calls import goes_on, is_content_alone

PIECE = {"index": 0, "delta": {"content": "Dear "}, "finish_reason": None}
WORDS = st.sampled_from(['"usage": {}', "usage", "finish_reason", '"choices": [{', "Dear", "\n\n"])
CHOICES: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.fixed_dictionaries(
        {"delta": st.fixed_dictionaries({"content": WORDS}, optional={"annotations": st.just([{}])})},
        optional={"finish_reason": st.sampled_from([None, "stop"])},
    ),
    max_size=2,
)
CHUNKS = st.fixed_dictionaries(
    {"id": WORDS}, optional={"choices": CHOICES, "usage": st.sampled_from([None, {}, {"total_tokens": 1}])}
)


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")], ids=["compact", "spaced"])
def test_a_piece_of_content_is_not_parsed(separators: tuple[str, str]) -> None:
    assert goes_on(json.dumps({"choices": [PIECE], "usage": None}, separators=separators).encode())


@given(CHUNKS, st.sampled_from([None, 1]))
def test_what_is_not_parsed_is_content_alone(chunk: dict[str, Any], indent: int | None) -> None:
    part = json.dumps(chunk, indent=indent).encode()
    assert is_content_alone(chunk) or not goes_on(part)
