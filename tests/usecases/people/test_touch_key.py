"""The last use of a key is stored once an hour, and never fails a request."""

import socket
from datetime import datetime, timedelta
from time import monotonic

import grpc
import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc
from shared.adapters.firestore.people.directory import TOUCH_SECONDS
from shared.adapters.memory import MemoryStore
from shared.domain.errors import NotAuthenticated, Unavailable
from shared.domain.people.audit import Change
from shared.domain.people.keys import ALL_SCOPES
from shared.usecases.people.authenticate import CACHE_FOR, TOUCH_EVERY, KeyAuthenticator
from shared.usecases.people.manage_keys import KeyRef, KeyRequest, NewKey, create_key, revoke_key
from tests.key_fixtures import tenant_access
from tests.sample_events import NOON
from tests.usecases.fault_injection import counted
from tests.usecases.plain_sums import new_tenant

MOMENT = timedelta(microseconds=1)


class UnwritableStore(MemoryStore):
    """A store that cannot store the last use of a key."""

    def touch_key(self, key_id: str, used_at: datetime) -> None:
        """See Directory.touch_key."""
        raise Unavailable("the store takes no writes")


def make_key(store: MemoryStore) -> NewKey:
    new_tenant(store)
    return create_key(
        store, "acme", KeyRequest(label="ci", scopes=ALL_SCOPES, is_live=False), Change("test", NOON)
    )


def last_used_at(store: MemoryStore, made: NewKey) -> datetime | None:
    key = store.find_key(made.key.id)
    assert key
    return key.last_used_at


def test_the_first_use_of_a_key_is_stored(memory: MemoryStore) -> None:
    made = make_key(memory)
    assert last_used_at(memory, made) is None
    KeyAuthenticator(memory).authenticate(made.secret, NOON)
    assert last_used_at(memory, made) == NOON


def test_the_last_use_is_stored_at_most_once_an_hour(memory: MemoryStore) -> None:
    made = make_key(memory)
    for after in (timedelta(0), CACHE_FOR, TOUCH_EVERY - MOMENT):
        KeyAuthenticator(memory).authenticate(made.secret, NOON + after)
        assert last_used_at(memory, made) == NOON
    KeyAuthenticator(memory).authenticate(made.secret, NOON + TOUCH_EVERY)
    assert last_used_at(memory, made) == NOON + TOUCH_EVERY


def test_instances_and_requests_of_an_hour_share_one_write(memory: MemoryStore) -> None:
    made = make_key(memory)
    directory, calls = counted(memory)
    instances = [KeyAuthenticator(directory) for _ in range(5)]
    for minute in range(60):
        for instance in instances:
            instance.authenticate(made.secret, NOON + minute * CACHE_FOR)
    assert calls["touch_key"] == 1


def test_a_cached_key_costs_no_call(memory: MemoryStore) -> None:
    made = make_key(memory)
    directory, calls = counted(memory)
    authenticator = KeyAuthenticator(directory)
    authenticator.authenticate(made.secret, NOON)
    calls.clear()
    authenticator.authenticate(made.secret, NOON + CACHE_FOR - MOMENT)
    assert calls == {}


def test_an_invalid_key_is_not_touched(memory: MemoryStore) -> None:
    made = make_key(memory)
    revoke_key(memory, KeyRef("acme", made.secret), Change("test", NOON))
    with pytest.raises(NotAuthenticated):
        KeyAuthenticator(memory).authenticate(made.secret, NOON)
    assert last_used_at(memory, made) is None


def test_a_last_use_that_cannot_be_stored_is_only_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = UnwritableStore()
    made = make_key(store)
    assert tenant_access(KeyAuthenticator(store), made.secret, NOON).tenant_id == "acme"
    assert f"cannot store the last use of key {made.key.prefix}…: the store takes no writes" in caplog.text
    assert made.secret not in caplog.text


def test_a_store_that_hangs_delays_a_request_by_a_third_of_a_second() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        with grpc.insecure_channel(host) as channel:
            directory = FirestoreDirectory(FirestoreRpc("demo-gwi", lambda: channel, is_emulator=True))
            started = monotonic()
            with pytest.raises(Unavailable):
                directory.touch_key("0" * 64, NOON)
            assert monotonic() - started < TOUCH_SECONDS + 2  # of a busy machine; the usual patience is 8 s
