"""Read the files that commands are given."""

from pathlib import Path

from shared.domain.errors import InvalidInput

_MAX_FILE_BYTES = 10 * 1024 * 1024


def read_text(path: Path) -> str:
    """Return the content of a file. Raise InvalidInput if it cannot be read, is too large, or is not UTF-8."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > _MAX_FILE_BYTES:
        raise InvalidInput(f"{path} is larger than {_MAX_FILE_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8: {error.reason}") from error
