"""Owns gRPC interceptors that watch Firestore's calls, or let them fail before or after the server did its part."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count, islice
from typing import Any

import grpc
from google.cloud.firestore_v1.types import firestore as firestore_types

_STREAMS = frozenset({"BatchGetDocuments", "RunQuery", "RunAggregationQuery"})


class CallFailed(grpc.RpcError):  # type: ignore[misc]  # grpc ships no types
    """A failed call, as its client sees it."""

    def __init__(self, code: grpc.StatusCode, details: str = "on its way") -> None:
        super().__init__(details)
        self._code = code
        self._details = details

    def code(self) -> grpc.StatusCode:
        """The status."""
        return self._code

    def details(self) -> str:
        """The status's text."""
        return self._details


class EveryCall(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """An interceptor of both kinds of calls that this product makes."""

    def intercept_unary_unary(self, continuation: Any, call: Any, request: Any) -> Any:
        return self._intercept(lambda: continuation(call, request), call.method.rpartition("/")[2], request)

    def intercept_unary_stream(self, continuation: Any, call: Any, request: Any) -> Any:
        return self._intercept(lambda: continuation(call, request), call.method.rpartition("/")[2], request)

    def _intercept(self, proceed: Callable[[], Any], method: str, request: Any) -> Any:
        raise NotImplementedError  # what happens to a call is all that the subclasses differ in


class RecordedCalls(EveryCall):
    """Keeps every call that is made."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Any]] = []

    @property
    def methods(self) -> list[str]:
        """The names of the calls, in order."""
        return [method for method, _ in self.requests]

    def writes(self) -> list[str]:
        """The paths below the tenants that the commits write to, in order."""
        commits = (request for method, request in self.requests if method == "Commit")
        return [write.update.name.partition("/tenants/")[2] for commit in commits for write in commit.writes]

    def _intercept(self, proceed: Callable[[], Any], method: str, request: Any) -> Any:
        self.requests.append((method, request))
        return proceed()


class Unanswered(RecordedCalls):
    """Keeps every call, and answers each itself: no server is asked, no document is found, every sum is 1."""

    def _intercept(self, proceed: Callable[[], Any], method: str, request: Any) -> Any:
        self.requests.append((method, request))
        if method == "RunAggregationQuery":
            response = firestore_types.RunAggregationQueryResponse.pb()()
            for each in request.structured_aggregation_query.aggregations:
                response.result.aggregate_fields[each.alias].integer_value = 1
            return iter([response])
        return iter([])


class FailingCalls(EveryCall):
    """Lets the first `times` calls fail before they reach the server."""

    def __init__(self, code: grpc.StatusCode, times: int, details: str = "on its way") -> None:
        self.left = times
        self.attempts = 0
        self._failure = CallFailed(code, details)

    def _intercept(self, proceed: Callable[[], Any], method: str, request: Any) -> Any:
        self.attempts += 1
        if self.left == 0:
            return proceed()
        self.left -= 1
        raise self._failure


class LostAnswers(EveryCall):
    """Lets the first `times` commits reach the server, which applies them, and then loses its answer.

    If it is `away_afterwards`, every later call fails before it reaches the server.
    """

    def __init__(self, code: grpc.StatusCode, times: int, *, away_afterwards: bool = False) -> None:
        self.left = times
        self._away_afterwards = away_afterwards
        self._failure = CallFailed(code)

    def _intercept(self, proceed: Callable[[], Any], method: str, request: Any) -> Any:
        if self.left == 0 and self._away_afterwards:
            raise self._failure
        answer = proceed()
        if method != "Commit" or self.left == 0:
            return answer
        # An error of the server itself is not lost: only an applied commit is what this is about.
        if answer.exception() is None:
            self.left -= 1
            raise self._failure
        return answer


class ChosenFailures(EveryCall):
    """Lets chosen calls fail: before they reach the server, or after the server did its part.

    A stream whose answer is lost ends after its first message. The server's refusals are lost like its answers.
    """

    def __init__(self, chosen: Mapping[int, tuple[grpc.StatusCode, bool]]) -> None:
        """Take the status of each failing call, by its number, and whether the server does its part."""
        self._chosen = chosen
        self._numbers = count()

    def _intercept(self, proceed: Callable[[], Any], method: str, request: Any) -> Any:
        code, is_done = self._chosen.get(next(self._numbers), (None, False))
        if code is None:
            return proceed()
        failure = CallFailed(code)
        if not is_done:
            raise failure
        answer = proceed()
        if method not in _STREAMS:
            answer.exception()  # waits for the server
            raise failure
        return _first_message(answer, failure)


def _first_message(answer: Iterable[Any], failure: CallFailed) -> Iterator[Any]:
    yield from islice(answer, 1)
    raise failure
