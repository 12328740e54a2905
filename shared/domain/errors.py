"""The errors this product raises on purpose. Only shared/http knows their status codes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

MAX_SHOWN_VALUE_CHARS = 80
MAX_PROBLEMS = 100
"""The most problems that an answer lists: more would help nobody, and cost the service."""
_SHOWN_ITEMS, _SHOWN_LEVELS = 8, 3


class UsageError(Exception):
    """Base of all errors. `code` is stable; `message` is shown to people and may change."""

    code = "internal_error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One problem with one field of the input; `index` is the item's position in a batch, else null."""

    field: str
    code: str
    message: str
    index: int | None = None


@dataclass(slots=True)
class Problems:
    """The first problems of a request, at most MAX_PROBLEMS."""

    listed: list[FieldProblem] = field(default_factory=list)
    is_truncated: bool = False

    def add(self, problems: Iterable[FieldProblem], most: int = MAX_PROBLEMS) -> None:
        """Add the first `most` of `problems`, as far as there is room."""
        room = max(min(most, MAX_PROBLEMS - len(self.listed)), 0)
        first = list(islice(problems, room + 1))
        self.listed += first[:room]
        self.is_truncated |= len(first) > room

    def add_all(self, problems: Iterable[FieldProblem]) -> None:
        """Add problems of one line each that a caller has to know completely, whatever else is listed."""
        self.listed += problems


class InvalidInput(UsageError):
    """The request is malformed or breaks a rule; `problems` names each field and value, `is_truncated` if not all."""

    code = "invalid_input"

    def __init__(
        self,
        message: str,
        problems: tuple[FieldProblem, ...] = (),
        *,
        code: str | None = None,
        is_truncated: bool = False,
    ) -> None:
        super().__init__(message, code=code)
        self.problems = problems
        self.is_truncated = is_truncated


class TooSlow(UsageError):
    """The request did not arrive in time."""

    code = "request_timeout"


class TooLarge(UsageError):
    """The request is larger than the documented limit."""

    code = "too_large"


class NotAuthenticated(UsageError):
    """The key or ID token is missing, unknown, expired or revoked."""

    code = "not_authenticated"


class Forbidden(UsageError):
    """The caller is known but not allowed to do this."""

    code = "forbidden"


class NotFound(UsageError):
    """The resource does not exist in the caller's tenant."""

    code = "not_found"


class Conflict(UsageError):
    """The resource already exists, or has changed since it was read."""

    code = "conflict"


class Unavailable(UsageError):
    """A required service did not respond. Nothing was partially written, and a retry is safe."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after_seconds: int = 2, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RateStatus:
    """A caller's requests per minute, as in the RateLimit headers of a response."""

    limit: int
    remaining: int
    reset_seconds: int
    """Until all of `limit` is available again."""
    retry_after_seconds: int


class RateLimited(UsageError):
    """The tenant sends more requests, or events, than it may. Nothing was recorded."""

    code = "rate_limited"

    def __init__(self, message: str, rate: RateStatus, *, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.rate = rate


class ConfigurationError(UsageError):
    """A setting is missing or invalid; raised at start-up, never later."""

    code = "configuration"


def shown(value: object) -> str:
    """Format `value` for an error message: one line, at most 80 characters."""
    return cut(repr(_beginning(value)), MAX_SHOWN_VALUE_CHARS)


def cut(text: str, most: int) -> str:
    """Return `text`, or its beginning and an ellipsis, at most `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _beginning(value: object, levels: int = _SHOWN_LEVELS) -> object:
    """Return so much of `value` that its beginning reads the same; formatting all of it may take seconds."""
    if isinstance(value, str | bytes):
        return value[: MAX_SHOWN_VALUE_CHARS + 1]
    if isinstance(value, dict) and levels:
        first = islice(value.items(), _SHOWN_ITEMS)
        return {_beginning(key): _beginning(item, levels - 1) for key, item in first}
    if isinstance(value, list) and levels:
        return [_beginning(item, levels - 1) for item in value[:_SHOWN_ITEMS]]
    return ... if isinstance(value, dict | list) else value
