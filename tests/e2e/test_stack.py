"""`make dev` from outside: events go in by HTTP, the tick folds them, usage comes out, and nothing stays behind."""

import json
import os
import re
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.adapters.firestore import FirestoreRpc, FirestoreUsageStore
from shared.adapters.firestore.rpc import open_channel
from shared.domain.ledger.periods import MAX_AGE
from tests.e2e.running import RunningStack, alive, descendants, eventually, running_stack
from tests.plans import PLANS
from tests.tools.mailbox import sign_up
from tests.usecases.plain_sums import folded, stored_tenant
from tools.dev.demo_history import SUBSCRIBED
from tools.dev.functions import existing_functions
from tools.dev.loopback import post_json
from tools.dev.settings import DEMO_PAID_PLAN, ROOT
from tools.dev.tick import push_tick
from tools.gate.check import PASS, run_check
from tools.gate.target import Target
from tools.gate.warehouse import CHECKS, SENT_SECONDS

PARTS = {function.name for function in existing_functions()}
ENTRIES = PARTS | {"project_id", "tick_topic", "tenant_id", "api_key", "stripe", "stripe_webhook_secret"}
ENTRIES |= {"mail", "smtp"}
WITH_DASHBOARD = {"firestore", "pubsub", "auth", "web", "user"}
SIGN_IN = "/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=local"
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "latency_ms": 350}
TOKENS = {"input_tokens": 100, "output_tokens": 20}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The stack as `make dev` starts it: emulators, functions, demo data."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


def call(event_id: str, run_id: str | None = None) -> dict[str, object]:
    return {**CALL, "id": event_id, "tokens": TOKENS} | ({"run_id": run_id} if run_id else {})


def is_folded(stack: RunningStack) -> bool:
    health = stack.get("usage_api", "/api/v1/health").content
    return bool(health["fold_lag_seconds"] == 0)


def all_events(stack: RunningStack) -> list[dict[str, Any]]:
    return everything(stack, "events")


def everything(stack: RunningStack, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = stack.tenant(what, limit=50, **cursor)
        found += page[what]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def announced_events(stack: RunningStack) -> int:
    """How many events the banner speaks of."""
    said = re.search(r"(\d+) demo events", stack.file.with_name("output").read_text())
    assert said is not None
    return int(said[1])


def tokens_of(events: list[dict[str, Any]]) -> int:
    return sum(event["tokens"]["total_tokens"] for event in events if event["tokens"])


def test_the_stack_file_names_every_part_and_all_of_them_answer(stack: RunningStack) -> None:
    assert {*stack.entries} >= ENTRIES | WITH_DASHBOARD
    assert stack.entries["api_key"].startswith("gwi_test_")
    assert [stack.get(part, "/").status for part in ("record_usage", "usage_api")] == [200, 200]
    assert stack.get("usage_api", "/api/v1/openapi.json").content["openapi"].startswith("3.")


def test_the_demo_is_there_and_usage_runs_and_series_add_up_to_its_events(stack: RunningStack) -> None:
    events = all_events(stack)
    aggregate = stack.tenant("usage")["aggregate"]
    period_start = datetime.fromisoformat(aggregate["period_start"])
    current = [event for event in events if datetime.fromisoformat(event["ts"]) >= period_start]
    assert len(events) == announced_events(stack) > 500
    assert {event["run_id"] for event in events} == {run["id"] for run in everything(stack, "runs")}
    assert aggregate["total_tokens"]["total"] == tokens_of(current)
    assert sum(row["tokens"]["total"] for row in aggregate["series"]) == tokens_of(current)
    reach = {"from": aggregate["period_start"], "to": aggregate["period_end"]}
    points = stack.tenant("usage/series", granularity="day", group_by="model", **reach)["points"]
    assert sum(point["tokens"]["total"] for point in points) == tokens_of(current)


def test_the_demo_has_paid_for_its_plan_and_will_see_its_end(stack: RunningStack) -> None:
    usage = stack.tenant("usage")
    assert (usage["billing"]["status"], usage["billing"]["plan"]) == ("active", DEMO_PAID_PLAN)
    begun = datetime.now(UTC) - datetime.fromisoformat(usage["aggregate"]["period_start"])
    assert SUBSCRIBED <= begun < SUBSCRIBED + timedelta(hours=2)
    assert [invoice["status"] for invoice in stack.tenant("invoices")["invoices"]] == ["paid"]
    assert 60 < usage["status"]["token_usage_percent"] < 80
    assert not usage["status"]["soft_limit_reached"]
    assert usage["forecast"]["tokens"]["soft_reached_at"] is not None


def test_the_demo_user_signs_in_and_owns_the_tenant(stack: RunningStack) -> None:
    port = int(stack.entries["auth"].rpartition(":")[2])
    login = stack.entries["user"] | {"returnSecureToken": True}
    signed_in = json.loads(post_json(port, SIGN_IN, login, headers={}).body)
    me = stack.acting_for("", signed_in["idToken"]).get("usage_api", "/api/v1/me").content
    assert me["user"]["email"] == stack.entries["user"]["email"]
    assert me["user"]["email_verified"] is True
    assert [(tenant["id"], tenant["role"]) for tenant in me["tenants"]] == [("demo", "owner")]


def test_the_dashboard_is_served_with_the_api_beside_it(stack: RunningStack) -> None:
    page = stack.get("web", "/")
    assert (page.status, '<div id="root">' in page.content) == (200, True)
    config = stack.get("web", "/__/firebase/init.json").content
    emulators = {name: stack.entries[name] for name in ("auth", "firestore")}
    assert (config["projectId"], config["emulators"]) == (stack.entries["project_id"], emulators)
    assert stack.get("web", "/api/v1/plans") == stack.get("usage_api", "/api/v1/plans")


def test_mail_and_the_links_that_confirm_addresses_are_shown_beside_the_dashboard(
    stack: RunningStack,
) -> None:
    send_mail(stack)
    sign_up(stack, "ada@example.com")
    messages = stack.get("web", "/_mail/messages.json").content
    assert [(each["subject"], each["to"]) for each in messages] == [
        ("Confirm your address", ["ada@example.com"]),
        ("Hello", ["ann@example.com"]),
    ]
    assert messages[0]["links"][0].startswith(f"http://{stack.entries['auth']}/emulator/action?")
    assert "Confirm your address" in stack.get("web", "/_mail").content


def send_mail(stack: RunningStack) -> None:
    """Send a mail as a function does."""
    server = urlsplit(stack.entries["smtp"])
    with smtplib.SMTP(str(server.hostname), server.port or 0, timeout=10) as client:
        client.sendmail("usage@example.com", ["ann@example.com"], b"Subject: Hello\r\n\r\nGood morning.\r\n")


def test_an_event_is_seen_at_once_and_once_and_the_same_after_a_fold(stack: RunningStack) -> None:
    before = stack.tenant("usage")["aggregate"]
    batch = [call("e1", "run-a"), call("e2", "run-a"), call("e1", "run-a")]
    first, again = (stack.post("record_usage", "/v1/events?status=true", batch) for _ in range(2))
    assert [
        (each.status, each.content["accepted"], each.content["duplicates"]) for each in (first, again)
    ] == [
        (200, 2, 1),
        (200, 0, 3),
    ]
    after = stack.tenant("usage")
    grown = after["aggregate"]["total_tokens"]["total"] - before["total_tokens"]["total"]
    assert grown == 2 * (100 + 20)
    assert after["status"] == again.content["status"]
    assert after["status"]["tokens_used"] == after["aggregate"]["total_tokens"]["total"]
    fold_now(stack)
    assert stack.tenant("usage")["aggregate"]["series"] == after["aggregate"]["series"]
    assert rollup_tokens(stack) == after["aggregate"]["total_tokens"]["total"]


def test_an_event_of_an_earlier_day_is_folded_by_the_next_tick(stack: RunningStack) -> None:
    fold_now(stack)
    before = rollup_tokens(stack)
    late = call("late") | {"ts": (datetime.now(UTC) - timedelta(days=2)).isoformat()}
    assert stack.post("record_usage", "/v1/events", late).content["accepted"] == 1
    assert eventually(lambda: rollup_tokens(stack) == before + 100 + 20)
    assert eventually(lambda: is_folded(stack))


def fold_now(stack: RunningStack) -> None:
    """Have the tenant's counters folded, which the tick would do when they are due."""
    message = json.dumps({"tenants": [stack.entries["tenant_id"]]}).encode()
    port = urlsplit(stack.entries["aggregate"]).port
    assert port is not None
    push_tick(port, message, datetime.now(UTC))


def rollup_tokens(stack: RunningStack) -> int:
    """Return the tokens that the fold has written for the current period."""
    with open_channel(stack.entries["firestore"]) as channel:
        rpc = FirestoreRpc(stack.entries["project_id"], lambda: channel, is_emulator=True)
        store, now = FirestoreUsageStore(rpc, MAX_AGE), datetime.now(UTC)
        tenant = stored_tenant(store, stack.entries["tenant_id"]).at(now)
        return folded(store, tenant, now).totals["total_tokens"]


def test_a_run_shows_its_calls_and_its_end(stack: RunningStack) -> None:
    marks = [
        CALL | {"id": f"b-{status}", "run_id": "run-b", "status": status}
        for status in ("started", "completed")
    ]
    answer = stack.post("record_usage", "/v1/events", [marks[0], call("b1", "run-b"), marks[1]])
    assert answer.content["accepted"] == 3
    run = stack.tenant("runs/run-b")
    assert (run["status"], run["calls"], run["tokens"]["total"]) == ("completed", 1, 100 + 20)
    assert Decimal(run["cost_usd"]) > 0


def test_a_check_says_what_is_left(stack: RunningStack) -> None:
    plan = PLANS.find(DEMO_PAID_PLAN)
    assert plan is not None
    fits = stack.post("record_usage", "/v1/check", {"tokens": 1}).content
    misfit = stack.post("record_usage", "/v1/check", {"tokens": plan.token_limit + 1}).content
    assert (fits["allowed"], misfit["allowed"], misfit["code"]) == (True, False, "token_limit_exceeded")
    assert fits["status"]["tokens_remaining"] == plan.token_limit - fits["status"]["tokens_used"]


@pytest.mark.timeout(SENT_SECONDS + 60)
def test_what_is_recorded_reaches_the_warehouse(stack: RunningStack) -> None:
    (check,) = CHECKS
    result = run_check(check, Target.of_stack(stack.file.parent))
    assert result.outcome == PASS, result.seen


def test_the_admin_tool_finds_no_drift(stack: RunningStack) -> None:
    command = [
        sys.executable,
        "-m",
        "tools.admin",
        "--json",
        "verify",
        "--tenant",
        stack.entries["tenant_id"],
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=stack.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["drift"] == []
    assert json.loads(done.stdout)["events"] == len(all_events(stack)) >= announced_events(stack)


def test_the_stack_ends_when_a_part_of_it_dies(stack: RunningStack) -> None:
    # The last one to use the stack of this file: it ends it.
    children = descendants(stack.process.pid)
    assert len(children) >= len({*PARTS, "firestore", "pubsub", "stripe", "mail", "auth", "web"})
    os.kill(leader_of("record_usage", children), signal.SIGKILL)
    assert stack.process.wait(20) == 1
    assert "record_usage ended with exit code -9" in (stack.file.parent / "output").read_text()
    assert alive(children) == set()
    assert not stack.file.exists()


def leader_of(function: str, pids: set[int]) -> int:
    """The process that the stack itself started for a function: the one that leads its group."""
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,pgid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(maxsplit=2) for line in listing.stdout.splitlines()]
    return next(
        int(pid)
        for pid, group, command in rows
        if pid == group and int(pid) in pids and f"--target {function}" in command
    )


@pytest.mark.parametrize("options", [[], ["--empty"]])
def test_in_memory_the_same_stack_runs_in_one_process(tmp_path: Path, options: list[str]) -> None:
    nothing_but_python = {**os.environ, "PATH": str(tmp_path)}
    with running_stack(tmp_path, "--memory", *options, environment=nothing_but_python) as stack:
        assert {*stack.entries} >= ENTRIES
        assert descendants(stack.process.pid) == set()
        assert not {*stack.entries} & WITH_DASHBOARD
        assert len(all_events(stack)) == announced_events(stack)
        assert (announced_events(stack) == 0) == ("--empty" in options)
        assert stack.post("record_usage", "/v1/events", call("e1")).content["accepted"] == 1
        assert eventually(lambda: is_folded(stack))
        send_mail(stack)
        assert [each["subject"] for each in stack.get("mail", "/_mail/messages.json").content] == ["Hello"]
        stack.process.send_signal(signal.SIGINT)
        assert stack.process.wait(20) == 0
    assert not stack.file.exists()
