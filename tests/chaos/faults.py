"""The faults, in the order in which they come round."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.chaos.stack import ChaosStack, Instance

_SECONDS = 2.0
"""How long a fault lasts that has an end."""
_FROZEN_SECONDS = 10.0
"""Longer than a request waits, so that requests are refused meanwhile."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, and the instances that may stop answering meanwhile."""

    name: str
    strike: Callable[[], None]
    struck: Sequence[str]


def faults_of(stack: ChaosStack) -> list[Fault]:
    """Return one fault of each kind for each instance that it can strike."""
    faults = [Fault("freeze the store", lambda: _freeze(stack), ("recorder 0", "recorder 1"))]
    for index, recorder in enumerate(stack.recorders):
        faults += _faults_of_recorder(recorder, f"recorder {index}")
    folder = stack.folder
    faults += [
        Fault("kill the fold", folder.kill, ()),
        Fault("cut the fold's connections", folder.store.cut_connections, ()),
        Fault("lose the answers to the fold", lambda: _lose_answers(folder), ()),
        Fault("silence the fold's connections", folder.store.kill_connections, ()),
    ]
    return faults


def _faults_of_recorder(recorder: Instance, name: str) -> list[Fault]:
    return [
        Fault(f"silence the connections of {name}", recorder.store.kill_connections, (name,)),
        Fault(f"lose the answers to {name}", lambda: _lose_answers(recorder), (name,)),
        Fault(f"kill {name}", recorder.kill, (name,)),
        Fault(f"cut the connections of {name}", recorder.store.cut_connections, (name,)),
        Fault(f"refuse the connections of {name}", lambda: _refuse(recorder), (name,)),
        Fault(f"end {name}", recorder.end, (name,)),
    ]


def _freeze(stack: ChaosStack) -> None:
    group = stack.emulator.process.group
    os.killpg(group, signal.SIGSTOP)
    try:
        time.sleep(_FROZEN_SECONDS)
    finally:
        os.killpg(group, signal.SIGCONT)


def _lose_answers(instance: Instance) -> None:
    with instance.store.losing_answers():
        time.sleep(_SECONDS)


def _refuse(instance: Instance) -> None:
    with instance.store.refusing():
        time.sleep(_SECONDS)
