"""Say in one line what went wrong, for the operator."""

from collections.abc import Iterator
from typing import Final

from shared.domain.metering.redaction import redact_text

MAX_ERROR_CHARS: Final = 300


def error_text(error: BaseException) -> str:
    """Return the class and the message of an error, or of each error of a group, without known secrets."""
    texts = (f"{type(each).__name__}: {each}" for each in _single_errors(error))
    return one_line("; ".join(texts), MAX_ERROR_CHARS)


def one_line(text: str, most_chars: int) -> str:
    """Return a text on one line, without known secrets, cut at `most_chars`."""
    return redact_text(" ".join(text.split()))[:most_chars]


def _single_errors(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _single_errors(each)
    else:
        yield error
