"""Unknown keys: remembered for seconds, and refused in bulk, without a read."""

from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import NotAuthenticated, RateLimited
from shared.domain.people.audit import Change
from shared.domain.people.keys import ApiKey
from shared.usecases.people.authenticate import KeyAuthenticator
from shared.usecases.people.manage_tenants import TenantRequest, create_tenant
from shared.usecases.people.unknown_keys import REMEMBER_FOR, UNKNOWN_KEYS_PER_MINUTE
from tests.key_fixtures import tenant_access
from tests.plans import FREE
from tests.sample_events import NOON

HOME, ELSEWHERE = "192.0.2.1", "192.0.2.2"


class CountingStore(MemoryStore):
    """A store that counts how often a key is looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.lookups = 0

    def find_key(self, key_id: str) -> ApiKey | None:
        self.lookups += 1
        return super().find_key(key_id)


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


@pytest.fixture
def authenticator(store: CountingStore) -> KeyAuthenticator:
    return KeyAuthenticator(store)


def unknown(number: int) -> str:
    return f"gwi_test_{number:040}"


def test_an_unknown_key_is_looked_up_once_in_some_seconds(
    store: CountingStore, authenticator: KeyAuthenticator
) -> None:
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            authenticator.authenticate(unknown(1), NOON, HOME)
    assert store.lookups == 1
    with pytest.raises(NotAuthenticated):
        authenticator.authenticate(unknown(1), NOON + REMEMBER_FOR, HOME)
    assert store.lookups == 2


def test_hundreds_of_unknown_keys_from_an_address_are_refused_without_a_read(
    store: CountingStore, authenticator: KeyAuthenticator
) -> None:
    _, made = create_tenant(store, TenantRequest("acme", "Acme", FREE), Change("test", NOON), is_live=False)
    authenticator.authenticate(made.secret, NOON, HOME)
    for number in range(UNKNOWN_KEYS_PER_MINUTE):
        with pytest.raises(NotAuthenticated):
            authenticator.authenticate(unknown(number), NOON, HOME)
    lookups = store.lookups
    with pytest.raises(RateLimited) as refusal:
        authenticator.authenticate(unknown(10_000), NOON, HOME)
    assert store.lookups == lookups
    assert tenant_access(authenticator, made.secret, NOON, HOME).tenant_id == "acme", "it is cached"
    with pytest.raises(NotAuthenticated):
        authenticator.authenticate(unknown(10_001), NOON, ELSEWHERE)
    later = NOON + timedelta(seconds=refusal.value.rate.retry_after_seconds)
    with pytest.raises(NotAuthenticated):
        authenticator.authenticate(unknown(10_002), later, HOME)
