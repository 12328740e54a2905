"""Mails of tests: one to send, and those that wait in the outbox of a store."""

from shared.adapters.firestore import FirestoreRpc
from shared.adapters.firestore.notices.documents import read_entry
from shared.adapters.firestore.queries import all_of
from shared.adapters.memory import MemoryStore
from shared.domain.notices.entries import Outgoing, mail_entries
from shared.domain.notices.mails import Mail
from shared.domain.notices.outbox import OutboxEntry
from tests.sample_events import NOON

MAIL = Mail(
    kind="limit",
    to="a@example.com",
    subject="80 % are used",
    paragraphs=("Acme has used 80 %.",),
    reason="You get this mail because you asked for it.",
    scope="acme",
)


def outgoing(*mails: Mail, cause: str = "cause") -> Outgoing:
    """Return mails of tenant acme that leave with a change."""
    return Outgoing(entries=mail_entries(mails, [cause], "acme", NOON))


def entries_of(place: MemoryStore | FirestoreRpc) -> list[OutboxEntry]:
    """Return everything in the outbox, oldest first."""
    if isinstance(place, FirestoreRpc):
        found = [read_entry(document) for document in place.query(place.documents, all_of("outbox"))]
    else:
        found = list(place._outbox.values())
    return sorted(found, key=lambda each: each.created_at)


def mails_of(place: MemoryStore | FirestoreRpc) -> list[Mail]:
    """Return every mail in the outbox, oldest first."""
    return [each.content for each in entries_of(place) if isinstance(each.content, Mail)]
