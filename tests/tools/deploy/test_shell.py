"""Commands and requests as they really run: what they get, and what is read from them."""

import json
import os
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.tools.deploy.environments import smallest
from tests.tools.test_stripe_double.receiver import receiving
from tests.tools.test_stripe_double.shop import SECRET, Shop
from tools.deploy import webhook_secret
from tools.deploy.__main__ import main
from tools.deploy.environment import plan_environment
from tools.deploy.plan import Command, Request, Secret
from tools.deploy.render import script
from tools.deploy.shell import RealShell
from tools.stripe_double.delivery import WebhookEndpoint
from tools.stripe_double.serving import serving

KEY = "sk_test_" + 24 * "a"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that come before all others; `gcloud` prints a token or writes down what it gets."""
    gcloud = tmp_path / "gcloud"
    gcloud.write_text(
        '#!/bin/sh\ncase "$*" in *print-access-token*) echo a-token; exit ;; esac\n'
        f'echo "$*" >> {tmp_path}/arguments\ncat >> {tmp_path}/stdin\nenv > {tmp_path}/environment\necho "{{}}"\n'
    )
    gcloud.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def shell() -> RealShell:
    return RealShell("demo-x")


def test_a_secret_comes_by_standard_input_only(programs: Path) -> None:
    command = Command(
        ("gcloud", "secrets", "versions", "add", "k", "--data-file=-"), Secret("STRIPE_API_KEY")
    )
    assert shell().run(command, {"STRIPE_API_KEY": KEY}).ok
    assert (programs / "stdin").read_text() == KEY
    assert KEY not in (programs / "arguments").read_text()


def test_the_output_of_one_command_is_the_input_of_another(programs: Path) -> None:
    command = Command(("gcloud", "add"), Command(("printf", "%s", "whsec_1")))
    assert shell().run(command, {}).ok
    assert (programs / "stdin").read_text() == "whsec_1"


def test_nothing_is_stored_when_the_first_command_fails(programs: Path) -> None:
    result = shell().run(Command(("gcloud", "add"), Command(("false",))), {})
    assert not result.ok
    assert not (programs / "stdin").exists()


def test_a_local_stack_in_the_environment_does_not_reach_the_commands(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    shell().run(Command(("gcloud", "list")), {"GOOGLE_CLOUD_PROJECT": "demo-x"})
    environment = (programs / "environment").read_text()
    assert "FIRESTORE_EMULATOR_HOST" not in environment
    assert "GOOGLE_CLOUD_PROJECT=demo-x" in environment


def test_a_program_that_is_missing_is_named() -> None:
    result = shell().run(Command(("no-such-program",)), {})
    assert (result.ok, result.line) == (False, "ERROR: no-such-program is not installed")


class Api(BaseHTTPRequestHandler):
    """Answers like Google's APIs: a release that names its ruleset, 404 and 403."""

    def do_GET(self) -> None:
        answers = {
            "/v1/releases/r": (200, {"rulesetName": "rulesets/1"}),
            "/v1/rulesets/1": (
                200,
                {"token": self.headers["Authorization"], "for": self.headers["x-goog-user-project"]},
            ),
            "/v1/denied": (403, {"error": {"status": "PERMISSION_DENIED", "message": "you may not"}}),
        }
        status, body = answers.get(self.path, (404, {"error": {"status": "NOT_FOUND", "message": "nothing"}}))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    server = HTTPServer(("127.0.0.1", 0), Api)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_request_carries_the_token_and_follows_what_the_response_names(programs: Path, api: str) -> None:
    result = shell().run(Request(method="GET", url=f"{api}/releases/r", follow="rulesetName"), {})
    assert json.loads(result.text) == {"token": "Bearer a-token", "for": "demo-x"}


def test_what_is_missing_and_what_is_denied_are_told_apart(programs: Path, api: str) -> None:
    missing, denied = (
        shell().run(Request(method="GET", url=f"{api}/{each}"), {}) for each in ("nothing", "denied")
    )
    assert (missing.is_missing, denied.is_missing) == (True, False)
    assert denied.reason == "a right is missing: ERROR: HTTP 403: PERMISSION_DENIED: you may not"


def test_an_api_that_cannot_be_reached_is_no_missing_part(programs: Path, api: str) -> None:
    result = shell().run(Request(method="GET", url="http://127.0.0.1:1/v1/x"), {})
    assert (result.is_missing, result.problem) == (False, "Google Cloud cannot be reached")


def test_the_secret_of_a_webhook_endpoint_is_shown_anew_when_it_was_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "https://stripe-webhook-1.europe-west1.run.app"
    with receiving() as other, serving(webhook=WebhookEndpoint(other.url, SECRET)) as double:
        shop = Shop(double.url)
        monkeypatch.setenv("STRIPE_API_KEY", KEY)
        monkeypatch.setenv("STRIPE_API_BASE", double.url)
        reported = []
        for _ in range(2):
            assert webhook_secret.main(url) == 0
            reported.append(capsys.readouterr().out)
        (endpoint,) = [each for each in shop.stripe.v1.webhook_endpoints.list().data if each.url == url]
    assert all(each.startswith("whsec_") for each in reported)
    assert len(set(reported)) == 2
    assert "invoice.paid" in endpoint.enabled_events


def test_without_a_key_of_stripe_no_secret_is_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("STRIPE_API_KEY", raising=False)
    assert webhook_secret.main("https://example.com") == 1
    assert capsys.readouterr() == ("", "STRIPE_API_KEY is missing\n")


@pytest.mark.parametrize(
    ("said", "code", "reported"),
    [
        (
            "Unable to find the server at x",
            0,
            "Google Cloud cannot be reached: every part of demo-x counts as absent.",
        ),
        (
            "You do not currently have an active account selected.",
            0,
            "There are no credentials; run gcloud auth login",
        ),
        (
            "[me] does not have permission to access projects instance [demo-x] (or it may not exist)",
            1,
            "Stopped at project: project demo-x does not exist, or you may not see it.",
        ),
    ],
)
def test_a_dry_run_that_sees_no_project_says_so_first(
    said: str, code: int, reported: str, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (programs / "gcloud").write_text(f"#!/bin/sh\necho 'ERROR: {said}' >&2\nexit 1\n")
    assert main(["--project", "demo-x", "--region", "europe-west1", "--dry-run"]) == code
    output = capsys.readouterr()
    assert (output.out + output.err).startswith(reported)
    assert (len(output.err.splitlines()) == 1) == (code == 1)


def test_a_dry_run_without_gcloud_says_so_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["--project", "demo-x", "--region", "europe-west1", "--dry-run"]) == 0
    assert "gcloud is not installed: every part of demo-x counts as absent." in capsys.readouterr().out


def test_destroy_asks_for_the_name_of_the_project(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: "another-project")
    assert main(["--project", "demo-x", "--region", "europe-west1", "--destroy"]) == 1
    assert "Nothing was deleted." in capsys.readouterr().out
    assert not (programs / "arguments").exists()


def test_the_script_calls_apis_with_a_token_that_is_in_no_argument(programs: Path) -> None:
    curl = programs / "curl"
    curl.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {programs}/curl-arguments\ncat > {programs}/curl-stdin\necho "{{}}"\n'
    )
    curl.chmod(0o755)
    place = programs / "a/b/c"
    place.mkdir(parents=True)
    prelude = script(plan_environment(smallest())).partition("\n# project: ")[0]
    (place / "deploy.sh").write_text(f"{prelude}\nrest POST https://example.com/v1/x '{{\"a\": 1}}'\npwd\n")
    done = subprocess.run(["bash", str(place / "deploy.sh")], capture_output=True, text=True, check=True)
    assert done.stdout == f"{{}}\n{programs}\n"
    assert (programs / "curl-stdin").read_text() == "Authorization: Bearer a-token"
    arguments = (programs / "curl-arguments").read_text().splitlines()
    assert arguments[-3:] == ["--data", '{"a": 1}', "https://example.com/v1/x"]
    assert not any("token" in each for each in arguments)
