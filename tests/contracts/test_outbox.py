"""Outbox: entries are added once, attempted by one caller at a time, and found by what people ask for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import InvalidInput
from shared.domain.notices.endpoints import Endpoint
from shared.domain.notices.entries import (
    DailyQuota,
    Outgoing,
    mail_entries,
    notice_entry,
    operator_entry,
    webhook_entry,
)
from shared.domain.notices.mails import Button
from shared.domain.notices.outbox import LEASE, Backlog, OutboxEntry
from shared.domain.notices.webhooks import Notice
from shared.domain.people.audit import AuditEntry
from shared.ports import MailAddress, Outbox, StaleOutbox
from tests.contracts.conftest import Stores
from tests.outgoing_fixtures import MAIL, outgoing
from tests.sample_events import NOON
from tests.usecases.plain_sums import new_tenant

NOTICE = Notice(
    type="limit.reached",
    tenant_id="acme",
    cause="20261101T00Z.tokens.100",
    at=NOON,
    text="Acme: 60,010 of 50,000 tokens used (120 %).",
    data={"metric": "tokens", "used": 2**53, "limit": None},
)
ENDPOINT = Endpoint(
    id="ep_1",
    tenant_id="acme",
    url="https://hooks.example.com/usage",
    format="json",
    secret="whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=",
    created_at=NOON,
    created_by="member:ada@example.com",
)
ENTRIES = {
    "mail": mail_entries([replace(MAIL, button=Button("See", "https://x"))], ["a"], "acme", NOON)[0],
    "notice": notice_entry(NOTICE),
    "webhook": webhook_entry(NOTICE, ENDPOINT, NOON),
    "operator": operator_entry("a problem", "It is this.", ["b"], NOON),
}
AUDIT = AuditEntry(tenant_id="acme", at=NOON, actor="test", action="test", before=None, after=None, reason="")

MINUTE = timedelta(minutes=1)


@pytest.fixture
def outbox(stores: Stores) -> Outbox:
    """An empty outbox."""
    return stores.outbox


def added(outbox: Outbox, *entries: OutboxEntry) -> None:
    outbox.add_entries(Outgoing(entries=entries))


def without_version(entry: OutboxEntry | None) -> OutboxEntry | None:
    return entry and replace(entry, version=None)


@pytest.mark.parametrize("entry_kind", ENTRIES)
def test_an_entry_is_found_as_it_was_added(stores: Stores, entry_kind: str) -> None:
    entry = ENTRIES[entry_kind]
    assert entry.kind == entry_kind
    added(stores.outbox, entry)
    assert without_version(stores.outbox.find_entry(entry.id)) == entry
    assert stores.outbox.known_entries([entry.id, "f" * 40]) == {entry.id}


def test_entries_are_due_at_their_time_the_longest_overdue_first(outbox: Outbox) -> None:
    late, soon, later = (
        replace(ENTRIES["mail"], id=f"{number}" * 40, next_attempt_at=NOON + timedelta(minutes=minutes))
        for number, minutes in enumerate((0, -5, 1))
    )
    added(outbox, late, soon, later)
    assert outbox.due_entries(NOON, 10) == [soon.id, late.id]
    assert outbox.due_entries(NOON, 1) == [soon.id]
    assert outbox.due_entries(NOON - timedelta(hours=1), 10) == []


def test_if_one_entry_exists_nothing_is_added(outbox: Outbox) -> None:
    entry, other = ENTRIES["mail"], ENTRIES["operator"]
    added(outbox, entry)
    with pytest.raises(StaleOutbox):
        added(outbox, other, entry)
    assert outbox.find_entry(other.id) is None


def test_a_claimed_entry_is_due_again_when_its_lease_ends(outbox: Outbox) -> None:
    entry = ENTRIES["mail"]
    added(outbox, entry)
    claimed = outbox.claim_entry(entry.id, NOON)
    assert without_version(claimed) == replace(entry, attempts=1, next_attempt_at=NOON + LEASE)
    assert outbox.due_entries(NOON, 10) == []
    assert outbox.claim_entry(entry.id, NOON) is None
    again = outbox.claim_entry(entry.id, NOON + LEASE)
    assert again is not None
    assert again.attempts == 2


def test_of_ten_concurrent_claims_one_gets_the_entry(outbox: Outbox) -> None:
    entry = ENTRIES["mail"]
    added(outbox, entry)
    with ThreadPoolExecutor(10) as pool:
        claims = list(pool.map(lambda _: outbox.claim_entry(entry.id, NOON), range(10)))
    assert sum(claim is not None for claim in claims) == 1


def test_a_settled_entry_is_final_and_not_due_any_more(outbox: Outbox) -> None:
    entry = ENTRIES["mail"]
    added(outbox, entry)
    claimed = outbox.claim_entry(entry.id, NOON)
    assert claimed
    outbox.settle_entry(claimed.delivered("250  OK\n"))
    found = outbox.find_entry(entry.id)
    assert found
    assert (found.state, found.last_answer, found.next_attempt_at) == ("delivered", "250 OK", None)
    assert outbox.due_entries(NOON + timedelta(days=400), 10) == []
    assert outbox.claim_entry(entry.id, NOON + timedelta(days=400)) is None


def test_who_has_lost_the_lease_settles_nothing(outbox: Outbox) -> None:
    entry = ENTRIES["mail"]
    added(outbox, entry)
    slow = outbox.claim_entry(entry.id, NOON)
    quick = outbox.claim_entry(entry.id, NOON + LEASE)
    assert slow
    assert quick
    outbox.settle_entry(quick.delivered("250 OK"))
    outbox.settle_entry(slow.retried("timed out", NOON + LEASE))
    found = outbox.find_entry(entry.id)
    assert found
    assert found.state == "delivered"


def test_an_entry_that_does_not_exist_is_not_claimed(outbox: Outbox) -> None:
    assert outbox.claim_entry("f" * 40, NOON) is None


def test_a_quota_is_used_with_the_entry_and_only_by_who_read_it_last(outbox: Outbox) -> None:
    quota = DailyQuota("tenant acme", NOON.date(), 2)
    (unused,) = outbox.read_quotas([quota])
    assert (unused.used, unused.is_used_up) == (0, False)
    outbox.add_entries(replace(outgoing(MAIL), quotas=[unused]))
    with pytest.raises(StaleOutbox):
        outbox.add_entries(replace(outgoing(MAIL, cause="other"), quotas=[unused]))
    (once,) = outbox.read_quotas([quota])
    outbox.add_entries(replace(outgoing(MAIL, cause="other"), quotas=[once]))
    (twice, tomorrow) = outbox.read_quotas([quota, replace(quota, day=quota.day + timedelta(days=1))])
    assert (twice.used, twice.is_used_up, tomorrow.used) == (2, True, 0)


def test_the_deliveries_of_an_endpoint_come_in_pages_newest_first(outbox: Outbox) -> None:
    notices = [replace(NOTICE, cause=f"{number}") for number in range(3)]
    entries = [
        webhook_entry(notice, ENDPOINT, NOON + timedelta(minutes=number))
        for number, notice in enumerate(notices)
    ]
    other = webhook_entry(NOTICE, replace(ENDPOINT, id="ep_2"), NOON)
    added(outbox, *entries, other, ENTRIES["mail"])
    first = outbox.list_deliveries("ep_1", limit=2)
    second = outbox.list_deliveries("ep_1", limit=2, cursor=first.next_cursor)
    listed = [without_version(each) for each in (*first.items, *second.items)]
    assert (listed, second.next_cursor) == (entries[::-1], None)
    with pytest.raises(InvalidInput):
        outbox.list_deliveries("ep_1", limit=2, cursor="x")


def test_an_operator_sees_problems_and_what_was_given_up(outbox: Outbox) -> None:
    added(outbox, *ENTRIES.values())
    claimed = outbox.claim_entry(ENTRIES["webhook"].id, NOON)
    assert claimed
    outbox.settle_entry(claimed.failed("410 Gone"))
    assert [each.id for each in outbox.list_for_operator(10)] == [
        ENTRIES["operator"].id,
        ENTRIES["webhook"].id,
    ]


def test_an_address_confirms_stops_and_starts_again(stores: Stores) -> None:
    new_tenant(stores.directory)
    outbox, email = stores.outbox, "ops@example.com"
    outbox.set_stopped(email, "acme", stopped=True)
    outbox.set_stopped(email, "invitations", stopped=True)
    outbox.confirm_address(email, "acme", AUDIT)
    outbox.set_stopped(email, "other", stopped=True)
    outbox.set_stopped(email, "other", stopped=False)
    assert outbox.find_addresses([email, "new@example.com"]) == {
        email: MailAddress(confirmed=frozenset({"acme"}), stopped=frozenset({"invitations"})),
        "new@example.com": MailAddress(),
    }
    assert stores.directory.list_audit("acme", limit=2).items.count(AUDIT) == 1


def test_a_backlog_is_what_is_due_and_what_was_given_up(outbox: Outbox) -> None:
    assert outbox.count_backlog(NOON) == Backlog(due=0, oldest_due_at=None, failed=0)
    for number, entry in enumerate(ENTRIES.values()):
        outbox.add_entries(Outgoing(entries=[replace(entry, next_attempt_at=NOON + number * MINUTE)]))
    claimed = outbox.claim_entry(ENTRIES["mail"].id, NOON)
    assert claimed is not None
    outbox.settle_entry(claimed.failed("no such address"))
    assert outbox.count_backlog(NOON + 2 * MINUTE) == Backlog(
        due=len(("notice", "webhook")), oldest_due_at=NOON + MINUTE, failed=1
    )
