"""Properties of finding the items of a malformed batch."""

import json
from contextlib import suppress
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.metering.event_bodies import parse_batch
from shared.http.metering.item_borders import NoBorders, split_array, split_object
from tests.http.test_any_input import any_json

MANY = 10**6


@given(st.lists(any_json), st.sampled_from([None, 2]), st.booleans())
def test_the_items_of_a_valid_array_are_found(items: list[Any], indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(items, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    found = [json.loads(item.decode("utf-8", "surrogatepass")) for item in split_array(text, MANY)]
    assert json.dumps(found) == json.dumps(items)


@given(st.dictionaries(st.text(max_size=5), any_json))
def test_the_members_of_a_valid_object_are_found(members: dict[str, Any]) -> None:
    text = json.dumps(members).encode()
    found = {json.loads(key): json.loads(value) for key, value in split_object(text)}
    assert json.dumps(found) == json.dumps(members)


@given(st.binary(max_size=60) | st.text(alphabet='[]{},:"\\ aN1', max_size=30).map(str.encode))
def test_any_bytes_have_items_or_no_borders(text: bytes) -> None:
    for split in (lambda: split_array(text, MANY), lambda: split_object(text)):
        try:
            split()
        except NoBorders:
            continue


@given(
    st.lists(any_json, max_size=4),
    st.integers(0, 4),
    st.sampled_from(["NaN", '"\\ud800"', "[" * 300 + "]" * 300]),
)
def test_one_malformed_item_changes_no_other(items: list[Any], place: int, malformed: str) -> None:
    texts = [json.dumps(item) for item in items]
    texts.insert(place, malformed)
    index = min(place, len(items))
    found = parse_batch(f"[{','.join(texts)}]".encode())
    assert isinstance(found, list)
    assert getattr(found[index], "code", None) == "malformed_json"
    for item, text in zip(found, texts, strict=True):
        assert hasattr(item, "code") or json.dumps(item) == json.dumps(json.loads(text))


SIZE = 8 * 1024 * 1024
WORST = {
    "opening brackets": b"[" * SIZE,
    "deep": b"[" * (SIZE // 2) + b"]" * (SIZE // 2),
    "pairs of brackets": b"[[" + b"[]" * (SIZE // 2 - 2) + b"]]",
    "small items": b"[" + b"NaN," * (SIZE // 4 - 1) + b"NaN]",
    "small texts": b"[[" + b'"",' * (SIZE // 3 - 2) + b"NaN]]",
    "escapes": b'["' + b"\\n" * (SIZE // 2 - 4) + b'",NaN]',
    "a text without an end": b'[NaN,"' + b"\\n" * (SIZE // 2 - 4),
    "quotes": b"[NaN," + b'"' * (SIZE - 5),
}


@pytest.mark.parametrize("name", WORST)
def test_the_largest_body_is_split_in_linear_time(name: str) -> None:
    def seconds(text: bytes) -> float:
        started = process_time()
        with suppress(NoBorders):
            split_array(text, 501)
        return process_time() - started

    assert seconds(WORST[name]) < 5  # about 1 at the most; quadratic time would be hours
