"""Spans of the libraries that people use, captured from these versions against stubs of the providers' APIs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.stores import process_memory
from tests.http.serving import Functions, Json, bearer, succeeded, token_sums
from tests.otlp import NOON_NS, PATH, Sent, as_json

SHAPES: dict[str, list[Json]] = json.loads(
    Path(__file__).with_name("cases").joinpath("otlp_shapes.json").read_text("utf-8")
)
OPENAI = {"input": 1200, "output": 300, "cache_read": 1024}
CLAUDE = {"input": 100 + 1000 + 50, "output": 300, "cache_read": 1000, "cache_write": 50}
GEMINI = {"input": 1200, "output": 300 + 100, "cache_read": 1000, "reasoning": 100}
REASONED = {**OPENAI, "reasoning": 128}
EMBEDDING = {"input": 8, "output": 0}

CALLS: dict[str, list[tuple[str, dict[str, int]]]] = {
    "pydantic-ai 2.66.0 with logfire 5.4.0": [("gpt-4o", REASONED)] * 3,
    # The SDK of Anthropic makes a span of its own for the same call.
    "pydantic-ai 2.66.0 with anthropic 2.14.0": [
        ("claude-sonnet-4-20250514", CLAUDE),
        ("gemini-2.5-flash", GEMINI),
    ],
    "logfire 5.4.0": [("gpt-4o", OPENAI)] * 3 + [("text-embedding-3-small", EMBEDDING)],
    "openllmetry 0.62.4 with anthropic 2.14.0": [
        *[("gpt-4o", REASONED)] * 2,
        ("gpt-4o", OPENAI),  # this library leaves reasoning out of streams
        ("claude-sonnet-4-20250514", CLAUDE),
        ("text-embedding-3-small", EMBEDDING),
    ],
    "openlit 1.45.0": [
        *[("gpt-4o", OPENAI)] * 2,
        ("gpt-4o", REASONED),
        ("claude-sonnet-4-20250514", CLAUDE),
        ("text-embedding-3-small", EMBEDDING),
    ],
}
LIBRARIES = pytest.mark.parametrize("library", CALLS)


def spans_of(library: str) -> Iterator[Sent]:
    """Return the spans in the order of the capture, in which those that contain others come last."""
    for index, span in enumerate(SHAPES[library]):
        end_ns = NOON_NS - 10**9 + index * 10**6
        yield Sent(
            trace_id=span["trace"],
            span_id=span["span"],
            parent_id=span["parent"],
            scope=span["scope"],
            attributes=span["attributes"],
            start_ns=end_ns - index * 2 * 10**6 - 10**6,
            end_ns=end_ns,
        )


def export(functions: Functions, key: str, library: str) -> None:
    answer = functions.record_usage.post(PATH, json=as_json(spans_of(library)), headers=bearer(key))
    assert succeeded(answer) == {}, "every span is recorded or ignored"


def stored_tokens(event: Json) -> dict[str, int]:
    names = ("input", "output", "cache_read", "cache_write", "reasoning")
    found = {name: event["tokens"][f"{name}_tokens"] for name in names}
    return {name: count for name, count in found.items() if count or name in ("input", "output")}


@LIBRARIES
def test_the_calls_of_a_library_are_counted_once_with_all_their_tokens(
    library: str, functions: Functions, key: str
) -> None:
    export(functions, key, library)
    calls = [event for event in functions.events(key) if event["category"] == "llm"]
    found = [(event["model"], stored_tokens(event)) for event in calls]
    assert sorted(found, key=repr) == sorted(CALLS[library], key=repr)
    assert {event["cost_status"] for event in calls} == {"exact"}


@LIBRARIES
def test_a_library_costs_what_the_same_calls_cost_as_events(
    library: str, functions: Functions, key: str
) -> None:
    export(functions, key, library)
    bolt = functions.create_tenant("bolt")
    providers = {"gpt": "openai", "tex": "openai", "cla": "anthropic", "gem": "google"}
    functions.record(
        bolt,
        *(
            {
                "category": "llm",
                "provider": providers[model[:3]],
                "model": model,
                "tokens": {f"{name}_tokens": count for name, count in tokens.items()},
            }
            for model, tokens in CALLS[library]
        ),
    )
    by_spans, by_events = functions.usage(key), functions.usage(bolt, "bolt")
    for field in ("total_tokens", "total_cost_usd", "total_llm_calls"):
        assert by_spans[field] == by_events[field], field
    for model, sums in by_events["by_model"].items():
        assert by_spans["by_model"][model]["cost_usd"] == sums["cost_usd"], model


@LIBRARIES
def test_no_prompt_answer_or_argument_is_stored(library: str, functions: Functions, key: str) -> None:
    assert "SECRET" in json.dumps(SHAPES[library])
    export(functions, key, library)
    stored = repr(vars(process_memory()))
    assert all(model in stored for model, _ in CALLS[library])
    assert "SECRET" not in stored


def test_nested_agents_are_child_runs(functions: Functions, key: str) -> None:
    export(functions, key, "pydantic-ai 2.66.0 with logfire 5.4.0")
    boss, researcher = "01a21919-b90c-7162-a1ff-d7c4afc137ef", "01a21919-b9fc-7681-a4b3-09d304b8d539"
    tree = functions.read(key, f"/tenants/acme/runs/{boss}/tree")
    assert researcher in json.dumps(tree)
    runs = {run["id"]: run for run in functions.read(key, "/tenants/acme/runs")["runs"]}
    assert runs.keys() == {boss, researcher}
    assert (runs[boss]["calls"], runs[boss]["tool_calls"], runs[boss]["status"]) == (2, 1, "completed")
    assert (runs[researcher]["calls"], runs[researcher]["parent_run_id"]) == (1, boss)


def test_the_user_and_the_workflow_of_openllmetry_are_those_of_its_events(
    functions: Functions, key: str
) -> None:
    library = "openllmetry 0.62.4 with anthropic 2.14.0"
    export(functions, key, library)
    events = functions.events(key)
    assert {(event["user_id"], event["workflow_id"]) for event in events} == {("ann", "triage")}
    trace, agent = SHAPES[library][0]["trace"], SHAPES[library][2]["span"]
    runs = {run["id"]: run for run in functions.read(key, "/tenants/acme/runs")["runs"]}
    assert runs.keys() == {trace, f"{trace}.{agent}"}
    assert runs[f"{trace}.{agent}"]["parent_run_id"] == trace
    assert [runs[trace]["calls"], runs[f"{trace}.{agent}"]["calls"]] == [4, 1]
    tools = [event for event in events if event["category"] == "tool"]
    assert [(event["provider"], event["model"], event["run_id"]) for event in tools] == [
        ("tool", "search", f"{trace}.{agent}")
    ]


def test_usage_of_no_span_is_lost_in_a_stream(functions: Functions, key: str) -> None:
    """Logfire ends the span of a stream at once, and reports its usage in another."""
    export(functions, key, "logfire 5.4.0")
    assert functions.usage(key)["total_tokens"]["total"] == token_sums(3 * 1200 + 8, 3 * 300)["total"]
