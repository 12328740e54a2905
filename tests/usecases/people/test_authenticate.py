"""The access of a key, and how long it is cached."""

from datetime import timedelta
from typing import cast

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Forbidden, NotAuthenticated
from shared.domain.people.audit import Change
from shared.domain.people.keys import ALL_SCOPES, Scope
from shared.domain.people.members import Permission
from shared.domain.people.tenants import Tenant
from shared.usecases.people import authenticate
from shared.usecases.people.authenticate import CACHE_FOR, Access, KeyAuthenticator
from shared.usecases.people.manage_keys import KeyRef, KeyRequest, NewKey, create_key, revoke_key
from tests.audit_trail import trail_of
from tests.key_fixtures import tenant_access
from tests.sample_events import NOON, writing
from tests.usecases.fault_injection import counted
from tests.usecases.plain_sums import new_tenant

MINUTE = timedelta(minutes=1)
ACME = Tenant(id="acme", name="Acme", plan="free", created_at=NOON)
ALMOST_A_MINUTE = MINUTE - timedelta(microseconds=1)


def make_key(
    store: MemoryStore, scopes: tuple[Scope, ...] = ALL_SCOPES, *, days: int | None = None
) -> NewKey:
    expires_at = None if days is None else NOON + timedelta(days=days)
    request = KeyRequest(label="label", scopes=scopes, expires_at=expires_at, is_live=False)
    return create_key(store, "acme", request, Change("test", NOON))


def acting(scopes: tuple[Scope, ...]) -> Access:
    return Access(tenant=ACME, permissions=scopes, actor="key:gwi_test_1")


def test_a_key_acts_for_its_tenant_with_its_scopes(memory: MemoryStore) -> None:
    tenant = new_tenant(memory, counters=writing(4))
    key = make_key(memory, ("usage:read",))
    access = Access(tenant=tenant, permissions=("usage:read",), actor=f"key:{key.key.prefix}", key=key.key.id)
    assert KeyAuthenticator(memory).authenticate(key.secret, NOON) == access


@pytest.mark.parametrize("stolen", ["keys:write", "members:write", "everything"])
def test_a_key_never_has_permissions_for_members_even_if_its_document_does(
    memory: MemoryStore, stolen: str
) -> None:
    new_tenant(memory)
    key = make_key(memory, cast(tuple[Scope, ...], ("usage:read", stolen)))
    access = KeyAuthenticator(memory).authenticate(key.secret, NOON)
    assert access.permissions == ("usage:read",)
    with pytest.raises(Forbidden) as refusal:
        access.require(cast(Permission, stolen))
    assert refusal.value.code == "missing_scope"


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "gwi_test_",
        "gwi_test_" + "a" * 19,
        "gwi_test_" + "a" * 81,
        "gwi_prod_" + "a" * 40,
        "GWI_TEST_" + "a" * 40,
        "gwi_test_" + "é" * 40,
        "gwi_test_" + "a" * 39 + "\n",
        " gwi_test_" + "a" * 40,
        "../../tenants/acme",
        "a" * 1_000_000,
    ],
)
def test_a_malformed_key_is_refused_without_a_lookup(memory: MemoryStore, secret: str) -> None:
    directory, calls = counted(memory)
    with pytest.raises(NotAuthenticated, match="gwi_live_ or gwi_test_"):
        KeyAuthenticator(directory).authenticate(secret, NOON)
    assert calls == {}


def test_an_unknown_key_is_refused_each_time_and_looked_up_once_in_ten_seconds(memory: MemoryStore) -> None:
    directory, calls = counted(memory)
    authenticator = KeyAuthenticator(directory)
    for seconds in (0, 9, 10):
        with pytest.raises(NotAuthenticated, match="unknown"):
            authenticator.authenticate("gwi_test_" + "a" * 40, NOON + timedelta(seconds=seconds))
    assert calls == {"find_key": 2}


def test_a_key_whose_tenant_is_gone_is_unknown(memory: MemoryStore) -> None:
    new_tenant(memory)
    key = make_key(memory)
    orphaned = MemoryStore()
    orphaned.save_keys([key.key], trail_of(memory)[0])
    with pytest.raises(NotAuthenticated, match="unknown"):
        KeyAuthenticator(orphaned).authenticate(key.secret, NOON)


def test_a_key_is_looked_up_once_a_minute(memory: MemoryStore) -> None:
    new_tenant(memory)
    key = make_key(memory)
    directory, calls = counted(memory)
    authenticator = KeyAuthenticator(directory)
    for after in (timedelta(0), timedelta(seconds=1), ALMOST_A_MINUTE):
        authenticator.authenticate(key.secret, NOON + after)
        assert calls == {"find_key": 1, "find_tenant": 1, "touch_key": 1}
    authenticator.authenticate(key.secret, NOON + MINUTE)
    assert calls == {"find_key": 2, "find_tenant": 2, "touch_key": 1}


def test_a_clock_set_back_does_not_extend_the_cache(memory: MemoryStore) -> None:
    new_tenant(memory)
    key = make_key(memory)
    directory, calls = counted(memory)
    authenticator = KeyAuthenticator(directory)
    authenticator.authenticate(key.secret, NOON)
    authenticator.authenticate(key.secret, NOON - timedelta(hours=1))
    assert calls["find_key"] == 2


def test_a_revoked_key_may_work_for_a_minute_and_no_longer(memory: MemoryStore) -> None:
    new_tenant(memory)
    key = make_key(memory)
    authenticator = KeyAuthenticator(memory)
    authenticator.authenticate(key.secret, NOON)
    revoke_key(memory, KeyRef("acme", key.secret), Change("test", NOON))
    assert tenant_access(authenticator, key.secret, NOON + ALMOST_A_MINUTE).tenant_id == "acme"
    with pytest.raises(NotAuthenticated, match="revoked") as refusal:
        authenticator.authenticate(key.secret, NOON + CACHE_FOR)
    assert refusal.value.code == "key_not_valid"
    with pytest.raises(NotAuthenticated):
        KeyAuthenticator(memory).authenticate(key.secret, NOON)


def test_a_key_expires_on_the_instant_even_if_it_is_cached(memory: MemoryStore) -> None:
    new_tenant(memory)
    key = make_key(memory, days=1)
    authenticator = KeyAuthenticator(memory)
    expiry = NOON + timedelta(days=1)
    assert tenant_access(authenticator, key.secret, expiry - timedelta(microseconds=1)).tenant_id == "acme"
    with pytest.raises(NotAuthenticated, match="expired"):
        authenticator.authenticate(key.secret, expiry)


def test_a_refusal_shows_only_the_prefix_of_a_key(memory: MemoryStore) -> None:
    new_tenant(memory)
    key = make_key(memory, days=1)
    with pytest.raises(NotAuthenticated) as refusal:
        KeyAuthenticator(memory).authenticate(key.secret, NOON + timedelta(days=2))
    assert key.key.prefix in refusal.value.message
    assert key.secret[: len(key.key.prefix) + 1] not in refusal.value.message


def test_raised_counter_shards_reach_writers_within_a_minute(memory: MemoryStore) -> None:
    new_tenant(memory)
    key = make_key(memory)
    authenticator = KeyAuthenticator(memory)
    assert tenant_access(authenticator, key.secret, NOON).tenant.counters.shards == 1
    memory.save_counter_settings("acme", writing(2), memory.read("acme").version)
    assert tenant_access(authenticator, key.secret, NOON + CACHE_FOR).tenant.counters.shards == 2


def test_the_cache_of_keys_is_bounded(memory: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticate, "MAX_CACHED_KEYS", 2)
    new_tenant(memory)
    keys = [make_key(memory) for _ in range(3)]
    directory, calls = counted(memory)
    authenticator = KeyAuthenticator(directory)
    for key in (*keys, keys[2], keys[1]):
        authenticator.authenticate(key.secret, NOON)
    assert calls["find_key"] == 3
    authenticator.authenticate(keys[0].secret, NOON)
    assert calls["find_key"] == 3 + 1


@pytest.mark.parametrize("scope", ALL_SCOPES)
def test_a_scope_that_a_key_lacks_is_forbidden(scope: Scope) -> None:
    others = tuple(other for other in ALL_SCOPES if other != scope)
    with pytest.raises(Forbidden, match=scope) as refusal:
        acting(others).require(scope)
    assert refusal.value.code == "missing_scope"
    for other in others:
        acting(others).require(other)


def test_another_tenant_is_forbidden_whether_it_exists_or_not() -> None:
    access = acting(ALL_SCOPES)
    access.require_tenant("acme")
    with pytest.raises(Forbidden, match="'bolt'") as refusal:
        access.require_tenant("bolt")
    assert refusal.value.code == "foreign_tenant"
