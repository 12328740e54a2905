"""Unpacks gzip bodies, up to a limit."""

import zlib

from shared.domain.errors import InvalidInput, TooLarge

MAX_UNPACKED_BYTES = 8 * 1024 * 1024
"""Metadata is stored as it is sent, and Firestore commits 10 MiB at the most."""
_GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS


def unpack(body: bytes) -> bytes:
    """Return the content of a gzip body; raise TooLarge or InvalidInput. Never unpack more than the limit."""
    unpacker = zlib.decompressobj(_GZIP_WINDOW_BITS)
    try:
        content = unpacker.decompress(body, MAX_UNPACKED_BYTES + 1)
    except zlib.error as error:
        raise _malformed(str(error)) from error
    if len(content) > MAX_UNPACKED_BYTES:
        message = f"the body is too large when unpacked; the maximum is {MAX_UNPACKED_BYTES} bytes"
        raise TooLarge(message, code="unpacked_too_large")
    if not unpacker.eof:
        raise _malformed("it ends too early")
    if unpacker.unused_data:
        raise _malformed("there are bytes after its end")
    return content


def _malformed(reason: str) -> InvalidInput:
    return InvalidInput(f"the body cannot be unpacked as gzip: {reason}", code="malformed_gzip")
