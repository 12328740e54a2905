"""The stack file: what programs and people read about a ready stack."""

import json
import shlex
from pathlib import Path

from tools.dev.demo_subscription import DemoTenant
from tools.dev.demo_tenant import Demo
from tools.dev.stack_file import banner, published

FOLDER = Path(".local")
ENTRIES = {
    "project_id": "demo-gwi",
    "record_usage": "http://127.0.0.1:8081",
    "usage_api": "http://127.0.0.1:8082",
    "aggregate": "http://127.0.0.1:8083",
    "mail": "http://127.0.0.1:8087/_mail",
    "firestore": "127.0.0.1:8080",
    "pubsub": "127.0.0.1:8085",
    "tick_topic": "usage-tick",
    "tenant_id": "demo",
    "api_key": "gwi_test_example",
    "platform_key": "gwi_platform_test_example",
}
DEMO = Demo(DemoTenant("demo", "gwi_test_example"), "gwi_platform_test_example", "starter", events=107)


def test_the_file_is_there_while_the_stack_is_ready(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    with published(ENTRIES, file):
        assert json.loads(file.read_text()) == ENTRIES
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_a_stack_that_started_later_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    later = ENTRIES | {"record_usage": "http://127.0.0.1:9081"}
    with published(ENTRIES, file):
        file.write_text(json.dumps(later))
    assert json.loads(file.read_text()) == later


def test_the_banner_shows_every_address_and_both_keys() -> None:
    text = banner(ENTRIES, DEMO, FOLDER, seconds=5)
    for name in (
        "record_usage",
        "usage_api",
        "aggregate",
        "mail",
        "firestore",
        "pubsub",
        "api_key",
        "platform_key",
    ):
        assert ENTRIES[name] in text
    assert "demo (plan starter, 107 demo events)" in text


def test_the_banner_shows_nothing_of_parts_that_do_not_exist() -> None:
    in_memory = {
        name: value for name, value in ENTRIES.items() if name not in {"firestore", "pubsub", "usage_api"}
    }
    text = banner(in_memory, DEMO, FOLDER, seconds=1)
    assert "(emulator)" not in text
    assert "/usage " not in text


def test_the_command_to_subscribe_is_one_line_that_a_shell_understands() -> None:
    entries = ENTRIES | {"stripe": "http://127.0.0.1:8086", "stripe_webhook_secret": "whsec_of_this_run"}
    text = banner(entries, DEMO, FOLDER, seconds=1)
    (line,) = [line for line in text.splitlines() if "/checkout-sessions" in line]
    words = shlex.split(line)
    assert words[:3] == ["curl", "-sS", "http://127.0.0.1:8082/api/v1/tenants/demo/checkout-sessions"]
    assert json.loads(words[-1]) == {"plan": "enterprise", "interval": "month"}
    assert "whsec_of_this_run" not in text


def test_the_banner_says_where_the_dashboard_is_and_how_to_sign_in() -> None:
    user = {"email": "demo@example.com", "password": "open-sesame"}
    entries = ENTRIES | {"web": "http://127.0.0.1:5173", "auth": "127.0.0.1:9099", "user": user}
    lines = banner(entries, DEMO, FOLDER, seconds=1).splitlines()
    assert "  dashboard       http://127.0.0.1:5173" in lines
    assert "  sign in as      demo@example.com  password open-sesame" in lines


def test_without_a_web_app_the_banner_says_so() -> None:
    text = banner(ENTRIES, DEMO, FOLDER, seconds=1)
    assert "There is no dashboard here" in text
    assert "sign in as" not in text


def test_without_stripe_nobody_is_asked_to_subscribe() -> None:
    assert "checkout" not in banner(ENTRIES, DEMO, FOLDER, seconds=1)


def test_the_command_to_record_an_event_is_one_line_that_a_shell_understands() -> None:
    (line,) = [line for line in banner(ENTRIES, DEMO, FOLDER, seconds=1).splitlines() if "/v1/events" in line]
    words = shlex.split(line)
    assert words[:3] == ["curl", "-sS", "http://127.0.0.1:8081/v1/events"]
    assert "Authorization: Bearer gwi_test_example" in words
    assert json.loads(words[-1])["tokens"] == {"input_tokens": 1200, "output_tokens": 300}
