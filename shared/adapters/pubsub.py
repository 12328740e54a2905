"""TickPublisher and Warehouse on Google Cloud Pub/Sub."""

from collections.abc import Iterable, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.cloud.pubsub_v1 import PublisherClient
from pydantic_core import to_json

from shared.domain.errors import Unavailable
from shared.domain.ledger.tick import TickMessage
from shared.domain.metering.usage_rows import RecordedUsage

PUBLISH_TIMEOUT_SECONDS = 30.0


class _Topic:
    """A topic to publish to."""

    def __init__(self, project_id: str, topic: str) -> None:
        self._client = PublisherClient()
        self._topic = self._client.topic_path(project_id, topic)

    def publish(self, bodies: Iterable[bytes]) -> None:
        """Return when all messages are accepted; else raise Unavailable."""
        # All messages are sent before the first result is awaited.
        futures = [self._client.publish(self._topic, body) for body in bodies]
        try:
            for future in futures:
                future.result(timeout=PUBLISH_TIMEOUT_SECONDS)
        except (GoogleAPICallError, RetryError, FutureTimeoutError) as error:
            raise Unavailable("Pub/Sub does not answer") from error


class PubsubTickPublisher:
    """Publishes to the tick's topic, so that the same function receives the messages."""

    def __init__(self, project_id: str, topic: str) -> None:
        self._topic = _Topic(project_id, topic)

    def publish(self, messages: Iterable[TickMessage]) -> None:
        self._topic.publish([message.model_dump_json(exclude_defaults=True).encode() for message in messages])


class PubsubWarehouse:
    """Publishes rows as JSON, in the form that a BigQuery subscription writes into its table."""

    def __init__(self, project_id: str, topic: str) -> None:
        self._topic = _Topic(project_id, topic)

    def send(self, usage: Sequence[RecordedUsage]) -> None:
        self._topic.publish([to_json(each.row) for each in usage])
