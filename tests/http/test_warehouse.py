"""From POST /v1/events to the messages of the topic: a tick sends what was recorded, in rows that fit the table."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

from shared.domain.metering.sealed_ids import SealedId
from shared.usecases.metering.publish_usage import SETTLED_AFTER
from tests.domain.metering.test_usage_rows import SCHEMA
from tests.http.serving import Clock, Functions, Json
from tests.sample_batches import BATCH_ID
from tools.dev.emulators import pubsub_emulator
from tools.gate.warehouse import fits

CALL: Json = {
    "category": "llm",
    "provider": "openai",
    "model": "gpt-4.1-mini",
    "tokens": {"input_tokens": 100, "output_tokens": 20},
}
TOPIC = "usage-events"


@pytest.fixture
def functions_with_warehouse(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, firestore_emulator_host: str
) -> Iterator[Functions]:
    """All functions on an empty database, with a topic."""
    project = f"demo-{uuid4().hex[:12]}"
    with pubsub_emulator(project) as pubsub_host:
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", project)
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator_host)
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_host)
        monkeypatch.setenv("GWI_METERING_ENABLED", "1")
        monkeypatch.setenv("GWI_WAREHOUSE_TOPIC", TOPIC)
        yield Functions(clock)


@pytest.fixture
def pull(functions_with_warehouse: Functions) -> Iterator[Callable[[int], list[Json]]]:
    """Return what takes so many messages from a subscription to the topic."""
    project = functions_with_warehouse.container("aggregate").config.project_id
    topic, subscription = f"projects/{project}/topics/{TOPIC}", f"projects/{project}/subscriptions/bigquery"
    PublisherClient().create_topic(request={"name": topic})
    with SubscriberClient() as subscriber:
        subscriber.create_subscription(request={"name": subscription, "topic": topic})

        def pull(count: int) -> list[Json]:
            found: list[Any] = []
            while len(found) < count:
                request = {"subscription": subscription, "max_messages": count}
                received = subscriber.pull(request=request, timeout=60).received_messages
                acknowledged = {"subscription": subscription, "ack_ids": [each.ack_id for each in received]}
                subscriber.acknowledge(request=acknowledged)
                found += [json.loads(each.message.data) for each in received]
            return found

        yield pull


def test_a_tick_sends_single_and_sealed_events_as_rows_of_the_table(
    functions_with_warehouse: Functions, clock: Clock, pull: Callable[[int], list[Json]]
) -> None:
    functions = functions_with_warehouse
    key = functions.create_tenant()
    late = (clock.now - timedelta(days=30)).isoformat()
    own = [{**CALL, "id": "own", "metadata": {"prompt": "secret"}}, {**CALL, "id": "late", "ts": late}]
    sealed = [{**CALL, "id": SealedId(BATCH_ID, number).text, "user_id": "ann"} for number in range(3)]
    functions.record(key, *own)
    functions.record(key, *sealed)
    clock.pass_by(SETTLED_AFTER + timedelta(seconds=1))
    assert functions.tick().status_code == 200
    rows = pull(2 + 3)
    assert sorted(row["id"] for row in rows) == sorted(each["id"] for each in (*own, *sealed))
    columns = {column["name"]: column for column in SCHEMA}
    assert [
        (name, value) for row in rows for name, value in row.items() if not fits(value, columns[name])
    ] == []
    assert {(row["tenant_id"], row["total_tokens"], row["recorded_at"]) for row in rows} == {
        ("acme", 100 + 20, "2026-11-20T12:00:00.000000Z")
    }
    assert "secret" not in json.dumps(rows)
    functions.record(key, {**CALL, "id": "next"})
    clock.pass_by(SETTLED_AFTER + timedelta(seconds=1))
    assert functions.tick().status_code == 200
    assert [row["id"] for row in pull(1)] == ["next"], "only what is new"
