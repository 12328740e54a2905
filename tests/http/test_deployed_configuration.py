"""The configuration with which a deployed service does not start: that of a developer's machine, or a part of one."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.config import TickSender, load_config
from shared.domain.errors import ConfigurationError
from tests.http.serving import BY_NAME

ROOT = Path(__file__).resolve().parents[2]
LOCAL = {"GOOGLE_CLOUD_PROJECT": "some-project"}
DEPLOYED = LOCAL | {"K_SERVICE": "usage-api", "GWI_METERING_ENABLED": "1"}
KEY, SECRET = "sk_live_0123456789abcdef", "whsec_0123456789abcdef"
TICKS = {"GWI_TICK_AUDIENCE": "aggregate", "GWI_TICK_SERVICE_ACCOUNT": "ticks@example.com"}
METERING = "GWI_METERING_ENABLED is {}; in a deployed service it must be 1 or true, or 0 or false"
ORIGIN = "GWI_WEB_ORIGIN must be an origin of the form https://usage.example.com in a deployed service"
BASE = "STRIPE_API_BASE must be an https address of stripe.com in a deployed service, or not set"
NO_KEY = "STRIPE_API_KEY is not a whole key of Stripe: sk_… or rk_…"
NO_SECRET = "STRIPE_WEBHOOK_SECRET is not a whole secret of a webhook endpoint: whsec_…"
WRONG = [
    ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:8080", "FIRESTORE_EMULATOR_HOST is set in a deployed service"),
    ("PUBSUB_EMULATOR_HOST", "127.0.0.1:8085", "PUBSUB_EMULATOR_HOST is set in a deployed service"),
    ("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099", "any ID token would be accepted"),
    ("GWI_STORE", "memory", "GWI_STORE=memory is set in a deployed service"),
    *(("GWI_METERING_ENABLED", word, METERING.format(repr(word))) for word in ("on", "yes", "2", "enabled")),
    *(
        ("GWI_METERING_ENABLED", word, "GWI_METERING_ENABLED is missing; in a deployed service")
        for word in ("", " ")
    ),
    *(("GWI_LOCAL_WEBHOOKS", word, "GWI_LOCAL_WEBHOOKS is set") for word in ("1", "true", "ON")),
    ("GWI_LOCAL_WEBHOOKS", "maybe", "GWI_LOCAL_WEBHOOKS is 'maybe'"),
    ("GWI_CLIENT_ESTIMATES", "maybe", "GWI_CLIENT_ESTIMATES is 'maybe'; it must be on or off"),
    *(
        ("GWI_WEB_ORIGIN", origin, ORIGIN)
        for origin in (
            "http://usage.example.com",
            "https://usage.example.com/app",
            "https://u:pass@x",
            "usage",
        )
    ),
    *(
        ("STRIPE_API_BASE", base, BASE)
        for base in ("http://api.stripe.com", "https://stripe.com.example.net", "https://u:pass@[x", "x")
    ),
    *(
        ("STRIPE_API_KEY", key, NO_KEY)
        for key in ("sk_test_local", "pk_live_0123456789abcdef", KEY + " ", "x" * 40)
    ),
    *(
        ("STRIPE_WEBHOOK_SECRET", secret, NO_SECRET)
        for secret in ("whsec_x", KEY, f"{SECRET},whsec_", "0123456789abcdef01234567")
    ),
]


def problems(environment: dict[str, str], *required: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_config(environment, (), required)
    first, *lines = caught.value.message.splitlines()
    assert first == "Cannot start:"
    return lines


def test_a_deployed_service_starts_with_what_it_needs() -> None:
    config = load_config(
        DEPLOYED
        | TICKS
        | {"GWI_WEB_ORIGIN": "https://usage.example.com/", "STRIPE_API_KEY": KEY, "GWI_LOCAL_WEBHOOKS": "0"}
        | {"STRIPE_API_BASE": "https://api.stripe.com", "STRIPE_WEBHOOK_SECRET": f"{SECRET}, {SECRET}/+="},
        ["STRIPE_WEBHOOK_SECRET"],
        ["GWI_WEB_ORIGIN", *TICKS],
    )
    assert config.web_origin == "https://usage.example.com"
    assert config.tick_sender == TickSender("aggregate", "ticks@example.com")
    assert load_config(DEPLOYED).metering_enabled


@pytest.mark.parametrize(("word", "is_on"), [("1", True), ("True", True), ("0", False), ("off", False)])
def test_metering_is_on_or_off_by_a_word_that_says_so(word: str, is_on: bool) -> None:
    assert load_config(DEPLOYED | {"GWI_METERING_ENABLED": word}).metering_enabled is is_on


@pytest.mark.parametrize(("name", "value", "problem"), WRONG)
def test_what_is_wrong_in_a_deployed_service_is_reported_without_its_secrets(
    name: str, value: str, problem: str
) -> None:
    (line,) = problems(DEPLOYED | {name: value})
    assert problem in line
    if "SECRET" in name or "KEY" in name or "pass" in value:
        assert value not in line


@pytest.mark.parametrize("name", sorted({name for name, _, _ in WRONG} - {"GWI_CLIENT_ESTIMATES"}))
def test_on_a_developers_machine_the_same_is_allowed(name: str) -> None:
    for value in (value for each, value, _ in WRONG if each == name):
        load_config(LOCAL | {name: value})


def test_all_problems_of_a_deployed_service_are_reported_at_once() -> None:
    local = {name: value for name, value, _ in WRONG} | {"GWI_HARD_LIMIT_PERCENT": "0", "GWI_WEB_ORIGIN": ""}
    lines = problems(DEPLOYED | local, "GWI_WEB_ORIGIN")
    assert len(lines) == len(local)
    assert "- GWI_WEB_ORIGIN is missing; a deployed service needs it" in lines


@pytest.mark.parametrize("name", TICKS)
def test_the_sender_of_ticks_is_named_whole_or_not_at_all(name: str) -> None:
    (other,) = TICKS.keys() - {name}
    assert problems(LOCAL | {name: TICKS[name]})[0].startswith(f"- {other} is missing")


@pytest.mark.parametrize("url", ["smtp://user:hunter2/x@mail.example.com", "smtp://user:hunter2", "hunter2"])
def test_a_wrong_mail_server_does_not_show_its_password(url: str) -> None:
    (line,) = problems(LOCAL | {"SMTP_URL": url, "GWI_MAIL_FROM": "usage@example.com"})
    assert line == "- SMTP_URL is not an address of the form smtp://user:password@host:587"


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("usage_api", ["GWI_WEB_ORIGIN"]),
        ("aggregate", ["GWI_WEB_ORIGIN", *TICKS]),
        ("stripe_webhook", ["STRIPE_WEBHOOK_SECRET"]),
        ("record_usage", ["GWI_WEB_ORIGIN"]),
    ],
)
def test_a_deployed_function_does_not_start_without_what_it_needs(name: str, missing: list[str]) -> None:
    function = BY_NAME[name]
    environment = {"PYTHONPATH": str(ROOT), **DEPLOYED}
    script = f"import sys; sys.path.append({str(function.source().parent)!r}); import main"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == (1 if missing else 0), done.stderr
    assert [line.split(" ")[1] for line in done.stderr.splitlines() if line.startswith("- ")] == missing
