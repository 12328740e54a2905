"""Attribution as Firestore documents: what each name used on a day, spread over as many documents as it takes."""

from collections import OrderedDict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any, Final

from shared.adapters.firestore.encoding import (
    Write,
    decode_key,
    encode_key,
    field_path,
    get_totals,
    increment,
    set_timestamp,
    set_totals,
)
from shared.adapters.firestore.paths import TenantPaths
from shared.domain.ledger.attribution import (
    ATTRIBUTED_METRICS,
    Attribution,
    AttributionRef,
    Dimension,
    tag_dimension,
    tag_of,
)
from shared.domain.ledger.counter_settings import MAX_COUNTER_SHARDS
from shared.domain.ledger.periods import start_of

MAX_TRANSFORMS_PER_DOCUMENT: Final = 500
"""Firestore's limit for one commit."""
NAMES_PER_DOCUMENT: Final = MAX_TRANSFORMS_PER_DOCUMENT // len(ATTRIBUTED_METRICS)
MAX_DOCUMENTS: Final = MAX_COUNTER_SHARDS
"""The most documents of a day. Names that have no room in them are part of `other`."""
ALL_FIELDS: Final = ("user", "workflow", "tag")
ROLLUPS_KEPT_FOR: Final = timedelta(days=400)
"""Our policy: a year and the month to compare it with."""
_PARTS_KEPT_FOR: Final = timedelta(days=60)
"""No event is recorded so late that its day would be folded again after this."""
_MOST_TENANTS: Final = 1_000


def attribution_writes(paths: TenantPaths, day: date, names: Attribution, first: int) -> Iterator[Any]:
    """Yield writes that add to the day's documents from number `first` on. Reads nothing."""
    all_names = [
        (dimension, name, totals)
        for dimension, by_name in sorted(names.items())
        for name, totals in sorted(by_name.items())
    ]
    starts = range(0, len(all_names), NAMES_PER_DOCUMENT)
    for number, start in zip(range(first, MAX_DOCUMENTS), starts, strict=False):
        write = Write()
        write.update.name = paths.attribution(AttributionRef(day, number))
        set_timestamp(write.update.fields["expire_at"], start_of(day) + _PARTS_KEPT_FOR)
        write.update_mask.field_paths.append("expire_at")
        for dimension, name, totals in all_names[start : start + NAMES_PER_DOCUMENT]:
            increment(write, f"{dimension_path(dimension)}.{field_path(encode_key(name))}", totals)
        yield write


def rollup_write(name: str, day: date, names: Attribution) -> Any:
    """Set the names of a day's rollup."""
    write = Write()
    write.update.name = name
    fields = write.update.fields
    set_timestamp(fields["expire_at"], start_of(day) + ROLLUPS_KEPT_FOR)
    for dimension, by_name in names.items():
        tag = tag_of(dimension)
        into = fields[dimension] if tag is None else fields["tag"].map_value.fields[tag]
        into.map_value.SetInParent()
        for each, totals in by_name.items():
            set_totals(into.map_value.fields[encode_key(each)], totals)
    return write


def read_attribution(document: Any) -> Attribution:
    """Return the names of a document, of the dimensions that were read."""
    found: Attribution = {}
    for field in ("user", "workflow"):
        if field in document.fields:
            found[field] = _read_names(document.fields[field])
    if "tag" in document.fields:
        tags = document.fields["tag"].map_value.fields
        found |= {tag_dimension(tag): _read_names(value) for tag, value in tags.items()}
    return found


def dimension_path(dimension: Dimension) -> str:
    """Return the path of a dimension's names."""
    tag = tag_of(dimension)
    return dimension if tag is None else field_path("tag", tag)


def _read_names(value: Any) -> dict[str, Any]:
    return {decode_key(key): get_totals(totals) for key, totals in value.map_value.fields.items()}


class FullDocuments:
    """Remembers how many of the day's first attribution documents of a tenant are full. Safe for many threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[date, int]] = OrderedDict()
        self._lock = Lock()

    def count(self, tenant_name: str, now: datetime) -> int:
        """Return how many documents were found full since midnight."""
        with self._lock:
            day, full = self._known.get(tenant_name, (now.date(), 0))
            return full if day == now.date() else 0

    def add(self, tenant_name: str, full: int, now: datetime) -> None:
        """Remember that the first `full` documents are full."""
        if full == 0:
            return
        with self._lock:
            self._known[tenant_name] = now.date(), full
            self._known.move_to_end(tenant_name)
            if len(self._known) > _MOST_TENANTS:
                self._known.popitem(last=False)
