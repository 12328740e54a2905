"""How time is taken on a shared, noisy machine: alternating, and by the median."""

from collections.abc import Callable
from statistics import median
from time import perf_counter

Work = Callable[[], object]


def seconds(work: Work, clock: Callable[[], float] = perf_counter) -> float:
    """How long `work` takes by `clock`."""
    started = clock()
    work()
    return clock() - started


def medians(rounds: int, *takes: Callable[[], float]) -> list[float]:
    """Return the median of each of `takes`, called in turn, so that slow moments of the machine affect all alike."""
    taken: list[list[float]] = [[] for _ in takes]
    for number in range(rounds):
        # Whoever comes second may profit from the first, so they change places.
        order = range(len(takes)) if number % 2 == 0 else reversed(range(len(takes)))
        for index in order:
            taken[index].append(takes[index]())
    return [median(values) for values in taken]
