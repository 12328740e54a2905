"""Owns the switch that makes the API fail: by path, with a status, so many times."""

from dataclasses import dataclass

from tools.stripe_double.refusals import Refusal, simulated


@dataclass(kw_only=True)
class Failure:
    """The status of the next requests to paths that begin with a prefix."""

    path_prefix: str
    status: int
    times: int


class Failures:
    """The failures that are still to come."""

    def __init__(self) -> None:
        self._planned: list[Failure] = []

    def plan(self, failure: Failure) -> None:
        """Add a failure; of several for a path the first is used up first."""
        self._planned.append(failure)

    def strike(self, path: str) -> Refusal | None:
        """Use up one failure for `path`, if one is planned."""
        for failure in self._planned:
            if failure.times > 0 and path.startswith(failure.path_prefix):
                failure.times -= 1
                return simulated(failure.status)
        return None
