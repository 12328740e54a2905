"""Mails that are left in a collection for another sender."""

from shared.adapters.firestore import FirestoreMailDocuments
from shared.adapters.firestore.encoding import get_fields
from shared.adapters.firestore.queries import all_of
from shared.domain.notices.mails import StopLinks, rendered
from tests.adapters.conftest import Connect
from tests.outgoing_fixtures import MAIL


def test_a_mail_is_written_once_in_the_form_that_mail_senders_read(connect: Connect) -> None:
    rpc = connect()
    mail = rendered(MAIL, "a" * 40, StopLinks("https://x/stop", "https://x/unsubscribe"))
    sender = FirestoreMailDocuments(rpc, "mail")
    for _ in range(2):
        assert sender.send(mail) == f"written to mail/{'a' * 40}"
    (document,) = rpc.query(rpc.documents, all_of("mail"))
    assert document.name.endswith(f"/mail/{'a' * 40}")
    assert get_fields(document.fields) == {
        "to": ["a@example.com"],
        "message": {
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
            "messageId": f"<{'a' * 40}@gwi-usage>",
        },
    }
