"""The fingerprint of an event, by which a repetition differs from another event under the same id."""

from datetime import timedelta, timezone
from typing import Any

import pytest

from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.recording import fingerprint_of, prepare
from tests.sample_events import NOON


def sent(**fields: Any) -> MeteringEvent:
    return MeteringEvent(**({"id": "e1", "category": "llm", "provider": "nobody", "model": "m"} | fields))


def test_the_same_payload_has_the_same_fingerprint_whenever_it_is_sent() -> None:
    event = sent()
    now, later = (prepare(event, "acme", instant) for instant in (NOON, NOON + timedelta(hours=1)))
    assert now.fingerprint == later.fingerprint
    assert now.ts != later.ts


@pytest.mark.parametrize(
    "change",
    [
        {"model": "other"},
        {"tokens": {"total_tokens": 1}},
        {"latency_ms": 0},
        {"status": "ok"},
        {"cost_usd_estimate": "0.1"},
        {"run_id": "r"},
        {"user_id": "u"},
        {"metadata": {"a": 1}},
        {"ts": NOON},
    ],
)
def test_a_different_payload_has_a_different_fingerprint(change: dict[str, Any]) -> None:
    assert fingerprint_of(sent()) != fingerprint_of(sent(**change))


def test_the_order_of_keys_does_not_change_the_fingerprint() -> None:
    one = {"metadata": {"a": {"x": 1, "y": [{"p": 1, "q": 2}]}, "b": 2}}
    other = {"metadata": {"b": 2, "a": {"y": [{"q": 2, "p": 1}], "x": 1}}}
    assert fingerprint_of(sent(**one)) == fingerprint_of(sent(**other))
    usage = {"usage": {"prompt_tokens": 1, "completion_tokens": 2}, "object": "chat.completion"}
    turned = {"object": "chat.completion", "usage": {"completion_tokens": 2, "prompt_tokens": 1}}
    assert fingerprint_of(sent(response=usage)) == fingerprint_of(sent(response=turned))


def test_the_offset_of_an_instant_does_not_change_the_fingerprint() -> None:
    offsets = [timezone(timedelta(hours=hours)) for hours in (-11, 0, 5, 14)]
    fingerprints = {fingerprint_of(sent(ts=NOON.astimezone(offset))) for offset in offsets}
    assert len(fingerprints) == 1
    assert fingerprint_of(sent(ts=NOON.replace(tzinfo=offsets[2]))) not in fingerprints


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": {"x": 1}, "b": {"y": 1}}, {"a": {"y": 1}, "b": {"x": 1}}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": None}, {}),
        ({}, None),
    ],
)
def test_different_metadata_has_a_different_fingerprint(one: Any, other: Any) -> None:
    assert fingerprint_of(sent(metadata=one)) != fingerprint_of(sent(metadata=other))
