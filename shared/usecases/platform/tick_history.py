"""Keep when ticks ran, how long they took, and how they failed."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import Unavailable
from shared.domain.platform.errors import error_text
from shared.domain.platform.ticks import TickJob, TickRun
from shared.ports import ServiceStatus

LOGGER = logging.getLogger("gwi_usage")


@dataclass(frozen=True, slots=True)
class TickHistory:
    """Writes down each tick once it has ended. Where that fails, it is logged, and the tick goes on."""

    service: ServiceStatus
    timer: Callable[[], float] = time.perf_counter

    @contextmanager
    def kept(self, job: TickJob, now: datetime) -> Iterator[None]:
        """Keep the run of the block, with the error that it raises."""
        started, failure = self.timer(), None
        try:
            yield
        except Exception as error:
            failure = error_text(error)
            raise
        finally:
            milliseconds = round((self.timer() - started) * 1000)
            self._add(TickRun(at=now, job=job, milliseconds=milliseconds, error=failure))

    def _add(self, run: TickRun) -> None:
        try:
            self.service.add_tick(run)
        except Unavailable as error:
            LOGGER.warning("the tick could not be kept among the last ones: %s", error.message)
        except Exception:
            LOGGER.exception("the tick could not be kept among the last ones")
