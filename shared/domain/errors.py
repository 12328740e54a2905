"""The one error tree: what can go wrong, in the caller's words. HTTP status codes are http's business."""

from dataclasses import dataclass


class UsageError(Exception):
    """Base of every error this product raises on purpose; `code` is stable, the message is for people."""

    code = "internal_error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One thing wrong with one field of the input; `index` is the item's place in a batch, None outside one."""

    field: str
    code: str
    message: str
    index: int | None = None


class InvalidInput(UsageError):
    """The request cannot be understood or breaks a rule; `problems` names each field and value."""

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
    """No key, or one that is unknown, expired or revoked."""

    code = "not_authenticated"


class Forbidden(UsageError):
    """The caller is known and may not do this."""

    code = "forbidden"


class NotFound(UsageError):
    """The thing addressed does not exist inside the caller's tenant."""

    code = "not_found"


class Conflict(UsageError):
    """The thing exists already, or has changed since it was read."""

    code = "conflict"


class Unavailable(UsageError):
    """A service this request needs did not answer; nothing was half-written, and trying again is safe."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after_seconds: int = 2, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after_seconds = retry_after_seconds


class ConfigurationError(UsageError):
    """The environment lacks what this function needs; raised at start-up, never later."""

    code = "configuration"
