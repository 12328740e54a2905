"""Sign-in: the cache of ID tokens, and memberships that are never cached."""

from datetime import datetime, timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.adapters.memory.people.identities import TOKEN_LASTS, MemoryAccount
from shared.domain.errors import Forbidden, NotAuthenticated
from shared.domain.people.members import PERMISSIONS, Member, Role
from shared.ports import Leaving
from shared.usecases.people import authenticate_member
from shared.usecases.people.authenticate import Access
from shared.usecases.people.authenticate_member import CACHE_FOR, MemberAuthenticator
from tests.member_fixtures import add_member
from tests.sample_events import NOON
from tests.usecases.fault_injection import counted
from tests.usecases.plain_sums import new_tenant

ALMOST_A_MINUTE = CACHE_FOR - timedelta(microseconds=1)


def sign_in(store: MemoryStore, user_id: str = "ada", issued_at: datetime = NOON) -> str:
    store.save_account(MemoryAccount(user_id=user_id, email=f"{user_id}@example.com"))
    return store.issue_token(user_id, issued_at)


def test_a_token_is_verified_once_a_minute(memory: MemoryStore) -> None:
    token = sign_in(memory)
    verifier, calls = counted(memory)
    authenticator = MemberAuthenticator(verifier, memory, memory)
    for after in (timedelta(0), timedelta(seconds=1), ALMOST_A_MINUTE):
        assert authenticator.identify(token, NOON + after).user_id == "ada"
    assert calls == {"verify": 1}
    authenticator.identify(token, NOON + CACHE_FOR)
    assert calls == {"verify": 2}


def test_a_clock_set_back_does_not_extend_the_cache(memory: MemoryStore) -> None:
    token = sign_in(memory, issued_at=NOON - timedelta(minutes=30))
    verifier, calls = counted(memory)
    authenticator = MemberAuthenticator(verifier, memory, memory)
    authenticator.identify(token, NOON)
    authenticator.identify(token, NOON - timedelta(minutes=10))
    assert calls == {"verify": 2}


def test_a_token_is_not_cached_beyond_its_expiry(memory: MemoryStore) -> None:
    token = sign_in(memory)
    verifier, calls = counted(memory)
    authenticator = MemberAuthenticator(verifier, memory, memory)
    authenticator.identify(token, NOON + TOKEN_LASTS - timedelta(seconds=5))
    authenticator.identify(token, NOON + TOKEN_LASTS)
    assert calls == {"verify": 2}
    with pytest.raises(NotAuthenticated) as refusal:
        authenticator.identify(token, NOON + TOKEN_LASTS + timedelta(seconds=11))
    assert refusal.value.code == "token_expired"


def test_a_refusal_is_not_cached(memory: MemoryStore) -> None:
    token = sign_in(memory)
    memory.save_account(MemoryAccount(user_id="ada", email="ada@example.com", disabled=True))
    authenticator = MemberAuthenticator(memory, memory, memory)
    with pytest.raises(Forbidden):
        authenticator.identify(token, NOON)
    memory.save_account(MemoryAccount(user_id="ada", email="ada@example.com"))
    assert authenticator.identify(token, NOON).user_id == "ada"


def test_the_cache_of_tokens_is_bounded(memory: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticate_member, "MAX_CACHED_TOKENS", 2)
    tokens = [sign_in(memory, user_id) for user_id in ("ada", "bob", "cy")]
    verifier, calls = counted(memory)
    authenticator = MemberAuthenticator(verifier, memory, memory)
    for token in (*tokens, tokens[2], tokens[1]):
        authenticator.identify(token, NOON)
    assert calls["verify"] == 3
    authenticator.identify(tokens[0], NOON)
    assert calls["verify"] == 3 + 1


def test_a_token_that_is_too_long_is_refused_without_verification(memory: MemoryStore) -> None:
    verifier, calls = counted(memory)
    with pytest.raises(NotAuthenticated, match="the maximum is 16384"):
        MemberAuthenticator(verifier, memory, memory).identify("x" * 16_385, NOON)
    assert calls == {}


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_a_member_acts_with_the_current_role(memory: MemoryStore, role: Role) -> None:
    tenant = new_tenant(memory)
    member = add_member(
        memory, "acme", Member(user_id="ada", email="ada@example.com", name=None, role=role, joined_at=NOON)
    )
    authenticator = MemberAuthenticator(memory, memory, memory)
    identity = authenticator.identify(sign_in(memory), NOON)
    access = authenticator.access_tenant(identity, "acme")
    assert access.role == role
    assert access == Access(
        tenant=tenant, permissions=PERMISSIONS[role], actor="member:ada@example.com", member=member
    )
    memory.remove_member("acme", Leaving(member=member, remaining=None, invitations=[]), [])
    with pytest.raises(Forbidden, match="not a member of tenant 'acme'") as refusal:
        authenticator.access_tenant(identity, "acme")
    assert refusal.value.code == "foreign_tenant"


def test_the_store_is_not_asked_for_a_malformed_id(memory: MemoryStore) -> None:
    members, calls = counted(memory)
    authenticator = MemberAuthenticator(memory, members, memory)
    identity = authenticator.identify(sign_in(memory), NOON)
    for tenant_id in ("..", "a/members/b", "", "x" * 65):
        with pytest.raises(Forbidden):
            authenticator.access_tenant(identity, tenant_id)
    assert calls == {}
