"""Deliveries: once in the receiver's eyes, whatever fails, stops or hangs on the way."""

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event

import pytest

from shared.adapters.memory import InlineTickPublisher, MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.ledger.tick import TickMessage
from shared.domain.notices.endpoints import DISABLED_AFTER, Endpoint
from shared.domain.notices.entries import Outgoing, notice_entry, operator_entry
from shared.domain.notices.mail_templates import Links
from shared.domain.notices.mails import OperatorNotice, RenderedMail
from shared.domain.notices.outbox import GIVE_UP_AFTER, LEASE, PAUSES, OutboxEntry
from shared.domain.people.members import Member
from shared.ports import DeliveryFailed, SignedWebhook
from shared.usecases.notices.deliver import (
    ENTRIES_PER_MESSAGE,
    MAX_ENTRIES_PER_TICK,
    Deliverer,
    DeliveryDependencies,
    deliver_due,
)
from tests.audit_trail import trail_of
from tests.contracts.test_outbox import AUDIT, ENDPOINT, NOTICE
from tests.member_fixtures import add_member
from tests.outgoing_fixtures import MAIL, entries_of, mails_of, outgoing
from tests.sample_events import NOON
from tests.usecases.fault_injection import Fault, with_fault
from tests.usecases.plain_sums import new_tenant


@dataclass
class Receiver:
    """Takes mails and webhooks, or fails as it is asked; receivers drop what they know by its id."""

    failure: DeliveryFailed | None = None
    sent: list[RenderedMail | SignedWebhook] = field(default_factory=list)

    def send(self, message: RenderedMail | SignedWebhook) -> str:
        """Keep the message."""
        if self.failure:
            raise self.failure
        self.sent.append(message)
        return "OK"

    @property
    def ids(self) -> list[str]:
        return [each.id if isinstance(each, RenderedMail) else each.message_id for each in self.sent]


class Place:
    """Tenant acme, owned by Ada, with one endpoint, and a clock."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        new_tenant(self.store)
        ada = Member(user_id="ada", email="ada@example.com", name=None, role="owner", joined_at=NOON)
        add_member(self.store, "acme", ada)
        self.store.add_endpoint(ENDPOINT, AUDIT)
        self.mail, self.webhooks = Receiver(), Receiver()
        self.now = NOON
        self.operator_email: str | None = "ops@example.com"

    def deliverer(self, store: MemoryStore | None = None) -> Deliverer:
        """Return what one instance of aggregate delivers with."""
        store = store or self.store
        stores = DeliveryDependencies(
            outbox=store,
            endpoints=store,
            directory=store,
            members=store,
            mail=self.mail,
            webhooks=self.webhooks,
            links=Links("https://usage.example.com"),
            operator_email=self.operator_email,
        )
        return Deliverer(stores, lambda: self.now)

    def tick(self, store: MemoryStore | None = None) -> None:
        """Deliver what is due."""
        deliverer = self.deliverer(store)
        deliver_due(deliverer, InlineTickPublisher(lambda message: deliverer.deliver(message.entries)))

    def add(self, *entries: OutboxEntry) -> None:
        self.store.add_entries(Outgoing(entries=entries))

    def only(self) -> OutboxEntry:
        (entry,) = entries_of(self.store)
        return entry

    def endpoint(self) -> Endpoint:
        found = self.store.find_endpoint("acme", ENDPOINT.id)
        assert found
        return found


@pytest.fixture
def place() -> Place:
    return Place()


def test_a_mail_is_sent_once_with_its_footer(place: Place) -> None:
    place.store.add_entries(outgoing(MAIL))
    for _ in range(3):
        place.tick()
    (sent,) = place.mail.sent
    entry = place.only()
    assert isinstance(sent, RenderedMail)
    assert (sent.id, sent.to, sent.subject) == (entry.id, MAIL.to, MAIL.subject)
    assert sent.text == (
        f"Acme has used 80 %.\n\n--\n\n{MAIL.reason}\n\n"
        f"Stop these mails: https://usage.example.com/mail/{entry.id}/stop#{entry.token}\n"
    )
    assert f"/api/v1/mail/{entry.id}/unsubscribe?token={entry.token}" in (sent.stop_url or "")
    assert (entry.state, entry.last_answer, entry.attempts) == ("delivered", "OK", 1)


def mail_of(place: Place) -> OutboxEntry:
    """Return the entry of the only mail."""
    (entry,) = [each for each in entries_of(place.store) if each.kind == "mail"]
    return entry


def test_a_failed_attempt_is_repeated_after_growing_pauses_and_then_given_up(place: Place) -> None:
    place.store.add_entries(outgoing(MAIL))
    place.mail.failure = DeliveryFailed("451 later")
    pauses = []
    while (entry := mail_of(place)).state == "pending":
        place.tick()
        attempted_at = place.now
        due = mail_of(place).next_attempt_at
        if due:
            pauses.append(due - attempted_at)
            place.now = due
    assert pauses[: len(PAUSES)] == list(PAUSES)
    assert pauses == sorted(pauses)
    assert max(pauses) == timedelta(days=1)
    assert place.now - NOON <= GIVE_UP_AFTER
    assert (entry.state, entry.last_answer, entry.attempts) == ("failed", "451 later", len(pauses) + 1)
    (reported,) = [
        each.content for each in entries_of(place.store) if isinstance(each.content, OperatorNotice)
    ]
    assert reported == OperatorNotice(
        summary="a mail of tenant acme could not be delivered",
        text=f"After {len(pauses) + 1} attempts the last answer was: 451 later",
    )


def test_a_final_refusal_is_not_repeated(place: Place) -> None:
    place.store.add_entries(outgoing(MAIL))
    place.mail.failure = DeliveryFailed("550 no such user", is_final=True)
    place.tick()
    entry = place.only()
    assert (entry.state, entry.last_answer, entry.next_attempt_at) == ("failed", "550 no such user", None)


def test_a_stopped_address_gets_nothing_of_that_scope(place: Place) -> None:
    place.store.set_stopped(MAIL.to, "acme", stopped=True)
    of_another = replace(MAIL, scope="bolt", kind="trial.ending", subject="of another scope")
    place.store.add_entries(outgoing(MAIL, replace(MAIL, to="b@example.com"), of_another))
    place.tick()
    sent = {(mail.to, mail.subject) for mail in place.mail.sent if isinstance(mail, RenderedMail)}
    assert sent == {("b@example.com", MAIL.subject), (MAIL.to, "of another scope")}
    stopped = next(each for each in entries_of(place.store) if each.state == "failed")
    assert stopped.last_answer == "the recipient stopped these mails"


def test_without_a_way_to_send_mail_it_waits_and_says_why(place: Place) -> None:
    place.store.add_entries(outgoing(MAIL))
    stores = replace(place.deliverer().stores, mail=None)
    Deliverer(stores, lambda: NOON).deliver([place.only().id])
    entry = place.only()
    assert (entry.state, entry.last_answer) == (
        "pending",
        "mail is not configured: set SMTP_URL or GWI_MAIL_COLLECTION",
    )


def test_a_notice_reaches_every_endpoint_with_one_message_id(place: Place) -> None:
    place.store.add_endpoint(replace(ENDPOINT, id="ep_2", format="slack"), AUDIT)
    place.store.add_endpoint(replace(ENDPOINT, id="ep_3", disabled_at=NOON), AUDIT)
    place.add(notice_entry(NOTICE))
    for _ in range(2):
        place.tick()
    assert place.webhooks.ids == [NOTICE.message_id] * 2
    bodies = {each.body for each in place.webhooks.sent if isinstance(each, SignedWebhook)}
    assert bodies == {NOTICE.body("json"), NOTICE.body("slack")}


def test_an_endpoint_that_fails_for_an_hour_gets_the_webhook_once_it_answers(place: Place) -> None:
    place.add(notice_entry(NOTICE))
    place.webhooks.failure = DeliveryFailed("500 Internal Server Error")
    while place.now < NOON + timedelta(hours=1):
        place.tick()
        place.now += timedelta(minutes=1)
    assert place.endpoint().status == "failing"
    place.webhooks.failure = None
    for _ in range(120):
        place.tick()
        place.now += timedelta(minutes=1)
    assert place.webhooks.ids == [NOTICE.message_id]
    assert place.endpoint().status == "enabled"


def test_an_endpoint_that_fails_for_days_is_disabled_and_its_owners_learn_it_once(place: Place) -> None:
    place.webhooks.failure = DeliveryFailed("500 Internal Server Error")
    while place.now < NOON + DISABLED_AFTER + timedelta(days=2):
        place.add(notice_entry(replace(NOTICE, cause=str(place.now), at=place.now)))
        place.tick()
        place.now += timedelta(hours=6)
    assert place.endpoint().status == "disabled"
    assert [mail.to for mail in mails_of(place.store)] == ["ada@example.com"]
    (mail,) = mails_of(place.store)
    assert mail.paragraphs[0] == (
        "“hooks example com usage” has failed since 20 November 2026 at 12:00 UTC, so it is disabled."
    )
    pending = [each for each in entries_of(place.store) if each.state == "pending"]
    assert pending == []


def test_a_webhook_of_a_removed_endpoint_is_given_up(place: Place) -> None:
    place.webhooks.failure = DeliveryFailed("500")
    place.add(notice_entry(NOTICE))
    place.tick()
    place.store.remove_endpoint(ENDPOINT, AUDIT)
    place.now += timedelta(hours=1)
    place.tick()
    webhook = next(each for each in entries_of(place.store) if each.kind == "webhook")
    assert (webhook.state, webhook.last_answer) == ("failed", "the endpoint was removed")


def test_after_a_rotation_both_secrets_sign_for_a_day(place: Place) -> None:
    rotated = ENDPOINT.rotated(NOON)
    place.store.save_secrets(rotated, AUDIT)
    for day in range(2):
        place.now = NOON + timedelta(days=day)
        place.add(notice_entry(replace(NOTICE, cause=str(day), at=place.now)))
        place.tick()
    secrets = [each.secrets for each in place.webhooks.sent if isinstance(each, SignedWebhook)]
    assert secrets == [(rotated.secret, ENDPOINT.secret), (rotated.secret,)]


@pytest.mark.parametrize("email", ["ops@example.com", None])
def test_a_problem_reaches_the_operator_by_the_log_and_by_mail(
    place: Place, email: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    place.operator_email = email
    place.add(operator_entry("billing alert of tenant acme", "There are two.", ["x"], NOON))
    place.tick()
    problems = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [(record.levelname, record.message) for record in problems] == [
        ("ERROR", "billing alert of tenant acme: There are two.")
    ]
    sent = [mail.to for mail in place.mail.sent if isinstance(mail, RenderedMail)]
    assert sent == ([email] if email else [])
    assert place.only().state == "delivered"


def test_an_entry_that_breaks_its_sender_does_not_come_back_at_every_tick(place: Place) -> None:
    place.store.add_entries(outgoing(MAIL))
    place.mail.failure = UnicodeEncodeError("ascii", "ü", 0, 1, "no")  # type: ignore[assignment]
    place.tick()
    entry = place.only()
    assert (entry.state, entry.last_answer, entry.next_attempt_at) == (
        "pending",
        "UnicodeEncodeError",
        NOON + PAUSES[0],
    )


@pytest.mark.parametrize("took_effect", [False, True])
@pytest.mark.parametrize("calls", range(12))
def test_a_delivery_killed_anywhere_and_repeated_loses_nothing_and_doubles_nothing(
    place: Place, calls: int, took_effect: bool
) -> None:
    place.store.add_entries(outgoing(MAIL))
    place.add(notice_entry(NOTICE))
    broken = with_fault(place.store, Fault(calls, took_effect))
    with suppress(Unavailable, ExceptionGroup):
        place.tick(broken)
    for _ in range(20):
        place.now += LEASE
        place.tick()
    mail = next(each for each in entries_of(place.store) if each.kind == "mail")
    assert set(place.mail.ids) == {mail.id}
    assert set(place.webhooks.ids) == {NOTICE.message_id}
    assert {each.state for each in entries_of(place.store)} == {"delivered"}


def test_three_ticks_at_once_send_each_entry_once(place: Place) -> None:
    mails = [replace(MAIL, to=f"{number}@example.com") for number in range(60)]
    place.store.add_entries(outgoing(*mails))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: place.tick(), range(3)))
    assert len(place.mail.ids) == len(set(place.mail.ids)) == 60


def test_ten_thousand_entries_are_handed_out_in_two_ticks(place: Place) -> None:
    mails = [replace(MAIL, to=f"{number}@example.com") for number in range(10_000)]
    place.store.add_entries(outgoing(*mails))
    messages: list[TickMessage] = []
    for _ in range(2):
        published: list[TickMessage] = []
        deliver_due(place.deliverer(), InlineTickPublisher(published.append))
        assert 1 + len(published) == MAX_ENTRIES_PER_TICK // ENTRIES_PER_MESSAGE
        for message in published:
            place.deliverer().deliver(message.entries)
        messages += published
    place.tick()
    assert len(set(place.mail.ids)) == 10_000
    assert all(len(message.entries) == ENTRIES_PER_MESSAGE for message in messages)


def test_a_slow_receiver_holds_up_only_itself(place: Place) -> None:
    others = Event()

    class Slow(Receiver):
        def send(self, message: RenderedMail | SignedWebhook) -> str:
            if isinstance(message, RenderedMail) and message.to == "slow@example.com":
                assert others.wait(timeout=30), "nobody else was served"
            answer = super().send(message)
            if len(self.sent) == 20:
                others.set()
            return answer

    place.mail = Slow()
    mails = [replace(MAIL, to=f"{number}@example.com") for number in range(20)]
    place.store.add_entries(outgoing(replace(MAIL, to="slow@example.com"), *mails))
    place.tick()
    assert len(place.mail.ids) == 21


def test_no_delivery_leaves_an_audit_entry(place: Place) -> None:
    before = trail_of(place.store)
    place.add(notice_entry(NOTICE))
    place.tick()
    assert trail_of(place.store) == before
