"""Caps hold when many requests ask at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep

import pytest
from werkzeug.test import TestResponse

from shared.adapters.memory import MemoryStore
from shared.domain.people.members import MAX_INVITATIONS, MAX_MEMBERSHIPS
from shared.http import turns
from shared.stores import process_memory
from shared.usecases.people.manage_keys import MAX_ACTIVE_KEYS
from tests.http.serving import Functions, refused

AT_ONCE = 12


@pytest.fixture(autouse=True)
def slow_lists(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody who looks at what exists take so long that the others have looked too."""
    store = process_memory()
    for name in ("list_memberships", "list_keys", "list_invitations"):
        monkeypatch.setattr(store, name, slowly(getattr(store, name)))


def slowly(read: Callable[..., object]) -> Callable[..., object]:
    def read_slowly(*arguments: object, **options: object) -> object:
        found = read(*arguments, **options)
        sleep(0.02)
        return found

    return read_slowly


def at_once(ask: Callable[[int], TestResponse], times: int) -> list[int]:
    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        return [answer.status_code for answer in threads.map(ask, range(times))]


def test_a_person_creates_no_more_tenants_than_the_maximum(functions: Functions) -> None:
    token = functions.sign_in("mia@example.com", None)
    statuses = at_once(
        lambda number: functions.send("POST", token, "/tenants", {"name": f"Tenant {number}"}),
        MAX_MEMBERSHIPS + AT_ONCE,
    )
    assert statuses.count(201) == MAX_MEMBERSHIPS
    assert statuses.count(409) == AT_ONCE


def test_a_tenant_gets_no_more_keys_than_the_maximum(functions: Functions, key: str) -> None:
    token = functions.sign_in("mia@example.com")
    body = {"label": "agent", "scopes": ["usage:write"]}
    statuses = at_once(
        lambda _: functions.send("POST", token, "/tenants/acme/api-keys", body), MAX_ACTIVE_KEYS + AT_ONCE
    )
    assert statuses.count(201) == MAX_ACTIVE_KEYS - 1, "one exists already"


def test_a_tenant_invites_no_more_people_than_the_maximum(functions: Functions, key: str) -> None:
    token = functions.sign_in("mia@example.com")
    statuses = at_once(
        lambda number: functions.send(
            "POST", token, "/tenants/acme/invitations", {"email": f"p{number}@example.com", "role": "member"}
        ),
        MAX_INVITATIONS + AT_ONCE,
    )
    store: MemoryStore = process_memory()
    assert statuses.count(201) <= MAX_INVITATIONS
    assert len(store.list_invitations("acme")) == statuses.count(201)


def test_a_request_that_waits_too_long_for_its_turn_is_asked_to_try_again(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = functions.sign_in("mia@example.com", None)
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.05)
    store = process_memory()
    is_waiting, may_go_on = Event(), Event()
    list_memberships = store.list_memberships

    def hang(user_id: str) -> object:
        is_waiting.set()
        may_go_on.wait(10)
        return list_memberships(user_id)

    monkeypatch.setattr(store, "list_memberships", hang)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(functions.send, "POST", token, "/tenants", {"name": "First"})
        is_waiting.wait(10)
        refused(functions.send("POST", token, "/tenants", {"name": "Second"}), 409, "request_under_way")
        may_go_on.set()
        assert first.result().status_code == 201
