"""Golden behaviours of run forensics, over HTTP and the admin tool: F1–F4 and F7–F12."""

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared.domain.metering import run_bundles
from tests.http.serving import Functions, Json, bearer, refused, succeeded
from tools.admin.__main__ import main

KEY = f"2026:{'k' * 32}"
PROVIDERS = {
    "openai": "gpt-4.1-mini",
    "anthropic": "claude-sonnet-4-5",
    "google": "gemini-2.5-flash",
    "mistral": "mistral-large-latest",
    "my-own": "house-model",
}
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "run_id": "run-1"}
STEP = {"category": "other", "provider": "agent", "model": "agent", "run_id": "run-1"}
TOKENS = {"input_tokens": 100, "output_tokens": 20}


@pytest.fixture
def functions(set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch) -> Functions:
    """All functions, with forensics."""
    monkeypatch.setenv("GWI_FORENSICS_ENABLED", "1")
    monkeypatch.setenv("GWI_SEALING_KEYS", KEY)
    return set_up()


def record(functions: Functions, key: str, events: Iterable[Json]) -> None:
    """Record events, a second apart."""
    for event in events:
        functions.clock.pass_by(timedelta(seconds=1))
        assert functions.record(key, event)["rejected"] == []


def bundle_text(functions: Functions, key: str, run: str = "run-1") -> str:
    return functions.get(key, f"/tenants/acme/runs/{run}/bundle").get_data(as_text=True)


def bundle(functions: Functions, key: str, run: str = "run-1") -> Json:
    content: Json = json.loads(bundle_text(functions, key, run))
    return content


def verified(text: str, folder: Path, capture: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the exit code and the verdict of `admin verify-bundle`."""
    file = folder / "bundle.json"
    file.write_bytes(text.encode())
    code = main(["--json", "verify-bundle", str(file)])
    return code, json.loads(capture.readouterr().out.splitlines()[-1])["result"]


@pytest.mark.parametrize("value", [None, "", "0", "on", "yes"])
def test_f1_bundles_are_off_by_default(
    value: str | None, set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv("GWI_FORENSICS_ENABLED", value)
    functions = set_up()
    key = functions.create_tenant()
    functions.record(key, CALL)
    refused(functions.get(key, "/tenants/acme/runs/run-1/bundle"), 404, "forensics_disabled")


@pytest.mark.parametrize("value", ["1", "true", "TRUE"])
def test_f1_bundles_are_on_for_1_and_true(
    value: str, set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GWI_FORENSICS_ENABLED", value)
    monkeypatch.setenv("GWI_SEALING_KEYS", KEY)
    functions = set_up()
    key = functions.create_tenant()
    functions.record(key, CALL)
    succeeded(functions.get(key, "/tenants/acme/runs/run-1/bundle"))


def test_f2_a_bundle_has_every_event_in_order_with_kinds_status_duration_and_checksum(
    functions: Functions, key: str
) -> None:
    record(
        functions,
        key,
        [
            STEP | {"id": "e1", "kind": "run.started"},
            CALL | {"id": "e2", "kind": "llm.request"},
            CALL | {"id": "e3", "kind": "llm.response", "tokens": TOKENS},
            CALL | {"id": "e4", "tokens": TOKENS},
            CALL | {"id": "e5", "category": "tool", "kind": "tool.failed"},
            STEP | {"id": "e6", "kind": "run.completed"},
        ],
    )
    content = bundle(functions, key)
    assert [event["id"] for event in content["events"]] == ["e1", "e2", "e3", "e4", "e5", "e6"]
    assert content["kinds"] == {
        "llm.call": 1,
        "llm.request": 1,
        "llm.response": 1,
        "run.completed": 1,
        "run.started": 1,
        "tool.failed": 1,
    }
    run = content["run"]
    assert (run["status"], run["duration_ms"]) == ("completed", 5_000)
    # A request and its response are one call.
    assert (run["calls"], run["tool_calls"], run["errors"]) == (2, 1, 1)
    assert content["checksum"].startswith("sha256:")
    assert content["seal"]["key_id"] == "2026"
    assert (content["format"], content["version"], content["is_cut"]) == ("gwi.run-bundle", 1, False)


def test_f3_the_sums_of_all_providers_are_the_totals_of_the_run(functions: Functions, key: str) -> None:
    calls = [
        CALL | {"provider": name, "model": model, "tokens": TOKENS, "latency_ms": 100 * number}
        for number, (name, model) in enumerate(PROVIDERS.items(), start=1)
    ]
    record(functions, key, [*calls, *calls])
    content = bundle(functions, key)
    sums, run = content["providers"], content["run"]
    assert len(sums) == len(PROVIDERS)
    assert sum(each["latency_ms"] for each in sums) == run["latency_ms"] == 2 * (100 + 200 + 300 + 400 + 500)
    for name in run["tokens"]:
        assert sum(each["tokens"][name] for each in sums) == run["tokens"][name]
    assert run["tokens"]["total"] == 2 * len(PROVIDERS) * 120
    # A model without a price is said to have none, in the sums too.
    assert sum(each["unpriced_calls"] for each in sums) == run["unpriced_calls"] == 2


@pytest.mark.parametrize(
    "metadata",
    [
        {"error": {"name": "RateLimitError", "message": "slow down"}},
        {"error": {"type": "RateLimitError", "message": "slow down"}},
        {"error_name": "RateLimitError", "error_message": "slow down"},
    ],
)
def test_f4_a_failed_run_keeps_the_name_and_the_message_of_its_error(
    metadata: dict[str, Any], functions: Functions, key: str
) -> None:
    record(
        functions,
        key,
        [
            CALL | {"status": "error", "metadata": {"error": "an earlier one"}},
            STEP | {"kind": "run.failed", "metadata": metadata},
            CALL | {"status": "error", "metadata": {"error": "a later one"}},
        ],
    )
    content = bundle(functions, key)
    assert content["run"]["status"] == "failed"
    assert content["error"] == {"name": "RateLimitError", "message": "slow down"}


def test_f5_secrets_in_a_bundle_are_redacted_and_counted(functions: Functions, key: str) -> None:
    secret = "sk-" + "a1B2" * 8
    failure = {"error": {"message": f"key {secret} is wrong"}, "header": {"x-key": secret}}
    record(functions, key, [STEP | {"kind": "run.failed", "metadata": failure}])
    text = bundle_text(functions, key)
    assert secret not in text
    assert json.loads(text)["redactions"] == 2


def test_f7_policy_checks_approvals_and_denials_are_counted(functions: Functions, key: str) -> None:
    kinds = ["policy.checked", "policy.checked", "policy.denied", "approval.requested", "approval.granted"]
    record(functions, key, [STEP | {"kind": kind} for kind in [*kinds, "approval.denied"]])
    assert bundle(functions, key)["decisions"] == {"policy_checks": 3, "approvals": 1, "denials": 2}
    # None of these is a call, and none costs anything.
    assert bundle(functions, key)["run"]["calls"] == bundle(functions, key)["run"]["unpriced_calls"] == 0


def test_f8_a_bundle_that_is_written_and_read_back_is_intact(
    functions: Functions, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(functions, key, [CALL | {"tokens": TOKENS, "metadata": {"note": "ümlaut \u2028 \U0001f600"}}])
    text = bundle_text(functions, key)
    assert verified(text, tmp_path, capsys) == (0, "intact")
    assert json.loads((tmp_path / "bundle.json").read_text("utf-8")) == json.loads(text)


@pytest.mark.parametrize("part", ['"total":120', '"id":"run-1"', '"status":"open"', '"key_id":"2026"', "}"])
def test_f9_a_changed_byte_breaks_the_seal(
    part: str, functions: Functions, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(functions, key, [CALL | {"tokens": TOKENS}])
    text = bundle_text(functions, key)
    place = text.index(part) + len(part) - 2
    changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
    code, verdict = verified(changed, tmp_path, capsys)
    assert (code != 0, verdict != "intact") == (True, True)


def test_f9_a_seal_by_a_key_that_was_replaced_holds_and_by_an_unknown_one_proves_nothing(
    functions: Functions,
    key: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record(functions, key, [CALL])
    text = bundle_text(functions, key)
    monkeypatch.setenv("GWI_SEALING_KEYS", f"2027:{'n' * 32},{KEY}")
    assert verified(text, tmp_path, capsys) == (0, "intact")
    monkeypatch.setenv("GWI_SEALING_KEYS", f"2027:{'n' * 32}")
    assert verified(text, tmp_path, capsys) == (2, "unknown_key")


def test_f10_a_long_run_keeps_its_first_and_last_events_and_its_totals_and_says_so(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.usecases.metering.read_bundle.MAX_EVENTS", 5)
    record(functions, key, [CALL | {"id": f"e{number}", "tokens": TOKENS} for number in range(9)])
    content = bundle(functions, key)
    assert [event["id"] for event in content["events"]] == ["e0", "e5", "e6", "e7", "e8"]
    assert content["is_cut"]
    assert content["run"]["calls"] == 9
    assert run_bundles.MAX_EVENTS == 10_000


def test_f10_a_run_that_just_fits_is_whole(
    functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.usecases.metering.read_bundle.MAX_EVENTS", 5)
    record(functions, key, [CALL | {"id": f"e{number}"} for number in range(5)])
    content = bundle(functions, key)
    assert (len(content["events"]), content["is_cut"]) == (5, False)


def test_f11_five_providers_five_requests_and_five_responses_are_all_kept(
    functions: Functions, key: str
) -> None:
    steps = [
        CALL | {"provider": name, "model": model, "kind": kind} | ({"tokens": TOKENS} if tokens else {})
        for name, model in PROVIDERS.items()
        for kind, tokens in (("llm.request", False), ("llm.response", True))
    ]
    record(functions, key, steps)
    content = bundle(functions, key)
    named = [(event["provider"], event["kind"]) for event in content["events"]]
    assert named == [(step["provider"], step["kind"]) for step in steps]
    assert content["run"]["calls"] == 5


def test_f12_a_run_without_an_end_is_open_then_timed_out_and_never_completed(
    functions: Functions, key: str
) -> None:
    record(functions, key, [STEP | {"kind": "run.started"}, CALL])
    assert bundle(functions, key)["run"]["status"] == "open"
    functions.clock.pass_by(timedelta(hours=24))
    assert bundle(functions, key)["run"]["status"] == "timed_out"


def test_another_tenants_run_and_an_unknown_one_do_not_exist(functions: Functions, key: str) -> None:
    other = functions.create_tenant("bolt")
    functions.record(other, CALL | {"run_id": "theirs"})
    refused(functions.get(key, "/tenants/acme/runs/theirs/bundle"), 404, "not_found")
    refused(functions.get(key, "/tenants/bolt/runs/theirs/bundle"), 403, "foreign_tenant")
    refused(functions.get(key, "/tenants/acme/runs/%3Cb%3E/bundle"), 404, "not_found")


def test_a_kind_that_contradicts_the_status_is_refused(functions: Functions, key: str) -> None:
    event = STEP | {"kind": "run.completed", "status": "failed"}
    answer = functions.record_usage.post("/v1/events", json=event, headers=bearer(key))
    assert refused(answer, 422)["errors"][0]["code"] == "contradictory_status"


def test_an_event_with_a_kind_is_the_same_event_when_it_is_sent_again(functions: Functions, key: str) -> None:
    client: FlaskClient = functions.record_usage
    event = CALL | {"id": "e1", "kind": "llm.request"}
    for accepted in (1, 0):
        answer = succeeded(client.post("/v1/events", json=event, headers=bearer(key)))
        assert (answer["accepted"], answer["duplicates"]) == (accepted, 1 - accepted)
