"""Reads whole collections of any size, in one call as long as the connection lasts."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import grpc

from shared.adapters.firestore.retries import count_operations
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.errors import Unavailable

_SECONDS: Final = 300.0
"""Of one call: the emulator sorts a collection before it sends the first document."""


def scan(rpc: FirestoreRpc, parent: str, query_after: Callable[[str | None], Any]) -> Iterator[Any]:
    """Yield every document that a query in the order of names finds, as they arrive.

    `query_after` returns the query after a document. Where the connection breaks, the scan goes on after the last
    document; raise Unavailable if that brings no further one.
    """
    last: str | None = None
    while True:
        before = last
        try:
            for document in rpc.stream(parent, query_after(last), _SECONDS):
                last = document.name
                count_operations(reads=1)
                yield document
        except grpc.RpcError as error:
            if last == before:
                raise Unavailable("Firestore does not answer") from error
        else:
            return
