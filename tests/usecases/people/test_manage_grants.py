"""Grants are given and taken back, each with an audit entry; what makes no sense is refused and changes nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Conflict, InvalidInput, NotFound
from shared.domain.limits.grants import Grant
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.usecases.people.manage_grants import MAX_GRANTS, GrantRequest, give_grant, revoke_grant
from shared.usecases.people.manage_tenants import known_plan
from tests.audit_trail import trail_of
from tests.plans import PLANS
from tests.sample_events import NOON
from tests.usecases.plain_sums import new_tenant

BY_ADA = Change("ada", NOON, "pilot")
DAY = timedelta(days=1)


@pytest.fixture
def acme(memory: MemoryStore) -> Tenant:
    return new_tenant(memory, plan="free")


def stored(memory: MemoryStore) -> tuple[Grant, ...]:
    tenant = memory.find_tenant("acme")
    assert tenant is not None
    return tenant.grants


def give(memory: MemoryStore, change: Change = BY_ADA, **request: Any) -> Grant:
    plan = {"plan": known_plan(PLANS, request["plan"])} if "plan" in request else {}
    return give_grant(memory, "acme", GrantRequest(**{**request, **plan}), change)


@pytest.mark.parametrize(
    ("request_of", "words"),
    [
        ({"plan": "pro"}, "plan professional, without an end"),
        ({"tokens": 100_000, "until": NOON + DAY}, "100,000 tokens, until 2026-11-21T12:00:00Z"),
        ({"runs": 2**53}, "9,007,199,254,740,992 runs, without an end"),
    ],
)
def test_a_grant_is_stored_and_audited(
    memory: MemoryStore, acme: Tenant, request_of: dict[str, Any], words: str
) -> None:
    grant = give(memory, Change("ada", NOON, "  pilot "), **request_of)
    assert memory.find_tenant("acme") == replace(acme, grants=(grant,))
    assert (grant.reason, grant.granted_at, grant.until) == ("pilot", NOON, request_of.get("until"))
    assert trail_of(memory)[1:] == [BY_ADA.entry("acme", "grant.given", None, f"{grant.id}: {words}")]


def test_an_alias_of_a_plan_is_stored_as_its_id(memory: MemoryStore, acme: Tenant) -> None:
    assert give(memory, plan="pro").plan == "professional"


def test_a_grant_that_is_taken_back_is_gone_and_audited(memory: MemoryStore, acme: Tenant) -> None:
    kept, other = give(memory, tokens=5), give(memory, runs=7)
    revoked = revoke_grant(memory, "acme", other.id, Change("bob", NOON, "typing error"))
    assert (revoked, stored(memory)) == (other, (kept,))
    words = f"{other.id}: 7 runs, without an end"
    assert trail_of(memory)[-1] == Change("bob", NOON, "typing error").entry(
        "acme", "grant.revoked", words, None
    )
    with pytest.raises(NotFound, match=f"tenant 'acme' has no grant '{other.id}'"):
        revoke_grant(memory, "acme", other.id, BY_ADA)
    assert len(trail_of(memory)) == 1 + 3


@pytest.mark.parametrize(
    ("request_of", "says"),
    [
        ({}, "a grant is one of a plan, tokens and runs"),
        ({"plan": "pro", "runs": 1}, "a grant is one of a plan, tokens and runs"),
        (
            {"plan": "gold"},
            "plan 'gold' does not exist; the plans are free, starter, professional, enterprise",
        ),
        ({"plan": ""}, "plan '' does not exist"),
        ({"tokens": 0}, "tokens is 0, but a grant is 1 to 9,007,199,254,740,992 tokens"),
        ({"tokens": 2**60}, "tokens is 1,152,921,504,606,846,976, but a grant is 1 to"),
        ({"runs": -1}, "runs is -1, but a grant is 1 to 9,007,199,254,740,992 runs"),
        ({"runs": 2**53 + 1}, "but a grant is 1 to"),
        ({"runs": 1, "until": NOON}, "until 2026-11-20 12:00 UTC has passed: a grant ends in the future"),
        ({"runs": 1, "until": NOON - 400 * DAY}, "has passed"),
    ],
    ids=str,
)
def test_a_grant_that_makes_no_sense_is_refused(
    memory: MemoryStore, acme: Tenant, request_of: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        give(memory, **request_of)
    assert says in refusal.value.message
    assert memory.find_tenant("acme") == acme
    assert len(trail_of(memory)) == 1


@pytest.mark.parametrize(
    ("reason", "says"),
    [("", "reason is empty"), (" \n", "reason is empty"), ("x" * 501, "501 characters; the maximum is 500")],
    ids=["empty", "blank", "long"],
)
def test_a_grant_needs_a_reason_of_a_sane_length(
    memory: MemoryStore, acme: Tenant, reason: str, says: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        give(memory, Change("ada", NOON, reason), runs=1)
    assert says in refusal.value.message
    assert refusal.value.problems[0].field == "reason"
    assert stored(memory) == ()


def test_an_unknown_tenant_gets_no_grant_and_has_none(memory: MemoryStore) -> None:
    with pytest.raises(NotFound, match="tenant 'ghost' does not exist"):
        give_grant(memory, "ghost", GrantRequest(runs=1), BY_ADA)
    with pytest.raises(NotFound, match="tenant 'ghost' does not exist"):
        revoke_grant(memory, "ghost", "gr_1", BY_ADA)


def test_a_tenant_has_a_maximum_of_grants_and_those_that_have_ended_make_room(
    memory: MemoryStore, acme: Tenant
) -> None:
    for _ in range(MAX_GRANTS):
        give(memory, runs=1, until=NOON + DAY)
    with pytest.raises(Conflict, match="has 50 grants, the maximum") as refusal:
        give(memory, runs=1)
    assert refusal.value.code == "too_many_grants"
    assert len(stored(memory)) == MAX_GRANTS
    newest = give(memory, Change("ada", NOON + DAY, "pilot"), runs=2)
    assert stored(memory) == (newest,)
