"""Commits that were not answered: an own one differs from another caller's when its repetition is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest

from shared.adapters.firestore import (
    FirestoreDirectory,
    FirestoreMembers,
    FirestoreOutbox,
    FirestoreUsageStore,
)
from shared.domain.ledger.counters import ShardRef
from shared.domain.notices.entries import Outgoing
from shared.domain.notices.outbox import LEASE
from shared.domain.people.members import Member
from shared.ports import StaleMembers, StaleOutbox
from tests.adapters.conftest import Connect
from tests.adapters.interceptors import CallFailed, EveryCall, LostAnswers, RecordedCalls
from tests.audit_trail import trail_of
from tests.contracts.test_members import ACME, ADA, entry
from tests.contracts.test_outbox import ENTRIES
from tests.sample_events import NOON, ONE_SHARD, TODAY, llm_call, read_shards

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
MAIL = ENTRIES["mail"]
BOB = Member(user_id="bob", email="bob@example.com", name=None, role="member", joined_at=NOON)
LATER = NOON + timedelta(minutes=15)


class Overtaken(EveryCall):
    """Loses the first write, or only its answer, and lets something else happen before the next call."""

    def __init__(self, happens: Callable[[], object], *, is_done: bool) -> None:
        self._happens: Callable[[], object] | None = happens
        self._is_done = is_done

    def _intercept(self, proceed: Callable[[], Any], method: str, request: Any) -> Any:
        happens = self._happens
        if happens is None or method not in ("Commit", "BatchWrite"):
            return proceed()
        self._happens = None
        if self._is_done:
            proceed().result()
        happens()
        raise CallFailed(UNAVAILABLE)


def test_a_claim_whose_answer_was_lost_is_the_callers(connect: Connect) -> None:
    FirestoreOutbox(connect()).add_entries(Outgoing(entries=[MAIL]))
    outbox = FirestoreOutbox(connect(LostAnswers(UNAVAILABLE, times=1)))
    claimed = outbox.claim_entry(MAIL.id, NOON)
    assert claimed is not None
    assert (claimed.attempts, claimed.next_attempt_at) == (1, NOON + LEASE)
    outbox.settle_entry(claimed.delivered("OK"))
    settled = outbox.find_entry(MAIL.id)
    assert settled is not None
    assert settled.state == "delivered", "the claim has the version that it left"


def test_an_entry_that_another_caller_claimed_meanwhile_is_not_the_callers(connect: Connect) -> None:
    FirestoreOutbox(connect()).add_entries(Outgoing(entries=[MAIL]))
    other = FirestoreOutbox(connect())
    overtaken = Overtaken(lambda: other.claim_entry(MAIL.id, NOON + timedelta(seconds=1)), is_done=False)
    assert FirestoreOutbox(connect(overtaken)).claim_entry(MAIL.id, NOON) is None
    entry = other.find_entry(MAIL.id)
    assert entry is not None
    assert (entry.attempts, entry.next_attempt_at) == (1, NOON + timedelta(seconds=1) + LEASE)


def test_a_member_whom_another_caller_added_meanwhile_is_not_added_again(connect: Connect) -> None:
    FirestoreMembers(connect()).create_tenant_with_owner(ACME, ADA, entry("tenant.created"))
    other = FirestoreMembers(connect())
    overtaken = Overtaken(lambda: other.add_member(ACME.id, BOB, entry("theirs")), is_done=False)
    with pytest.raises(StaleMembers):
        FirestoreMembers(connect(overtaken)).add_member(ACME.id, BOB, entry("ours"))
    actions = {each.action for each in trail_of(FirestoreDirectory(connect()), ACME.id)}
    assert actions == {"tenant.created", "theirs"}, "the same member, but their entry"


@pytest.mark.parametrize("is_written_meanwhile", [False, True])
def test_a_counter_whose_clearing_was_not_confirmed_is_dirty_only_if_it_was_written_meanwhile(
    connect: Connect, is_written_meanwhile: bool
) -> None:
    other = FirestoreUsageStore(connect(), timedelta(days=40))
    other.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    shards = read_shards(other, "acme", ShardRef(TODAY, 0))

    def write() -> None:
        if is_written_meanwhile:
            other.record("acme", [llm_call("e2")], ONE_SHARD, NOON)

    overtaken = Overtaken(write, is_done=True)
    FirestoreUsageStore(connect(overtaken), timedelta(days=40)).clear_counters("acme", shards, LATER)
    assert other.most_overdue() == (LATER if is_written_meanwhile else None)


def test_a_commit_that_is_refused_at_once_costs_no_read(connect: Connect) -> None:
    FirestoreOutbox(connect()).add_entries(Outgoing(entries=[MAIL]))
    claimed = FirestoreOutbox(connect()).find_entry(MAIL.id)
    assert claimed is not None
    FirestoreOutbox(connect()).claim_entry(MAIL.id, NOON)
    calls = RecordedCalls()
    FirestoreOutbox(connect(calls)).settle_entry(claimed.delivered("OK"))
    assert calls.methods == ["Commit"]


def test_an_entry_with_another_token_is_another_callers(connect: Connect) -> None:
    other = FirestoreOutbox(connect())
    theirs = Outgoing(entries=[replace(MAIL, token="theirs")])
    overtaken = Overtaken(lambda: other.add_entries(theirs), is_done=False)
    with pytest.raises(StaleOutbox):
        FirestoreOutbox(connect(overtaken)).add_entries(Outgoing(entries=[MAIL]))
