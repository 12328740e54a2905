"""Firestore's emulator at its worst: others see a commit write by write, and a batch is read kind by kind."""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import grpc

from shared.adapters.firestore import FirestoreRpc
from shared.adapters.firestore.lost_answers import written_name
from shared.adapters.firestore.rpc import CommitResponse
from tests.adapters.interceptors import CallFailed
from tests.usecases.fault_injection import PassingOn


class _Commit:
    """A commit under way."""

    def __init__(self, rpc: FirestoreRpc, writes: Iterable[Any]) -> None:
        self._rpc = rpc
        self._left = list(writes)
        self.response = CommitResponse()

    @property
    def is_done(self) -> bool:
        return not self._left

    def require_preconditions(self) -> None:
        """Fail as Firestore does if a document is not as a write wants it."""
        for write in self._left:
            wanted = write.current_document
            document = self._rpc.batch_get([written_name(write)]).get(written_name(write))
            if wanted.HasField("exists") and wanted.exists != (document is not None):
                raise CallFailed(grpc.StatusCode.FAILED_PRECONDITION)
            if wanted.HasField("update_time") and (
                document is None or document.update_time != wanted.update_time
            ):
                raise CallFailed(grpc.StatusCode.FAILED_PRECONDITION)

    def write_next(self) -> None:
        write = self._left.pop(0)
        write.ClearField("current_document")
        self.response.write_results.extend(self._rpc.commit([write]).write_results)


class TornRpc(PassingOn):
    """One process's calls. Each takes as many steps of `steps` as it has writes, or kinds of documents to read.

    A commit that comes while another one is under way finishes that one first.
    """

    def __init__(self, rpc: FirestoreRpc, steps: Any, under_way: list[_Commit]) -> None:
        super().__init__(steps)
        self._rpc = rpc
        self._under_way = under_way

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        match name:
            case "commit":
                return self._commit(args[0])
            case "send_commit":
                return self._commit(args[0].writes)
            case "batch_get":
                return self._read(method, *args, **named)
            case _:
                return method(*args, **named)

    def _read(self, method: Callable[..., Any], names: Iterable[str], *args: Any, **named: Any) -> Any:
        found: dict[str, Any] = {}
        for _, together in groupby(names, key=lambda name: name.rpartition("/")[0]):
            found |= method(list(together), *args, **named)
        return found

    def _commit(self, writes: Iterable[Any]) -> Any:
        self._step()
        for commit in self._under_way:
            while not commit.is_done:
                commit.write_next()
        self._under_way.clear()
        commit = _Commit(self._rpc, writes)
        commit.require_preconditions()
        self._under_way.append(commit)
        commit.write_next()
        while not commit.is_done:
            self._step()
            if not commit.is_done:
                commit.write_next()
        return commit.response

    def _step(self) -> None:
        """Let the others act: this asks Firestore for nothing."""
        self._target.request()
