"""stripe_webhook as deployed: real signatures on raw bodies, and no effect of refused requests."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.firestore import FirestoreRpc, rpc
from tests.golden.stripe_payloads import webhooks
from tests.http.serving import BY_NAME, Clock, Functions, refused, succeeded
from tests.http.stripe_caller import (
    CREATED,
    OLD_SECRET,
    SECRET,
    event,
    nothing_is_stored,
    plan,
    post,
    send,
    signed,
    stored_state,
)
from tools.dev.loopback import free_port

ROOT = Path(__file__).resolve().parents[2]
BODY = json.dumps(CREATED)
LARGEST_BODY_BYTES = 4 * 1024 * 1024


def test_a_signed_event_is_applied_before_it_is_acknowledged(platform: Functions) -> None:
    assert succeeded(send(platform, CREATED)) == {"outcome": "applied"}
    assert plan() == "starter"
    assert succeeded(send(platform, CREATED)) == {"outcome": "duplicate"}


def test_the_signature_covers_the_bytes_not_the_parsed_json(platform: Functions) -> None:
    spaced = json.dumps(CREATED, indent=3, sort_keys=True)
    refused(post(platform, spaced, signed(BODY)), 400, "invalid_signature")
    assert succeeded(post(platform, spaced, signed(spaced))) == {"outcome": "applied"}


SIGNATURE = signed(BODY)["Stripe-Signature"]
WRONG: dict[str, dict[str, str]] = {
    "B20-missing": {},
    "B20-empty": {"Stripe-Signature": ""},
    "B20-another-secret": signed(BODY, "whsec_of_somebody"),
    "B20-stale": signed(BODY, age_seconds=302),
    "B20-of-another-body": signed(BODY + " "),
    "B20-no-timestamp": {"Stripe-Signature": SIGNATURE.partition(",")[2]},
    "B20-another-timestamp": {"Stripe-Signature": SIGNATURE.replace("t=", "t=1")},
    "B20-timestamp-is-text": {"Stripe-Signature": "t=now,v1=" + "0" * 64},
    "B20-no-scheme": {"Stripe-Signature": SIGNATURE.replace("v1=", "v0=")},
    "B20-cut-off": {"Stripe-Signature": SIGNATURE[:-1]},
    "B20-not-ascii": {"Stripe-Signature": SIGNATURE + ",v1=é"},
    "B20-garbage": {"Stripe-Signature": "=,,=;t=;v1"},
    "B20-huge-timestamp": {"Stripe-Signature": f"t={'9' * 5000},v1=0"},
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG)
def test_a_wrong_signature_is_refused_and_nothing_is_stored(
    platform: Functions, headers: dict[str, str]
) -> None:
    refused(post(platform, BODY, headers), 400, "invalid_signature")
    nothing_is_stored()


def test_b20_a_recent_signature_is_accepted(platform: Functions) -> None:
    assert succeeded(post(platform, BODY, signed(BODY, age_seconds=290))) == {"outcome": "applied"}


@pytest.mark.parametrize(
    "tampered",
    [BODY[:-1], BODY + "\n", BODY.replace("acme", "evil"), BODY.replace("starter", "enterprise"), "", "{}"],
    ids=["cut-off", "longer", "another-tenant", "another-plan", "empty", "another"],
)
def test_b20_a_modified_body_is_refused(platform: Functions, tampered: str) -> None:
    refused(post(platform, tampered, signed(BODY)), 400, "invalid_signature")
    nothing_is_stored()


def test_b21_old_and_new_secret_both_pass_during_rotation(
    set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", f"{SECRET}, {OLD_SECRET}")
    functions = set_up()
    functions.create_tenant(plan="free")
    first, second = webhooks("endive")[:2]
    assert succeeded(send(functions, first, OLD_SECRET)) == {"outcome": "applied"}
    assert succeeded(send(functions, second, SECRET)) == {"outcome": "applied"}
    refused(send(functions, event("product.created", {}), "whsec_third"), 400, "invalid_signature")


def test_b21_after_the_rotation_the_old_secret_is_refused(platform: Functions) -> None:
    refused(send(platform, CREATED, OLD_SECRET), 400, "invalid_signature")
    nothing_is_stored()


@pytest.mark.parametrize("body", [b"\xff\xfe{}", BODY.encode("utf-16"), b"\x80" * 100], ids=lambda _: "B22")
def test_a_body_that_is_not_utf8_is_refused(platform: Functions, body: bytes) -> None:
    refused(post(platform, body, signed(BODY)), 400, "malformed_json")
    nothing_is_stored()


@pytest.mark.parametrize(
    "body",
    ["not json", '{"id": ', "", "[" * 100_000, '{"id": NaN}', '{"object": "event"} {}'],
    ids=lambda body: f"B22-{body[:8] or 'empty'}",
)
def test_a_signed_body_that_is_no_json_is_refused(platform: Functions, body: str) -> None:
    assert post(platform, body, signed(body)).status_code == 400
    nothing_is_stored()


@pytest.mark.parametrize("chunked", [False, True], ids=["with-length", "chunked"])
def test_megabytes_are_refused(platform: Functions, chunked: bool) -> None:
    body = " " * LARGEST_BODY_BYTES + BODY
    options: dict[str, Any] = {"data": body, "headers": signed(body)}
    if chunked:
        options["environ_overrides"] = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    refused(platform.stripe_webhook.post("/", **options), 413, "too_large")
    nothing_is_stored()


def test_a_large_event_within_the_limit_is_applied(platform: Functions) -> None:
    body = BODY + " " * (LARGEST_BODY_BYTES - len(BODY))
    assert succeeded(post(platform, body, signed(body))) == {"outcome": "applied"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_only_post_takes_events(platform: Functions, method: str) -> None:
    refused(platform.stripe_webhook.open("/", method=method), 405)


def test_an_unavailable_stripe_is_503_and_stores_nothing_until_the_event_is_resent(
    set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_webhook")
    monkeypatch.setenv("STRIPE_API_BASE", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    functions = set_up()
    functions.create_tenant(plan="free")
    before = stored_state()
    response = send(functions, CREATED)
    assert refused(response, 503, "unavailable")["detail"] == "Stripe does not respond"
    assert int(response.headers["Retry-After"]) >= 1
    assert stored_state() == before
    nothing_is_stored()
    monkeypatch.delenv("STRIPE_API_KEY")
    assert succeeded(send(functions.another(), CREATED)) == {"outcome": "applied"}


@pytest.mark.parametrize("secret", [None, "", " , "])
def test_without_a_secret_it_does_not_start_and_names_it(secret: str | None) -> None:
    function = BY_NAME["stripe_webhook"]
    command = [sys.executable, "-m", "functions_framework", "--target", function.name, "--source"]
    environment = {"PYTHONPATH": str(ROOT), "GWI_STORE": "memory"}
    if secret is not None:
        environment["STRIPE_WEBHOOK_SECRET"] = secret
    done = subprocess.run(
        [*command, str(function.source())],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "STRIPE_WEBHOOK_SECRET is missing" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unavailable_firestore_is_503_so_that_stripe_resends_the_event(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo-away")
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
    monkeypatch.setattr(rpc, "FirestoreRpc", partial(FirestoreRpc, give_up_after_seconds=0.5))
    response = send(Functions(clock), CREATED)
    assert "Firestore does not answer" in refused(response, 503, "unavailable")["detail"]
    assert int(response.headers["Retry-After"]) >= 1
