"""The client's examples run against the stack, beside a double of the provider whose models they call."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import openai
import pytest

from tests.e2e.running import RunningStack, eventually
from tools.dev.loopback import free_port, get, post_json
from tools.dev.settings import ROOT

CALL: dict[str, int] = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
PROXY_KEY = "sk-proxy"
MESSAGE = {"role": "assistant", "content": "Starter suits them."}
TOOL_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "look_up", "arguments": '{"topic": "plans"}'},
}
EXAMPLES = ROOT / "client/examples"


class Provider(BaseHTTPRequestHandler):
    """Answers every chat with the same message and usage, after a call of the tool that it may have."""

    chats: ClassVar[int] = 0

    def do_POST(self) -> None:
        type(self).chats += 1
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asks_first = "tools" in asked and asked["messages"][-1]["role"] == "user"
        message = {"role": "assistant", "tool_calls": [TOOL_CALL]} if asks_first else MESSAGE
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if asks_first else "stop"}
        chat = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": asked["model"]}
        body = json.dumps({**chat, "choices": [choice], "usage": CALL}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def environment(empty_stack: RunningStack, provider: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "GWI_URL": empty_stack.entries["record_usage"],
        "GWI_KEY": empty_stack.entries["api_key"],
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": provider,
        "PYTHONPATH": str(ROOT / "client"),
        "XDG_STATE_HOME": str(tmp_path),
        "NO_PROXY": "127.0.0.1",
    }


def test_an_agent_and_its_sub_agents_spend_from_one_dollar(
    empty_stack: RunningStack, environment: dict[str, str]
) -> None:
    earlier = [run["id"] for run in runs(empty_stack)]
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "agent.py"), "Which plan?"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "Starter suits them.\n"), done.stderr
    new = [run for run in runs(empty_stack) if run["id"] not in earlier]
    agent, *sub_agents = sorted(new, key=lambda run: run["began_at"])
    assert [run["parent_run_id"] for run in sub_agents] == [agent["id"]] * 2
    assert [run["calls"] for run in (agent, *sub_agents)] == [1, 1, 1]
    assert {(run["status"], run["cost_status"]) for run in (agent, *sub_agents)} == {
        ("completed", "complete")
    }
    assert sum(run["tool_calls"] for run in sub_agents) == 2


def test_a_fastapi_service_attributes_each_answer_to_its_user(
    empty_stack: RunningStack, environment: dict[str, str]
) -> None:
    port = free_port()
    command = ["uvicorn", "fastapi_app:app", "--port", str(port), "--log-level", "warning"]
    with serving([*command, "--app-dir", str(EXAMPLES)], port, environment):
        response = post_json(port, "/answers", {"user_id": "ann", "text": "Which plan?"}, headers={})
        assert json.loads(response.body) == {"answer": MESSAGE["content"]}
        assert [run["calls"] for run in runs(empty_stack) if run["user_id"] == "ann"] == [1]


def test_a_cloud_run_function_sends_before_it_answers(
    empty_stack: RunningStack, environment: dict[str, str]
) -> None:
    port = free_port()
    source = str(EXAMPLES / "cloud_run.py")
    command = ["functions_framework", "--target", "summarize", "--source", source, "--port", str(port)]
    with serving([*command, "--host", "127.0.0.1"], port, environment):
        before = tokens(empty_stack)
        response = post_json(port, "/", "a long text", headers={})
        assert response.body.decode() == MESSAGE["content"]
        assert tokens(empty_stack) == before + CALL["total_tokens"]


def test_a_run_over_its_budget_is_refused_by_litellms_proxy_before_the_call(
    empty_stack: RunningStack, environment: dict[str, str]
) -> None:
    # Each call costs 1,000 tokens at $0.40 per million and 100 at $1.60: $0.00056.
    assert (
        empty_stack.post("record_usage", "/v1/runs", {"run_id": "proxy-run", "budget_usd": "0.001"}).status
        == 201
    )
    before = Provider.chats
    with litellm_proxy(environment) as client:
        for calls in (1, 2):
            assert ask(client).usage.prompt_tokens == CALL["prompt_tokens"]
            assert eventually(partial(has_calls, empty_stack, calls))
        with pytest.raises(openai.APIStatusError, match=r"of its hold\. \(budget_exceeded\)") as refused:
            ask(client)
    assert refused.value.status_code == 402
    assert Provider.chats == before + 2


def test_a_pydantic_ai_agent_is_metered_by_its_spans(
    empty_stack: RunningStack, environment: dict[str, str]
) -> None:
    exporting = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{environment['GWI_URL']}/v1/otlp/v1/traces",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS": f"Authorization=Bearer%20{environment['GWI_KEY']}",
    }
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "pydantic_ai_agent.py"), "Which plan?"],
        env={**environment, **exporting},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, f"{MESSAGE['content']}\n"), done.stderr
    [agent] = [each for each in runs(empty_stack) if each["user_id"] == "cleo"]
    assert (agent["status"], agent["workflow_id"]) == ("completed", "support")
    assert (agent["calls"], agent["tool_calls"]) == (2, 1)
    assert (agent["tokens"]["total"], agent["cost_status"]) == (2 * CALL["total_tokens"], "complete")


@contextmanager
def litellm_proxy(environment: dict[str, str]) -> Iterator[openai.OpenAI]:
    """Run LiteLLM's own proxy with the example's configuration."""
    port = free_port()
    folder = EXAMPLES / "litellm_proxy"
    of_proxy = {
        "CONFIG_FILE_PATH": str(folder / "config.yaml"),
        "LITELLM_MASTER_KEY": PROXY_KEY,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    command = ["uvicorn", "litellm.proxy.proxy_server:app", "--port", str(port), "--log-level", "warning"]
    with serving(command, port, {**environment, **of_proxy}):
        yield openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=PROXY_KEY)


def ask(client: openai.OpenAI) -> Any:
    return client.chat.completions.create(
        model="gpt-4.1-mini",
        messages=[{"role": "user", "content": "Which plan?"}],
        extra_body={"metadata": {"gwi.run_id": "proxy-run"}},
    )


def has_calls(stack: RunningStack, calls: int) -> bool:
    """Return whether the run has so many calls, at the price of our own catalog."""
    run = stack.tenant("runs/proxy-run")
    return (run["calls"], Decimal(run["cost_usd"])) == (calls, calls * Decimal("0.00056"))


def runs(stack: RunningStack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.tenant("runs")["runs"]
    return found


def tokens(stack: RunningStack) -> int:
    return int(stack.tenant("usage")["aggregate"]["total_tokens"]["total"])


@contextmanager
def serving(module: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    """Run a server until the block ends."""
    process = subprocess.Popen([sys.executable, "-m", *module], env=environment)
    try:
        assert eventually(lambda: process.poll() is not None or get(port, "/") is not None)
        yield
    finally:
        process.terminate()
        process.wait(30)
