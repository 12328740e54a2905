"""The five calls of Firestore in use, with raw messages and retries; they fail as Unavailable."""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import grpc
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport
from google.cloud.firestore_v1.types import firestore as firestore_types

from shared.domain.errors import Unavailable

R = TypeVar("R")

CommitRequest: Any = firestore_types.CommitRequest.pb()
BatchWriteRequest: Any = firestore_types.BatchWriteRequest.pb()
BatchGetDocumentsRequest: Any = firestore_types.BatchGetDocumentsRequest.pb()
RunQueryRequest: Any = firestore_types.RunQueryRequest.pb()
RunAggregationQueryRequest: Any = firestore_types.RunAggregationQueryRequest.pb()

GIVE_UP_AFTER_SECONDS = 8.0
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
# A commit is atomic and creates its events, so repeating one that succeeded fails with ALREADY_EXISTS.
_RETRIED = frozenset(
    {
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
    }
)
_CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
]
_SERVICE = "/google.firestore.v1.Firestore/"


class Contended(Exception):
    """A commit was aborted repeatedly, because others write to the same documents."""


def open_channel(emulator_host: str | None) -> grpc.Channel:
    """Open a channel to the emulator at `host:port`, or to Google Cloud with this service's identity."""
    if emulator_host:
        return grpc.insecure_channel(emulator_host, options=_CHANNEL_OPTIONS)
    return FirestoreGrpcTransport().grpc_channel


class FirestoreRpc:
    """Raw calls on one database. Safe for many threads; build it after the server has forked."""

    def __init__(
        self,
        project_id: str,
        channel: grpc.Channel,
        *,
        is_emulator: bool,
        give_up_after_seconds: float = GIVE_UP_AFTER_SECONDS,
    ) -> None:
        self.database = f"projects/{project_id}/databases/(default)"
        self.documents = f"{self.database}/documents"
        self._give_up_after_seconds = give_up_after_seconds
        # The emulator accepts this token as the owner's; in the cloud, the channel has credentials.
        self._metadata = [("authorization", "Bearer owner")] if is_emulator else []
        self._metadata.append(("google-cloud-resource-prefix", self.database))
        self._metadata.append(("x-goog-request-params", f"database={quote(self.database, safe='')}"))
        self._commit = _unary(channel, "Commit", CommitRequest, firestore_types.CommitResponse.pb())
        self._batch_write = _unary(
            channel, "BatchWrite", BatchWriteRequest, firestore_types.BatchWriteResponse.pb()
        )
        self._batch_get = _stream(
            channel,
            "BatchGetDocuments",
            BatchGetDocumentsRequest,
            firestore_types.BatchGetDocumentsResponse.pb(),
        )
        self._run_query = _stream(channel, "RunQuery", RunQueryRequest, firestore_types.RunQueryResponse.pb())
        self._aggregate = _stream(
            channel,
            "RunAggregationQuery",
            RunAggregationQueryRequest,
            firestore_types.RunAggregationQueryResponse.pb(),
        )

    def commit(self, writes: Iterable[Any], give_up_after_seconds: float | None = None) -> Any:
        """Apply all writes or none, and return Firestore's response; raise grpc.RpcError if a retry cannot help."""
        return self.send_commit(CommitRequest(database=self.database, writes=writes), give_up_after_seconds)

    def send_commit(
        self, request: Any, give_up_after_seconds: float | None = None, most_aborts: int | None = None
    ) -> Any:
        """Commit a request that was built in place, which avoids copying the writes of a batch.

        Raise Contended after `most_aborts` aborts; without it, an abort is retried like any other failure.
        """
        return self._with_retry(
            lambda timeout: self._commit(request, timeout=timeout, metadata=self._metadata),
            give_up_after_seconds,
            most_aborts,
        )

    def batch_write(self, writes: Sequence[Any]) -> list[int]:
        """Apply each write independently, and return the indices of those that failed."""
        if not writes:
            return []
        request = BatchWriteRequest(database=self.database, writes=writes)
        response = self._with_retry(
            lambda timeout: self._batch_write(request, timeout=timeout, metadata=self._metadata)
        )
        return [index for index, status in enumerate(response.status) if status.code]

    def batch_get(self, names: Iterable[str], fields: Iterable[str] = ()) -> dict[str, Any]:
        """Return the existing documents of `names` by name, all read at one instant; only `fields`, if given."""
        request = BatchGetDocumentsRequest(database=self.database, documents=names)
        if fields := list(fields):
            request.mask.field_paths.extend(fields)
        responses = self._collect(self._batch_get, request)
        return {each.found.name: each.found for each in responses if each.HasField("found")}

    def query(self, parent: str, structured_query: Any) -> list[Any]:
        """Return the documents that a query below `parent` finds, in order."""
        request = RunQueryRequest(parent=parent, structured_query=structured_query)
        responses = self._collect(self._run_query, request)
        return [each.document for each in responses if each.HasField("document")]

    def count(self, parent: str, structured_query: Any) -> int:
        """Count the documents that a query below `parent` finds, without reading them."""
        request = RunAggregationQueryRequest(parent=parent)
        aggregation = request.structured_aggregation_query
        aggregation.structured_query.CopyFrom(structured_query)
        aggregation.aggregations.add(alias="count").count.SetInParent()
        (response,) = self._collect(self._aggregate, request)
        return int(response.result.aggregate_fields["count"].integer_value)

    def _collect(self, call: Callable[..., Iterable[Any]], request: Any) -> list[Any]:
        return self._with_retry(lambda timeout: list(call(request, timeout=timeout, metadata=self._metadata)))

    def _with_retry(
        self,
        call: Callable[[float], R],
        give_up_after_seconds: float | None = None,
        most_aborts: int | None = None,
    ) -> R:
        """Return the result of `call`, which gets the remaining seconds; retry after jittered pauses until then."""
        deadline = time.monotonic() + (give_up_after_seconds or self._give_up_after_seconds)
        pause, aborts = _FIRST_PAUSE_SECONDS, 0
        while True:
            try:
                return call(deadline - time.monotonic())
            except grpc.RpcError as error:
                if error.code() not in _RETRIED:
                    raise
                aborts += error.code() == grpc.StatusCode.ABORTED
                if most_aborts is not None and aborts >= most_aborts:
                    raise Contended from error
                if time.monotonic() + pause > deadline:
                    raise Unavailable(f"Firestore does not answer ({error.code().name})") from error
            time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 (jitter, no secret)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _unary(channel: grpc.Channel, method: str, request: Any, response: Any) -> Any:
    return channel.unary_unary(
        _SERVICE + method,
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )


def _stream(channel: grpc.Channel, method: str, request: Any, response: Any) -> Any:
    return channel.unary_stream(
        _SERVICE + method,
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
