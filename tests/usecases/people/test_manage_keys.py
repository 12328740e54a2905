"""Keys are created, rotated and revoked, each with an audit entry."""

import re
from datetime import datetime, timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Conflict, NotAuthenticated, NotFound
from shared.domain.people.audit import Change
from shared.domain.people.keys import ALL_SCOPES, key_id
from shared.usecases.people.authenticate import KeyAuthenticator
from shared.usecases.people.manage_keys import (
    MAX_ACTIVE_KEYS,
    KeyRef,
    KeyRequest,
    NewKey,
    create_key,
    revoke_key,
    rotate_key,
)
from tests.audit_trail import trail_of
from tests.sample_events import NOON
from tests.usecases.plain_sums import new_tenant

HOUR = timedelta(hours=1)
BY_ADA = Change("ada", NOON)
REQUEST = KeyRequest(label="", scopes=ALL_SCOPES, is_live=False)


def make_key(store: MemoryStore, expires_at: datetime | None = None, *, is_live: bool = False) -> NewKey:
    request = KeyRequest(label="ci", scopes=("usage:write",), expires_at=expires_at, is_live=is_live)
    return create_key(store, "acme", request, BY_ADA)


def is_let_in(store: MemoryStore, secret: str, now: datetime) -> bool:
    try:
        KeyAuthenticator(store).authenticate(secret, now)
    except NotAuthenticated:
        return False
    return True


@pytest.fixture
def store(memory: MemoryStore) -> MemoryStore:
    new_tenant(memory)
    return memory


@pytest.mark.parametrize(("is_live", "beginning"), [(True, "gwi_live_"), (False, "gwi_test_")])
def test_a_key_is_a_prefix_for_its_kind_and_160_random_bits(
    store: MemoryStore, is_live: bool, beginning: str
) -> None:
    made = [make_key(store, is_live=is_live) for _ in range(20)]
    assert all(re.fullmatch(f"{beginning}[0-9a-f]{{{160 // 4}}}", key.secret) for key in made)
    assert len({key.secret for key in made}) == 20


def test_only_the_hash_and_the_prefix_of_a_key_are_stored(store: MemoryStore) -> None:
    made = make_key(store)
    kept = store.find_key(key_id(made.secret))
    assert kept == made.key
    assert made.key.prefix == made.secret[:14]
    assert made.secret not in repr(kept) + repr(trail_of(store))


def test_no_key_is_created_for_an_unknown_tenant(store: MemoryStore) -> None:
    with pytest.raises(NotFound, match="'ghost'"):
        create_key(store, "ghost", REQUEST, BY_ADA)
    assert store.list_keys("ghost") == []


def test_a_rotated_key_works_on_for_the_overlap_beside_its_successor(store: MemoryStore) -> None:
    previous = make_key(store)
    made = rotate_key(store, KeyRef("acme", previous.secret), 24 * HOUR, BY_ADA)
    assert (made.key.label, made.key.scopes, made.key.expires_at) == ("ci", ("usage:write",), None)
    almost = NOON + 24 * HOUR - timedelta(microseconds=1)
    assert [is_let_in(store, key.secret, almost) for key in (previous, made)] == [True, True]
    assert [is_let_in(store, key.secret, NOON + 24 * HOUR) for key in (previous, made)] == [False, True]


def test_rotation_never_extends_a_key(store: MemoryStore) -> None:
    previous = make_key(store, NOON + HOUR)
    made = rotate_key(store, KeyRef("acme", previous.secret), 24 * HOUR, BY_ADA)
    assert [is_let_in(store, key.secret, NOON + HOUR) for key in (previous, made)] == [False, False]


@pytest.mark.parametrize("is_live", [True, False])
def test_a_successor_is_of_the_same_kind(store: MemoryStore, is_live: bool) -> None:
    previous = make_key(store, is_live=is_live)
    made = rotate_key(store, KeyRef("acme", previous.secret), HOUR, BY_ADA)
    assert made.secret[:9] == previous.secret[:9]


def test_a_key_that_has_ended_has_no_successor(store: MemoryStore) -> None:
    expired, revoked = make_key(store, NOON), make_key(store)
    revoke_key(store, KeyRef("acme", revoked.secret), BY_ADA)
    for key in (expired, revoked):
        with pytest.raises(Conflict, match="has expired or was revoked"):
            rotate_key(store, KeyRef("acme", key.secret), HOUR, BY_ADA)
    assert len(store.list_keys("acme")) == 1 + 2


def test_a_revoked_key_is_invalid(store: MemoryStore) -> None:
    made = make_key(store)
    assert revoke_key(store, KeyRef("acme", made.secret), BY_ADA).revoked_at == NOON
    assert not is_let_in(store, made.secret, NOON)


@pytest.mark.parametrize("named", ["secret", "id", "beginning of the id"])
def test_a_key_is_found_by_its_secret_its_id_or_the_start_of_its_id(store: MemoryStore, named: str) -> None:
    made = make_key(store)
    names = {"secret": made.secret, "id": made.key.id, "beginning of the id": made.key.id[:8]}
    assert revoke_key(store, KeyRef("acme", names[named]), BY_ADA).id == made.key.id


@pytest.mark.parametrize("name", ["", "0123456", "0" * 64, "gwi_test_" + "0" * 40])
def test_an_unknown_or_too_short_name_is_not_found(store: MemoryStore, name: str) -> None:
    with pytest.raises(NotFound):
        revoke_key(store, KeyRef("acme", name), BY_ADA)


def test_a_name_below_the_minimum_length_is_not_found_even_if_it_matches(store: MemoryStore) -> None:
    made = make_key(store)
    with pytest.raises(NotFound):
        revoke_key(store, KeyRef("acme", made.key.id[:7]), BY_ADA)


def test_a_key_of_another_tenant_is_not_found(store: MemoryStore) -> None:
    made = make_key(store)
    new_tenant(store, "bolt")
    with pytest.raises(NotFound) as refusal:
        revoke_key(store, KeyRef("bolt", made.secret), Change("eve", NOON))
    assert made.secret not in refusal.value.message
    assert is_let_in(store, made.secret, NOON)


def test_every_change_of_a_key_is_audited_with_actor_and_key(store: MemoryStore) -> None:
    made = make_key(store)
    successor = rotate_key(store, KeyRef("acme", made.secret), HOUR, Change("bob", NOON + HOUR))
    revoke_key(store, KeyRef("acme", successor.secret), Change("eve", NOON + 2 * HOUR))
    created, rotated, revoked = (
        Change("ada", NOON, "ci"),
        Change("bob", NOON + HOUR, "ci"),
        Change("eve", NOON + 2 * HOUR, "ci"),
    )
    assert trail_of(store)[1:] == [
        created.entry("acme", "key.created", None, made.key.prefix),
        rotated.entry("acme", "key.rotated", made.key.prefix, successor.key.prefix),
        revoked.entry("acme", "key.revoked", successor.key.prefix, None),
    ]


def test_a_tenant_has_at_most_fifty_active_keys(store: MemoryStore) -> None:
    made = [make_key(store) for _ in range(MAX_ACTIVE_KEYS - 1)]
    with pytest.raises(Conflict, match="50 active keys, the maximum") as refusal:
        make_key(store)
    assert refusal.value.code == "too_many_keys"
    revoke_key(store, KeyRef("acme", made[0].secret), BY_ADA)
    make_key(store, NOON + HOUR)
    with pytest.raises(Conflict):
        make_key(store)
    create_key(store, "acme", REQUEST, Change("ada", NOON + HOUR))


def test_at_the_maximum_a_key_can_only_be_rotated_without_overlap(store: MemoryStore) -> None:
    made = [make_key(store) for _ in range(MAX_ACTIVE_KEYS - 1)]
    with pytest.raises(Conflict, match="50 active keys, the maximum"):
        rotate_key(store, KeyRef("acme", made[0].secret), HOUR, BY_ADA)
    successor = rotate_key(store, KeyRef("acme", made[0].secret), timedelta(0), BY_ADA)
    assert [is_let_in(store, key.secret, NOON) for key in (made[0], successor)] == [False, True]


def test_revoking_a_key_again_changes_nothing(store: MemoryStore) -> None:
    made = make_key(store)
    first = revoke_key(store, KeyRef("acme", made.secret), BY_ADA)
    assert revoke_key(store, KeyRef("acme", made.secret), Change("bob", NOON + HOUR)) == first
    assert [entry.action for entry in trail_of(store)].count("key.revoked") == 1
