"""A stale file of the web app's types says how to write it again; `make check` compares the one that is stored."""

import json
from pathlib import Path

import pytest

from tools.api_types import TYPES, compare, generated

MODEL = {
    "type": "object",
    "required": ["id", "plan"],
    "properties": {
        "id": {"type": "string"},
        "plan": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "interval": {"enum": ["month", "year"], "default": "month"},
    },
}


def test_a_difference_fails_and_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / TYPES.name
    assert compare("export type A = string\n", file) == 1
    file.write_text("export type A = number\n")
    assert compare("export type A = string\n", file) == 1
    assert capsys.readouterr().err == 2 * "schema.ts does not hold the API's types: run `make types`.\n"
    file.write_text("export type A = string\n")
    assert compare("export type A = string\n", file) == 0


def test_null_is_a_value_and_what_has_a_default_may_be_left_out() -> None:
    document = {"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": {}}
    types = generated(json.dumps({**document, "components": {"schemas": {"A": MODEL}}}).encode())
    assert "id: string;" in types
    assert "plan: string | null;" in types
    assert 'interval?: "month" | "year";' in types
