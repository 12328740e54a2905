"""A plan as text: as a difference from the project, and as a shell script."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from typing import Final

from tools.deploy.plan import Call, Command, Plan, Request, Secret, Step
from tools.deploy.run import State

_SIGNS: Final = {"absent": "+", "different": "~", "present": "=", "always": "*"}
_MARKER: Final = re.compile(r"@([A-Z0-9_]+)@")
_SHOWN_CHARACTERS: Final = 200
_PRELUDE: Final = """\
#!/usr/bin/env bash
# Everything that `make deploy` would do in {project}, for reading and for running by hand. It creates what is absent;
# `make deploy` also repairs what is different. STRIPE_API_KEY and SMTP_URL come from the environment.
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")/../../.."

# rest METHOD URL [BODY]: the token is in no argument.
rest() {{
  printf 'Authorization: Bearer %s' "$(gcloud auth print-access-token)" |
    curl --fail --silent --show-error --header @- --header 'x-goog-user-project: {project}' \\
      --header 'Content-Type: application/json' --request "$1" ${{3:+--data "$3"}} "$2"
}}
# field PATH: the last part of the name at a path of the JSON on standard input.
field() {{
  .venv/bin/python -c 'import json, sys
from tools.deploy.plan import value_at
print(value_at(json.load(sys.stdin), sys.argv[1]) or "")' "$1"
}}
"""


def difference(states: Iterable[tuple[Step, State]]) -> Iterator[str]:
    """Yield a line for each step, and below it each thing that would change."""
    for step, state in states:
        yield f"{_SIGNS[state.kind]} {step.name}: {step.why}"
        if state.kind == "different":
            yield from (f"    {line}" for line in state.lines)
        calls = step.update if state.kind == "different" and step.update is not None else step.create
        if state.kind != "present":
            yield from (f"    $ {shell_line(_shortened(call))}" for call in calls)


def _shortened(call: Call) -> Call:
    """Return a call whose body is short enough for a line; the script has the whole."""
    if isinstance(call, Request) and len(json.dumps(call.body)) > _SHOWN_CHARACTERS:
        return Request(method=call.method, url=call.url, body="…")
    return call


def script(plan: Plan) -> str:
    """Return a script that creates everything."""
    lines = [_PRELUDE.format(project=plan.project)]
    lines += [f"export {name}={shlex.quote(text)}" for name, text in plan.environment.items()]
    for step in plan.steps:
        lines += ["", f"# {step.name}: {step.why}"]
        lines += [shell_line(call) for call in step.create]
        if not step.create and step.describe is not None:
            lines.append(f"{shell_line(step.describe)} >/dev/null")
        for variable, path in step.yields:
            if step.describe is not None and not variable.startswith("REVISION_OF_"):
                lines.append(f'{variable}="$({shell_line(step.describe)} | field {path})"')
    lines += ["", *(f"# By hand: {each}" for each in plan.by_hand)]
    return "\n".join(lines) + "\n"


def shell_line(call: Call) -> str:
    """Return a call as a line of bash that contains no secret."""
    if isinstance(call, Request):
        body = "" if call.body is None else f" {_quoted(json.dumps(call.body, ensure_ascii=False))}"
        line = f"rest {call.method} {_quoted(call.url)}{body}"
        if not call.follow:
            return line
        origin = "/".join(call.url.split("/")[:4])
        program = f'import json, sys; print(json.load(sys.stdin)["{call.follow}"])'
        return f'rest GET "{origin}/$({line} | .venv/bin/python -c {shlex.quote(program)})"'
    line = " ".join(map(_quoted, call.arguments))
    if isinstance(call.stdin, Secret):
        return f'printf %s "${{{call.stdin.variable}:?}}" | {line}'
    return f"{shell_line(call.stdin)} | {line}" if isinstance(call.stdin, Command) else line


def _quoted(text: str) -> str:
    """Return `text` for bash, with its markers as variables."""
    parts = _MARKER.split(text)
    if len(parts) == 1:
        return shlex.quote(text)
    # Odd parts are the names of variables.
    return "".join(
        f'"${{{part}}}"' if number % 2 else (part and shlex.quote(part)) for number, part in enumerate(parts)
    )
