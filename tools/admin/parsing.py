"""The parts of the command line that every command shares."""

import argparse
from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.bootstrap import Container
from tools.admin.commands import Answer

PROGRAM = "python -m tools.admin"


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command: its name, what runs it, and what its help says."""

    name: str
    run: Callable[[Container, Namespace], Answer]
    help: str
    example: str


def add_common(parser: ArgumentParser, *, is_top: bool = False) -> None:
    """Add the options that stand before or after a command.

    After it they have no default, which would undo what was said before it.
    """
    parser.add_argument(
        "--json", action="store_true", default=False if is_top else SUPPRESS, help="print JSON, for machines"
    )
    parser.add_argument(
        "--stack",
        action="store_true",
        default=False if is_top else SUPPRESS,
        help="work on the running `make dev` stack",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(".local") if is_top else SUPPRESS,
        help="the folder of that stack (default: .local)",
    )


def add(actions: Any, command: Command) -> ArgumentParser:
    added: ArgumentParser = actions.add_parser(
        command.name,
        help=command.help,
        description=f"{command.help[0].upper()}{command.help[1:]}.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog=f"example:\n  {PROGRAM} {command.example}",
    )
    added.set_defaults(run=command.run)
    add_common(added)
    return added


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return a type of argument: a key that ended before it was made, or outlives the calendar, is a slip."""

    def parse(text: str) -> int:
        if text.isdecimal() and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")

    return parse
