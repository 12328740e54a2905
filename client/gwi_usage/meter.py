"""The meter that agents call."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from gwi_usage import admissions, contexts, responses
from gwi_usage.admissions import Check, Planned
from gwi_usage.core import Core
from gwi_usage.events import Event, encoded
from gwi_usage.exchanges import Exchange, Request
from gwi_usage.runs import Run, RunOptions
from gwi_usage.settings import Options, Settings

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

Handler = TypeVar("Handler", bound=Callable[..., Any])
_TIMEOUT = 10.0


class Meter:
    """Records what an agent uses, and asks what it may use.

    Recording never raises: failures are logged by the logger `gwi_usage`, and events wait in the outbox.
    Names that begin with `a` are for coroutines.
    """

    def __init__(self, key: str, url: str, **options: Unpack[Options]) -> None:
        self._core = Core(Settings.of(key, url, options))

    def track(self, **event: Unpack[Event]) -> None:
        """Record an event: it is in the outbox when this returns, and is sent later."""
        with self._core.harmless("track"):
            self._core.keep({"category": "llm", **contexts.current().fields(), **event})

    def track_response(self, provider: str, response: object, /, **event: Unpack[Event]) -> None:
        """Record a call by its response: the object of a provider's client, its JSON, or the list of a stream."""
        with self._core.harmless("track_response"):
            fields = responses.event_fields(response)
            if not fields:
                kind = type(response).__name__
                message = (
                    f"A response of {provider} cannot be read ({kind}); its call is recorded without usage."
                )
                self._core.notices.log(f"response {provider} {kind}", message)
            stated = {"category": "llm", "provider": provider, "model": "unknown", **fields}
            self._core.keep({**contexts.current().fields(), **stated, **event})

    def check(self, **planned: Unpack[Planned]) -> Check:
        """Ask whether usage would fit the limits; nothing is set aside."""
        return self._core.run(_check(planned))

    async def acheck(self, **planned: Unpack[Planned]) -> Check:
        """Ask whether usage would fit the limits; nothing is set aside."""
        return await self._core.run_async(_check(planned))

    def run(self, run_id: str | None = None, **options: Unpack[RunOptions]) -> Run:
        """Return a run to enter with `with` or `async with`.

        With a budget, entering raises RunRefused if there is no room for it, and NotAnswered while the service
        does not answer.
        """
        return Run(self._core, run_id, options)

    @property
    def pending(self) -> int:
        """The number of events in the outbox that the service has not acknowledged."""
        return self._core.outbox.pending()

    def flush(self, timeout: float = _TIMEOUT) -> bool:
        """Send what waits, with pauses where the service asks for them; return whether everything was taken."""
        with self._core.harmless("flush"):
            return self._core.run(self._core.sending_all(timeout))
        return False

    async def aflush(self, timeout: float = _TIMEOUT) -> bool:
        """Send what waits, with pauses where the service asks for them; return whether everything was taken."""
        with self._core.harmless("flush"):
            return await self._core.run_async(self._core.sending_all(timeout))
        return False

    def flush_after(self, handler: Handler) -> Handler:
        """Send after each call of a serverless handler, because the process may be frozen or ended afterwards."""
        if inspect.iscoroutinefunction(handler):

            @functools.wraps(handler)
            async def flushing_async(*args: object, **kwargs: object) -> object:
                try:
                    return await handler(*args, **kwargs)
                finally:
                    with self._core.harmless("flush"):
                        await self._core.run_async(self._core.sending())

            return flushing_async  # type: ignore[return-value]  # the same signature

        @functools.wraps(handler)
        def flushing(*args: object, **kwargs: object) -> object:
            try:
                return handler(*args, **kwargs)
            finally:
                with self._core.harmless("flush"):
                    self._core.run(self._core.sending())

        return flushing  # type: ignore[return-value]  # the same signature

    def close(self, timeout: float = _TIMEOUT) -> None:
        """Send what waits, and leave the rest in the outbox for the next process."""
        self._core.close(timeout)

    async def aclose(self, timeout: float = _TIMEOUT) -> None:
        """Send what waits, and leave the rest in the outbox for the next process."""
        await self._core.close_async(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _check(planned: Planned) -> Exchange[Check]:
    shared = contexts.current().fields()
    shared.pop("parent_run_id", None)
    content = {**shared, **planned}
    tenant_id = str(content.pop("tenant_id", ""))
    return admissions.check(Request(path="/v1/check", body=encoded(content), tenant_id=tenant_id))
