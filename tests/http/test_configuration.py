"""The settings in the environment, and the one message about all that are missing or invalid."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from shared.config import load_config
from shared.domain.errors import ConfigurationError
from tests.http.serving import BY_NAME, Clock, Functions

ROOT = Path(__file__).resolve().parents[2]
SMALLEST = {"GOOGLE_CLOUD_PROJECT": "demo-gwi"}
ALL_WRONG = {
    "GWI_STORE": "sqlite",
    "GWI_CLIENT_ESTIMATES": "maybe",
    "GWI_AUTO_TENANTS": "Gold plan",
    "GWI_EVENT_RETENTION_DAYS": "35",
    "GWI_SOFT_LIMIT_PERCENT": "80%",
    "GWI_HARD_LIMIT_PERCENT": "0",
}
EVERY_PROBLEM = """Cannot start:
- GWI_STORE is 'sqlite'; it must be firestore or memory
- GOOGLE_CLOUD_PROJECT is missing: the id of the Google Cloud project
- GWI_CLIENT_ESTIMATES is 'maybe'; it must be on or off
- GWI_AUTO_TENANTS is 'Gold plan', which is not the id of a plan
- GWI_EVENT_RETENTION_DAYS is '35'; it must be a whole number from 36 to 3650
- GWI_SOFT_LIMIT_PERCENT is '80%'; it must be a whole number from 1 to 1000
- GWI_HARD_LIMIT_PERCENT is '0'; it must be a whole number from 1 to 1000"""


def test_the_project_is_the_only_required_setting() -> None:
    config = load_config(SMALLEST)
    assert (config.project_id, config.store, config.tick_topic) == ("demo-gwi", "firestore", "usage-tick")
    assert (config.soft_percent, config.hard_percent) == (80, 100)
    assert config.retention == timedelta(days=90)
    assert config.metering_enabled is False
    assert config.takes_estimates is True
    assert config.auto_plan is None


def test_memory_needs_no_project() -> None:
    assert load_config({"GWI_STORE": "memory"}).store == "memory"


@pytest.mark.parametrize(
    ("environment", "is_local"),
    [
        (SMALLEST, False),
        (SMALLEST | {"FIRESTORE_EMULATOR_HOST": ""}, False),
        (SMALLEST | {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:8080"}, True),
        ({"GWI_STORE": "memory"}, True),
    ],
)
def test_keys_of_a_local_stack_are_test_keys(environment: dict[str, str], is_local: bool) -> None:
    assert load_config(environment).is_local is is_local


@pytest.mark.parametrize("text", ["", "-5", "80.0", "1e2", "eighty", "1001", "²"])
def test_a_percentage_is_a_whole_number(text: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"GWI_SOFT_LIMIT_PERCENT is '.*'; it must be a whole number"
    ):
        load_config(SMALLEST | {"GWI_SOFT_LIMIT_PERCENT": text})


def test_events_are_kept_longer_than_their_maximum_age() -> None:
    shortest = load_config(SMALLEST | {"GWI_EVENT_RETENTION_DAYS": "36"}).retention
    assert shortest == timedelta(days=36)
    with pytest.raises(ConfigurationError, match="from 36 to 3650"):
        load_config(SMALLEST | {"GWI_EVENT_RETENTION_DAYS": "35"})


def test_only_the_function_that_people_call_loads_sign_in() -> None:
    for name in ("record_usage", "aggregate", "stripe_webhook", "usage_api"):
        main = BY_NAME[name].source()
        script = f"import sys; sys.path.append({str(main.parent)!r}); import main\n"
        script += (
            "loaded = {each.partition('.')[0] for each in sys.modules}; print('firebase_admin' in loaded)\n"
        )
        environment = {"PYTHONPATH": str(ROOT), "STRIPE_WEBHOOK_SECRET": "whsec_x", **SMALLEST}
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.strip() == "False", f"{name} loads firebase_admin before it has forked"


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_config(ALL_WRONG)
    assert caught.value.message == EVERY_PROBLEM


@pytest.mark.parametrize("name", ["record_usage", "usage_api", "aggregate"])
def test_a_function_does_not_start_with_an_invalid_configuration(
    name: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in ALL_WRONG.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as stopped:
        Functions(clock)
    assert stopped.value.code == EVERY_PROBLEM
    assert BY_NAME[name].source().exists()


@pytest.mark.parametrize("name", ["record_usage", "usage_api", "aggregate"])
def test_the_server_exits_with_the_message_and_without_a_stack_trace(name: str) -> None:
    function = BY_NAME[name]
    command = [sys.executable, "-m", "functions_framework", "--target", name, "--signature-type"]
    command += [function.signature, "--source", str(function.source()), "--host", "127.0.0.1"]
    environment = {"PYTHONPATH": str(ROOT), "GWI_HARD_LIMIT_PERCENT": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "GOOGLE_CLOUD_PROJECT is missing" in done.stderr
    assert "GWI_HARD_LIMIT_PERCENT is '0'" in done.stderr
    assert "Traceback" not in done.stderr


def test_thresholds_of_the_environment_take_effect(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = functions.create_tenant()
    monkeypatch.setenv("GWI_HARD_LIMIT_PERCENT", "50")
    monkeypatch.setenv("GWI_SOFT_LIMIT_PERCENT", "10")
    strict = functions.another()
    event = {"category": "llm", "provider": "openai", "model": "m", "tokens": {"total_tokens": 250_000}}
    functions.record(key, event)
    assert functions.check(key)["allowed"] is True
    assert strict.check(key)["code"] == "token_limit_reached"
    assert strict.check(key)["status"]["soft_limit_reached"] is True
