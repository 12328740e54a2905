"""TenantData on Firestore: pages of documents by name, so that memory is bounded and a repetition finds the rest."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Any

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.billing.documents import read_account
from shared.adapters.firestore.encoding import Write, encode_key, field_path
from shared.adapters.firestore.ledger.budgets import BUDGETS, budget_paths, slots_of
from shared.adapters.firestore.limits.holds import HOLDS, holds_write, read_tree
from shared.adapters.firestore.limits.refusals import REFUSALS, refusals_about
from shared.adapters.firestore.metering.batches import read_packed, repacked_writes
from shared.adapters.firestore.people.commits import commit_audited
from shared.adapters.firestore.people.members import remove_pointer
from shared.adapters.firestore.people.tenants import delete_write
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.ledger.holds import without_budgets_of
from shared.domain.metering.sealed_batches import without_user
from shared.domain.people.audit import AuditEntry
from shared.ports import ErasedEvents

_EVENTS, _BATCHES = "events", "batches"
_DOCUMENTS_PER_PAGE = 500
_BATCHES_PER_PAGE = 10
_LARGE_DOCUMENTS_PER_PAGE = 50
"""A document has at most 1 MiB."""
_DELETED_AT_ONCE = 200
"""Each may need a second write, and a commit has at most 500."""
_WITH_BUDGETS = ("counters", "days", "months", "runs")
_ERASED_FIELDS = ("user_id", "metadata_json", "metadata_cut", "redactions", BUDGETS)
"""Budgets of each user name the user."""
_USER_OF_RUN = ("user_id", "admission.spender.user_id")
_POINTERS = {"members": "users", "invites": "invitations"}
"""Collections of a tenant, and those outside it whose documents of the same ids point to it."""
COLLECTIONS = (
    *_POINTERS,
    *(
        "endpoints",
        "events",
        "corrections",
        "batches",
        "counters",
        "attribution",
        "runs",
        "days",
        "months",
        "alerts",
        "invoices",
        "audit",
        "admission",
        REFUSALS,
    ),
)
"""All collections of a tenant."""


class _Changed(Exception):
    """A batch has expired, or somebody else has erased the user from it."""


class FirestoreTenantData:
    """TenantData on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def erase_user(self, tenant_id: str, user_id: str, place: str | None = None) -> ErasedEvents:
        collection, _, last = (place or f"{_EVENTS}/").partition("/")
        parent = self._tenant(tenant_id)
        after = f"{parent}/{collection}/{last}" if last else None
        if collection == _EVENTS:
            return self._erase_from_events(parent, user_id, after)
        return self._erase_from_batches(parent, user_id, after)

    def _erase_from_events(self, parent: str, user_id: str, after: str | None) -> ErasedEvents:
        query = queries.all_by_name(_EVENTS, _DOCUMENTS_PER_PAGE, after, ("user_id",))
        found = self._rpc.query(parent, query)
        named = [each.name for each in found if each.fields["user_id"].string_value == user_id]
        writes = [_erase(name, _ERASED_FIELDS) for name in named]
        failed = self._rpc.batch_write(writes)
        is_last = len(found) < _DOCUMENTS_PER_PAGE
        return ErasedEvents(len(writes) - len(failed), f"{_BATCHES}/" if is_last else _place_of(found[-1]))

    def _erase_from_batches(self, parent: str, user_id: str, after: str | None) -> ErasedEvents:
        query = queries.all_by_name(_BATCHES, _BATCHES_PER_PAGE, after, ())
        found = self._rpc.query(parent, query)
        rewritten = 0
        # Further parts of a batch have no such field: they are read with their batch.
        for head in (each for each in found if "last_ts" in each.fields):
            if erased := without_user(read_packed(self._rpc, head), user_id):
                packed, events = erased
                with suppress(_Changed):
                    self._repack(head, packed)
                    rewritten += events
        is_last = len(found) < _BATCHES_PER_PAGE
        return ErasedEvents(rewritten, None if is_last else _place_of(found[-1]))

    def _repack(self, head: Any, packed: bytes) -> None:
        try:
            self._rpc.commit(repacked_writes(head, packed))
        except grpc.RpcError as error:
            if error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION):
                raise _Changed from error
            raise

    def erase_name(self, tenant_id: str, user_id: str, other_budgets: Collection[str] = ()) -> int:
        parent, path = self._tenant(tenant_id), field_path("user", encode_key(user_id))
        erases = [
            _erase(each.name, (path,)) for each in self._all(parent, "attribution", path) if each.fields
        ]
        erased = self._write(erases)
        for collection in _WITH_BUDGETS:
            fields = (BUDGETS, *_USER_OF_RUN) if collection == "runs" else (BUDGETS,)
            for document in self._all(parent, collection, *fields):
                slots = [slot for slot, _ in slots_of(document.fields)]
                named = [slot for slot in slots if slot.value == user_id and slot.key not in other_budgets]
                paths = [*budget_paths(named), *_user_of(document, user_id)]
                if paths:
                    erased += self._write([_erase(document.name, paths)])
        for document in self._all(parent, REFUSALS, REFUSALS):
            if about := refusals_about(document, user_id):
                erased += self._write([_erase(document.name, about)])
        return erased + self._write(list(self._holds_without(parent, user_id, other_budgets)))

    def _holds_without(self, parent: str, user_id: str, other_budgets: Collection[str]) -> Iterator[Any]:
        """Yield the writes of holds that count against budgets of the user. Changed holds keep it: repeat this."""
        for document in self._all(parent, "admission", HOLDS):
            if changed := without_budgets_of(user_id, read_tree(document).by_run, other_budgets):
                write = holds_write(document.name, changed)
                write.current_document.update_time.CopyFrom(document.update_time)
                yield write

    def _all(self, parent: str, collection: str, *fields: str) -> Iterator[Any]:
        """Yield all documents of a collection with these fields, a page at a time."""
        after = None
        while True:
            query = queries.all_by_name(collection, _LARGE_DOCUMENTS_PER_PAGE, after, fields)
            found = self._rpc.query(parent, query)
            yield from found
            if len(found) < _LARGE_DOCUMENTS_PER_PAGE:
                return
            after = found[-1].name

    def _write(self, erases: Sequence[Any]) -> int:
        """Return how many of the writes did something: some documents may have expired."""
        parts = [
            erases[start : start + _DOCUMENTS_PER_PAGE]
            for start in range(0, len(erases), _DOCUMENTS_PER_PAGE)
        ]
        return sum(len(part) - len(self._rpc.batch_write(part)) for part in parts)

    def add_audit(self, entry: AuditEntry) -> None:
        commit_audited(self._rpc, [], entry)

    def delete_some(self, tenant_id: str) -> int:
        parts = chain.from_iterable(self._documents(tenant_id, each) for each in COLLECTIONS)
        deleted = list(islice(chain(parts, self._keys(tenant_id)), _DELETED_AT_ONCE))
        if deleted:
            self._rpc.commit([write for writes in deleted for write in writes])
        return len(deleted)

    def delete_tenant(self, tenant_id: str, audit: AuditEntry) -> None:
        name, documents = self._tenant(tenant_id), self._rpc.documents
        tenant = self._rpc.batch_get([name]).get(name)
        if tenant is None:
            return
        customers = read_account(tenant).all_customers
        links = [delete_write(f"{documents}/stripe_customers/{each}") for each in customers]
        row = delete_write(f"{documents}/tenant_index/{tenant_id}")
        commit_audited(self._rpc, [*links, row, delete_write(name)], audit)

    def _documents(self, tenant_id: str, collection: str) -> Iterator[list[Any]]:
        """Yield the writes that delete each of the next documents of a collection."""
        query = queries.all_by_name(collection, _DELETED_AT_ONCE, None)
        for document in self._rpc.query(self._tenant(tenant_id), query):
            writes = [delete_write(document.name)]
            if outside := _POINTERS.get(collection):
                pointing = f"{self._rpc.documents}/{outside}/{document.name.rpartition('/')[2]}"
                writes.append(remove_pointer(pointing, tenant_id))
            yield writes

    def _keys(self, tenant_id: str) -> Iterator[list[Any]]:
        query = queries.where_equal(queries.all_of("api_keys"), "tenant_id", tenant_id)
        for document in self._rpc.query(self._rpc.documents, query):
            yield [delete_write(document.name)]

    def _tenant(self, tenant_id: str) -> str:
        return f"{self._rpc.documents}/tenants/{tenant_id}"


def _place_of(document: Any) -> str:
    return "/".join(document.name.split("/")[-2:])


def _user_of(document: Any, user_id: str) -> list[str]:
    """Return the fields of a run that name the user: of its events, and of its admission."""
    return [path for path in _USER_OF_RUN if _value_at(document.fields, path) == user_id]


def _value_at(fields: Any, path: str) -> str:
    *maps, name = path.split(".")
    for each in maps:
        fields = fields[each].map_value.fields
    return str(fields[name].string_value)


def _erase(name: str, fields: Sequence[str]) -> Any:
    """Return a write that removes fields; it fails if the document has expired."""
    write = Write()
    write.update.name = name
    write.update_mask.field_paths.extend(fields)
    write.current_document.exists = True
    return write
