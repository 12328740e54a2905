"""The tick's function: what it folds, what it drops, and when it lets Pub/Sub send the message again."""

from typing import Any

import pytest

from shared.domain.errors import Unavailable
from shared.domain.ledger.rollups import DayRollup
from shared.stores import process_memory
from tests.http.serving import Functions, encoded, pushed, unfolded
from tools.dev.tick import PUSH_PATH

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}


@pytest.fixture
def tenants(functions: Functions) -> list[str]:
    """Seven tenants with usage that is not folded: more than one message holds."""
    names = [f"tenant-{number}" for number in range(7)]
    for name in names:
        functions.record(functions.create_tenant(name), CALL)
    return names


def delivered(functions: Functions, message: object) -> int:
    """Deliver a message as a CloudEvent; returns the status of the answer."""
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "//pubsub", "ce-type": "message"}
    return functions.aggregate.post("/", json=pushed(message), headers=headers).status_code


@pytest.mark.parametrize("message", [encoded("{}"), encoded(""), {"attributes": {"by": "scheduler"}}, {}])
def test_a_tick_without_names_folds_every_tenant(
    message: dict[str, Any], functions: Functions, tenants: list[str]
) -> None:
    assert unfolded() == tenants
    assert delivered(functions, message) == 200
    assert unfolded() == []


def test_a_push_without_data_never_reaches_us(functions: Functions, tenants: list[str]) -> None:
    """functions-framework refuses a plain push that has only attributes; as a CloudEvent it is a tick."""
    assert functions.deliver({"attributes": {"by": "scheduler"}}).status_code == 400
    assert unfolded() == tenants


def test_a_tick_that_names_tenants_folds_those(functions: Functions, tenants: list[str]) -> None:
    assert functions.tick(["tenant-1", "tenant-3"]).status_code == 200
    assert unfolded() == ["tenant-0", "tenant-2", "tenant-4", "tenant-5", "tenant-6"]


@pytest.mark.parametrize("named", [[], ["nobody"], ["tenant-0", "tenant-0"]])
def test_names_may_be_missing_unknown_or_repeated(
    named: list[str], functions: Functions, tenants: list[str]
) -> None:
    assert functions.tick(named).status_code == 200
    assert unfolded() == [name for name in tenants if name not in named]


def test_a_tick_delivered_twice_changes_nothing(functions: Functions, key: str) -> None:
    functions.record(key, {**CALL, "tokens": {"total_tokens": 100}})
    functions.tick()
    once = functions.usage(key)
    assert functions.tick().status_code == 200
    assert functions.tick(["acme"]).status_code == 200
    assert functions.usage(key) == once


@pytest.mark.parametrize(
    "message",
    [
        encoded("hello"),
        encoded("[]"),
        encoded("null"),
        encoded('{"tenant": "tenant-0"}'),
        encoded('{"tenants": "tenant-0"}'),
        encoded('{"tenants": [1]}'),
        {"data": "not base64!"},
        {"data": "é"},
        {"data": 5},
        {"data": ["e30="]},
        "text",
        5,
        None,
    ],
    ids=str,
)
def test_a_malformed_message_is_dropped_for_it_would_stay_malformed(
    message: object, functions: Functions, tenants: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert delivered(functions, message) == 200
    assert unfolded() == tenants
    assert "a malformed tick message was dropped" in caplog.text


def test_what_is_no_cloudevent_is_refused(functions: Functions) -> None:
    assert functions.aggregate.post(PUSH_PATH, json={"hello": 1}).status_code == 400
    assert functions.aggregate.put("/").status_code == 405


def test_a_store_that_is_away_lets_pubsub_send_the_tick_again(
    functions: Functions, tenants: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_to_save(monkeypatch, {"tenant-2"})
    functions.aggregate.application.config["PROPAGATE_EXCEPTIONS"] = False
    assert functions.tick().status_code == 500
    assert unfolded() == ["tenant-2"]
    monkeypatch.undo()
    assert functions.tick().status_code == 200
    assert unfolded() == []


def refuse_to_save(monkeypatch: pytest.MonkeyPatch, tenants: set[str]) -> None:
    """Let the store lose its connection whenever a day of one of `tenants` is saved."""
    store = process_memory()
    save = store.save_day

    def save_day(tenant_id: str, day: DayRollup) -> None:
        if tenant_id in tenants:
            raise Unavailable("the store is away")
        save(tenant_id, day)

    monkeypatch.setattr(store, "save_day", save_day)
