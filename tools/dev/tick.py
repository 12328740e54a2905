"""The local Cloud Scheduler: the tick's topic, its push subscription and its messages."""

import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from tools.dev.errors import StackError
from tools.dev.loopback import post_json
from tools.dev.processes import Server
from tools.dev.settings import PROJECT_ID, TICK_TOPIC

TICK_MESSAGE = b"{}"
RECONCILE_MESSAGE = b'{"job": "reconcile"}'
TOPIC = f"projects/{PROJECT_ID}/topics/{TICK_TOPIC}"
SUBSCRIPTION = f"{TICK_TOPIC}-aggregate"
# functions-framework recognises a Pub/Sub push by this path, and takes the topic from it.
PUSH_PATH = f"/{TOPIC}"
ACK_DEADLINE_SECONDS = 60
_TIMEOUT_SECONDS = 10
_EMULATOR_VARIABLE = "PUBSUB_EMULATOR_HOST"


def connect_tick(pubsub: Server, aggregate: Server | None) -> Callable[[bytes], None]:
    """Create the topic, and its subscription when there is an `aggregate`; return what publishes a message."""
    # Imported here: --memory and --help do without its 0.3 s.
    from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

    with _emulator_in_environment(pubsub.host):
        publisher = PublisherClient()
        subscriber = SubscriberClient()
    publisher.create_topic(name=TOPIC, timeout=_TIMEOUT_SECONDS)
    with subscriber:
        if aggregate:
            _subscribe(subscriber, aggregate.url + PUSH_PATH)
    return lambda message: _publish(publisher, message)


@contextmanager
def _emulator_in_environment(host: str) -> Iterator[None]:
    """The clients take the emulator's address from the environment only, when they are made."""
    former = os.environ.get(_EMULATOR_VARIABLE)
    os.environ[_EMULATOR_VARIABLE] = host
    try:
        yield
    finally:
        del os.environ[_EMULATOR_VARIABLE]
        if former is not None:
            os.environ[_EMULATOR_VARIABLE] = former


def _subscribe(subscriber: Any, push_endpoint: str) -> None:
    subscription = {
        "name": f"projects/{PROJECT_ID}/subscriptions/{SUBSCRIPTION}",
        "topic": TOPIC,
        "push_config": {"push_endpoint": push_endpoint},
        "ack_deadline_seconds": ACK_DEADLINE_SECONDS,
    }
    subscriber.create_subscription(request=subscription, timeout=_TIMEOUT_SECONDS)


def _publish(publisher: Any, message: bytes) -> None:
    from google.api_core.exceptions import GoogleAPICallError

    try:
        publisher.publish(TOPIC, message).result(timeout=_TIMEOUT_SECONDS)
    except (GoogleAPICallError, TimeoutError) as error:
        raise StackError(f"no tick could be published: {error!r}") from error


def push_tick(aggregate_port: int, content: bytes, now: datetime) -> None:
    """Post one message straight to `aggregate`, in the form in which a push subscription delivers it.

    Raises StackError when the function does not take it.
    """
    published = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    message = {"data": b64encode(content).decode(), "messageId": published, "publishTime": published}
    push = {"message": message, "subscription": f"projects/{PROJECT_ID}/subscriptions/{SUBSCRIPTION}"}
    answer = post_json(aggregate_port, PUSH_PATH, push, headers={})
    if answer.status >= 300:
        raise StackError(
            f"aggregate answered {answer.status} to a tick: {answer.body.decode(errors='replace')}"
        )
