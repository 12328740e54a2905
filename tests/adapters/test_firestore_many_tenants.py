"""Events of many tenants on Firestore, where the commits of one tenant fail or the response to one is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import grpc
import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.memory import MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.people.keys import PLATFORM_SCOPES
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.limit_rates import RateLimits
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.metering.record_for_tenants import PlatformRecorder, Sender
from shared.usecases.metering.recorded import Recorded
from shared.usecases.people.authenticate import PlatformAccess
from shared.usecases.people.named_tenants import NamedTenants
from shared.usecases.prices.read_prices import PriceReader
from tests.adapters.conftest import Connect
from tests.adapters.interceptors import CallFailed, EveryCall, LostAnswers, RecordedCalls
from tests.plans import THRESHOLDS, current_plans
from tests.sample_events import NOON
from tests.usecases.plain_sums import new_tenant

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
TENANTS = ("acme", "bolt", "cora")
SENDER = Sender(PlatformAccess(permissions=PLATFORM_SCOPES, actor="platform:gwi_1"), None)
EVENTS = [{**CALL, "tenant_id": tenant_id, "id": f"event-{n}"} for n in range(4) for tenant_id in TENANTS]


class UnreachableTenants(EveryCall):
    """Lets each commit fail that writes to one of these tenants."""

    def __init__(self, *tenant_ids: str) -> None:
        self._tenant_ids = tenant_ids

    def _intercept(self, proceed: Callable[[], Any], method: str, request: Any) -> Any:
        if method == "Commit" and any(
            write.update.name.split("/")[6] in self._tenant_ids for write in request.writes
        ):
            raise CallFailed(grpc.StatusCode.UNAVAILABLE)
        return proceed()


@pytest.fixture(autouse=True)
def tenants(connect: Connect) -> None:
    """The tenants exist."""
    for tenant_id in TENANTS:
        new_tenant(FirestoreDirectory(connect()), tenant_id)


def record(rpc: FirestoreRpc) -> Recorded:
    """Record the events as a new instance does."""
    events = EventRecorder(Ledger(FirestoreUsageStore(rpc, timedelta(days=40))), PriceReader(MemoryStore()))
    named = NamedTenants(FirestoreDirectory(rpc), current_plans)
    recorder = PlatformRecorder(events, named, RateLimits(THRESHOLDS))
    return recorder.record(recorder.admit(SENDER, EVENTS, NOON))


def test_each_tenant_has_a_commit_of_its_own_and_all_are_read_together(connect: Connect) -> None:
    calls = RecordedCalls()
    assert record(connect(calls)).accepted == 12
    assert sorted(calls.methods) == ["BatchGetDocuments", "Commit", "Commit", "Commit"]
    for method, request in calls.requests:
        if method == "Commit":
            assert len({write.update.name.split("/")[6] for write in request.writes}) == 1


def test_a_tenant_whose_commits_fail_costs_the_others_nothing_and_can_be_sent_again(connect: Connect) -> None:
    partly = record(connect(UnreachableTenants("bolt"), give_up_after_seconds=0.5))
    assert (partly.accepted, partly.ids) == (8, [f"event-{n}" for n in range(4) for _ in range(2)])
    assert {each.index: each.code for each in partly.rejected} == dict.fromkeys((1, 4, 7, 10), "not_recorded")
    again = record(connect())
    assert (again.accepted, again.duplicates, again.rejected) == (4, 8, [])


def test_nothing_is_unavailable_but_a_request_of_which_nothing_was_recorded(connect: Connect) -> None:
    with pytest.raises(Unavailable):
        record(connect(UnreachableTenants(*TENANTS), give_up_after_seconds=0.5))
    assert record(connect()).accepted == 12


def test_an_event_counts_once_although_the_response_to_its_commit_was_lost(connect: Connect) -> None:
    answer = record(connect(LostAnswers(grpc.StatusCode.DEADLINE_EXCEEDED, 2)))
    assert (answer.accepted, answer.duplicates, answer.rejected) == (12, 0, [])
    for tenant_id in TENANTS:
        store = FirestoreUsageStore(connect(), timedelta(days=40))
        assert len(store.list_events(tenant_id, limit=10).items) == 4
