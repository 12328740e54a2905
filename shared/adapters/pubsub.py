"""TickPublisher on Google Cloud Pub/Sub."""

from collections.abc import Iterable
from concurrent.futures import TimeoutError as FutureTimeoutError

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.cloud.pubsub_v1 import PublisherClient

from shared.domain.errors import Unavailable
from shared.domain.ledger.tick import TickMessage

PUBLISH_TIMEOUT_SECONDS = 30.0


class PubsubTickPublisher:
    """Publishes to the tick's own topic, so the same function receives what it hands on."""

    def __init__(self, project_id: str, topic: str) -> None:
        self._client = PublisherClient()
        self._topic = self._client.topic_path(project_id, topic)

    def publish(self, messages: Iterable[TickMessage]) -> None:
        bodies = [message.model_dump_json(exclude_defaults=True).encode() for message in messages]
        # All are under way before the first is waited for.
        futures = [self._client.publish(self._topic, body) for body in bodies]
        try:
            for future in futures:
                future.result(timeout=PUBLISH_TIMEOUT_SECONDS)
        except (GoogleAPICallError, RetryError, FutureTimeoutError) as error:
            raise Unavailable("Pub/Sub does not answer") from error
