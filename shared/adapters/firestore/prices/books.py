"""PriceBooks on Firestore: one document, compressed, so that 5,000 prices fit and are read at once."""

import gzip
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import grpc

from shared.adapters.firestore.encoding import Write
from shared.adapters.firestore.paging import Listing
from shared.adapters.firestore.people.tenants import audit_fields, audit_write, create_write, read_audit
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.people.audit import AuditEntry
from shared.domain.prices.price_book import PriceBook, PriceEntry, PriceKey
from shared.ports.prices import StalePrices

_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)
_CHANGES = Listing("changes", "at", read_audit)


class FirestorePriceBooks:
    """PriceBooks on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc
        self._name = f"{rpc.documents}/catalog/prices"

    def read_prices(self, known: PriceBook) -> PriceBook:
        document = self._rpc.batch_get([self._name]).get(self._name)
        if document is None:
            return known if known.version == 0 else PriceBook()
        version = document.fields["version"].integer_value
        if version == known.version:
            return known
        entries = json.loads(gzip.decompress(document.fields["entries"].bytes_value))
        return PriceBook(version, tuple(_read_entry(entry) for entry in entries))

    def save_prices(self, book: PriceBook, audit: AuditEntry) -> None:
        write = Write()
        write.update.name = self._name
        write.update.fields["version"].integer_value = book.version
        entries = json.dumps([_entry_fields(entry) for entry in book.entries]).encode()
        write.update.fields["entries"].bytes_value = gzip.compress(entries, mtime=0)
        change = create_write(f"{self._name}/changes/{book.version:08}", audit_fields(audit))
        # The change of each version is created once: whoever comes second has read an older version.
        try:
            self._rpc.commit([change, write, audit_write(self._rpc, audit)])
        except grpc.RpcError as error:
            if error.code() in _STALE:
                raise StalePrices from error
            raise

    def list_price_changes(self, limit: int) -> list[AuditEntry]:
        return list(_CHANGES.page(self._rpc, self._name, limit, None).items)


def _entry_fields(entry: PriceEntry) -> dict[str, object]:
    stated: dict[str, object] = {
        **entry.key._asdict(),
        "from": entry.starts.isoformat(),
        "percent": None if entry.percent is None else str(entry.percent),
        "same_as": entry.same_as,
        "per_million": {kind: str(usd) for kind, usd in entry.per_million.items()},
        "per_unit": {kind: str(usd) for kind, usd in entry.per_unit.items()},
    }
    return {name: value for name, value in stated.items() if value}


def _read_entry(fields: Mapping[str, Any]) -> PriceEntry:
    percent = fields.get("percent")
    return PriceEntry(
        key=PriceKey(
            fields.get("tenant"), fields["provider"], fields.get("model"), fields.get("model_prefix")
        ),
        starts=date.fromisoformat(fields["from"]),
        per_million={kind: Decimal(usd) for kind, usd in fields.get("per_million", {}).items()},
        per_unit={kind: Decimal(usd) for kind, usd in fields.get("per_unit", {}).items()},
        percent=None if percent is None else Decimal(percent),
        same_as=fields.get("same_as"),
    )
