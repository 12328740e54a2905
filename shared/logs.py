"""Logs as one JSON object a line, in the fields that Cloud Logging understands, without anything secret."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

LOGGER: Final = logging.getLogger("gwi_usage")
FIELDS: Final = "fields"
"""The name under which a call of LOGGER passes more fields: `extra={FIELDS: {…}}`."""

_TRACE: ContextVar[str | None] = ContextVar("trace", default=None)
_SECRET: Final = re.compile(
    r"(gwi_[a-z_]+_[0-9A-Za-z]{5})[0-9A-Za-z]+"  # keys keep the prefix by which they are listed
    r"|\b(?:sk|rk|whsec)_[0-9A-Za-z_]{8,}"
    r"|\beyJ[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*)*"
    # Not the addresses of service accounts, which belong to nobody and say whose rights are missing.
    r"|[^\s\"'<>(),;:\\]+@(?![\w.-]+\.gserviceaccount\.com(?!\.?\w))[^\s\"'<>(),;:\\]+\.[^\s\"'<>(),;:\\]+"
)
_HIDDEN: Final = "[hidden]"


class JsonLines(logging.Formatter):
    """Formats a record as one line; a traceback is part of its message."""

    def __init__(self, project_id: str) -> None:
        super().__init__()
        self._project_id = project_id

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if record.exc_info:
            message = f"{message}\n{self.formatException(record.exc_info)}"
        entry = {"severity": record.levelname, "message": message, **getattr(record, FIELDS, {})}
        if trace := _TRACE.get():
            entry["logging.googleapis.com/trace"] = f"projects/{self._project_id}/traces/{trace}"
        return without_secrets(json.dumps(entry, ensure_ascii=False, default=str))


def without_secrets(text: str) -> str:
    """Return `text` without keys, tokens and email addresses; messages of other libraries may contain them."""
    return _SECRET.sub(lambda found: f"{found[1]}…" if found[1] else _HIDDEN, text)


def write_json_lines(project_id: str) -> None:
    """Write the product's log to standard output from now on."""
    handler = _StandardOutput()
    handler.setFormatter(JsonLines(project_id))
    for earlier in [each for each in LOGGER.handlers if isinstance(each, _StandardOutput)]:
        LOGGER.removeHandler(earlier)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)


class _StandardOutput(logging.Handler):
    """Writes to the standard output of the moment, which a test may replace."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stdout.write(f"{self.format(record)}\n")
            sys.stdout.flush()
        except Exception:  # noqa: BLE001 (a log that cannot be written must not fail a request)
            self.handleError(record)


@contextmanager
def traced(trace: str | None) -> Iterator[None]:
    """Log everything within the block as part of a trace."""
    token = _TRACE.set(trace)
    try:
        yield
    finally:
        _TRACE.reset(token)
