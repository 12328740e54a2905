"""Seals: they hold for exactly the bytes that were sealed, with a key that is known."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.seals import SealingKey, SealingKeys, canonical, parse_keys

OLD, NEW = SealingKey("2025", "o" * 32), SealingKey("2026", "n" * 32)
KEYS = SealingKeys((NEW, OLD))
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
CONTENTS = st.dictionaries(
    st.text(max_size=5).filter(lambda name: name not in ("seal", "checksum")),
    st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner)
    ),
    max_size=4,
)


@given(CONTENTS)
def test_what_was_sealed_is_intact_and_says_what_it_said(content: dict[str, object]) -> None:
    text = KEYS.seal(content)
    assert KEYS.verify(text) == "intact"
    document = json.loads(text)
    assert {name: document[name] for name in content} == content
    assert document["checksum"] == f"sha256:{hashlib.sha256(canonical(content).encode()).hexdigest()}"


@given(CONTENTS, st.data())
def test_any_changed_byte_breaks_the_seal(content: dict[str, object], data: st.DataObject) -> None:
    text = KEYS.seal(content).encode()
    place = data.draw(st.integers(0, len(text) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != text[place]))
    try:
        changed = bytes([*text[:place], byte, *text[place + 1 :]]).decode()
    except UnicodeDecodeError:
        return
    assert KEYS.verify(changed) != "intact"


@pytest.mark.parametrize("added", [" ", "\n", "\ufeff"])
def test_an_added_byte_breaks_the_seal(added: str) -> None:
    text = KEYS.seal({"a": 1})
    assert KEYS.verify(text + added) != "intact"
    assert KEYS.verify(added + text) != "intact"


def test_a_document_that_was_written_again_is_changed() -> None:
    assert KEYS.verify(json.dumps(json.loads(KEYS.seal({"a": 1})), indent=2)) == "changed"


def test_a_key_that_was_replaced_still_verifies() -> None:
    sealed = SealingKeys((OLD,)).seal({"a": 1})
    assert KEYS.verify(sealed) == "intact"
    assert json.loads(KEYS.seal({"a": 1}))["seal"]["key_id"] == NEW.id


def test_an_unknown_key_proves_nothing() -> None:
    assert SealingKeys((NEW,)).verify(SealingKeys((OLD,)).seal({"a": 1})) == "unknown_key"


def test_the_secret_of_another_key_under_a_known_id_is_no_seal() -> None:
    forged = SealingKeys((SealingKey(NEW.id, "x" * 32),)).seal({"a": 1})
    assert KEYS.verify(forged) == "changed"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "{}", '{"seal": 1}', '{"seal": {"key_id": "2026"}}', "[" * 9_000]
)
def test_other_text_is_no_bundle(text: str) -> None:
    assert KEYS.verify(text) == "not_a_bundle"


def test_keys_are_an_id_and_a_secret() -> None:
    assert parse_keys([f"a:{'x' * 32}", f"b:{'y:' * 16}"]) == SealingKeys(
        (SealingKey("a", "x" * 32), SealingKey("b", "y:" * 16))
    )


@pytest.mark.parametrize(
    "entries", [["x" * 40], [f":{'x' * 32}"], ["a:short"], [f"a:{'x' * 32}", f"a:{'y' * 32}"]]
)
def test_other_keys_are_refused_without_telling_them(entries: list[str]) -> None:
    with pytest.raises(ValueError, match="id") as refusal:
        parse_keys(entries)
    assert "xxxx" not in str(refusal.value)
    assert "short" not in str(refusal.value)
