"""The types of a deployment plan, and the comparison of a part with its description."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
NUMBER: Final = "@PROJECT_NUMBER@"
"""Stands for the project's number until a step has read it."""
_MARKER: Final = re.compile(r"@([A-Z0-9_]+)@")

Json = Any
Variables = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Secret:
    """The value of an environment variable that only standard input may carry."""

    variable: str


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments; its input is a secret, or the output of another command."""

    arguments: tuple[str, ...]
    stdin: "Secret | Command | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call of a Google API that gcloud cannot make."""

    method: str
    url: str
    body: Json = None
    follow: str = ""
    """The field of the response that names what to get next, at the same host and version."""


Call = Command | Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A part of the project: how to look at it, how it has to look, and how to create or repair it.

    A step that describes nothing always runs: its tool leaves alone what is as it should be.
    """

    name: str
    why: str
    describe: Call | None = None
    settled: Json = None
    """What the description contains when nothing is to do; an empty list has to be empty."""
    create: tuple[Call, ...] = ()
    update: tuple[Call, ...] | None = None
    """None: as it is created."""
    delete: tuple[Call, ...] = ()
    yields: tuple[tuple[str, str], ...] = ()
    """Variables for later steps, each with its path in the description; of a resource's name the last part."""
    secret: str = ""
    """The environment variable whose value the description is."""
    form: tuple[str, str] = ("", "")
    """The pattern of that value, and what it then is."""
    refusal: str = ""
    """The instruction for a person, if only a person can create this part."""
    patience: int = 120
    """Seconds after which a change must be visible."""

    @property
    def calls(self) -> tuple[Call, ...]:
        described = () if self.describe is None else (self.describe,)
        return described + self.create + (self.update or ()) + self.delete


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that an environment needs, in the order in which it is made."""

    project: str
    steps: tuple[Step, ...]
    environment: Variables
    """Variables of every command; never a secret."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The files that the commands read, by their path in the repository."""
    by_hand: tuple[str, ...] = ()
    """What only a person can do, with links."""
    rollback: tuple[Command, ...] = ()

    @property
    def commands(self) -> Iterator[Command]:
        """Each command, also those that feed another one."""
        calls = [call for step in self.steps for call in step.calls] + list(self.rollback)
        for call in calls:
            each: Call | Secret | None = call
            while isinstance(each, Command):
                yield each
                each = each.stdin


_IN_ORDER: Final = frozenset({"fields"})
"""Lists that have nothing more than what is settled, in its order: an index of two fields is none of three."""


def differences(description: Json, settled: Json, path: str = "") -> Iterator[str]:
    """Yield a line for each thing in `settled` that `description` does not contain."""
    if isinstance(settled, dict):
        found = description if isinstance(description, dict) else {}
        for key, wanted in settled.items():
            place = f"{path}.{key}".lstrip(".")
            if key in _IN_ORDER and isinstance(found.get(key), list):
                yield from _other_order(found[key], wanted, place)
            elif key in found:
                yield from differences(found[key], wanted, place)
            elif wanted != {}:
                yield f"{place} is missing, not {_short(wanted)}"
    elif isinstance(settled, list):
        yield from _missing_items(description if isinstance(description, list) else [], settled, path)
    # Google's JSON has 64-bit integers as strings.
    elif description != settled and str(description) != str(settled):
        yield f"{path} is {_short(description)}, not {_short(settled)}"


def _other_order(items: list[Json], settled: list[Json], path: str) -> Iterator[str]:
    if len(items) != len(settled):
        yield f"{path} has {len(items)} items, not {len(settled)}"
    for index, (item, wanted) in enumerate(zip(items, settled, strict=False)):
        yield from differences(item, wanted, f"{path}.{index}")


def _missing_items(items: list[Json], settled: list[Json], path: str) -> Iterator[str]:
    if not settled and items:
        yield f"{path or 'the list'} is not empty: {_short(items)}"
    elif len(items) == len(settled) == 1:
        yield from differences(items[0], settled[0], f"{path}.0".lstrip("."))
    else:
        for wanted in settled:
            # Most are as they were created: equal ones are found many times faster.
            if wanted not in items and not any(
                next(differences(item, wanted), None) is None for item in items
            ):
                yield f"{path or 'the list'} lacks {_short(wanted)}"


def value_at(description: Json, path: str) -> str | None:
    """Return the last part of the name at a dotted path, or None."""
    found = description
    for key in path.split("."):
        if isinstance(found, list) and key.isdecimal():
            found = found[int(key)] if int(key) < len(found) else None
        else:
            found = found.get(key) if isinstance(found, dict) else None
    return None if found is None else str(found).rpartition("/")[2]


def filled(value: Json, variables: Variables) -> Json:
    """Return `value` with the markers replaced whose variables are known."""
    if isinstance(value, str):
        return _MARKER.sub(lambda found: variables.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {key: filled(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, variables) for each in value]
    return value


def filled_call(call: Call, variables: Variables) -> Call:
    if isinstance(call, Request):
        url, body = filled(call.url, variables), filled(call.body, variables)
        return Request(method=call.method, url=url, body=body, follow=call.follow)
    stdin = filled_call(call.stdin, variables) if isinstance(call.stdin, Command) else call.stdin
    assert not isinstance(stdin, Request)  # noqa: S101 (a command is filled to a command)
    return Command(tuple(filled(each, variables) for each in call.arguments), stdin)


def _short(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) <= 100 else f"{text[:97]}…"


def gcloud(settings_project: str, *arguments: str, stdin: Secret | Command | None = None) -> Command:
    """Return a command of gcloud on a project that asks nothing."""
    return Command(("gcloud", *arguments, f"--project={settings_project}", "--quiet"), stdin)


def look(project: str, *arguments: str) -> Command:
    """Return a command of gcloud that describes or lists something."""
    return gcloud(project, *arguments, "--format=json")


def firebase(project: str, *arguments: str) -> Command:
    program = "tools/firebase/node_modules/.bin/firebase"
    return Command((program, *arguments, f"--project={project}", "--non-interactive"))


def python(*arguments: str, stdin: Secret | Command | None = None) -> Command:
    return Command((".venv/bin/python", "-m", *arguments), stdin)
