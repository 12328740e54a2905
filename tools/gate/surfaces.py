"""Checks of what a browser meets: the dashboard, its headers, sign-in, Firestore's rules, the OpenAPI documents."""

import json
import os
import subprocess
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from jsonschema_rs import ValidationError, validator_for

from tools.dev.browser import provide_browser
from tools.dev.firebase_tools import node
from tools.dev.loopback import without_proxy
from tools.dev.settings import ROOT
from tools.gate.check import Check, expect
from tools.gate.target import Target, TestTenant, call

_SCRIPT = ROOT / "tools/gate/pages.mjs"
_BROWSER_SECONDS = 120
_WRONG_LOGIN = {"EMAIL_NOT_FOUND", "INVALID_PASSWORD", "INVALID_LOGIN_CREDENTIALS"}


def _dashboard(target: Target) -> str:
    hosting = json.loads((ROOT / "firebase.json").read_text())["hosting"]["headers"]
    wanted = next(each["headers"] for each in hosting if each["source"] == "**")
    page = target.get("web", "/", "")
    expect(page.status == 200 and '<div id="root">' in page.content, f"answer {page.status}")
    for each in wanted:
        sent, value = page.headers.get(each["key"]), each["value"]
        is_policy = each["key"] == "Content-Security-Policy"  # the local one also names the emulators
        as_wanted = (
            str(sent).startswith("default-src 'none'; script-src 'self'") if is_policy else sent == value
        )
        expect(as_wanted, f"{each['key']}: {sent}")
    expect(
        page.headers.get("Cache-Control") == "no-cache", f"Cache-Control: {page.headers.get('Cache-Control')}"
    )
    plans = [target.get(part, "/api/v1/plans", "").content for part in ("web", "usage_api")]
    expect(plans[0] == plans[1], "the API beside the dashboard answers otherwise")
    return f"the page with {len(wanted)} security headers, the API beside it"


def _firebase(target: Target) -> dict[str, Any]:
    config: dict[str, Any] = target.get("web", "/__/firebase/init.json", "").content
    return config


def _sign_in(target: Target) -> str:
    config = _firebase(target)
    emulator = config.get("emulators", {}).get("auth")
    service = f"http://{emulator}/identitytoolkit" if emulator else "https://identitytoolkit"
    url = f"{service}.googleapis.com/v1/accounts:signInWithPassword?key={quote(config['apiKey'])}"
    login = {"email": "nobody@example.com", "password": "wrong-password", "returnSecureToken": True}
    headers = {"Content-Type": "application/json", "Referer": target.parts["web"]}
    answer = target.send(url, json.dumps(login).encode(), headers)
    said = answer.content["error"]["message"] if answer.status == 400 else answer.content
    expect(str(said).split()[0] in _WRONG_LOGIN, f"{answer.status}: {said}")
    return f"a wrong login is refused: {said}"


def _rules(target: Target) -> str:
    tenant, config = TestTenant.create(target), _firebase(target)
    emulator = config.get("emulators", {}).get("firestore")
    host = f"http://{emulator}" if emulator else "https://firestore.googleapis.com"
    documents = f"{host}/v1/projects/{config['projectId']}/databases/(default)/documents"
    month = f"{datetime.now(UTC):%Y%m}"
    paths = [f"tenants/{tenant.id}", f"tenants/{tenant.id}/months/{month}", "catalog/plans", "operators"]
    reads = {path: target.send(f"{documents}/{path}").status for path in paths}
    body = json.dumps({"fields": {"role": {"stringValue": "owner"}}}).encode()
    member, as_json = f"{documents}/tenants/{tenant.id}/members/me", {"Content-Type": "application/json"}
    expect(set(reads.values()) == {403}, f"without a token: {reads}")
    written = target.send(member, body, as_json, method="PATCH").status
    expect(written == 403, f"a stranger becomes an owner: {written}")
    return f"403 for {len(reads)} reads and a write without a token"


def _pages(target: Target) -> str:
    names = ("web", "user_email", "user_password", "tenant_id")
    settings = {f"GATE_{name.upper()}": target.parts[name] for name in names}
    done = subprocess.run(
        [node(), str(_SCRIPT), str(ROOT / "web/package.json"), str(provide_browser())],
        env={**os.environ, **without_proxy(os.environ), **settings},
        capture_output=True, text=True, timeout=_BROWSER_SECONDS, check=False,
    )  # fmt: skip
    expect(done.returncode == 0, done.stderr.strip() or done.stdout)
    return done.stdout.strip()


def _openapi(target: Target) -> str:
    tenant = TestTenant.create(target)
    recorded = tenant.record(call(run_id="run"), {"category": "none"})
    read = {part: target.get(part, path, "").content for part, path in _DOCUMENTS.items()}
    one = f"/api/v1/tenants/{tenant.id}"
    answers = {
        name: target.get("usage_api", name.replace("{tenant}", tenant.id)).content for name in _ANSWERS
    }
    known = [_fits(read["record_usage"], ("/v1/events", "post"), recorded)]
    known += [_fits(read["record_usage"], ("/v1/check", "post"), tenant.check(tokens=1))]
    known += [_fits(read["usage_api"], (path, "get"), content) for path, content in answers.items()]
    refused = target.get("usage_api", f"{one}/usage", "")
    known += [_fits(read["usage_api"], ("/api/v1/tenants/{tenant}/usage", "get"), refused.content, "401")]
    expect(all(problem is None for problem in known), [problem for problem in known if problem])
    return f"{len(known)} answers fit the two documents"


_DOCUMENTS = {"record_usage": "/v1/openapi.json", "usage_api": "/api/v1/openapi.json"}
_ANSWERS = (
    "/api/v1/plans",
    "/api/v1/health",
    "/api/v1/tenants/{tenant}/usage",
    "/api/v1/tenants/{tenant}/usage/series",
    "/api/v1/tenants/{tenant}/events",
    "/api/v1/tenants/{tenant}/runs",
    "/api/v1/tenants/{tenant}",
)


def _fits(document: Any, route: tuple[str, str], content: object, status: str = "200") -> str | None:
    """Return how an answer differs from the document's schema of it; None if it does not."""
    path, method = route
    response = document["paths"][path][method]["responses"][status]
    if name := response.get("$ref"):
        response = document["components"]["responses"][name.rpartition("/")[2]]
    media = next(media for kind, media in response["content"].items() if "json" in kind)
    schema = {**media["schema"], "components": document["components"]}
    try:
        validator_for(schema).validate(content)
    except ValidationError as error:
        return f"{method} {path}: {error.message}"
    return None


CHECKS = (
    Check(
        name="dashboard", action="fetch the page and its headers", run=_dashboard, needs=("web",), smoke=True
    ),
    Check(name="sign-in", action="sign in with a wrong password", run=_sign_in, needs=("web",), smoke=True),
    Check(
        name="rules deny",
        action="read and write Firestore without a token",
        run=_rules,
        needs=("web",),
        smoke=True,
    ),
    Check(
        name="pages",
        action="sign in with a browser; open /usage and /upgrade",
        run=_pages,
        needs=("web", "user_email"),
    ),
    Check(name="OpenAPI", action="compare answers with the documents that are served", run=_openapi),
)
