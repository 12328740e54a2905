"""The five calls of Firestore in use, with raw messages and retries; they fail as Unavailable."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple
from urllib.parse import quote

import grpc
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport
from google.cloud.firestore_v1.types import firestore as firestore_types

from shared.adapters.firestore.lost_answers import REFUSED, Attempts, is_stored, written_name
from shared.adapters.firestore.refused import gate_of
from shared.adapters.firestore.retries import GIVE_UP_AFTER_SECONDS, Effort, Retries, count_operations
from shared.domain.errors import TooLarge
from shared.ports import Operations

CommitRequest: Any = firestore_types.CommitRequest.pb()
CommitResponse: Any = firestore_types.CommitResponse.pb()
BatchWriteRequest: Any = firestore_types.BatchWriteRequest.pb()
BatchGetDocumentsRequest: Any = firestore_types.BatchGetDocumentsRequest.pb()
RunQueryRequest: Any = firestore_types.RunQueryRequest.pb()
RunAggregationQueryRequest: Any = firestore_types.RunAggregationQueryRequest.pb()

_HOST = "firestore.googleapis.com:443"
_CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # As Google's own client does; the emulator refuses pings more often, or without a call under way.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # Otherwise a new channel would share the dead connection of the old one.
    ("grpc.use_local_subchannel_pool", 1),
]
_SERVICE = "/google.firestore.v1.Firestore/"
_DOCUMENT_FIELD = {"batch_get": "found", "run_query": "document"}
_PROBE = "probes/none"
_ENTRIES_PER_READ = 1_000
"""An aggregation query is billed as one read for each thousand index entries that it finds."""


def open_channel(emulator_host: str | None) -> grpc.Channel:
    """Open a channel to the emulator at `host:port`, or to Google Cloud with this service's identity."""
    if emulator_host:
        return grpc.insecure_channel(emulator_host, options=_CHANNEL_OPTIONS)
    return FirestoreGrpcTransport.create_channel(_HOST, options=_CHANNEL_OPTIONS)


class _Stubs(NamedTuple):
    """The calls on one channel."""

    commit: Any
    batch_write: Any
    batch_get: Any
    run_query: Any
    aggregate: Any

    @classmethod
    def on(cls, channel: grpc.Channel) -> "_Stubs":
        types = firestore_types
        unary = partial(_stub, channel.unary_unary)
        read = partial(_stub, channel.unary_stream)
        return cls(
            commit=unary("Commit", CommitRequest, CommitResponse),
            batch_write=unary("BatchWrite", BatchWriteRequest, types.BatchWriteResponse.pb()),
            batch_get=read(
                "BatchGetDocuments", BatchGetDocumentsRequest, types.BatchGetDocumentsResponse.pb()
            ),
            run_query=read("RunQuery", RunQueryRequest, types.RunQueryResponse.pb()),
            aggregate=read(
                "RunAggregationQuery", RunAggregationQueryRequest, types.RunAggregationQueryResponse.pb()
            ),
        )


class FirestoreRpc:
    """Raw calls on one database. Safe for many threads; build it after the server has forked.

    `connect` opens a channel. It is called again to replace a channel whose connection has died silently.
    """

    def __init__(
        self,
        project_id: str,
        connect: Callable[[], grpc.Channel],
        *,
        is_emulator: bool,
        give_up_after_seconds: float = GIVE_UP_AFTER_SECONDS,
    ) -> None:
        self.database = f"projects/{project_id}/databases/(default)"
        self.documents = f"{self.database}/documents"
        # The emulator accepts this token as the owner's; in the cloud, the channel has credentials.
        self._metadata = [("authorization", "Bearer owner")] if is_emulator else []
        self._metadata.append(("google-cloud-resource-prefix", self.database))
        self._metadata.append(("x-goog-request-params", f"database={quote(self.database, safe='')}"))
        self._connect = connect
        self._gate = gate_of(self.database)
        self._opened: _Stubs | None = None
        self._retries = Retries(
            give_up_after_seconds, gate=self._gate, probe=self._probe, reconnect=self._reconnect
        )

    def request(self) -> AbstractContextManager[Operations]:
        """Let the calls within the block wait in total as long as one call may; yield their count."""
        return self._retries.request()

    def commit(
        self,
        writes: Iterable[Any],
        give_up_after_seconds: float | None = None,
        most_aborts: int | None = None,
    ) -> Any:
        """Apply all writes or none, and return Firestore's response; raise grpc.RpcError if a retry cannot help.

        A commit has succeeded too if its response was lost and its repetition is refused because of what it wrote.
        Raise Contended after `most_aborts` aborts; without it, an abort is retried like any other failure.
        """
        request = CommitRequest(database=self.database, writes=writes)
        count_operations(writes=len(request.writes))
        attempts = Attempts(partial(self._send_commit, request))
        try:
            effort = Effort(
                give_up_after_seconds=give_up_after_seconds,
                most_aborts=most_aborts,
                writes=len(request.writes),
            )
            return self._retries.run(attempts, effort)
        except grpc.RpcError as error:
            if error.code() not in REFUSED or not attempts.may_have_succeeded:
                raise
            documents = self._documents_of(request.writes)
            if not all(map(is_stored, request.writes, documents)):
                raise
        response = CommitResponse()
        for document in documents:
            result = response.write_results.add()
            if document is not None:
                result.update_time.CopyFrom(document.update_time)
        return response

    def send_commit(self, request: Any, most_aborts: int | None = None) -> Any:
        """Commit a request that was built in place, which avoids copying the writes of a batch.

        Raise Contended after `most_aborts` aborts; without it, an abort is retried like any other failure. A lost
        response is for the caller to recognise.
        """
        count_operations(writes=len(request.writes))
        effort = Effort(most_aborts=most_aborts, writes=len(request.writes))
        return self._retries.run(partial(self._send_commit, request), effort)

    def batch_write(self, writes: Sequence[Any]) -> list[int]:
        """Apply each write independently, and return the indices of those that failed, as commit understands it."""
        if not writes:
            return []
        request = BatchWriteRequest(database=self.database, writes=writes)
        count_operations(writes=len(writes))
        attempts: Attempts[Any] = Attempts(
            lambda timeout: self._stubs.batch_write(request, timeout=timeout, metadata=self._metadata)
        )
        response = self._retries.run(attempts)
        failed = [index for index, status in enumerate(response.status) if status.code]
        if not failed or not attempts.may_have_succeeded:
            return failed
        documents = self._documents_of(writes)
        return [index for index in failed if not is_stored(writes[index], documents[index])]

    def _send_commit(self, request: Any, timeout: float) -> Any:
        return self._stubs.commit(request, timeout=timeout, metadata=self._metadata)

    def _documents_of(self, writes: Iterable[Any]) -> list[Any]:
        """Return the document of each write as it is now; None if it does not exist."""
        names = [written_name(write) for write in writes]
        found = self.batch_get(names)
        return [found.get(name) for name in names]

    def batch_get(
        self, names: Iterable[str], fields: Iterable[str] = (), most_bytes: int | None = None
    ) -> dict[str, Any]:
        """Return the existing documents of `names` by name, all read at one instant; only `fields`, if given.

        Raise TooLarge if they exceed `most_bytes`.
        """
        request = BatchGetDocumentsRequest(database=self.database, documents=names)
        if fields := list(fields):
            request.mask.field_paths.extend(fields)
        count_operations(reads=len(request.documents))
        documents = self._read("batch_get", request, most_bytes)
        if most_bytes is not None and size_of(documents) > most_bytes:
            raise TooLarge("This interval has too much usage to read at once", code="range_too_large")
        return {document.name: document for document in documents}

    def query(self, parent: str, structured_query: Any, most_bytes: int | None = None) -> list[Any]:
        """Return the documents that a query below `parent` finds, in order.

        Stop after the document with which they exceed `most_bytes`.
        """
        request = RunQueryRequest(parent=parent, structured_query=structured_query)
        found = self._read("run_query", request, most_bytes)
        count_operations(reads=max(len(found), 1))
        return found

    def stream(self, parent: str, structured_query: Any, seconds: float) -> Iterator[Any]:
        """Return the documents that a query finds as they arrive; only up to the first one it is tried again."""
        request = RunQueryRequest(parent=parent, structured_query=structured_query)

        def begin(_timeout: float) -> Iterator[Any]:
            call = self._stubs.run_query(request, timeout=seconds, metadata=self._metadata)
            documents = _documents(call, "document", None)
            return chain(list(islice(documents, 1)), documents)

        return self._retries.run(begin)

    def count(self, parent: str, structured_query: Any) -> int:
        """Count the documents that a query below `parent` finds, without reading them."""
        return self.count_and_sum(parent, structured_query, ())[0]

    def count_and_sum(
        self, parent: str, structured_query: Any, fields: Sequence[str]
    ) -> tuple[int, dict[str, int]]:
        """Count the documents that a query finds, and sum at most four fields of integers over them."""
        request = RunAggregationQueryRequest(parent=parent)
        aggregation = request.structured_aggregation_query
        aggregation.structured_query.CopyFrom(structured_query)
        aggregation.aggregations.add(alias="count").count.SetInParent()
        for field in fields:
            aggregation.aggregations.add(alias=field).sum.field.field_path = field
        (response,) = self._retries.run(
            lambda timeout: list(self._stubs.aggregate(request, timeout=timeout, metadata=self._metadata))
        )
        found = response.result.aggregate_fields
        count = int(found["count"].integer_value)
        count_operations(reads=max(-(-count // _ENTRIES_PER_READ), 1))
        return count, {field: int(found[field].integer_value) for field in fields}

    def _read(self, stub: str, request: Any, most_bytes: int | None) -> list[Any]:
        """Return the documents that a call sends; stop after the one with which they exceed `most_bytes`."""

        def read(timeout: float) -> list[Any]:
            call = getattr(self._stubs, stub)(request, timeout=timeout, metadata=self._metadata)
            return list(_documents(call, _DOCUMENT_FIELD[stub], most_bytes))

        return self._retries.run(read)

    def _probe(self, timeout: float) -> None:
        """Read a document that does not exist."""
        names = [f"{self.documents}/{_PROBE}"]
        request = BatchGetDocumentsRequest(database=self.database, documents=names)
        list(self._stubs.batch_get(request, timeout=timeout, metadata=self._metadata))

    @property
    def _stubs(self) -> _Stubs:
        """The calls on the channel, which the first of them opens."""
        return self._opened or self._open()

    def _open(self) -> _Stubs:
        with self._gate.looking_for_credentials():
            self._opened = _Stubs.on(self._connect())
        return self._opened

    def _reconnect(self) -> None:
        """Replace the channel. Calls under way end on the old one, which closes with the last of them."""
        self._open()


def size_of(documents: Iterable[Any]) -> int:
    """Return the size of documents in bytes, as they are sent."""
    return sum(document.ByteSize() for document in documents)


def _documents(call: Any, field: str, most_bytes: int | None) -> Iterator[Any]:
    """Yield the documents of a call, whose responses have them in `field`."""
    size = 0
    for response in call:
        if not response.HasField(field):
            continue
        document = getattr(response, field)
        yield document
        if most_bytes is None:
            continue
        size += document.ByteSize()
        if size > most_bytes:
            call.cancel()
            return


def _stub(call: Any, method: str, request: Any, response: Any) -> Any:
    return call(
        _SERVICE + method,
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
