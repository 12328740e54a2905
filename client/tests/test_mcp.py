"""The MCP server, asked by the `mcp` package's own client over standard input and output."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from mcp import Client, StdioServerParameters

from gwi_usage import mcp as served
from gwi_usage.usage import UsageReader

RUN = {"id": "run-1", "cost_usd": "0.0128827", "cost_status": "complete", "status": "completed"}
STATUS = {"tokens_remaining": 550_462, "runs_remaining": 367}
BUDGET = {"id": "ann", "remaining_usd": "1.50"}
TOP = {"group_by": "workflow", "names": [{"name": "triage", "cost_usd": "0.63"}]}
REFUSALS = {"day": "2026-11-26", "refused": [{"code": "budget_exceeded", "reason": "ann has 0.10 left."}]}
ANSWERS: dict[str, dict[str, Any]] = {
    "/api/v1/tenants/acme/usage": {"status": STATUS, "daily": []},
    "/api/v1/tenants/acme/budgets": {"budgets": [BUDGET]},
    "/api/v1/tenants/acme/runs/run-1": RUN,
    "/api/v1/tenants/acme/runs/a%2Fb": {**RUN, "id": "a/b"},
    "/api/v1/tenants/acme/usage/top": TOP,
    "/api/v1/tenants/acme/refusals": REFUSALS,
}
NOT_FOUND = {"status": 404, "code": "unknown_run", "detail": "There is no run other."}


@contextmanager
def reading(queries: list[dict[str, list[str]]]) -> Iterator[str]:
    """Serve the read API of one tenant, for one key, and collect the queries."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            queries.append(parse_qs(address.query))
            is_known = self.headers["Authorization"] == "Bearer gwi_test_key"
            answer = ANSWERS.get(address.path) if is_known else None
            self.send_response(200 if answer else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answer or NOT_FOUND).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the overridden method
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        http.server_close()


@pytest.fixture
def queries() -> list[dict[str, list[str]]]:
    return []


@pytest.fixture
def reader(queries: list[dict[str, list[str]]]) -> Iterator[UsageReader]:
    with reading(queries) as url:
        yield UsageReader(url=url, key="gwi_test_key", tenant_id="acme")


def asked(reader: UsageReader, tool: str, **arguments: Any) -> tuple[bool, Any]:
    """Ask a server in this process; return whether it failed, and its answer or the error's text."""

    async def ask() -> tuple[bool, Any]:
        async with Client(served.server(reader)) as client:
            result = await client.call_tool(tool, arguments)
            if result.is_error:
                return True, result.content[0].text  # type: ignore[union-attr]  # an error is text
            return False, result.structured_content

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("tool", "arguments", "answer"),
    [
        ("what_is_left", {}, {"plan": STATUS, "budgets": [BUDGET]}),
        ("run_cost", {"run_id": "run-1"}, RUN),
        ("run_cost", {"run_id": "a/b"}, {**RUN, "id": "a/b"}),
        ("who_spent_most", {"group_by": "workflow"}, TOP),
        ("why_refused", {}, REFUSALS),
    ],
)
def test_a_question_is_answered(
    reader: UsageReader, tool: str, arguments: dict[str, Any], answer: dict[str, Any]
) -> None:
    assert asked(reader, tool, **arguments) == (False, answer)


def test_the_most_costly_are_of_the_last_days(
    reader: UsageReader, queries: list[dict[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "_today", lambda: date(2026, 11, 26))
    asked(reader, "who_spent_most", days=7, limit=3)
    dates = {"from": ["2026-11-20"], "to": ["2026-11-27"]}
    assert queries == [{"group_by": ["user"], "limit": ["3"], **dates}]


@pytest.mark.parametrize("run_id", ["other", "../../beta/runs/run-1"])
def test_a_run_of_another_tenant_is_refused_as_the_service_does(reader: UsageReader, run_id: str) -> None:
    is_error, text = asked(reader, "run_cost", run_id=run_id)
    assert is_error
    assert text.endswith("There is no run other. (unknown_run)")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("run_cost", {}), ("run_cost", {"run_id": ""}), ("who_spent_most", {"days": 91}), ("erase", {})],
)
def test_a_bad_question_is_refused_before_anything_is_read(
    reader: UsageReader, queries: list[dict[str, list[str]]], tool: str, arguments: dict[str, Any]
) -> None:
    is_error, _ = asked(reader, tool, **arguments)
    assert (is_error, queries) == (True, [])


def test_a_service_that_does_not_answer_is_reported() -> None:
    away = UsageReader(url="http://127.0.0.1:9", key="gwi_test_key", tenant_id="acme")
    is_error, text = asked(away, "why_refused")
    assert is_error
    assert "http://127.0.0.1:9 did not answer" in text
    assert "gwi_test_key" not in text


def test_it_runs_as_a_command_and_only_reads(reader: UsageReader) -> None:
    environment = {"GWI_URL": reader.url, "GWI_KEY": reader.key, "GWI_TENANT": reader.tenant_id}
    command = StdioServerParameters(command=sys.executable, args=["-m", "gwi_usage.mcp"], env=environment)

    async def ask() -> tuple[list[str], Any]:
        async with Client(command) as client:
            tools = (await client.list_tools()).tools
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
            answer = await client.call_tool("run_cost", {"run_id": "run-1"})
            return [tool.name for tool in tools], answer.structured_content

    names, answer = asyncio.run(ask())
    assert names == ["what_is_left", "run_cost", "who_spent_most", "why_refused"]
    assert answer == RUN


def test_it_says_which_variables_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GWI_TENANT", raising=False)
    assert served.main() == 2
    assert capsys.readouterr().err == "Set GWI_URL, GWI_KEY, GWI_TENANT.\n"
