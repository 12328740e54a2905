"""The client's examples run against the stack, beside a double of the provider whose models they call."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.e2e.running import RunningStack, eventually, running_stack
from tools.dev.loopback import free_port, get, post_json
from tools.dev.settings import ROOT

CALL: dict[str, int] = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
MESSAGE = {"role": "assistant", "content": "Starter suits them."}
EXAMPLES = ROOT / "client/examples"


class Provider(BaseHTTPRequestHandler):
    """Answers every chat with the same message and usage."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        choice = {"index": 0, "message": MESSAGE, "finish_reason": "stop"}
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


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with running_stack(tmp_path_factory.mktemp("stack"), "--memory", "--empty") as running:
        yield running


@pytest.fixture
def environment(stack: RunningStack, provider: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "GWI_URL": stack.entries["record_usage"],
        "GWI_KEY": stack.entries["api_key"],
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": provider,
        "PYTHONPATH": str(ROOT / "client"),
        "XDG_STATE_HOME": str(tmp_path),
        "NO_PROXY": "127.0.0.1",
    }


def test_an_agent_and_its_sub_agents_spend_from_one_dollar(
    stack: RunningStack, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "agent.py"), "Which plan?"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "Starter suits them.\n"), done.stderr
    agent, *sub_agents = sorted(runs(stack), key=lambda run: run["began_at"])
    assert [run["parent_run_id"] for run in sub_agents] == [agent["id"]] * 2
    assert [run["calls"] for run in (agent, *sub_agents)] == [1, 1, 1]
    assert {(run["status"], run["cost_status"]) for run in (agent, *sub_agents)} == {
        ("completed", "complete")
    }
    assert sum(run["tool_calls"] for run in sub_agents) == 2


def test_a_fastapi_service_attributes_each_answer_to_its_user(
    stack: RunningStack, environment: dict[str, str]
) -> None:
    port = free_port()
    command = ["uvicorn", "fastapi_app:app", "--port", str(port), "--log-level", "warning"]
    with serving([*command, "--app-dir", str(EXAMPLES)], port, environment):
        response = post_json(port, "/answers", {"user_id": "ann", "text": "Which plan?"}, headers={})
        assert json.loads(response.body) == {"answer": MESSAGE["content"]}
        assert [run["calls"] for run in runs(stack) if run["user_id"] == "ann"] == [1]


def test_a_cloud_run_function_sends_before_it_answers(
    stack: RunningStack, environment: dict[str, str]
) -> None:
    port = free_port()
    source = str(EXAMPLES / "cloud_run.py")
    command = ["functions_framework", "--target", "summarize", "--source", source, "--port", str(port)]
    with serving([*command, "--host", "127.0.0.1"], port, environment):
        before = tokens(stack)
        response = post_json(port, "/", "a long text", headers={})
        assert response.body.decode() == MESSAGE["content"]
        assert tokens(stack) == before + CALL["total_tokens"]


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
