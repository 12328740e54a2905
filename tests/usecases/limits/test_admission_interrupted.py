"""A process is interrupted anywhere, while another one does all of its work: no promise is broken."""

from datetime import timedelta

import grpc
import pytest

from tests.usecases.fault_injection import counted
from tests.usecases.limits.agent_histories import live_through
from tests.usecases.limits.agent_programs import (
    Admit,
    Draw,
    End,
    Extend,
    Fold,
    History,
    Step,
    Together,
    Wait,
)
from tests.usecases.limits.test_admission_always import check_history, memory_place, torn_place

MINUTES, HOURS = timedelta(minutes=5), timedelta(hours=14)
NOW = timedelta(0)
TEN = (1, 10)
THE_SAME_RUN: list[list[Step]] = [[Admit("one", TEN, MINUTES)], [Admit("one", TEN, MINUTES)]]
MANY = ("three", "two", "one", "child", "sibling")
HISTORIES: dict[str, list[list[Step]]] = {
    "another run uses all": [
        [Admit("one", (50, 800), MINUTES)],
        [Admit("two", (50, 800), MINUTES), Draw("two", 8, NOW), End("two")],
    ],
    "both admit the same run": THE_SAME_RUN,
    "the same run comes and goes": [
        [Admit("one", TEN, MINUTES)],
        [Admit("one", TEN, MINUTES), End("one")],
    ],
    "a run draws while it is extended": [
        [Admit("two", (50, 500), MINUTES), Extend("two", (90, 900), None)],
        [Draw("two", 8, NOW)],
    ],
    "another process makes room": [
        [Admit("one", (60, 600), MINUTES), Admit("two", (60, 600), MINUTES)],
        [End("one")],
    ],
    "a hold has just expired": [
        [Admit("two", (60, 600), MINUTES), Wait(MINUTES), Wait(timedelta(seconds=3))],
        [Draw("two", 4, NOW), Admit("one", (60, 600), MINUTES)],
    ],
    "a hold is made larger": [[Admit("two", (30, 300), MINUTES), Extend("two", (60, 600), HOURS)], [Fold()]],
    "children share a hold": [
        [Admit("root", (60, 600), MINUTES), Admit("child", (40, 400), MINUTES)],
        [Admit("sibling", (40, 400), MINUTES), Draw("root", 8, NOW)],
    ],
    "a child wants all": [[Admit("root", (60, 600), MINUTES)], [Admit("sibling", (60, 600), MINUTES)]],
    "a child expires": [
        [
            Admit("root", (60, 600), HOURS),
            Admit("child", (30, 300), MINUTES),
            Draw("child", 4, NOW),
            Wait(MINUTES),
            Wait(MINUTES),
            Admit("sibling", (30, 300), MINUTES),
        ],
        [Fold()],
    ],
    "more runs than the plan has": [
        [Admit("root", (20, 200), HOURS), Together(tuple(Admit(run, (4, 40), HOURS) for run in MANY))],
        [Admit("one", (4, 40), HOURS)],
    ],
    "two runs of a user": [[Admit("three", (40, 400), HOURS)], [Admit("root", (40, 400), HOURS)]],
    "a hold is used up": [[Admit("two", (60, 600), HOURS), Draw("two", 8, NOW)], [Draw("two", 4, NOW)]],
}


def calls_of(program: list[Step]) -> int:
    """Return how many calls a process makes that is alone in the world."""
    place = memory_place()
    target, calls = counted(place.target)
    live_through(place._replace(target=target), History([program], [], strangers=True, all_end=True))
    return calls.total()


@pytest.mark.parametrize("name", HISTORIES)
def test_in_memory_an_interruption_breaks_no_promise(name: str) -> None:
    for calls in range(calls_of(HISTORIES[name][0])):
        schedule = [0] * calls + [1] * 40
        history = History(HISTORIES[name], schedule, strangers=True, all_end=calls % 2 == 0)
        check_history(memory_place(), history)


def test_in_firestore_an_interruption_lets_no_run_in_twice(firestore_channel: grpc.Channel) -> None:
    """The first process knows the holds that it wrote, the other one has to read them."""
    theirs = THE_SAME_RUN[0]
    for calls in range(26):
        programs = [[Admit("two", TEN, MINUTES), *theirs], theirs]
        history = History(programs, [0] * calls + [1] * 40, strangers=False, all_end=True)
        check_history(torn_place(firestore_channel), history)
