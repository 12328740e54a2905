"""The stack on the real emulators, with functions so small that only the stack itself can fail."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from shared.http.ledger.dead_letters import dead_letter_of
from tests.sample_events import NOON
from tools.dev.emulated import emulated_stack
from tools.dev.errors import StackError
from tools.dev.launch import Launch
from tools.dev.local_stripe import SYNC_CATALOG, LocalStripe
from tools.dev.loopback import get
from tools.dev.stack import Stack
from tools.dev.tick import MOST_ATTEMPTS

RECORD_USAGE = """
import os
def record_usage(request):
    return {name: os.environ.get(name) for name in ("GOOGLE_CLOUD_PROJECT", "FIRESTORE_EMULATOR_HOST",
        "PUBSUB_EMULATOR_HOST", "GWI_STORE", "GWI_METERING_ENABLED", "GWI_TICK_TOPIC", "SMTP_URL", "GWI_MAIL_FROM")}
"""
STRIPE_WEBHOOK = """
import os
def stripe_webhook(request):
    if request.method == "GET":
        return {name: os.environ[name] for name in ("STRIPE_API_KEY", "STRIPE_API_BASE", "STRIPE_WEBHOOK_SECRET",
            "no_proxy")}
    with open(__file__ + ".events", "a") as events:
        events.write(request.headers["Stripe-Signature"] + "\\n")
    return "ok"
"""
AGGREGATE = """
import json, pathlib, sys
def aggregate(event):
    if pathlib.Path(__file__).with_name("fail").exists():
        sys.exit("gone")
    if pathlib.Path(__file__).with_name("refuse").exists() and "dead" not in event["source"]:
        raise RuntimeError("refused")
    if "dead" in event["source"]:
        pathlib.Path(__file__).with_name("dead").write_text(json.dumps(event.data))
    with pathlib.Path(__file__).with_name("ticks").open("a") as ticks:
        ticks.write(event["type"] + "\\n")
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    sources = {"record_usage": RECORD_USAGE, "stripe_webhook": STRIPE_WEBHOOK, "aggregate": AGGREGATE}
    for name, source in sources.items():
        main = root / "functions" / name / "main.py"
        main.parent.mkdir(parents=True)
        main.write_text(source)
    return root


@pytest.fixture(scope="module")
def stack(root: Path) -> Iterator[Stack]:
    with emulated_stack(Launch(folder=root), root) as stack:
        yield stack


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = monotonic() + 15
    while not condition() and monotonic() < deadline:
        sleep(0.05)
    return condition()


def test_starts_the_emulators_and_the_functions_that_exist(stack: Stack) -> None:
    functions = {"record_usage", "stripe_webhook", "aggregate"}
    assert set(stack.parts) == {*functions, "firestore", "pubsub", "stripe", "mail", "smtp"}
    assert stack.failure() is None


def test_a_function_learns_the_emulators_and_its_configuration(stack: Stack) -> None:
    answer = get(stack.ports["record_usage"], "/")
    assert answer is not None
    assert json.loads(answer.body) == {
        "GOOGLE_CLOUD_PROJECT": "demo-gwi",
        "FIRESTORE_EMULATOR_HOST": stack.parts["firestore"],
        "PUBSUB_EMULATOR_HOST": stack.parts["pubsub"],
        "GWI_STORE": "firestore",
        "GWI_METERING_ENABLED": "1",
        "GWI_TICK_TOPIC": "usage-tick",
        "SMTP_URL": stack.parts["smtp"],
        "GWI_MAIL_FROM": "GWI Usage <usage@example.com>",
    }


def test_a_tick_reaches_aggregate_as_a_pubsub_event(stack: Stack, root: Path) -> None:
    stack.tick()
    ticks = root / "functions/aggregate/ticks"
    assert eventually(ticks.exists)
    assert ticks.read_text().splitlines()[0] == "google.cloud.pubsub.topic.v1.messagePublished"


def test_a_tick_that_is_refused_five_times_comes_as_a_dead_letter(stack: Stack, root: Path) -> None:
    refuse, dead = (root / "functions/aggregate" / name for name in ("refuse", "dead"))
    refuse.touch()
    stack.tick()
    assert eventually(dead.exists)
    refuse.unlink()
    letter = dead_letter_of(json.loads(dead.read_text()), NOON)
    assert letter is not None
    assert (letter.job, letter.text, letter.attempts) == ("fold", "{}", MOST_ATTEMPTS)
    assert letter.at != NOON, "the instant is Pub/Sub's"


def test_a_function_that_cannot_start_stops_everything_and_shows_its_log(tmp_path: Path) -> None:
    main = tmp_path / "functions/usage_api/main.py"
    main.parent.mkdir(parents=True)
    main.write_text("raise RuntimeError('GWI_X is missing')\n")
    with (
        pytest.raises(StackError, match=r"(?s)usage_api ended with exit code 1.*GWI_X is missing"),
        emulated_stack(Launch(folder=tmp_path), tmp_path),
    ):
        pass


def test_who_takes_webhooks_learns_where_stripe_is_and_what_it_signs_with(stack: Stack) -> None:
    answer = get(stack.ports["stripe_webhook"], "/")
    assert answer is not None
    variables = json.loads(answer.body)
    assert "127.0.0.1" in variables.pop("no_proxy")
    assert variables == {
        "STRIPE_API_KEY": "sk_test_local",
        "STRIPE_API_BASE": stack.parts["stripe"],
        "STRIPE_WEBHOOK_SECRET": stack.secrets["stripe_webhook_secret"],
    }
    assert variables["STRIPE_WEBHOOK_SECRET"].startswith("whsec_")


def test_the_double_has_the_catalog_after_the_sync_and_sends_signed_events(stack: Stack, root: Path) -> None:
    first, second = (stack.admin(SYNC_CATALOG) for _ in range(2))
    # three plans that cost something, each with a product and two prices; and the portal
    assert (len(first["changes"]), second["changes"]) == (3 * (1 + 2) + 1, [])
    events = root / "functions/stripe_webhook/main.py.events"
    assert eventually(events.exists)
    assert events.read_text().startswith("t=")


def test_a_failing_command_of_the_admin_tool_is_reported_with_its_complaint(stack: Stack) -> None:
    with pytest.raises(StackError, match=r"(?s)tools\.admin tenant show --id nobody.*not_found"):
        stack.admin(("tenant", "show", "--id", "nobody"))


def test_every_run_has_a_secret_of_its_own() -> None:
    assert LocalStripe(1, 2).webhook_secret != LocalStripe(1, 2).webhook_secret
