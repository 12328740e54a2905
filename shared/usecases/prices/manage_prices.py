"""Change the platform's own prices: all of them at once, or one price."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from shared.domain.errors import Conflict, FieldProblem, InvalidInput, NotFound
from shared.domain.people.audit import AuditEntry, Change
from shared.domain.prices.price_book import EMPTY_BOOK, MAX_ENTRIES, PriceBook, PriceEntry, PriceKey
from shared.domain.prices.price_file import format_prices, parse_prices
from shared.ports import PriceBooks, StalePrices

_MAX_TRIES = 5
_MAX_AUDIT_CHARS = 4_000

Edit = Callable[[Sequence[PriceEntry]], tuple[PriceEntry, ...]]
"""Returns the prices after a change."""


@dataclass(frozen=True, slots=True)
class PriceChanges:
    """Two versions of the book; one and the same if nothing differs."""

    before: PriceBook
    after: PriceBook

    @property
    def version(self) -> int:
        return self.after.version

    @property
    def added(self) -> tuple[PriceEntry, ...]:
        return _missing(self.after, self.before)

    @property
    def removed(self) -> tuple[PriceEntry, ...]:
        return _missing(self.before, self.after)


def read_book(books: PriceBooks) -> PriceBook:
    """Return the newest prices."""
    return books.read_prices(EMPTY_BOOK)


def replacement(entries: tuple[PriceEntry, ...]) -> Edit:
    """Return the edit that replaces all prices."""
    return lambda _: entries


def addition(text: str) -> Edit:
    """Return the edit that adds one price, or replaces the one of the same model, tenant and day.

    The price is given as the table of a price file. Raises InvalidInput.
    """
    (entry,) = _only(parse_prices(text))
    return lambda entries: (*_without(entries, entry.key, entry.starts), entry)


def removal(key: PriceKey, starts: date | None) -> Edit:
    """Return the edit that removes the price of a model from a day, or all its prices; it raises NotFound."""

    def edit(entries: Sequence[PriceEntry]) -> tuple[PriceEntry, ...]:
        left = _without(entries, key, starts)
        if len(left) == len(entries):
            message = f"there is no price of {key.provider}/{key.model or key.model_prefix} to remove"
            raise NotFound(message)
        return left

    return edit


def preview_prices(books: PriceBooks, edit: Edit, read_version: int | None = None) -> PriceChanges:
    """Return what an edit would change. Raises as `change_prices` does."""
    before = read_book(books)
    if read_version not in (None, before.version):
        message = f"the prices have changed since you read them: their version is {before.version} now"
        raise Conflict(message, code="changed_meanwhile")
    entries = edit(before.entries)
    if len(entries) > MAX_ENTRIES:
        raise InvalidInput(f"there would be {len(entries)} prices; the maximum is {MAX_ENTRIES}")
    changes = PriceChanges(before, PriceBook(before.version + 1, entries))
    return changes if changes.added or changes.removed else PriceChanges(before, before)


def change_prices(
    books: PriceBooks, edit: Edit, change: Change, read_version: int | None = None
) -> PriceChanges:
    """Edit the prices, and return what that changed.

    Raises InvalidInput for too many prices, and Conflict if `read_version` is given and is not the newest.
    """
    for _ in range(_MAX_TRIES):
        changes = preview_prices(books, edit, read_version)
        if changes.after is changes.before:
            return changes
        try:
            books.save_prices(changes.after, _entry(changes, change))
        except StalePrices:
            continue
        return changes
    raise Conflict("the prices keep changing; try again")


def _only(entries: Sequence[PriceEntry]) -> Sequence[PriceEntry]:
    if len(entries) != 1:
        problem = FieldProblem(field="price", code="one_price", message=f"give one price, not {len(entries)}")
        raise InvalidInput(problem.message, (problem,))
    return entries


def _without(entries: Sequence[PriceEntry], key: PriceKey, starts: date | None) -> tuple[PriceEntry, ...]:
    return tuple(each for each in entries if each.key != key or starts not in (None, each.starts))


def _missing(book: PriceBook, other: PriceBook) -> tuple[PriceEntry, ...]:
    """Return the entries that the other book does not have."""
    others = set(other.entries)
    return tuple(each for each in book.entries if each not in others)


def _entry(changes: PriceChanges, change: Change) -> AuditEntry:
    """Return the audit entry: the prices that were removed and added, cut to what a person reads."""
    removed, added = (format_prices(each)[:_MAX_AUDIT_CHARS] for each in (changes.removed, changes.added))
    return change.entry(None, f"prices.version_{changes.version}", removed or None, added or None)
