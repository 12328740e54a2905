"""Runs the calls of a plan for real; their output is read, never shown, because it can hold a secret."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from tools.deploy.plan import ROOT, Call, Command, Request, Secret
from tools.deploy.settings import NOT_DEPLOYED

_MISSING: Final = re.compile(
    r"NOT_FOUND|not.found|could not be found|cannot find|does not exist|unable to find"
    r"|SERVICE_DISABLED|has not been used in project|not enabled on project",
    re.IGNORECASE,
)
_NO_ACCOUNT: Final = re.compile(
    r"active account|gcloud auth login|firebase login|default credentials|reauthenticat|invalid_grant",
    re.IGNORECASE,
)
_NO_NETWORK: Final = re.compile(
    r"unable to find the server|name resolution|network is unreachable|connection (?:refused|reset|error)"
    r"|timed out|max retries|getaddrinfo|failed to establish|could not reach|ENOTFOUND|problem with the proxy",
    re.IGNORECASE,
)
_NO_RIGHT: Final = re.compile(r"PERMISSION_DENIED|does not have permission|403|forbidden", re.IGNORECASE)
_TIMEOUT_SECONDS: Final = 1800
_TOKEN_SECONDS: Final = 1800


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a call: it is `ok`, or `text` says why not."""

    ok: bool
    text: str

    @property
    def is_missing(self) -> bool:
        return not self.ok and self.problem is None and _MISSING.search(self.text) is not None

    @property
    def problem(self) -> str | None:
        """Return why nothing can be known of the project; None if something is."""
        if not self.ok and _NO_ACCOUNT.search(self.text):
            return "there are no credentials; run gcloud auth login and gcloud auth application-default login"
        if not self.ok and _NO_NETWORK.search(self.text):
            return "Google Cloud cannot be reached"
        return None

    @property
    def reason(self) -> str:
        """Return in one line why the call failed."""
        if self.problem is None and _NO_RIGHT.search(self.text):
            return f"a right is missing: {self.line}"
        return self.problem or self.line

    @property
    def line(self) -> str:
        """Return the line that says what went wrong."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        marked = [
            line for line in lines if line.startswith("ERROR") or '"message"' in line or "Error:" in line
        ]
        return (marked or lines or ["no reason was given"])[0 if marked else -1][:300]


class Shell(Protocol):
    """Runs calls."""

    def run(self, call: Call, environment: Mapping[str, str]) -> Result:
        """Run a call; `environment` comes besides this process's, and has the secrets."""
        ...


@dataclass
class RealShell:
    """Starts programs without a shell, and calls APIs with the token of gcloud's account."""

    project: str
    _token: tuple[float, str] = field(default=(0.0, ""), init=False)

    def run(self, call: Call, environment: Mapping[str, str]) -> Result:
        return self._request(call) if isinstance(call, Request) else self._command(call, environment)

    def _command(self, command: Command, environment: Mapping[str, str]) -> Result:
        given = ""
        if isinstance(command.stdin, Secret):
            given = environment.get(command.stdin.variable, "")
        elif command.stdin is not None:
            fed = self._command(command.stdin, environment)
            if not fed.ok:
                return fed
            given = fed.text
        inherited = {name: text for name, text in os.environ.items() if name not in NOT_DEPLOYED}
        try:
            done = subprocess.run(
                list(command.arguments),
                input=given,
                cwd=ROOT,
                env={**inherited, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1", "NO_COLOR": "1", **environment},
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            return Result(ok=False, text=f"ERROR: {command.arguments[0]} is not installed")
        except subprocess.TimeoutExpired:
            return Result(ok=False, text=f"ERROR: it took more than {_TIMEOUT_SECONDS} s")
        return Result(
            ok=done.returncode == 0, text=done.stdout if done.returncode == 0 else done.stderr or done.stdout
        )

    def _request(self, call: Request) -> Result:
        token = self._access_token()
        if not token.ok:
            return token
        result = self._fetch(call, token.text)
        if result.ok and call.follow:
            origin = "/".join(call.url.split("/")[:4])
            name = json.loads(result.text)[call.follow]
            return self._fetch(Request(method="GET", url=f"{origin}/{name}"), token.text)
        return result

    def _access_token(self) -> Result:
        until, token = self._token
        if time.monotonic() < until:
            return Result(ok=True, text=token)
        result = self._command(Command(("gcloud", "auth", "print-access-token", "--quiet")), {})
        if result.ok:
            self._token = (time.monotonic() + _TOKEN_SECONDS, result.text.strip())
        return Result(result.ok, result.text.strip())

    def _fetch(self, call: Request, token: str) -> Result:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        headers["x-goog-user-project"] = self.project
        body = None if call.body is None else json.dumps(call.body).encode()
        request = urllib.request.Request(call.url, data=body, headers=headers, method=call.method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
                return Result(ok=True, text=response.read().decode())
        except urllib.error.HTTPError as error:
            return Result(ok=False, text=f"ERROR: HTTP {error.code}: {_message(error)}")
        except OSError as error:
            return Result(ok=False, text=f"ERROR: could not reach {call.url.split('/')[2]}: {error}")


def _message(error: urllib.error.HTTPError) -> str:
    try:
        said = json.load(error)["error"]
        return f"{said.get('status', '')}: {said['message']}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(error.reason)
