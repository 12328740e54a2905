"""Metadata is stored whole, or cut at its limit to what is still valid JSON."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.metadata import MAX_METADATA_BYTES, stored_metadata

LONG = "x" * MAX_METADATA_BYTES
ROOM = MAX_METADATA_BYTES - len('{"a":""}')


def _cut(metadata: dict[str, Any]) -> Any:
    text, is_cut, _ = stored_metadata(metadata)
    assert is_cut
    assert text is not None
    assert len(text.encode()) <= MAX_METADATA_BYTES
    return json.loads(text)


def test_metadata_of_the_largest_size_is_kept_and_one_byte_more_is_cut() -> None:
    text, is_cut, _ = stored_metadata({"a": "x" * ROOM})
    assert (len(text or ""), is_cut) == (MAX_METADATA_BYTES, False)
    assert _cut({"a": "x" * (ROOM + 1)}) == {"a": "x" * ROOM}


def test_entries_are_kept_in_order_and_the_long_text_gets_the_room_they_leave() -> None:
    kept = _cut({"before": 1, "long": LONG, "after": {"team": "search"}})
    assert list(kept) == ["before", "long", "after"]
    assert kept["after"] == {"team": "search"}
    assert len(json.dumps(kept, separators=(",", ":"))) == MAX_METADATA_BYTES


def test_only_the_first_long_text_is_shortened() -> None:
    kept = _cut({"one": LONG, "two": LONG, "three": 3})
    assert list(kept) == ["one", "three"]


def test_a_long_object_or_list_is_left_out() -> None:
    assert _cut({"a": [LONG], "b": {"c": LONG}, "d": None}) == {"d": None}


@pytest.mark.parametrize("metadata", [{LONG: 1}, {LONG: LONG}, {"a": [LONG]}])
def test_nothing_is_stored_if_nothing_fits(metadata: dict[str, Any]) -> None:
    assert stored_metadata(metadata) == (None, True, 0)


@pytest.mark.parametrize(
    ("character", "bytes_each"),
    [("é", 2), ("日", 3), ("😀", 4), ("\n", 2), ('"', 2), ("\\", 2), ("\x01", 6)],
)
def test_a_text_is_cut_between_characters(character: str, bytes_each: int) -> None:
    kept = _cut({"a": character * MAX_METADATA_BYTES})["a"]
    assert kept == character * (ROOM // bytes_each)


@given(
    st.dictionaries(
        st.text('aé"\n ', max_size=3), st.sampled_from([1, None, "x" * 90_000, ["é" * 50_000], LONG])
    )
)
def test_what_is_kept_is_what_was_sent(metadata: dict[str, Any]) -> None:
    text, is_cut, _ = stored_metadata(metadata)
    kept = json.loads(text or "{}")
    assert is_cut is (kept != metadata)
    assert [name for name in metadata if name in kept] == list(kept)
    changed = [name for name, value in kept.items() if value != metadata[name]]
    assert len(changed) <= 1
    assert all(metadata[name].startswith(kept[name]) for name in changed)
