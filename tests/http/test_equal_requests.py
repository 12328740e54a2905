"""Two equal requests with one Idempotency-Key have one effect, in whatever order their calls to the store happen."""

from collections.abc import Callable

import pytest
from flask import Request
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from shared.adapters.memory import MemoryStore
from shared.config import load_config
from shared.container import Container
from shared.http.people import api_keys
from shared.http.routes import Call, Route
from shared.ports import Directory
from shared.usecases.people.authenticate import Access
from tests.audit_trail import trail_of
from tests.contracts.test_directory import CREATED, KEY
from tests.sample_events import NOON
from tests.usecases.interleaving import Interleaving
from tests.usecases.plain_sums import new_tenant

CREATE, ROTATE = (route for route in api_keys.ROUTES if route.method == "POST")
BODIES: dict[Route, dict[str, object]] = {
    CREATE: {"label": "ci", "scopes": ["usage:write"]},
    ROTATE: {"overlap_hours": 0},
}
CALLS = 5
"""Of the slower request to the store: the receipt, the tenant or nothing, the keys, the commit, the receipt."""
CONFIG = load_config({"GOOGLE_CLOUD_PROJECT": "demo-gwi", "GWI_STORE": "memory"})
Sender = Callable[[Directory], object]


def request_of(route: Route, store: MemoryStore, responses: list[bytes]) -> Sender:
    """A process that gets one request and adds its response."""
    tenant = new_tenant(store) if store.find_tenant("acme") is None else store.find_tenant("acme")
    assert tenant is not None

    def send(directory: Directory) -> None:
        headers = Headers({"Idempotency-Key": "one", "Authorization": "Bearer gwi_test_1"})
        environ = EnvironBuilder(method="POST", json=BODIES[route], headers=headers).get_environ()
        request = Request(environ)
        request.max_content_length = route.max_body_bytes
        access = Access(tenant=tenant, permissions=("keys:write",), actor="key:gwi_test_1")
        container = Container(CONFIG, lambda: NOON)
        container.directory = directory
        call = Call(request=request, now=NOON, path={"tenant": "acme", "key": KEY.id}, access=access)
        responses.append(route.handle(call, container).get_data())

    return send


@pytest.mark.parametrize("route", BODIES, ids=lambda route: route.path.rpartition("/")[2])
@given(st.lists(st.integers(0, 1), max_size=2 * CALLS))
@example([0, 1] * CALLS)
def test_equal_requests_have_one_effect_and_one_response(route: Route, schedule: list[int]) -> None:
    store, responses = MemoryStore(), list[bytes]()
    senders = [request_of(route, store, responses) for _ in range(2)]
    store.save_keys([KEY], CREATED)
    keys, entries = len(store.list_keys("acme")), len(trail_of(store))
    Interleaving().run(schedule, store, senders)
    assert len(responses) == 2, "both were answered"
    assert responses[0] == responses[1]
    assert len(store.list_keys("acme")) == keys + 1
    assert len(trail_of(store)) == entries + 1
