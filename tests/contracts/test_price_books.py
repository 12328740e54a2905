"""PriceBooks on both stores: versions, and changes that are kept with them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from shared.domain.people.audit import AuditEntry
from shared.domain.prices.price_book import EMPTY_BOOK, MAX_ENTRIES, PriceBook, PriceEntry, PriceKey
from shared.ports import Directory, PriceBooks, StalePrices
from tests.sample_events import NOON

RATES = PriceEntry(
    key=PriceKey("acme", "openai", None, 'gpt-"4o"-`日本'),
    starts=date(2026, 11, 1),
    per_million={"input": Decimal("2.500000000001"), "output": Decimal(0)},
    per_unit={"images": Decimal("0.04")},
)
FREE = PriceEntry(
    key=PriceKey(None, "x", "y", None), starts=date(1, 1, 1), percent=Decimal(0), same_as="a/b/c"
)
CHANGE = AuditEntry(
    tenant_id=None,
    at=NOON,
    actor="admin:ada",
    action="prices.version_1",
    before=None,
    after="x",
    reason="r",
)


def contents(book: PriceBook) -> tuple[int, tuple[PriceEntry, ...]]:
    return book.version, book.entries


def test_there_are_no_prices_at_first(price_books: PriceBooks) -> None:
    assert contents(price_books.read_prices(EMPTY_BOOK)) == (0, ())
    assert price_books.list_price_changes(5) == []


def test_prices_are_read_as_they_were_saved_and_known_ones_are_not_read_again(
    price_books: PriceBooks,
) -> None:
    price_books.save_prices(PriceBook(1, (RATES, FREE)), CHANGE)
    book = price_books.read_prices(EMPTY_BOOK)
    assert contents(book) == (1, (RATES, FREE))
    assert price_books.read_prices(book) is book


def test_a_version_replaces_the_one_before_and_keeps_the_change(price_books: PriceBooks) -> None:
    second = replace(CHANGE, action="prices.version_2", at=NOON.replace(hour=13))
    price_books.save_prices(PriceBook(1, (RATES,)), CHANGE)
    price_books.save_prices(PriceBook(2, ()), second)
    assert contents(price_books.read_prices(EMPTY_BOOK)) == (2, ())
    assert price_books.list_price_changes(5) == [second, CHANGE]
    assert price_books.list_price_changes(1) == [second]


def test_the_platforms_audit_log_has_the_change(price_books: PriceBooks, directory: Directory) -> None:
    price_books.save_prices(PriceBook(1, (RATES,)), CHANGE)
    with pytest.raises(StalePrices):
        price_books.save_prices(PriceBook(1, (FREE,)), CHANGE)
    assert directory.list_audit(None, limit=5).items == [CHANGE]


def test_a_version_that_somebody_else_has_saved_is_stale(price_books: PriceBooks) -> None:
    price_books.save_prices(PriceBook(1, (RATES,)), CHANGE)
    with pytest.raises(StalePrices):
        price_books.save_prices(PriceBook(1, (FREE,)), CHANGE)
    assert contents(price_books.read_prices(EMPTY_BOOK)) == (1, (RATES,))
    assert price_books.list_price_changes(5) == [CHANGE]


def test_the_largest_book_fits(price_books: PriceBooks) -> None:
    key = PriceKey("tenant-with-a-long-name" * 2, "provider" * 5, "model" * 20, None)
    entries = tuple(
        replace(RATES, key=key._replace(model=f"{key.model}-{number}"))  # 5,000 rows, all different
        for number in range(MAX_ENTRIES)
    )
    price_books.save_prices(PriceBook(1, entries), CHANGE)
    assert price_books.read_prices(EMPTY_BOOK).entries == entries
