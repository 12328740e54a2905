"""Idempotency-Key: a creating request that is sent again gets the same response and creates nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from shared.domain.errors import Unavailable
from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.http.serving import Clock, Functions, Json, bearer, refused, succeeded

KEYS = "/tenants/acme/api-keys"
ENDPOINTS = "/tenants/acme/alert-endpoints"
NEW_KEY: Json = {"label": "ci", "scopes": ["usage:write"]}
NEW_ENDPOINT: Json = {"url": "https://hooks.example.com/usage"}
ONE = "7f9c3a52-5e0f-4c1e-9f59-2d8f0a5b6c11"


@pytest.fixture
def ada(functions: Functions, key: str) -> str:
    """The token of an owner of tenant acme, which has one key."""
    return functions.sign_in("ada@example.com", "owner")


def post(functions: Functions, token: str, path: str, body: Json, key: str | None = ONE) -> TestResponse:
    headers = bearer(token) | ({"Idempotency-Key": key} if key is not None else {})
    return functions.usage_api.post(f"/api/v1{path}", json=body, headers=headers)


def key_ids(functions: Functions, token: str) -> list[str]:
    return [each["id"] for each in functions.read(token, KEYS)["api_keys"]]


def an_endpoint(functions: Functions, token: str) -> str:
    return f"{ENDPOINTS}/{succeeded(post(functions, token, ENDPOINTS, NEW_ENDPOINT), 201)['endpoint']['id']}"


CREATING: dict[str, tuple[Callable[[Functions, str], str], Json, int]] = {
    "a key": (lambda _functions, _token: KEYS, NEW_KEY, 201),
    "a rotated key": (
        lambda functions, token: f"{KEYS}/{key_ids(functions, token)[0]}/rotate",
        {"overlap_hours": 0},
        201,
    ),
    "an endpoint": (lambda _functions, _token: ENDPOINTS, NEW_ENDPOINT, 201),
    "a secret of an endpoint": (lambda functions, token: f"{an_endpoint(functions, token)}/secret", {}, 200),
    "a tenant": (lambda _functions, _token: "/tenants", {"name": "Bolt"}, 201),
}


@pytest.mark.parametrize("thing", CREATING)
def test_a_repeated_request_gets_the_same_response_and_creates_nothing(
    functions: Functions, ada: str, clock: Clock, thing: str
) -> None:
    path_of, body, status = CREATING[thing]
    path = path_of(functions, ada)
    first = post(functions, ada, path, body)
    stored = {name: repr(value) for name, value in vars(process_memory()).items()}
    clock.pass_by(timedelta(hours=23))
    again = functions.sign_in("ada@example.com", "owner")
    second = post(functions, again, path, body)
    assert (first.status_code, second.status_code) == (status, status), first.get_data(as_text=True)
    assert second.get_data() == first.get_data()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Cache-Control"] == "no-store"
    left = vars(process_memory())
    assert [
        name for name in stored if name not in ("_tokens", "_lock") and repr(left[name]) != stored[name]
    ] == []


def test_the_audit_log_has_one_creation(functions: Functions, ada: str) -> None:
    for _ in range(3):
        succeeded(post(functions, ada, KEYS, NEW_KEY), 201)
    actions = [entry.action for entry in trail_of(process_memory())]
    assert actions.count("key.created") == 1


def test_a_replayed_secret_works(functions: Functions, ada: str) -> None:
    post(functions, ada, KEYS, NEW_KEY)
    secret = succeeded(post(functions, ada, KEYS, NEW_KEY), 201)["secret"]
    event = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
    assert functions.record(secret, event)["accepted"] == 1


def test_another_key_creates_another_thing(functions: Functions, ada: str) -> None:
    first = succeeded(post(functions, ada, KEYS, NEW_KEY), 201)
    second = succeeded(post(functions, ada, KEYS, NEW_KEY, str(uuid4())), 201)
    without = succeeded(post(functions, ada, KEYS, NEW_KEY, None), 201)
    assert len({each["secret"] for each in (first, second, without)}) == 3


def test_the_same_key_with_another_body_is_refused(functions: Functions, ada: str) -> None:
    succeeded(post(functions, ada, KEYS, NEW_KEY), 201)
    document = refused(
        post(functions, ada, KEYS, {**NEW_KEY, "label": "other"}), 422, "idempotency_key_reused"
    )
    assert document["errors"][0]["field"] == "Idempotency-Key"
    assert len(key_ids(functions, ada)) == 2, "the first key and the one that was created"


def test_the_same_body_written_in_another_way_is_the_same_request(functions: Functions, ada: str) -> None:
    first = succeeded(post(functions, ada, KEYS, NEW_KEY), 201)
    turned = dict(reversed(NEW_KEY.items())) | {"expires_in_days": None}
    assert succeeded(post(functions, ada, KEYS, turned), 201) == first


def test_a_key_belongs_to_its_caller_its_route_and_its_tenant(functions: Functions, ada: str) -> None:
    functions.create_tenant("bolt")
    platform, other = functions.create_platform_key(), functions.create_platform_key()
    made = [
        succeeded(post(functions, ada, KEYS, NEW_KEY), 201)["secret"],
        succeeded(post(functions, functions.sign_in("bob@example.com"), KEYS, NEW_KEY), 201)["secret"],
        succeeded(post(functions, platform, KEYS, NEW_KEY), 201)["secret"],
        succeeded(post(functions, other, KEYS, NEW_KEY), 201)["secret"],
        succeeded(post(functions, platform, "/tenants/bolt/api-keys", NEW_KEY), 201)["secret"],
        succeeded(post(functions, ada, ENDPOINTS, NEW_ENDPOINT), 201)["secret"],
    ]
    assert len(set(made)) == len(made)
    assert succeeded(post(functions, platform, KEYS, NEW_KEY), 201)["secret"] == made[2]
    assert succeeded(post(functions, platform, f"{KEYS}/", NEW_KEY), 201)["secret"] == made[2]


def test_after_24_hours_the_same_key_creates_again(functions: Functions, ada: str, clock: Clock) -> None:
    first = succeeded(post(functions, ada, KEYS, NEW_KEY), 201)
    clock.pass_by(timedelta(hours=24))
    again = functions.sign_in("ada@example.com", "owner")
    second = succeeded(post(functions, again, KEYS, {**NEW_KEY, "label": "other"}), 201)
    assert second["secret"] != first["secret"]
    assert succeeded(post(functions, again, KEYS, {**NEW_KEY, "label": "other"}), 201) == second


def test_a_refused_request_is_not_remembered(functions: Functions, ada: str) -> None:
    refused(post(functions, ada, KEYS, {**NEW_KEY, "label": " "}), 422)
    refused(post(functions, functions.sign_in("cy@example.com", "member"), KEYS, NEW_KEY), 403)
    for number in range(4):
        refused(post(functions, ada, ENDPOINTS, {"url": f"http://{number}.example.com"}), 422)
    assert "Idempotent-Replayed" not in post(functions, ada, KEYS, NEW_KEY).headers
    assert "Idempotent-Replayed" not in post(functions, ada, ENDPOINTS, NEW_ENDPOINT).headers


def test_a_caller_who_may_no_longer_create_gets_no_replay(functions: Functions, ada: str) -> None:
    platform = functions.create_platform_key("tenants:write")
    succeeded(post(functions, ada, KEYS, NEW_KEY), 201)
    refused(post(functions, platform, KEYS, NEW_KEY), 403, "missing_scope")
    bob = functions.sign_in("bob@example.com", "owner")
    succeeded(post(functions, bob, KEYS, NEW_KEY), 201)
    succeeded(functions.send("PUT", ada, "/tenants/acme/members/uid-bob", {"role": "member"}))
    refused(post(functions, bob, KEYS, NEW_KEY), 403, "missing_role")


@pytest.mark.parametrize("malformed", ["", "x" * 256, "é", "tab\there"])
def test_a_malformed_key_is_refused(functions: Functions, ada: str, malformed: str) -> None:
    refused(post(functions, ada, KEYS, NEW_KEY, malformed), 422, "invalid_idempotency_key")
    assert len(key_ids(functions, ada)) == 1


def test_requests_at_once_have_one_effect(functions: Functions, ada: str) -> None:
    instances = [functions, functions.another()]
    with ThreadPoolExecutor(8) as threads:
        responses = list(
            threads.map(lambda number: post(instances[number % 2], ada, KEYS, NEW_KEY), range(8))
        )
    assert {each.get_data() for each in responses} == {responses[0].get_data()}
    assert sum("Idempotent-Replayed" in each.headers for each in responses) == 7
    assert len(key_ids(functions, ada)) == 2, "the first key and the one that was created"


def test_a_retry_after_a_lost_response_gets_what_was_created(
    functions: Functions, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = process_memory()
    save_keys = store.save_keys

    def lose_the_response(*arguments: object) -> None:
        save_keys(*arguments)  # type: ignore[arg-type]  # whatever it was called with
        raise Unavailable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(store, "save_keys", lose_the_response)
        refused(post(functions, ada, KEYS, NEW_KEY), 503)
    retried = post(functions, ada, KEYS, NEW_KEY)
    assert succeeded(retried, 201)["api_key"]["id"] in key_ids(functions, ada)
    assert retried.headers["Idempotent-Replayed"] == "true"
    assert len(key_ids(functions, ada)) == 2


def test_no_secret_is_stored_in_the_clear(functions: Functions, ada: str) -> None:
    secret = succeeded(post(functions, ada, KEYS, NEW_KEY), 201)["secret"]
    (receipt,) = process_memory()._receipts.values()
    assert secret.encode() not in receipt.sealed
    assert ONE not in repr(receipt)
    assert all(entry.receipt is None for entry in process_memory()._audit)


def test_without_the_header_nothing_more_is_read(
    functions: Functions, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_memory(), "find_receipt", None)
    succeeded(post(functions, ada, KEYS, NEW_KEY, None), 201)
    succeeded(post(functions, ada, ENDPOINTS, NEW_ENDPOINT, None), 201)
