"""Describe the ready stack: .local/stack.json for programs, the banner for people."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.dev.demo_tenant import Demo

_HOSTS = ("firestore", "pubsub", "auth")
_ORDER = '{"plan": "enterprise", "interval": "month"}'
_EXAMPLE = (
    '{"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", '
    '"tokens": {"input_tokens": 1200, "output_tokens": 300}}'
)


@contextmanager
def published(entries: Mapping[str, Any], file: Path) -> Iterator[None]:
    """Keep the entries in the stack file while the stack is ready; another stack's file is left alone."""
    text = json.dumps(entries, indent=2) + "\n"
    complete = file.with_suffix(".new")
    complete.write_text(text)
    complete.replace(file)  # at once: who polls for the file never reads half of it
    try:
        yield
    finally:
        if file.exists() and file.read_text() == text:
            file.unlink()


def banner(entries: Mapping[str, Any], demo: Demo, folder: Path, *, seconds: int) -> str:
    """Return what a developer needs next: addresses, dashboard, login and key, and commands that work when pasted."""
    urls = {name: url for name, url in entries.items() if str(url).startswith("http") and name != "web"}
    lines = [f"GWI Usage is ready after {seconds} s.", ""]
    lines += [f"  {name:<15} {url}" for name, url in urls.items()]
    lines += [f"  {name:<15} {entries[name]}  (emulator)" for name in _HOSTS if name in entries]
    lines += [f"  {'files':<15} {folder}/ (stack.json, logs)"]
    lines += ["", f"  {'tenant':<15} {entries['tenant_id']} (plan {demo.plan}, {demo.events} demo events)"]
    lines += [f"  {'key':<15} {entries['api_key']}"]
    lines += [f"  {'platform key':<15} {entries['platform_key']}", "", *_dashboard(entries), ""]
    lines += [*_commands(entries), "Ctrl-C stops everything."]
    return "\n".join(lines)


def _dashboard(entries: Mapping[str, Any]) -> Iterator[str]:
    if "web" not in entries:
        yield "  There is no dashboard here: nobody can sign in without the Auth emulator. Keys work."
        return
    user = entries["user"]
    yield f"  {'dashboard':<15} {entries['web']}"
    yield f"  {'sign in as':<15} {user['email']}  password {user['password']}"


def _commands(entries: Mapping[str, Any]) -> Iterator[str]:
    key = f"-H 'Authorization: Bearer {entries['api_key']}'"
    json_type = "-H 'Content-Type: application/json'"
    if "record_usage" in entries:
        yield "Record an event:\n"
        yield f"  curl -sS {entries['record_usage']}/v1/events {key} {json_type} -d '{_EXAMPLE}'\n"
    if "usage_api" in entries:
        yield "Read the usage:\n"
        tenant = f"{entries['usage_api']}/api/v1/tenants/{entries['tenant_id']}"
        yield f"  curl -sS {tenant}/usage {key}\n"
        if "stripe" in entries:
            yield "Change the plan (open the url of the answer; no money moves):\n"
            yield f"  curl -sS {tenant}/checkout-sessions {key} {json_type} -d '{_ORDER}'\n"
