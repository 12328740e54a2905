"""The client leaves the content of responses out, and the service reads the same usage from what is left."""

import importlib.util
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.golden.test_corpus import CASES, recorded
from tools.dev.settings import ROOT


def _event_fields() -> Callable[[object], Mapping[str, Any]]:
    """Return the client's function; the client is a project of its own, which is not installed here."""
    spec = importlib.util.spec_from_file_location("responses", ROOT / "client/gwi_usage/responses.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    fields: Callable[[object], Mapping[str, Any]] = module.event_fields
    return fields


event_fields = _event_fields()
_SENT = [
    case for case in CASES if "expected" in case and {"response", "response_stream"} & case["event"].keys()
]


@pytest.mark.parametrize("case", _SENT, ids=[f"{case['behaviour']}-{case['name']}" for case in _SENT])
def test_a_response_without_its_content_costs_the_same(case: dict[str, Any]) -> None:
    event = case["event"]
    response = event.get("response") or event["response_stream"]
    fields = {name: value for name, value in event_fields(response).items() if name != "model"}
    assert fields.keys() == event.keys() & {"response", "response_stream"}
    left, whole = recorded({**event, **fields}), recorded(event)
    assert (left.cost, left.tokens, left.served_model) == (whole.cost, whole.tokens, whole.served_model)


def test_the_cases_have_content_that_is_left_out() -> None:
    whole = json.dumps([case["event"] for case in _SENT])
    left = json.dumps([event_fields(case["event"].get("response") or [1]) for case in _SENT])
    assert len(left) < len(whole)
