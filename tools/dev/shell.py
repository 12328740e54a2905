"""`make shell`: a shell whose variables name the running stack, its demo tenant and its keys."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from tools.dev.errors import StackError
from tools.dev.stack_environment import stack_environment


def main(arguments: Sequence[str] | None = None) -> int:
    """Become the shell; return 1 when no stack is running."""
    parser = argparse.ArgumentParser(prog="make shell", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".local"), help="the stack's folder")
    folder = parser.parse_args(arguments).folder
    try:
        environment = stack_environment(folder)
    except StackError as error:
        print(f"make shell: {error}", file=sys.stderr)
        return 1
    print(
        "The stack is $RECORD_USAGE and $USAGE_API, its tenant $TENANT_ID, the tenant's key $API_KEY, the platform's"
        " $PLATFORM_KEY; leave with `exit`."
    )
    sys.stdout.flush()
    return _become_shell(environment)


def _become_shell(environment: Mapping[str, str]) -> NoReturn:
    shell = os.environ.get("SHELL") or "/bin/sh"
    os.execve(shell, [shell], {**os.environ, **environment})  # noqa: S606  # the user's own shell is the point


if __name__ == "__main__":
    sys.exit(main())
