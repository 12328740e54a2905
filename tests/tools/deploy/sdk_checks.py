"""Runs in the Python of the Google Cloud SDK: parses commands as gcloud does, and reads JSON as Google's APIs do.

Standard input is `{"commands": [[…]], "messages": [[api, version, message, value]]}`; standard output is
`{"version": …, "problems": [[what, why]]}`. One process for all, because gcloud takes a second to start.
"""

import contextlib
import io
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

SDK = Path(sys.argv[1])
sys.path[:0] = [str(SDK / "lib/third_party"), str(SDK / "lib")]


def problem_of(parse: Any, arguments: list[str]) -> str | None:
    """Return why gcloud refuses a command, before it looks for credentials; None if it does not."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            parse(arguments)
    except SystemExit:
        return said.getvalue().partition("\n")[0] or "gcloud refuses it"
    return None


def unknown_fields(message: Any, value: Any, path: str) -> list[str]:
    """Return what Google's API would not understand of a JSON value."""
    if not isinstance(value, dict):
        return []
    if hasattr(message, "AdditionalProperty"):
        return []  # a map, whose keys are free
    found = []
    for name, content in value.items():
        field = next((each for each in message.all_fields() if each.name.rstrip("_") == name), None)
        if field is None:
            found.append(f"{path}.{name}")
            continue
        kind = getattr(field, "message_type", None)
        items = content if isinstance(content, list) else [content]
        if isinstance(content, list) != field.repeated:
            found.append(f"{path}.{name} is {'a list' if field.repeated else 'no list'}")
        enum = getattr(field, "type", None) if type(field).__name__ == "EnumField" else None
        found += [f"{path}.{name}={each}" for each in items if enum and each not in enum.names()]
        found += [line for each in items if kind for line in unknown_fields(kind, each, f"{path}.{name}")]
    return found


def main() -> None:
    given = json.load(sys.stdin)
    cli = import_module("googlecloudsdk.gcloud_main").CreateCLI([])
    parse = cli._CLI__parser.parse_args
    apis = import_module("googlecloudsdk.api_lib.util.apis")
    problems = [[arguments, why] for arguments in given["commands"] if (why := problem_of(parse, arguments))]
    for api, version, name, value in given["messages"]:
        message = getattr(apis.GetMessagesModule(api, version), name)
        problems += [[[api, name], line] for line in unknown_fields(message, value, name)]
    json.dump({"version": (SDK / "VERSION").read_text().strip(), "problems": problems}, sys.stdout)


if __name__ == "__main__":
    main()
