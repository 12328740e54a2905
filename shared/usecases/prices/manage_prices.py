"""Change the platform's own prices: a file at once, or one price."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from shared.domain.errors import Conflict, FieldProblem, InvalidInput, NotFound
from shared.domain.people.tenants import AuditEntry, Change
from shared.domain.prices.price_book import EMPTY_BOOK, MAX_ENTRIES, PriceBook, PriceEntry, PriceKey
from shared.domain.prices.price_file import format_prices, parse_prices
from shared.ports import PriceBooks, StalePrices

_MAX_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChanges:
    """The difference between two versions of the book."""

    version: int
    added: tuple[PriceEntry, ...]
    removed: tuple[PriceEntry, ...]

    @property
    def is_empty(self) -> bool:
        """True if nothing differs."""
        return not self.added and not self.removed


def read_book(books: PriceBooks) -> PriceBook:
    """Return the newest prices."""
    return books.read_prices(EMPTY_BOOK)


def import_prices(books: PriceBooks, text: str, change: Change, *, is_dry_run: bool) -> PriceChanges:
    """Replace all prices by those of a file, or nothing if one of them is wrong. Raises InvalidInput by line."""
    entries = parse_prices(text)
    if is_dry_run:
        return _changes(read_book(books), entries)
    return _save(books, lambda _: entries, change)


def set_price(books: PriceBooks, text: str, change: Change) -> PriceChanges:
    """Add one price, given as the table of a price file, or replace the one of the same model, tenant and day."""
    (entry,) = _only(parse_prices(text))
    return _save(books, lambda entries: (*_without(entries, entry.key, entry.starts), entry), change)


def remove_price(books: PriceBooks, key: PriceKey, starts: date | None, change: Change) -> PriceChanges:
    """Remove the prices of a model: the one from `starts`, or all of them. Raises NotFound."""
    changes = _save(books, lambda entries: _without(entries, key, starts), change)
    if changes.is_empty:
        raise NotFound(f"there is no price of {key.provider}/{key.model or key.model_prefix} to remove")
    return changes


def _only(entries: Sequence[PriceEntry]) -> Sequence[PriceEntry]:
    if len(entries) != 1:
        problem = FieldProblem(field="price", code="one_price", message=f"give one price, not {len(entries)}")
        raise InvalidInput(problem.message, (problem,))
    return entries


def _without(entries: Sequence[PriceEntry], key: PriceKey, starts: date | None) -> tuple[PriceEntry, ...]:
    return tuple(each for each in entries if each.key != key or starts not in (None, each.starts))


def _save(
    books: PriceBooks, edit: Callable[[Sequence[PriceEntry]], tuple[PriceEntry, ...]], change: Change
) -> PriceChanges:
    for _ in range(_MAX_TRIES):
        before = read_book(books)
        entries = edit(before.entries)
        if len(entries) > MAX_ENTRIES:
            raise InvalidInput(f"there would be {len(entries)} prices; the maximum is {MAX_ENTRIES}")
        changes = _changes(before, entries)
        if changes.is_empty:
            return replace(changes, version=before.version)
        try:
            books.save_prices(PriceBook(changes.version, entries), _entry(changes, change))
        except StalePrices:
            continue
        return changes
    raise Conflict("the prices keep changing; try again")


def _changes(before: PriceBook, entries: Sequence[PriceEntry]) -> PriceChanges:
    old, new = set(before.entries), set(entries)
    return PriceChanges(
        version=before.version + 1,
        added=tuple(each for each in entries if each not in old),
        removed=tuple(each for each in before.entries if each not in new),
    )


def _entry(changes: PriceChanges, change: Change) -> AuditEntry:
    """Return the audit entry: the prices that were removed and added, cut to what a person reads."""
    removed, added = (format_prices(each)[:_MAX_AUDIT_CHARS] for each in (changes.removed, changes.added))
    return change.entry(None, f"prices.version_{changes.version}", removed or None, added or None)


_MAX_AUDIT_CHARS = 4_000
