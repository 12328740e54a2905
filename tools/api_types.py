"""`make types`: writes the web app's types of the API from the OpenAPI document that the product serves."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic_core import to_json

from shared.http import openapi
from shared.http.tables import USAGE_API
from tools.dev.errors import StackError
from tools.dev.firebase_tools import node
from tools.dev.settings import ROOT

TYPES = ROOT / "web/src/lib/api/schema.ts"
GENERATOR = ROOT / "web/node_modules/openapi-typescript/bin/cli.js"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the types, or with `--check` only compare them; return the exit code."""
    parser = argparse.ArgumentParser(prog="make types", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail where the types differ")
    is_check = parser.parse_args(arguments).check
    types = generated(to_json(openapi.document(USAGE_API)))
    if is_check:
        return compare(types, TYPES)
    TYPES.write_text(types)
    return 0


def generated(document: bytes) -> str:
    """Return the TypeScript types of an OpenAPI document; raise StackError where they cannot be made."""
    with TemporaryDirectory() as folder:
        source = Path(folder) / "openapi.json"
        source.write_bytes(document)
        # A field that has a default may be left out of what is sent, so a default does not make it required.
        command = [node(), str(GENERATOR), str(source), "--default-non-nullable", "false"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StackError(f"openapi-typescript failed: {done.stderr}")
    return done.stdout


def compare(types: str, file: Path) -> int:
    """Return 0 if `file` holds just these types, else say what to run and return 1."""
    if file.exists() and file.read_text() == types:
        return 0
    print(f"{file.name} does not hold the API's types: run `make types`.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
