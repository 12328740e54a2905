"""One call of `make dev`: its options and its stop signal."""

from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from tools.dev.progress import Progress
from tools.dev.retries import Retries


@dataclass(frozen=True, kw_only=True)
class Launch:
    """The stack's folder, the demo tenant's history, and the event that stops everything.

    `with_history` records a month of demo data; `built` runs what is deployed:
    the web app's production build, and each function staged, with its own pins.
    """

    folder: Path
    with_history: bool = True
    built: bool = False
    stop: Event = field(default_factory=Event)
    progress: Progress = field(default_factory=Progress)

    @property
    def logs(self) -> Path:
        """The folder of the parts' logs."""
        return self.folder / "logs"

    @property
    def retries(self) -> Retries:
        """How calls of an overloaded part are repeated."""
        return Retries(self.stop)
