"""A platform's request for many tenants records what a request for each of them would record."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import Change
from shared.domain.people.keys import PLATFORM_SCOPES, PlatformScope
from shared.domain.people.tenants import Tenant
from shared.ports import Outcome
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.limit_rates import RateLimits
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.metering.record_for_tenants import NOT_RECORDED, PlatformRecorder, Sender
from shared.usecases.metering.recorded import Recorded
from shared.usecases.people.authenticate import Access, PlatformAccess
from shared.usecases.people.manage_tenants import set_suspension
from shared.usecases.people.named_tenants import NamedTenants
from shared.usecases.prices.read_prices import PriceReader
from tests.audit_trail import trail_of
from tests.plans import THRESHOLDS, current_plans
from tests.sample_events import NOON
from tests.usecases.plain_sums import new_tenant

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
TENANTS = ("acme", "bolt", "cora")
SUSPENDED, UNKNOWN = "gone", "nobody"


class FailingStore(MemoryStore):
    """A store that records nothing of some tenants."""

    failing: Collection[str] = ()

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], settings: CounterSettings, now: datetime
    ) -> list[Outcome]:
        if tenant_id in self.failing:
            raise Unavailable("no answer")
        return super().record(tenant_id, events, settings, now)


class Platform:
    """A store with tenants, and what records in it."""

    def __init__(self, failing: Collection[str] = (), auto_plan: str | None = None) -> None:
        self.store = FailingStore()
        for tenant_id in (*TENANTS, SUSPENDED):
            new_tenant(self.store, tenant_id, plan="enterprise")
        set_suspension(self.store, SUSPENDED, suspended=True, change=Change("test", NOON))
        self.store.failing = failing
        self.events = EventRecorder(Ledger(self.store), PriceReader(self.store))
        tenants = NamedTenants(self.store, current_plans, auto_plan)
        self._recorder = PlatformRecorder(self.events, tenants, RateLimits(THRESHOLDS))

    def record(
        self,
        items: Sequence[object],
        tenant_id: str | None = None,
        scopes: tuple[PlatformScope, ...] = PLATFORM_SCOPES,
    ) -> Recorded:
        """Record with a platform key."""
        sender = Sender(PlatformAccess(permissions=scopes, actor="platform:gwi_1"), tenant_id)
        return self._recorder.record(self._recorder.admit(sender, items, NOON))

    def record_alone(self, tenant: Tenant, items: Sequence[object]) -> Recorded:
        """Record with a key of the tenant."""
        access = Access(tenant=tenant, permissions=("usage:write",), actor="key:gwi_1")
        return self.events.record(access, items, NOON)

    def ids(self, tenant_id: str) -> list[str]:
        """The ids of the tenant's events."""
        return sorted(event.id for event in self.store.list_events(tenant_id, limit=100).items)


class Item(NamedTuple):
    """An event: of a tenant, with an id and a payload; a bad one lacks its model."""

    tenant_id: str | None
    id: str
    latency_ms: int
    is_bad: bool = False

    def sent(self) -> Mapping[str, object]:
        named = {} if self.tenant_id is None else {"tenant_id": self.tenant_id}
        fields = {**CALL, **named, "id": self.id, "latency_ms": self.latency_ms}
        return {name: value for name, value in fields.items() if name != "model" or not self.is_bad}


class Expected(NamedTuple):
    """What requests for each tenant answer, by the indexes of the whole request."""

    ids: dict[int, str]
    problems: dict[int, str]
    accepted: int
    duplicates: int


OF_THE_TENANT = {None: "tenant_required", SUSPENDED: "tenant_suspended", UNKNOWN: "unknown_tenant"}
items = st.lists(
    st.builds(
        Item,
        tenant_id=st.sampled_from((*TENANTS, *TENANTS, SUSPENDED, UNKNOWN, None)),
        id=st.sampled_from("abc"),
        latency_ms=st.integers(1, 2),
        is_bad=st.integers(0, 5).map(lambda number: number == 5),
    ),
    max_size=12,
)


def by_requests_for_each_tenant(sent: Sequence[Item], failing: Collection[str]) -> Expected:
    """Record the events of each tenant on its own, in another store."""
    platform = Platform(failing)
    expected = Expected({}, {}, 0, 0)
    for tenant_id in {each.tenant_id for each in sent}:
        places = [index for index, each in enumerate(sent) if each.tenant_id == tenant_id]
        good = [index for index in places if not sent[index].is_bad]
        refusal = NOT_RECORDED if tenant_id in failing else OF_THE_TENANT.get(tenant_id)
        if refusal:
            problems = {index: refusal if index in good else "missing" for index in places}
            expected = expected._replace(problems=expected.problems | problems)
            continue
        tenant = platform.store.find_tenant(tenant_id or "")
        assert tenant is not None
        alone = platform.record_alone(tenant, [sent[index].sent() for index in places])
        problems = {places[each.index or 0]: each.code for each in alone.rejected}
        kept = [index for index in places if index not in problems]
        expected = Expected(
            expected.ids | dict(zip(kept, alone.ids, strict=True)),
            expected.problems | problems,
            expected.accepted + alone.accepted,
            expected.duplicates + alone.duplicates,
        )
    return expected


@given(sent=items, failing=st.sets(st.sampled_from(TENANTS)))
@example(sent=[Item("acme", "a", 1), Item("bolt", "a", 2), Item("acme", "a", 2)], failing=set())
@example(sent=[Item("acme", "a", 1), Item("bolt", "a", 1), Item(None, "a", 1)], failing={"bolt"})
def test_p2_any_mix_is_recorded_as_the_events_of_each_tenant_alone(
    sent: list[Item], failing: set[str]
) -> None:
    expected = by_requests_for_each_tenant(sent, failing)
    platform = Platform(failing)
    if not expected.ids and NOT_RECORDED in expected.problems.values():
        with pytest.raises(Unavailable):
            platform.record([each.sent() for each in sent])
        return
    answer = platform.record([each.sent() for each in sent])
    assert answer.ids == [expected.ids[index] for index in sorted(expected.ids)]
    assert {each.index: each.code for each in answer.rejected} == expected.problems
    assert [each.index for each in answer.rejected] == sorted(expected.problems)
    assert (answer.accepted, answer.duplicates) == (expected.accepted, expected.duplicates)
    for tenant_id in (*TENANTS, SUSPENDED):
        kept = {expected.ids[index] for index in expected.ids if sent[index].tenant_id == tenant_id}
        assert platform.ids(tenant_id) == sorted(kept)


def test_what_was_not_recorded_can_be_sent_again() -> None:
    platform = Platform(failing={"bolt"})
    sent = [Item("acme", "a", 1).sent(), Item("bolt", "b", 1).sent()]
    assert platform.record(sent).ids == ["a"]
    platform.store.failing = ()
    again = platform.record(sent)
    assert (again.accepted, again.duplicates, again.ids) == (1, 1, ["a", "b"])


def test_each_of_500_events_that_were_not_recorded_is_reported() -> None:
    platform = Platform(failing={"bolt"})
    answer = platform.record(
        [Item("acme", "a", 1).sent(), *(Item("bolt", str(n), 1).sent() for n in range(499))]
    )
    assert [each.index for each in answer.rejected] == list(range(1, 500))
    assert not answer.truncated


def test_an_unknown_tenant_is_created_on_the_configured_plan() -> None:
    platform = Platform(auto_plan="pro")
    assert platform.record([Item("new-1", "a", 1).sent(), Item("new-2", "b", 1).sent()]).ids == ["a", "b"]
    tenant = platform.store.find_tenant("new-1")
    assert tenant is not None
    assert (tenant.name, tenant.plan, tenant.created_at) == ("new-1", "professional", NOON)
    (entry,) = trail_of(platform.store, "new-1")
    assert (entry.actor, entry.action, entry.after) == ("platform:gwi_1", "tenant.created", "professional")
    assert platform.store.list_keys("new-1") == []


def test_without_the_scope_or_the_plan_nobody_is_created() -> None:
    for platform, scopes in (
        (Platform(auto_plan="free"), ("usage:write",)),
        (Platform(), PLATFORM_SCOPES),
    ):
        answer = platform.record([Item("new", "a", 1).sent()], scopes=scopes)
        assert [each.code for each in answer.rejected] == ["unknown_tenant"]
        assert platform.store.find_tenant("new") is None


@pytest.mark.parametrize("bad", [65 * "a", "..", "a/b", "_x"])
def test_an_id_that_no_tenant_can_have_is_unknown(bad: str) -> None:
    answer = Platform(auto_plan="free").record([Item(bad, "a", 1).sent()])
    assert [(each.field, each.code) for each in answer.rejected] == [("tenant_id", "unknown_tenant")]


def test_requests_that_create_the_same_tenant_at_once_all_record() -> None:
    platform, start = Platform(auto_plan="free"), Barrier(8)

    def record(number: int) -> Recorded:
        start.wait()
        return platform.record([Item("new", f"event-{number}", 1).sent()])

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(record, range(8)))
    assert sum(each.accepted for each in answers) == 8
    assert len(trail_of(platform.store, "new")) == 1


def test_a_tenant_that_cannot_be_created_now_loses_no_event_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    platform = Platform(auto_plan="free")

    def away(*_: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(platform.store, "create_tenant", away)
    answer = platform.record([Item("new", "a", 1).sent(), Item("acme", "b", 1).sent()])
    assert (answer.ids, [(each.index, each.code) for each in answer.rejected]) == (["b"], [(0, NOT_RECORDED)])
    with pytest.raises(Unavailable):
        platform.record([Item("new", "a", 1).sent()])


def test_an_event_that_contradicts_the_request_is_refused_and_one_that_repeats_it_is_not() -> None:
    platform = Platform()
    sent = [Item("acme", "a", 1).sent(), Item("bolt", "b", 1).sent(), Item(None, "c", 1).sent()]
    answer = platform.record(sent, "acme")
    assert answer.ids == ["a", "c"]
    assert [(each.index, each.field, each.code) for each in answer.rejected] == [
        (1, "tenant_id", "tenant_mismatch")
    ]


def test_an_event_is_the_same_event_however_its_tenant_is_named() -> None:
    platform = Platform()
    tenant = platform.store.find_tenant("acme")
    assert tenant is not None
    platform.record([Item("acme", "a", 1).sent()])
    assert platform.record([Item(None, "a", 1).sent()], "acme").duplicates == 1
    assert platform.record_alone(tenant, [Item(None, "a", 1).sent()]).duplicates == 1
