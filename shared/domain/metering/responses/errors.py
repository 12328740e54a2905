"""The reasons for which a response is refused."""

from typing import Literal

from shared.domain.errors import shown

ErrorCode = Literal[
    "ambiguous_response",
    "no_usage_in_response",
    "malformed_usage",
    "contradictory_tokens",
    "unfinished_response",
    "malformed_stream",
]


class ExtractionError(ValueError):
    """The usage of a response cannot be determined; `path` is the position in the response, `code` is stable."""

    def __init__(self, code: ErrorCode, path: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.path = path


def no_usage(path: str) -> ExtractionError:
    """Return the error for a response without the count at `path`."""
    return ExtractionError("no_usage_in_response", path, f"{path} is missing from the response")


def malformed(path: str, value: object, wanted: str) -> ExtractionError:
    """Return the error for a value that is not of the wanted kind."""
    return ExtractionError("malformed_usage", path, f"{path} is {shown(value)}, but must be {wanted}")
