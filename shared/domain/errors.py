"""The errors this product raises on purpose. Only shared/http knows their status codes."""

from dataclasses import dataclass

MAX_SHOWN_VALUE_CHARS = 80


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


class InvalidInput(UsageError):
    """The request is malformed or breaks a rule; `problems` names each field and value."""

    code = "invalid_input"

    def __init__(
        self, message: str, problems: tuple[FieldProblem, ...] = (), *, code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.problems = problems


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


class ConfigurationError(UsageError):
    """A setting is missing or invalid; raised at start-up, never later."""

    code = "configuration"


def shown(value: object) -> str:
    """Format `value` for an error message: one line, at most 80 characters."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN_VALUE_CHARS else text[: MAX_SHOWN_VALUE_CHARS - 1] + "…"
