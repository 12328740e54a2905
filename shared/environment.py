"""Reads the values of environment variables, and collects a line for each that is missing or invalid."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ON: Final = frozenset({"1", "true", "on"})
OFF: Final = frozenset({"0", "false", "off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeNumber:
    """A variable whose value is a whole number from `least` to `most`."""

    name: str
    default: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables of a process, and the problems found in them so far."""

    variables: Mapping[str, str]
    problems: list[str] = field(default_factory=list)

    def text(self, name: str) -> str | None:
        """Return a value, or None if it is missing or empty."""
        return self.variables.get(name) or None

    def number(self, number: WholeNumber) -> int:
        text = self.variables.get(number.name, str(number.default))
        if text.isdecimal() and number.least <= int(text) <= number.most:
            return int(text)
        bounds = f"a whole number from {number.least} to {number.most}"
        self.problems.append(f"{number.name} is {text!r}; it must be {bounds}")
        return number.default

    def choice(self, name: str, *choices: str) -> str:
        """Return one of `choices`; the first is the default."""
        text = self.variables.get(name, choices[0])
        if text in choices:
            return text
        self.problems.append(f"{name} is {text!r}; it must be {' or '.join(choices)}")
        return choices[0]

    def word(self, name: str) -> str:
        """Return the word of a switch in lower case; empty if it is not set."""
        return self.variables.get(name, "").strip().lower()

    def listed(self, name: str) -> tuple[str, ...]:
        """Return the comma-separated values: during a rotation, a secret has an old and a new one."""
        parts = (part.strip() for part in self.variables.get(name, "").split(","))
        return tuple(part for part in parts if part)
