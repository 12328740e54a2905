"""MailSender that leaves mails in a collection, in the form that Firestore's mail senders read."""

import grpc

from shared.adapters.firestore.people.tenants import create_write
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.notices.mails import RenderedMail


class FirestoreMailDocuments:
    """Writes a document for each mail, once."""

    def __init__(self, rpc: FirestoreRpc, collection: str) -> None:
        self._rpc = rpc
        self._collection = collection

    def send(self, mail: RenderedMail) -> str:
        content = {"subject": mail.subject, "text": mail.text, "html": mail.html}
        message = {**content, "messageId": f"<{mail.id}@gwi-usage>"}
        name = f"{self._rpc.documents}/{self._collection}/{mail.id}"
        try:
            self._rpc.commit([create_write(name, {"to": [mail.to], "message": message})])
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.ALREADY_EXISTS:
                raise
        return f"written to {self._collection}/{mail.id}"
