"""Messages that Pub/Sub has given up: kept for the operator instead of being worked on again."""

import json
from typing import Any

import pytest

from shared.domain.errors import Unavailable
from shared.stores import process_memory
from tests.http.serving import Functions, Json, encoded, pushed, unfolded

DEAD_LETTER_PATH = "/projects/demo-gwi/topics/usage-tick-dead-letters"
SOURCE = {
    "CloudPubSubDeadLetterSourceDeliveryCount": "5",
    "CloudPubSubDeadLetterSourceSubscription": "usage-tick-aggregate",
    "CloudPubSubDeadLetterSourceSubscriptionProject": "demo-gwi",
    "CloudPubSubDeadLetterSourceTopicPublishTime": "2026-11-20T11:00:00.123+00:00",
}
"""What Pub/Sub adds to a message that it forwards to the dead-letter topic."""
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}


def forwarded(text: str, **fields: Any) -> Json:
    """A message as the dead-letter topic has it."""
    given_up = {"messageId": "11223344", "publishTime": "2026-11-20T11:50:00.5Z", "attributes": SOURCE}
    return {**given_up, **encoded(text), **fields}


def deliver(functions: Functions, message: Json) -> int:
    """Deliver a message of the dead-letter topic; return the status of the answer."""
    functions.aggregate.application.config["PROPAGATE_EXCEPTIONS"] = False
    return functions.aggregate.post(DEAD_LETTER_PATH, json=pushed(message)).status_code


def letters(functions: Functions) -> list[Json]:
    key = functions.create_platform_key("platform:read")
    found: list[Json] = functions.read(key, "/platform/system")["dead_letters"]
    return found


def test_a_message_that_was_given_up_is_kept_and_not_worked_on(functions: Functions, key: str) -> None:
    functions.record(key, CALL)
    assert deliver(functions, forwarded("{}")) == 200
    assert unfolded() == ["acme"]
    assert letters(functions) == [
        {
            "id": "11223344",
            "kind": "tick",
            "at": "2026-11-20T11:50:00.500000Z",
            "text": "fold: {}",
            "attempts": 5,
            "error": None,
        }
    ]
    functions.tick()
    shown = functions.read(functions.create_platform_key(), "/platform/overview")
    assert shown["dead_letters"] == 1


def test_one_that_is_delivered_twice_is_one(functions: Functions) -> None:
    message = forwarded(json.dumps({"job": "reconcile", "after": "acme"}))
    assert [deliver(functions, message) for _ in range(2)] == [200, 200]
    (letter,) = letters(functions)
    assert letter["text"] == 'reconcile: {"job": "reconcile", "after": "acme"}'


def test_one_that_cannot_be_kept_now_is_sent_again(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(process_memory(), "add_dead_letter", fail)
        assert deliver(functions, forwarded("{}")) == 500
    assert deliver(functions, forwarded("{}")) == 200
    assert len(letters(functions)) == 1


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (forwarded("no json"), ("malformed: no json", 5, None)),
        (forwarded("\ufffd\x00"), ("malformed: \ufffd\x00", 5, None)),
        (forwarded("x" * 5000), ("malformed: " + "x" * 1000, 5, None)),
        (forwarded('{"job": "whsec_' + "a" * 20 + '"}'), ('malformed: {"job": "[redacted]"}', 5, None)),
        (
            forwarded("{}", attributes={"CloudPubSubDeadLetterSourceSubscription": "s"}),
            ("fold: {}", 0, None),
        ),
        (
            forwarded("{}", attributes={**SOURCE, "CloudPubSubDeadLetterSourceDeliveryCount": "²"}),
            ("fold: {}", 0, None),
        ),
        (
            forwarded("{}", attributes={**SOURCE, "CloudPubSubDeadLetterSourceDeliveryErrorMessage": "no"}),
            ("fold: {}", 5, "no"),
        ),
        (forwarded("{}", publishTime="yesterday"), ("fold: {}", 5, None)),
        (forwarded("{}", messageId="../../tenants/acme"), ("fold: {}", 5, None)),
    ],
)
def test_whatever_was_given_up_is_kept(
    functions: Functions, message: Json, expected: tuple[str, int, str | None]
) -> None:
    assert deliver(functions, message) == 200
    (letter,) = letters(functions)
    assert (letter["text"], letter["attempts"], letter["error"]) == expected
    assert "/" not in letter["id"]


@pytest.mark.parametrize("attributes", [{}, {"by": "scheduler"}, {"googclient_schemaencoding": "JSON"}])
def test_a_message_with_other_attributes_is_worked_on(
    functions: Functions, key: str, attributes: Json
) -> None:
    functions.record(key, CALL)
    assert deliver(functions, {**encoded("{}"), "attributes": attributes}) == 200
    assert unfolded() == []
    assert letters(functions) == []
