"""The parts of the command line that every command shares."""

import argparse
import getpass
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.container import Container
from tools.admin.commands import Answer

PROGRAM = "python -m tools.admin"
FROM_INPUT = "-"
"""Given instead of a secret, which is then read from standard input."""
_KEY_START = "gwi_"


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command: its name, what runs it, and what its help says.

    A command that `changes` something names its project first, and asks unless the project is local.
    """

    name: str
    run: Callable[[Container, Namespace], Answer]
    help: str
    example: str
    changes: bool = False
    uses_stripe: bool = False


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

    parser.add_argument(
        "--yes",
        action="store_true",
        default=False if is_top else SUPPRESS,
        help="change a project that is not local without asking",
    )


def add(actions: Any, command: Command) -> ArgumentParser:
    added: ArgumentParser = actions.add_parser(
        command.name,
        help=command.help,
        description=f"{command.help[0].upper()}{command.help[1:]}.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog=f"example:\n  {PROGRAM} {command.example}",
    )
    added.set_defaults(run=command.run, changes=command.changes, uses_stripe=command.uses_stripe)
    add_common(added)
    return added


def read_secret(name: str) -> str:
    """Read a secret from standard input; a terminal does not show what is typed."""
    secret = getpass.getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.readline()
    return secret.strip()


def key_name(text: str) -> str:
    """Return the name of a key; refuse a key itself, as every user of the machine can see arguments."""
    if text.startswith(_KEY_START):
        raise argparse.ArgumentTypeError(
            f"a key is a secret: give its id, or `{FROM_INPUT}` to type it or to send it by standard input"
        )
    return text


def pair(text: str) -> tuple[str, str]:
    """Return the two sides of `KEY=VALUE`."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return a type of argument: a key that ended before it was made, or outlives the calendar, is a slip."""

    def parse(text: str) -> int:
        if text.isdecimal() and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")

    return parse
