"""The installation that is checked: a stack of this machine, or what serves a URL."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener
from uuid import uuid4

from tools.dev.errors import StackError
from tools.dev.loopback import HOST
from tools.dev.settings import STACK_FILE

_SECONDS = 60
KEY_VARIABLE = "GWI_PLATFORM_KEY"
_OPTIONAL = {"stripe_webhook": "GWI_WEBHOOK_URL", "stripe_webhook_secret": "STRIPE_WEBHOOK_SECRET"}


class Answer(NamedTuple):
    """An HTTP answer; `content` is its JSON, or its text if it is none."""

    status: int
    content: Any
    headers: Mapping[str, str]


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@dataclass(frozen=True)
class Target:
    """Addresses by part, a platform key, and for a stack of this machine its folder."""

    parts: Mapping[str, str]

    @classmethod
    def of_stack(cls, folder: Path) -> Self:
        """Return the stack that runs in `folder`; raise StackError if none does."""
        try:
            entries = json.loads((folder / STACK_FILE).read_text())
        except FileNotFoundError as error:
            raise StackError(f"No stack is running in {folder}; start one with `make dev`.") from error
        texts = {name: value for name, value in entries.items() if isinstance(value, str)}
        return cls(
            {**texts, "folder": str(folder), **{f"user_{k}": v for k, v in entries.get("user", {}).items()}}
        )

    @classmethod
    def of_url(cls, url: str, environment: Mapping[str, str] = os.environ) -> Self:
        """Return what Hosting serves at `url`; raise StackError without a platform key."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise StackError(f"{url} is no http or https address.")
        if not environment.get(KEY_VARIABLE):
            raise StackError(
                f"{KEY_VARIABLE} is missing: a platform key with every scope (docs/operations.md)."
            )
        origin = f"{parts.scheme}://{parts.netloc}"
        known = {
            name: environment[variable] for name, variable in _OPTIONAL.items() if environment.get(variable)
        }
        addresses = {"record_usage": origin, "usage_api": origin, "web": origin}
        return cls({**addresses, "platform_key": environment[KEY_VARIABLE], **known})

    def has(self, part: str) -> bool:
        """Return whether a part is known."""
        return part in self.parts

    def get(self, part: str, path: str, key: str | None = None) -> Answer:
        """Return the answer to GET; `key` is a bearer, by default the platform key."""
        return self.send(self.parts[part] + path, headers=self._bearer(key))

    def post(self, part: str, path: str, content: object, key: str | None = None) -> Answer:
        """Return the answer to POST of JSON."""
        headers = {**self._bearer(key), "Content-Type": "application/json"}
        return self.send(self.parts[part] + path, json.dumps(content).encode(), headers)

    def api(self, method: str, path: str, content: object = None) -> Any:
        """Return the content of a good answer of usage_api; raise StackError for any other."""
        answer = self.ask_api(method, path, content)
        if answer.status >= 300:
            raise StackError(f"{method} {path} answered {answer.status}: {answer.content}")
        return answer.content

    def ask_api(self, method: str, path: str, content: object = None) -> Answer:
        """Return the answer of usage_api to the platform key."""
        headers = {**self._bearer(None), "Content-Type": "application/json"}
        data = None if content is None else json.dumps(content).encode()
        return self.send(f"{self.parts['usage_api']}/api/v1/{path}", data, headers, method=method)

    def send(
        self,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        method: str | None = None,
    ) -> Answer:
        """Return the answer to a request, whatever its status; redirections are not followed."""
        request = Request(url, body, dict(headers or {}), method=method)  # noqa: S310 (of_url requires http)
        direct = [ProxyHandler({})] if urlsplit(url).hostname in (HOST, "localhost") else []
        try:
            with build_opener(_NoRedirects, *direct).open(request, timeout=_SECONDS) as response:
                return _answer(response)
        except HTTPError as refused:
            with refused:
                return _answer(refused)

    def _bearer(self, key: str | None) -> dict[str, str]:
        bearer = self.parts["platform_key"] if key is None else key
        return {"Authorization": f"Bearer {bearer}"} if bearer else {}


def _answer(response: Any) -> Answer:
    text = response.read().decode(errors="replace")
    is_json = "json" in response.headers.get("Content-Type", "")
    return Answer(response.status, json.loads(text) if is_json and text else text, response.headers)


@dataclass(frozen=True)
class TestTenant:
    """A tenant of a check's own, reached with the platform key."""

    target: Target
    id: str

    @classmethod
    def create(cls, target: Target, **limits: int) -> Self:
        """Create a tenant on the free plan, with limits of its own."""
        tenant_id = f"gate-{uuid4().hex[:12]}"
        target.api("POST", "tenants", {"id": tenant_id, "name": "Gate", "limits": limits})
        return cls(target, tenant_id)

    def record(self, *events: Mapping[str, object]) -> Any:
        """Return what record_usage answers to events of this tenant."""
        named = [{**event, "tenant_id": self.id} for event in events]
        return self.target.post("record_usage", "/v1/events", named).content

    def check(self, **wanted: int) -> Any:
        """Return the answer to a check of limits."""
        headers = {"Authorization": f"Bearer {self.target.parts['platform_key']}", "GWI-Tenant": self.id}
        headers["Content-Type"] = "application/json"
        url = f"{self.target.parts['record_usage']}/v1/check"
        return self.target.send(url, json.dumps(wanted).encode(), headers).content

    def read(self, what: str = "usage") -> Any:
        """Return a page of this tenant."""
        return self.target.api("GET", f"tenants/{self.id}/{what}")

    def ask(self, what: str, content: object) -> Any:
        """Return the content of the answer to a POST for this tenant."""
        return self.target.api("POST", f"tenants/{self.id}/{what}", content)

    @property
    def tokens(self) -> int:
        """The tokens of the current period."""
        return int(self.read()["aggregate"]["total_tokens"]["total"])


def call(tokens: int = 100, **fields: object) -> dict[str, object]:
    """Return a call of a language model that read `tokens`."""
    usage = {"input_tokens": tokens, "output_tokens": 0}
    return {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "tokens": usage, **fields}
