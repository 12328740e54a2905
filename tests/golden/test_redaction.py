"""Golden behaviours of redaction, over HTTP: F5 and F6."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tests.http.serving import Functions

CASES = json.loads(Path(__file__).with_name("cases").joinpath("redaction.json").read_text("utf-8"))
EVENT = {"id": "call-1", "category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "status": "error"}
ANY_VALUE: list[Any] = ["x", "", 7, 0.5, False, {"a": 1}, ["b"], []]
NAMES = list(chain.from_iterable(case["names"] for case in CASES["by_name"]))


def stored(functions: Functions, key: str, metadata: object) -> tuple[Any, int]:
    """Return the metadata of an event as it is read back, and its number of redactions."""
    answer = functions.record(key, {**EVENT, "metadata": metadata})
    (event,) = functions.events(key)
    assert answer["redacted"] == event["redactions"]
    return event["metadata"], event["redactions"]


@pytest.mark.parametrize("case", [pytest.param(each, id=f"F5-{each['name']}") for each in CASES["by_form"]])
def test_f5_a_secret_is_redacted_anywhere_in_metadata_and_error_text(
    case: dict[str, str], functions: Functions, key: str
) -> None:
    secret, redacted = case["secret"], case["is_stored_as"]
    sent = {"note": secret, "error": {"message": f"Upstream said: {secret} is wrong"}, "list": [1, [secret]]}
    assert stored(functions, key, sent) == (
        {
            "note": redacted,
            "error": {"message": f"Upstream said: {redacted} is wrong"},
            "list": [1, [redacted]],
        },
        3,
    )


@pytest.mark.parametrize("name", NAMES)
def test_f6_the_value_of_a_secrets_name_is_redacted_whatever_it_is(
    name: str, functions: Functions, key: str
) -> None:
    sent = {name: "y", "at": [{"depth": {name: value}} for value in ANY_VALUE]}
    redacted = {name: "[redacted]", "at": [{"depth": {name: "[redacted]"}} for _ in ANY_VALUE]}
    assert stored(functions, key, sent) == (redacted, 1 + len(ANY_VALUE))


@pytest.mark.parametrize("metadata", CASES["kept"], ids=lambda metadata: next(iter(metadata)))
def test_what_only_resembles_a_secret_is_kept(
    metadata: dict[str, Any], functions: Functions, key: str
) -> None:
    assert stored(functions, key, metadata) == (metadata, 0)
