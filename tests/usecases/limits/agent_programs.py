"""Random programs of processes that admit, extend, spend and end the same runs, and take turns."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from hypothesis import strategies as st

TTLS = [timedelta(minutes=5), timedelta(hours=1), timedelta(hours=14)]


class Admit(NamedTuple):
    """Ask for a run; again, if it was admitted before."""

    run: str
    asked: tuple[int | None, int | None]
    """Cents and tokens."""
    ttl: timedelta


class Extend(NamedTuple):
    """Ask for other totals."""

    run: str
    asked: tuple[int | None, int | None]
    ttl: timedelta | None


class End(NamedTuple):
    """End a run, unless something of its tree is being recorded."""

    run: str


Request = Admit | Extend | End


class Draw(NamedTuple):
    """Use some eighths of what a run may still use."""

    run: str
    eighths: int
    ago: timedelta


class Together(NamedTuple):
    """Requests that wait together, so that all but the first share a commit."""

    requests: tuple[Request, ...]


class Wait(NamedTuple):
    """Time passes."""

    duration: timedelta


class Fold(NamedTuple):
    """A tick."""


Step = Request | Draw | Together | Wait | Fold


class History(NamedTuple):
    """Programs of processes, and the order in which their calls take turns."""

    programs: Sequence[Sequence[Step]]
    schedule: Sequence[int]
    strangers: bool
    """Whether something was used before."""
    all_end: bool
    """Whether the runs end in the end, and do not expire."""


CASTS = [
    ("one", "two"),
    ("one", "three"),
    ("root", "child"),
    ("root", "child", "sibling"),
    ("root", "child", "grandchild", "one"),
    ("root", "child", "grandchild", "sibling", "one", "two", "three"),
]
"""The runs that a history is about: where they are few, more happens to each."""
SIZES = [(50, 500), (60, 600), (100, 1_000), (20, 200), (None, 300), (40, None)]
WAITS = [timedelta(seconds=3), timedelta(seconds=25), timedelta(minutes=5), timedelta(hours=13)]

sizes = st.sampled_from(SIZES)
ttls = st.sampled_from(TTLS)
hours_ago = st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=12)])
turns = st.tuples(st.integers(0, 2), st.sampled_from([1, 2, 3, 5, 8, 13]))
schedules = st.lists(turns, max_size=25).map(
    lambda turns: [actor for actor, calls in turns for _ in range(calls)]
)


def programs_of(cast: Sequence[str]) -> st.SearchStrategy[list[list[Step]]]:
    names = st.sampled_from(cast)
    admits = st.builds(Admit, names, sizes, ttls)
    extends = st.builds(Extend, names, sizes | st.just((10, 100)), st.none() | ttls)
    ends = st.builds(End, names)
    draws = st.builds(Draw, names, st.sampled_from([1, 4, 8, 8]), hours_ago)
    groups = st.builds(Together, st.lists(admits | extends | ends, min_size=3, max_size=4).map(tuple))
    waits = st.builds(Wait, st.sampled_from(WAITS))
    alone = admits | draws | extends | ends | groups | waits | st.just(Fold())
    steps = alone.map(lambda step: [step]) | st.builds(_work, names, sizes, ttls)
    program = st.lists(steps, min_size=1, max_size=5).map(
        lambda parts: [step for part in parts for step in part]
    )
    return st.lists(program, min_size=2, max_size=3)


def _work(run: str, size: tuple[int | None, int | None], ttl: timedelta) -> list[Step]:
    """Return what an agent usually does."""
    return [Admit(run, size, ttl), Draw(run, 8, timedelta(0)), End(run)]


programs = st.sampled_from(CASTS).flatmap(programs_of)
histories = st.builds(History, programs, schedules, st.booleans(), st.booleans())
