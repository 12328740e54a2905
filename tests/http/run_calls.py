"""Calls about runs, as agents make them."""

from typing import Any

from werkzeug.test import TestResponse

from tests.http.serving import Functions, Json, bearer, succeeded

CALL: Json = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "run_id": "run-1"}


def ask(functions: Functions, key: str, path: str, **body: Any) -> TestResponse:
    return functions.record_usage.post(f"/v1/runs{path}", json=body, headers=bearer(key))


def admit(functions: Functions, key: str, run_id: str = "run-1", **body: Any) -> TestResponse:
    return ask(functions, key, "", run_id=run_id, **body)


def extend(functions: Functions, key: str, run_id: str = "run-1", **body: Any) -> TestResponse:
    return ask(functions, key, f"/{run_id}/extend", **body)


def end(functions: Functions, key: str, run_id: str = "run-1", **body: Any) -> TestResponse:
    return ask(functions, key, f"/{run_id}/end", **{"status": "completed", **body})


def used(input_: int, output: int = 0, **fields: Any) -> Json:
    return {**CALL, "tokens": {"input_tokens": input_, "output_tokens": output}, **fields}


def record(functions: Functions, key: str, *events: Json) -> Json:
    return succeeded(functions.post_events(key, list(events), "/v1/events?status=true"))
