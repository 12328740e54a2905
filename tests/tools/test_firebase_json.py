"""firebase.json: where requests go, which headers browsers get, and that the local preview sends the same ones."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from typing import Any

import pytest

from tools.dev.firebase_tools import node
from tools.dev.local_mail import plan_mail
from tools.dev.processes import Server, wait_until_ready
from tools.dev.settings import ROOT
from tools.dev.web_app import ProxyTargets, plan_web, start_web
from tools.local_mail.serving import serving

CONFIG: dict[str, Any] = json.loads((ROOT / "firebase.json").read_text())
HOSTING: dict[str, Any] = CONFIG["hosting"]
TOOLS = ROOT / "tools/firebase/node_modules"
# How Hosting matches, by the code of its own emulator; when two entries name a header, the last one counts.
MATCH = """
const { configMatcher } = require(process.argv[1])
const { headers, urls } = JSON.parse(process.argv[2])
const served = (url) => headers.filter((each) => configMatcher(url, { ...each })).flatMap((each) => each.headers)
const answer = urls.map((url) => [url, Object.fromEntries(served(url).map(({ key, value }) => [key, value]))])
console.log(JSON.stringify(Object.fromEntries(answer)))
"""
URLS = (
    "/",
    "/index.html",
    "/t/demo/runs/a.b",
    "/apiary",
    "/favicon.svg",
    "/assets/index-1.js",
    "/api/v1/plans",
)
RESERVED = ("/__/auth/handler", "/__/auth/iframe", "/__/firebase/init.json")
Headers = Mapping[str, str]


@pytest.fixture(scope="module")
def served() -> dict[str, Headers]:
    """The headers of each URL."""
    given = json.dumps({"headers": HOSTING["headers"], "urls": [*URLS, *RESERVED]})
    command = [node(), "-e", MATCH, str(TOOLS / "superstatic/lib/utils/patterns.js"), given]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    headers: dict[str, Headers] = json.loads(answer)
    return headers


@pytest.fixture(scope="module")
def policy(served: dict[str, Headers]) -> dict[str, list[str]]:
    """The sources that each directive of the content security policy allows."""
    directives = [directive.split() for directive in served["/"]["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in directives}


def test_the_api_and_recording_are_services_and_everything_else_the_app() -> None:
    assert HOSTING["public"] == "web/dist"
    assert HOSTING["rewrites"] == [
        {
            "source": "/api/**",
            "run": {"serviceId": "usage-api", "region": "us-central1"},
        },
        {
            "source": "/v1/**",
            "run": {"serviceId": "record-usage", "region": "us-central1"},
        },
        {"source": "**", "destination": "/index.html"},
    ]


def test_nothing_is_allowed_that_is_not_named(policy: dict[str, list[str]]) -> None:
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["style-src"] == policy["font-src"] == policy["form-action"] == ["'self'"]
    assert policy["img-src"] == ["'self'", "data:"]


def test_scripts_come_from_us_and_for_the_google_sign_in_and_never_inline(
    policy: dict[str, list[str]],
) -> None:
    assert policy["script-src"] == ["'self'", "https://apis.google.com"]
    assert policy["frame-src"] == ["https://*.firebaseapp.com", "https://accounts.google.com"]
    assert "unsafe" not in str(policy)


def test_the_app_speaks_with_its_api_and_three_services_of_firebase(policy: dict[str, list[str]]) -> None:
    services = ("identitytoolkit", "securetoken", "firestore")
    assert policy["connect-src"] == ["'self'", *(f"https://{each}.googleapis.com" for each in services)]


@pytest.mark.parametrize("url", URLS)
def test_every_answer_carries_the_security_headers(served: dict[str, Headers], url: str) -> None:
    headers = served[url]
    assert headers["Content-Security-Policy"] == served["/"]["Content-Security-Policy"]
    age = re.match(r"max-age=(\d+); includeSubDomains", headers["Strict-Transport-Security"])
    assert age is not None
    assert int(age[1]) >= 365 * 86_400
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    # The window that Google signs in with has to tell this one how it went.
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    for feature in ("camera", "geolocation", "microphone", "payment"):
        assert f"{feature}=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("url", RESERVED)
def test_the_pages_with_which_firebase_signs_in_keep_their_own_headers(
    served: dict[str, Headers], url: str
) -> None:
    assert served[url] == {}


@pytest.mark.parametrize(
    ("url", "cached"),
    [
        *((url, "no-cache") for url in URLS[:5]),
        ("/assets/index-1.js", "public, max-age=31536000, immutable"),
        ("/api/v1/plans", None),  # the service says
    ],
)
def test_only_files_with_a_hash_in_their_name_are_cached(
    served: dict[str, Headers], url: str, cached: str | None
) -> None:
    assert served[url].get("Cache-Control") == cached


def test_files_that_are_named_exist() -> None:
    assert (ROOT / CONFIG["firestore"]["rules"]).exists()
    assert (ROOT / CONFIG["firestore"]["indexes"]).exists()


def test_emulators_listen_on_this_machine_only_for_a_project_that_exists_nowhere() -> None:
    hosts = {name: each["host"] for name, each in CONFIG["emulators"].items() if "host" in dict_of(each)}
    assert hosts == dict.fromkeys(("auth", "firestore", "pubsub"), "127.0.0.1")
    aliases = json.loads((ROOT / ".firebaserc").read_text())["projects"]
    assert aliases == {"default": "demo-gwi"}


def dict_of(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def test_the_schema_of_firebase_tools_accepts_the_file() -> None:
    check = """
    const Ajv = require(process.argv[1] + '/ajv').default
    const ajv = new Ajv({ allowUnionTypes: true, strict: false })
    require(process.argv[1] + '/ajv-formats').default(ajv)
    const valid = ajv.compile(require(process.argv[1] + '/firebase-tools/schema/firebase-config.json'))
    console.log(JSON.stringify(valid(require(process.argv[2])) ? [] : valid.errors))
    """
    command = [node(), "-e", check, str(TOOLS), str(ROOT / "firebase.json")]
    assert json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout) == []


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """The production build as `make dev ARGS="--built"` serves it, and the sources that are the emulators."""
    web = plan_web(built=True)
    assert web is not None
    environment = {**os.environ, "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}
    logs = tmp_path_factory.mktemp("preview")
    mail, nowhere = plan_mail(), "http://127.0.0.1:1"
    server = start_web(web, ProxyTargets(api=nowhere, record=nowhere, mail=mail.url), environment, logs)
    try:
        wait_until_ready([server], timeout_seconds=120)
        with serving(port=mail.port, smtp_port=mail.smtp_port):
            yield server, f"http://127.0.0.1:{web.auth_port} {nowhere}"
    finally:
        server.process.stop()


@pytest.mark.parametrize("path", ["/", "/t/demo", "/favicon.svg"])
def test_the_preview_sends_the_headers_of_hosting_and_lets_the_emulators_be_reached_besides(
    preview: tuple[Server, str], served: dict[str, Headers], path: str
) -> None:
    server, emulators = preview
    connection = HTTPConnection(server.host, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        assert (response.status, len(response.read()) > 0) == (200, True)
    finally:
        connection.close()
    expected = {name.lower(): value for name, value in served["/"].items()} | {"cache-control": "no-cache"}
    policy = expected.pop("content-security-policy")
    sent = headers["content-security-policy"]
    assert sent.count(emulators) == 1
    # The emulator of Auth also stands for the host whose frame signs in with Google.
    auth = emulators.split(" ")[0]
    assert sent.replace(f" {emulators}", "").replace(f"google.com {auth};", "google.com;") == policy
    assert {name: headers.get(name) for name in expected} == expected


def test_the_mail_page_keeps_its_own_policy_in_the_preview(preview: tuple[Server, str]) -> None:
    connection = HTTPConnection(preview[0].host, timeout=10)
    try:
        connection.request("GET", "/_mail")
        response = connection.getresponse()
        policies = response.headers.get_all("Content-Security-Policy")
        assert b"There is no mail yet." in response.read()
    finally:
        connection.close()
    assert policies is not None
    assert ["style-src 'unsafe-inline'" in policy for policy in policies] == [True]


def test_nothing_inline_is_in_the_page_that_the_policy_would_stop(preview: tuple[Server, str]) -> None:
    connection = HTTPConnection(preview[0].host, timeout=10)
    try:
        connection.request("GET", "/")
        page = connection.getresponse().read().decode()
    finally:
        connection.close()
    assert '<div id="root">' in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\bstyle=|\bon\w+=", page) == []
