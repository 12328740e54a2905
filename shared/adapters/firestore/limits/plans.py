"""PlanCatalogs on Firestore: one document, which each change creates anew in its next version."""

import gzip
from collections.abc import Iterator

import grpc
from pydantic import TypeAdapter

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import Write
from shared.adapters.firestore.paging import Listing
from shared.adapters.firestore.people.tenants import (
    PLAN_FIELDS,
    audit_fields,
    audit_write,
    create_write,
    read_audit,
    read_tenant,
)
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import Plan
from shared.domain.people.audit import AuditEntry
from shared.domain.people.tenants import Tenant
from shared.ports.limits import StalePlans

_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)
_CHANGES = Listing("changes", "at", read_audit)
_CONTENT = TypeAdapter(tuple[tuple[Plan, ...], tuple[Plan, ...], dict[str, str]])
_TENANTS_PER_PAGE = 300


class FirestorePlanCatalogs:
    """PlanCatalogs on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc
        self._name = f"{rpc.documents}/catalog/plans"

    def read_plans(self, known: PlanCatalog) -> PlanCatalog:
        document = self._rpc.batch_get([self._name]).get(self._name)
        if document is None or document.fields["version"].integer_value == known.version:
            return known
        content = gzip.decompress(document.fields["content"].bytes_value)
        plans, earlier, aliases = _CONTENT.validate_json(content)
        version = document.fields["version"].integer_value
        return PlanCatalog(plans=plans, version=version, earlier=earlier, aliases=aliases)

    def save_plans(self, catalog: PlanCatalog, audit: AuditEntry) -> None:
        write = Write()
        write.update.name = self._name
        write.update.fields["version"].integer_value = catalog.version
        content = _CONTENT.dump_json((catalog.plans, catalog.earlier, dict(catalog.aliases)))
        write.update.fields["content"].bytes_value = gzip.compress(content, mtime=0)
        change = create_write(f"{self._name}/changes/{catalog.version:08}", audit_fields(audit))
        # The change of each version is created once: whoever comes second has read an older version.
        try:
            self._rpc.commit([change, write, audit_write(self._rpc, audit)])
        except grpc.RpcError as error:
            if error.code() in _STALE:
                raise StalePlans from error
            raise

    def list_plan_changes(self, limit: int) -> list[AuditEntry]:
        return list(_CHANGES.page(self._rpc, self._name, limit, None).items)

    def list_plan_holders(self) -> Iterator[Tenant]:
        last_name = None
        while True:
            query = queries.all_by_name("tenants", _TENANTS_PER_PAGE, last_name, PLAN_FIELDS)
            documents = self._rpc.query(self._rpc.documents, query)
            yield from map(read_tenant, documents)
            if len(documents) < _TENANTS_PER_PAGE:
                return
            last_name = documents[-1].name
