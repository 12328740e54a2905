"""Endpoints on Firestore. Health and secrets are changed apart, so that neither undoes the other."""

from collections.abc import Sequence

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.notices.documents import endpoint_fields, read_endpoint
from shared.adapters.firestore.people.commits import commit_audited
from shared.adapters.firestore.people.tenants import change_write, delete_write, set_write
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.errors import NotFound
from shared.domain.notices.endpoints import Endpoint
from shared.domain.people.audit import AuditEntry

_SECRETS = ("secret", "previous_secret", "previous_secret_until")
_HEALTH = ("failing_since", "disabled_at")


class FirestoreEndpoints:
    """Endpoints on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def list_endpoints(self, tenant_id: str) -> list[Endpoint]:
        parent = f"{self._rpc.documents}/tenants/{tenant_id}"
        found = map(read_endpoint, self._rpc.query(parent, queries.all_of("endpoints")))
        return sorted(found, key=lambda each: (each.created_at, each.id))

    def find_endpoint(self, tenant_id: str, endpoint_id: str) -> Endpoint | None:
        name = self._name(tenant_id, endpoint_id)
        document = self._rpc.batch_get([name]).get(name)
        return read_endpoint(document) if document else None

    def add_endpoint(self, endpoint: Endpoint, audit: AuditEntry) -> None:
        # Not a create, whose repetition after a lost response would be refused and cost a read.
        write = set_write(self._name(endpoint.tenant_id, endpoint.id), endpoint_fields(endpoint))
        commit_audited(self._rpc, [write], audit)

    def save_secrets(self, endpoint: Endpoint, audit: AuditEntry) -> None:
        if not self._change(endpoint, _SECRETS, audit):
            raise NotFound("this tenant has no such endpoint")

    def save_health(self, endpoint: Endpoint, audit: AuditEntry | None = None) -> None:
        self._change(endpoint, _HEALTH, audit)

    def remove_endpoint(self, endpoint: Endpoint, audit: AuditEntry) -> None:
        name = self._name(endpoint.tenant_id, endpoint.id)
        commit_audited(self._rpc, [delete_write(name)], audit)

    def _change(self, endpoint: Endpoint, names: Sequence[str], audit: AuditEntry | None) -> bool:
        """Change only the fields with these names; return False if the endpoint does not exist."""
        fields = {name: getattr(endpoint, name) for name in names}
        write = change_write(self._name(endpoint.tenant_id, endpoint.id), fields)
        try:
            commit_audited(self._rpc, [write], *([audit] if audit else []))
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.NOT_FOUND:
                raise
            return False
        return True

    def _name(self, tenant_id: str, endpoint_id: str) -> str:
        return f"{self._rpc.documents}/tenants/{tenant_id}/endpoints/{endpoint_id}"
