"""A double of the endpoints of OpenAI, Anthropic and Google: it answers what a test tells it to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Chunks = list[dict[str, Any] | str]


@dataclass(kw_only=True)
class Provider:
    """The requests that the double has received, and its answer: JSON, or the events of a stream."""

    url: str = ""
    status: int = 200
    answer: dict[str, Any] | Chunks = field(default_factory=dict)
    breaks_off: bool = False
    """True if a stream loses its connection after its events."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


def sse(event: dict[str, Any] | str) -> bytes:
    name = f"event: {event['type']}\n" if isinstance(event, dict) and "type" in event else ""
    data = event if isinstance(event, str) else json.dumps(event)
    return f"{name}data: {data}\n\n".encode()


@contextmanager
def providing(provider: Provider) -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            provider.paths.append(self.path)
            provider.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if isinstance(provider.answer, list):
                self._stream(provider.answer)
                return
            body = json.dumps(provider.answer).encode()
            self._begin("application/json", {"Content-Length": str(len(body))})
            self.wfile.write(body)

        def _begin(self, content_type: str, headers: dict[str, str]) -> None:
            self.send_response(provider.status)
            for name, value in {"Content-Type": content_type, "x-request-id": "req-1", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def _stream(self, events: Chunks) -> None:
            self._begin("text/event-stream", {"Transfer-Encoding": "chunked"})
            # In pieces that do not end where events do.
            content = b"".join(map(sse, events))
            for start in range(0, len(content), 50):
                piece = content[start : start + 50]
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            if provider.breaks_off:
                self.close_connection = True
            else:
                self.wfile.write(b"0\r\n\r\n")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the overridden method
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    provider.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


OPENAI_USAGE = {"prompt_tokens": 1200, "completion_tokens": 300, "total_tokens": 1500}
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4.1-mini",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Dear Ann"}}
    ],
    "usage": OPENAI_USAGE,
}


def chunk(content: str | None = None, **fields: Any) -> dict[str, Any]:
    """A chunk of a streamed chat."""
    delta = {} if content is None else {"role": "assistant", "content": content}
    choices = [{"index": 0, "delta": delta, "finish_reason": "stop" if content is None else None}]
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4.1-mini"}
    return {**head, "choices": choices, **fields}


CHAT_STREAM: Chunks = [
    chunk("Dear "),
    chunk("Ann"),
    chunk(),
    chunk(choices=[], usage=OPENAI_USAGE),
    "[DONE]",
]
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-4-7",
    "content": [{"type": "text", "text": "Dear Ann"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1200, "output_tokens": 300},
}
MESSAGE_STREAM: Chunks = [
    {
        "type": "message_start",
        "message": {
            **MESSAGE,
            "content": [],
            "stop_reason": None,
            "usage": {"input_tokens": 1200, "output_tokens": 1},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Dear "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Ann"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 300},
    },
    {"type": "message_stop"},
]


def generated(text: str, **fields: Any) -> dict[str, Any]:
    """A response of Gemini, or a chunk of one."""
    return {
        "candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": text}]}, **fields}],
        "usageMetadata": {"promptTokenCount": 1200, "candidatesTokenCount": 300, "totalTokenCount": 1500},
        "modelVersion": "gemini-2.5-flash",
    }


GENERATED = generated("Dear Ann", finishReason="STOP")
GENERATED_STREAM: Chunks = [generated("Dear "), generated("Ann", finishReason="STOP")]
