"""The errors that reach an agent, where it asked a question whose answer it has to know."""

from __future__ import annotations

from gwi_usage.exchanges import Answer


class GwiError(Exception):
    """An error of this package."""


class RunRefused(GwiError):
    """A run, or more of a hold, that the service refused: no limit, budget or parent has the room."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.content.get("detail") or answer.summary))
        self.status = answer.status
        self.code = answer.code
        self.problem = dict(answer.content)
        """The service's problem document: `scope`, `limit`, `used`, `asked`, `upgrade_url` and more."""


class NotAnswered(GwiError):
    """A question that the service did not answer in time, so that a run with a budget must not begin."""
