"""Routes of webhook endpoints: added, tested, rotated, disabled, removed, by owners and admins alone."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from standardwebhooks import Webhook

from shared.domain.notices.endpoints import DISABLED_AFTER, MAX_ENDPOINTS
from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.http.conftest import NOON
from tests.http.serving import Clock, Functions, Json, refused, succeeded

ENDPOINTS = "/tenants/acme/alert-endpoints"
URL = "https://hooks.example.com/usage"


class Receiver:
    """A webhook receiver on this machine."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/usage"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def local(functions: Functions, key: str, monkeypatch: pytest.MonkeyPatch) -> Functions:
    """The functions of a local stack, which deliver to this machine too."""
    monkeypatch.setenv("GWI_LOCAL_WEBHOOKS", "1")
    return functions.another()


@pytest.fixture
def ada(functions: Functions, key: str) -> str:
    """The token of an owner of acme."""
    return functions.sign_in("ada@example.com")


def add(functions: Functions, token: str, url: str = URL, **fields: str) -> Json:
    return succeeded(functions.send("POST", token, ENDPOINTS, {"url": url, **fields}), 201)


def test_an_endpoint_is_added_with_its_secret_and_listed_without_it(functions: Functions, ada: str) -> None:
    made = add(functions, ada)
    assert made["secret"].startswith("whsec_")
    endpoint = made["endpoint"]
    assert endpoint == {
        "id": endpoint["id"],
        "url": URL,
        "format": "json",
        "status": "enabled",
        "failing_since": None,
        "disabled_at": None,
        "created_at": "2026-11-20T12:00:00Z",
        "created_by": "member:ada@example.com",
        "previous_secret_until": None,
    }
    assert functions.read(ada, ENDPOINTS) == {"endpoints": [endpoint]}


def test_a_test_arrives_signed_and_is_listed_with_its_answer(
    local: Functions, ada: str, receiver: Receiver
) -> None:
    made = add(local, ada, receiver.url)
    one = f"{ENDPOINTS}/{made['endpoint']['id']}"
    queued = succeeded(local.send("POST", ada, f"{one}/test", {}), 202)["delivery"]
    assert (queued["status"], queued["type"], queued["attempts"]) == ("pending", "endpoint.test", 0)
    local.tick()
    ((headers, body),) = receiver.got
    # The clock of the test stands still, and the library compares the time with the machine's.
    signed = Webhook(made["secret"]).sign(queued["message_id"], NOON, body.decode())
    assert headers["webhook-signature"] == signed
    assert headers["webhook-id"] == queued["message_id"]
    assert json.loads(body)["type"] == "endpoint.test"
    (listed,) = local.read(ada, f"{one}/deliveries")["deliveries"]
    assert (listed["status"], listed["last_answer"], listed["next_attempt_at"]) == (
        "delivered",
        "200 OK",
        None,
    )


def test_a_limit_that_is_reached_arrives_as_json_and_in_slack(
    local: Functions, ada: str, key: str, receiver: Receiver
) -> None:
    add(local, ada, receiver.url)
    add(local, ada, receiver.url, format="slack")
    local.record(
        key, {"category": "llm", "provider": "openai", "model": "m", "tokens": {"total_tokens": 600_120}}
    )
    for _ in range(2):
        local.tick()
    bodies = [json.loads(body) for _, body in receiver.got]
    by_json = next(body for body in bodies if "type" in body)
    text = "Acme: 600,120 of 500,000 tokens used (120 %)."
    assert {"text": text} in bodies
    assert (by_json["type"], by_json["data"]["text"], by_json["data"]["used"]) == (
        "limit.reached",
        text,
        600_120,
    )
    assert len(receiver.got) == 2
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_a_failing_endpoint_is_shown_disabled_and_enabled_again(
    local: Functions, ada: str, receiver: Receiver, clock: Clock
) -> None:
    one = f"{ENDPOINTS}/{add(local, ada, receiver.url)['endpoint']['id']}"
    receiver.status = 500
    for _ in range(2):
        local.send("POST", local.sign_in("ada@example.com"), f"{one}/test", {})
        local.tick()
        clock.pass_by(DISABLED_AFTER)
    ada = local.sign_in("ada@example.com")
    (endpoint,) = local.read(ada, ENDPOINTS)["endpoints"]
    assert (endpoint["status"], endpoint["failing_since"]) == ("disabled", "2026-11-20T12:00:00Z")
    refused(local.send("POST", ada, f"{one}/test", {}), 409, "endpoint_disabled")
    enabled = succeeded(local.send("POST", ada, f"{one}/enable", {}))["endpoint"]
    assert (enabled["status"], enabled["failing_since"]) == ("enabled", None)
    succeeded(local.send("POST", ada, f"{one}/test", {}), 202)


def test_a_rotated_secret_is_shown_once(functions: Functions, ada: str) -> None:
    made = add(functions, ada)
    rotated = succeeded(functions.send("POST", ada, f"{ENDPOINTS}/{made['endpoint']['id']}/secret", {}))
    assert rotated["secret"] != made["secret"]
    assert rotated["endpoint"]["previous_secret_until"] == "2026-11-21T12:00:00Z"
    assert rotated["secret"] not in json.dumps(functions.read(ada, ENDPOINTS))


def test_a_removed_endpoint_is_gone(functions: Functions, ada: str) -> None:
    one = f"{ENDPOINTS}/{add(functions, ada)['endpoint']['id']}"
    assert functions.send("DELETE", ada, one).status_code == 204
    assert functions.read(ada, ENDPOINTS) == {"endpoints": []}
    refused(functions.send("DELETE", ada, one), 404, "not_found")
    refused(functions.get(ada, f"{one}/deliveries"), 404, "not_found")
    actions = [each.action for each in trail_of(process_memory()) if each.action.startswith("endpoint.")]
    assert actions == ["endpoint.added", "endpoint.removed"]


def test_an_endpoint_of_another_tenant_does_not_exist(functions: Functions, ada: str) -> None:
    made = add(functions, ada)
    functions.create_tenant("bolt")
    bob = functions.sign_in("bob@example.com", "owner", "bolt")
    path = f"/tenants/bolt/alert-endpoints/{made['endpoint']['id']}"
    refused(functions.send("DELETE", bob, path), 404, "not_found")
    refused(functions.get(bob, f"{path}/deliveries"), 404, "not_found")
    refused(functions.get(bob, ENDPOINTS), 403, "foreign_tenant")
    for bad in ("x%2Fy", "__all__", "é", "a" * 400):
        refused(functions.get(ada, f"{ENDPOINTS}/{bad}/deliveries"), 404, "not_found")


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example.com", "https://169.254.169.254/", "https://127.0.0.1:1/", "nonsense", "x" * 501],
)
def test_an_address_inside_or_without_tls_is_refused(functions: Functions, ada: str, url: str) -> None:
    document = refused(functions.send("POST", ada, ENDPOINTS, {"url": url}), 422)
    assert [each["field"] for each in document["errors"]] == ["url"]
    assert functions.read(ada, ENDPOINTS) == {"endpoints": []}


def test_a_tenant_has_at_most_ten_endpoints(functions: Functions, ada: str) -> None:
    for _ in range(MAX_ENDPOINTS):
        add(functions, ada)
    refused(functions.send("POST", ada, ENDPOINTS, {"url": URL}), 409, "too_many_endpoints")


def test_endpoints_are_for_owners_and_admins(functions: Functions, ada: str, key: str) -> None:
    succeeded(functions.get(functions.sign_in("bob@example.com", "admin"), ENDPOINTS))
    refused(functions.get(functions.sign_in("carl@example.com", "member"), ENDPOINTS), 403, "missing_role")
    refused(functions.get(key, ENDPOINTS), 403, "missing_scope")
