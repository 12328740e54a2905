"""Owns the switch that makes the API fail: by path, with a status, so many times, before or after the effect."""

from dataclasses import dataclass

from tools.stripe_double.refusals import Refusal, simulated


@dataclass(kw_only=True)
class Failure:
    """`after_effect`: the request is carried out, and its answer lost."""

    path_prefix: str
    status: int
    times: int
    after_effect: bool = False


class Failures:
    """The failures that are still to come."""

    def __init__(self) -> None:
        self._planned: list[Failure] = []

    def plan(self, failure: Failure) -> None:
        """Add a failure; of several for a path the first is used up first."""
        self._planned.append(failure)

    def clear(self) -> None:
        """Let everything succeed again."""
        self._planned.clear()

    def strike(self, path: str, *, after_effect: bool) -> Refusal | None:
        """Use up one failure for `path`, if one is planned for this moment."""
        for failure in self._planned:
            fits = failure.times > 0 and path.startswith(failure.path_prefix)
            if fits and failure.after_effect == after_effect:
                failure.times -= 1
                return simulated(failure.status)
        return None
