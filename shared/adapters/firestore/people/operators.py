"""Operators on Firestore."""

from typing import Any

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import get_fields, read_as
from shared.adapters.firestore.people.commits import commit_audited
from shared.adapters.firestore.people.tenants import delete_write, set_write
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.people.audit import AuditEntry
from shared.domain.people.operators import Operator

_COLLECTION = "operators"


class FirestoreOperators:
    """Operators on Firestore: a document for each, so that a removal is seen at once."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def find_operator(self, user_id: str) -> Operator | None:
        name = operator_name(self._rpc.documents, user_id)
        document = self._rpc.batch_get([name]).get(name)
        return read_operator(document) if document else None

    def list_operators(self) -> list[Operator]:
        found = self._rpc.query(self._rpc.documents, queries.all_of(_COLLECTION))
        return sorted((read_operator(each) for each in found), key=lambda each: (each.added_at, each.user_id))

    def save_operator(self, operator: Operator, audit: AuditEntry) -> None:
        fields = {"email": operator.email, "added_at": operator.added_at, "added_by": operator.added_by}
        name = operator_name(self._rpc.documents, operator.user_id)
        commit_audited(self._rpc, [set_write(name, fields)], audit)

    def remove_operator(self, user_id: str, audit: AuditEntry) -> None:
        name = operator_name(self._rpc.documents, user_id)
        commit_audited(self._rpc, [delete_write(name)], audit)


def operator_name(documents: str, user_id: str) -> str:
    return f"{documents}/{_COLLECTION}/{user_id}"


def read_operator(document: Any) -> Operator:
    return read_as(Operator, get_fields(document.fields), user_id=document.name.rpartition("/")[2])
