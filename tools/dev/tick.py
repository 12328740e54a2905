"""The local Cloud Scheduler and the topics: the tick's, its dead letters and the warehouse's."""

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from tools.dev.admin_calls import environment_of_process
from tools.dev.errors import OverloadedError, StackError
from tools.dev.loopback import post_json
from tools.dev.processes import Server
from tools.dev.retries import Retries
from tools.dev.settings import PROJECT_ID, TICK_TOPIC, WAREHOUSE_TOPIC

TICK_MESSAGE = b"{}"
RECONCILE_MESSAGE = b'{"job": "reconcile"}'
TOPIC = f"projects/{PROJECT_ID}/topics/{TICK_TOPIC}"
SUBSCRIPTION = f"{TICK_TOPIC}-aggregate"
DEAD_LETTER_TOPIC = f"{TOPIC}-dead-letters"
_WAREHOUSE = f"projects/{PROJECT_ID}/topics/{WAREHOUSE_TOPIC}"
DEAD_LETTER_SUBSCRIPTION = f"{TICK_TOPIC}-dead-letters-aggregate"
MOST_ATTEMPTS = 5
"""The fewest that Pub/Sub allows. The emulator sends again at once."""
PUSH_PATH = f"/{TOPIC}"
ACK_DEADLINE_SECONDS = 60
_TIMEOUT_SECONDS = 10
_EMULATOR_VARIABLE = "PUBSUB_EMULATOR_HOST"


def connect_tick(pubsub: Server, aggregate: Server | None, retries: Retries) -> Callable[[bytes], None]:
    """Create the topics, and their subscriptions when there is an `aggregate`; return what publishes a message.

    What exists already is as good as created: the first answer of a slow emulator may have come too late.
    """
    # Imported here: --memory and --help do without its 0.3 s.
    from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

    # The clients take the emulator's address from the environment only, when they are made.
    with environment_of_process({_EMULATOR_VARIABLE: pubsub.host}):
        publisher = PublisherClient()
        subscriber = SubscriberClient()
    for topic in (TOPIC, DEAD_LETTER_TOPIC, _WAREHOUSE):
        retries(partial(_create, publisher.create_topic, {"name": topic}))
    with subscriber:
        for subscription in _subscriptions(aggregate.url) if aggregate else ():
            retries(partial(_create, subscriber.create_subscription, subscription))
    return lambda message: _publish(publisher, message)


def _create(create: Callable[..., Any], request: dict[str, Any]) -> None:
    from google.api_core.exceptions import AlreadyExists, GoogleAPICallError, RetryError

    try:
        create(request=request, timeout=_TIMEOUT_SECONDS)
    except AlreadyExists:
        return
    except (GoogleAPICallError, RetryError) as error:
        raise OverloadedError(f"the Pub/Sub emulator did not create {request['name']}: {error!r}") from error


def _subscriptions(aggregate_url: str) -> list[dict[str, Any]]:
    """Return the subscription of the tick, and that of the messages which it gives up."""
    dead_letters = {"dead_letter_topic": DEAD_LETTER_TOPIC, "max_delivery_attempts": MOST_ATTEMPTS}
    return [
        {**_subscription(SUBSCRIPTION, TOPIC, aggregate_url), "dead_letter_policy": dead_letters},
        _subscription(DEAD_LETTER_SUBSCRIPTION, DEAD_LETTER_TOPIC, aggregate_url),
    ]


def _subscription(name: str, topic: str, aggregate_url: str) -> dict[str, Any]:
    return {
        "name": f"projects/{PROJECT_ID}/subscriptions/{name}",
        "topic": topic,
        # functions-framework recognises a Pub/Sub push by this path, and takes the topic from it.
        "push_config": {"push_endpoint": f"{aggregate_url}/{topic}"},
        "ack_deadline_seconds": ACK_DEADLINE_SECONDS,
    }


def _publish(publisher: Any, message: bytes) -> None:
    from google.api_core.exceptions import GoogleAPICallError, RetryError

    try:
        publisher.publish(TOPIC, message).result(timeout=_TIMEOUT_SECONDS)
    except (GoogleAPICallError, RetryError, TimeoutError) as error:
        raise OverloadedError(f"no tick could be published: {error!r}") from error


def push_tick(aggregate_port: int, content: bytes, now: datetime) -> None:
    """Post one message straight to `aggregate`, in the form in which a push subscription delivers it.

    Raises OverloadedError when the function answers that it cannot now, StackError for any other refusal.
    """
    published = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    message = {"data": b64encode(content).decode(), "messageId": published, "publishTime": published}
    push = {"message": message, "subscription": f"projects/{PROJECT_ID}/subscriptions/{SUBSCRIPTION}"}
    answer = post_json(aggregate_port, PUSH_PATH, push, headers={})
    if answer.status >= 300:
        error = OverloadedError if answer.status >= 500 else StackError
        raise error(f"aggregate answered {answer.status} to a tick: {answer.body.decode(errors='replace')}")
