"""A tenant's own limits are set and taken back by an operator, each change with an audit entry."""

from dataclasses import replace

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.domain.prices.money import NANOUSD_PER_USD
from shared.usecases.people.manage_limits import LIMITS, set_limits
from tests.audit_trail import trail_of
from tests.sample_events import NOON
from tests.usecases.plain_sums import new_tenant

BY_ADA = Change("ada", NOON, "contract")


@pytest.fixture
def acme(memory: MemoryStore) -> Tenant:
    return new_tenant(memory, plan="free")


def test_the_limits_that_are_named_change_and_the_others_stay(memory: MemoryStore, acme: Tenant) -> None:
    overrides = LimitOverrides(
        tokens=5, runs=6, cost_nanousd=10 * NANOUSD_PER_USD, soft_percent=50, alert_percents=(10, 20)
    )
    memory.set_limits("acme", overrides, BY_ADA.entry("acme", "x", None, None))
    changed = set_limits(
        memory,
        "acme",
        {"tokens": MAX_LIMIT, "runs": None, "cost_nanousd": 1_250_000_001, "hard_percent": 120},
        BY_ADA,
    )
    assert changed == memory.find_tenant("acme")
    assert changed == replace(
        acme,
        overrides=LimitOverrides(
            tokens=MAX_LIMIT,
            cost_nanousd=1_250_000_001,
            soft_percent=50,
            hard_percent=120,
            alert_percents=(10, 20),
        ),
    )
    before, after = (
        "tokens 5, runs 6, provider_cost_usd $10.00, hard_percent default",
        "tokens unlimited, runs default, provider_cost_usd $1.250000001, hard_percent 120",
    )
    assert trail_of(memory)[-1] == BY_ADA.entry("acme", "limits.changed", before, after)


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_can_be_set_to_its_least_and_its_most_and_back(
    memory: MemoryStore, acme: Tenant, name: str
) -> None:
    is_percent = name.endswith("percent")
    for value in (1, 1_000) if is_percent else (0, MAX_LIMIT):
        assert getattr(set_limits(memory, "acme", {name: value}, BY_ADA).overrides, name) == value
    assert set_limits(memory, "acme", {name: None}, BY_ADA) == acme


def test_limits_that_stay_the_same_leave_no_trace(memory: MemoryStore, acme: Tenant) -> None:
    assert set_limits(memory, "acme", dict.fromkeys(LIMITS), BY_ADA) == acme
    assert len(trail_of(memory)) == 1


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("tokens", 2**60, "tokens is 1,152,921,504,606,846,976, but must lie in 0 to 9,007,199,254,740,992"),
        ("runs", 2**53 + 1, "runs is 9,007,199,254,740,993, but must lie in 0 to 9,007,199,254,740,992"),
        ("requests_per_minute", -1, "requests_per_minute is -1, but must lie in 0 to"),
        (
            "cost_nanousd",
            -1,
            "provider_cost_usd is -$0.000000001, but must lie in $0.00 to $9,007,199.254740992",
        ),
        ("soft_percent", 0, "soft_percent is 0, but must lie in 1 to 1,000"),
        ("hard_percent", 1_001, "hard_percent is 1,001, but must lie in 1 to 1,000"),
    ],
)
def test_a_limit_out_of_range_is_refused_and_changes_nothing(
    memory: MemoryStore, acme: Tenant, name: str, value: int, says: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        set_limits(memory, "acme", {"tokens": 7, name: value}, BY_ADA)
    assert says in refusal.value.message
    assert refusal.value.problems[0].field == says.partition(" ")[0]
    assert memory.find_tenant("acme") == acme


def test_setting_no_limit_is_refused(memory: MemoryStore, acme: Tenant) -> None:
    with pytest.raises(InvalidInput, match="nothing to set: name at least one of tokens, runs"):
        set_limits(memory, "acme", {}, BY_ADA)


def test_the_limits_of_an_unknown_tenant_cannot_be_set(memory: MemoryStore) -> None:
    with pytest.raises(NotFound, match="tenant 'ghost' does not exist"):
        set_limits(memory, "ghost", {"tokens": 1}, BY_ADA)
