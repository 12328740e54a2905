"""TickPublisher on Google Cloud Pub/Sub."""

import json
from collections.abc import Sequence

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.cloud.pubsub_v1 import PublisherClient

from shared.domain.errors import Unavailable

PUBLISH_TIMEOUT_SECONDS = 30.0


class PubsubTickPublisher:
    """Publishes to the tick's own topic, so the same function receives what it hands on."""

    def __init__(self, project_id: str, topic: str) -> None:
        self._client = PublisherClient()
        self._topic = self._client.topic_path(project_id, topic)

    def publish(self, tenant_ids: Sequence[str]) -> None:
        body = json.dumps({"tenants": list(tenant_ids)}).encode()
        try:
            self._client.publish(self._topic, body).result(timeout=PUBLISH_TIMEOUT_SECONDS)
        except (GoogleAPICallError, RetryError, TimeoutError) as error:
            raise Unavailable("Pub/Sub does not answer") from error
