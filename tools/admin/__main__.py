"""Command line of the admin tool: `python -m tools.admin`; it works on what the environment points at."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence

from shared.bootstrap import configured
from shared.domain.errors import InvalidInput, UsageError
from tools.admin.arguments import parser
from tools.admin.commands import COULD_NOT, Answer
from tools.admin.confirm import confirm_change
from tools.admin.output import escaped, print_answer
from tools.dev.errors import StackError
from tools.dev.stack_environment import tool_environment


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 if it went well, 1 if it found differences, 2 if it could not do its work."""
    options = parser().parse_args(arguments)
    try:
        return _run(options)
    except UsageError as error:
        others = error.problems[1:] if isinstance(error, InvalidInput) else ()
        for line in (f"{error.code}: {error.message}", *(each.message for each in others)):
            print(escaped(line), file=sys.stderr)
    except StackError as error:
        print(error, file=sys.stderr)
    return COULD_NOT


def _run(options: Namespace) -> int:
    if options.stack:
        os.environ.update(tool_environment(options.folder))
    container = configured()
    confirm_change(container.config, options)
    answer: Answer = options.run(container, options)
    if answer.text is not None and not options.json:
        print(answer.text, end="")
    else:
        print_answer(answer.fields, as_json=options.json)
    return answer.exit_code


if __name__ == "__main__":
    sys.exit(main())
