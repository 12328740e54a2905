"""The settings of a meter."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict


class Options(TypedDict, total=False):
    """Settings that most agents leave alone.

    - `outbox`: the SQLite file in which events wait; None keeps them in memory. By default a file of the user's own.
    - `timeout`: the seconds that a request may take, 5 by default.
    - `send_events`, `send_seconds`: so many events, or such an age of the oldest, make `track` send: 500 and 10.
    - `raises`: let failures of the meter reach the agent, for tests. By default they are logged.
    """

    outbox: Path | str | None
    timeout: float
    send_events: int
    send_seconds: float
    raises: bool


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The defaults of the fields that `Options` leaves out."""

    key: str = field(repr=False)
    url: str
    outbox: Path | None
    timeout: float = 5.0
    send_events: int = 500
    send_seconds: float = 10.0
    raises: bool = False

    @classmethod
    def of(cls, key: str, url: str, options: Options) -> Settings:
        chosen = options.get("outbox", default_outbox(key, url))
        rest: dict[str, Any] = {name: value for name, value in options.items() if name != "outbox"}
        return cls(key=key, url=url, outbox=None if chosen is None else Path(chosen), **rest)


def default_outbox(key: str, url: str) -> Path:
    """Return a file for each key and address: with another key, events could be recorded for another tenant."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    name = hashlib.sha256(f"{url.rstrip('/')} {key}".encode()).hexdigest()[:16]
    return Path(state) / "gwi-usage" / f"{name}.sqlite"
