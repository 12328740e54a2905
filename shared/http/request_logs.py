"""The log lines of a request: one for each, and one more for each that is refused to its caller."""

import hashlib
import logging
import re
import time
from dataclasses import dataclass, field
from typing import Final

from flask import Request

from shared.domain.errors import UsageError
from shared.logs import FIELDS, LOGGER
from shared.ports import Operations

_REFUSALS: Final = frozenset({401, 403, 429})
_TRACE: Final = re.compile(r"([0-9a-f]{32})(?:/|$)")
_TRACE_PARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-")
_KEY_PREFIX: Final = re.compile(r"gwi_(platform_)?[a-z_]+_[0-9A-Za-z]{5}")
_TENANT_HASH_CHARS: Final = 12


@dataclass(slots=True, kw_only=True)
class RequestLog:
    """The facts of a request that are logged: of its caller, only a key's prefix or the id of an account."""

    method: str
    route: str = "none"
    tenant_id: str | None = None
    caller: str | None = None
    crossings: list[str] = field(default_factory=list)
    """The tenants for which a platform key, or an operator, acted."""
    counts: dict[str, int] = field(default_factory=dict)
    """Numbers that a route counts."""
    code: str | None = None
    started: float = field(default_factory=time.perf_counter)

    def saw_key(self, secret: str) -> None:
        """Remember the part of a key by which it is listed."""
        if prefix := _KEY_PREFIX.match(secret):
            self.caller = f"{'platform' if prefix[1] else 'key'}:{prefix[0]}"

    def saw_error(self, error: Exception) -> None:
        """Remember why the request failed."""
        self.code = error.code if isinstance(error, UsageError) else type(error).__name__

    def write(self, status: int, operations: Operations) -> None:
        """Log the request, which was answered with `status`."""
        fields: dict[str, object] = {"route": self.route, "status": status}
        fields |= self.counts
        if self.code:
            fields["code"] = self.code
        if status in _REFUSALS:
            refusal = fields | {"caller": self.caller or "unknown"}
            LOGGER.warning("security: %s %s refused", self.method, self.route, extra={FIELDS: refusal})
        if self.tenant_id:
            fields["tenant"] = _hash(self.tenant_id)
        if self.crossings:
            hashes = [_hash(each) for each in self.crossings]
            fields["tenant"] = hashes[0] if len(hashes) == 1 else hashes
            fields |= {"crossings": len(hashes), "caller": self.caller or "unknown"}
        fields["milliseconds"] = round((time.perf_counter() - self.started) * 1000, 1)
        fields |= {"calls": operations.calls, "reads": operations.reads, "writes": operations.writes}
        level = logging.ERROR if status >= 500 else logging.INFO
        LOGGER.log(level, "%s %s %d", self.method, self.route, status, extra={FIELDS: fields})


def _hash(tenant_id: str) -> str:
    return hashlib.sha256(tenant_id.encode()).hexdigest()[:_TENANT_HASH_CHARS]


def trace_of(request: Request) -> str | None:
    """Return the id of the trace that Google's front end, or the caller, began."""
    google = _TRACE.match(request.headers.get("X-Cloud-Trace-Context", ""))
    found = google or _TRACE_PARENT.match(request.headers.get("traceparent", ""))
    return found[1] if found else None
