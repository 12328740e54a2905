"""TickPublisher on Google Cloud Pub/Sub."""

from collections.abc import Iterable
from concurrent.futures import TimeoutError as FutureTimeoutError

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.cloud.pubsub_v1 import PublisherClient

from shared.domain.errors import Unavailable
from shared.domain.ledger.tick import TickMessage

PUBLISH_TIMEOUT_SECONDS = 30.0


class PubsubTickPublisher:
    """Publishes to the tick's topic, so that the same function receives the messages."""

    def __init__(self, project_id: str, topic: str) -> None:
        self._client = PublisherClient()
        self._topic = self._client.topic_path(project_id, topic)

    def publish(self, messages: Iterable[TickMessage]) -> None:
        bodies = [message.model_dump_json(exclude_defaults=True).encode() for message in messages]
        # All messages are sent before the first result is awaited.
        futures = [self._client.publish(self._topic, body) for body in bodies]
        try:
            for future in futures:
                future.result(timeout=PUBLISH_TIMEOUT_SECONDS)
        except (GoogleAPICallError, RetryError, FutureTimeoutError) as error:
            raise Unavailable("Pub/Sub does not answer") from error
