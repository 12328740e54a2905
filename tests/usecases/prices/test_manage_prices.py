"""Changing the platform's prices: all or nothing, shown before, kept with who did it."""

from datetime import date, timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.people.tenants import AuditEntry, Change
from shared.domain.prices.price_book import EMPTY_BOOK, PriceBook, PriceKey
from shared.ports import StalePrices
from shared.usecases.prices.manage_prices import import_prices, read_book, remove_price, set_price
from shared.usecases.prices.read_prices import REMEMBERED_FOR, PriceReader
from tests.sample_events import NOON

CHANGE = Change("admin:ada", NOON, "contract")


def table(model: str, percent: str = "-15", day: str = "2026-11-01") -> str:
    return f'[[price]]\nprovider = "openai"\nmodel = "{model}"\nfrom = "{day}"\npercent = "{percent}"\n'


def models(book: PriceBook) -> list[str | None]:
    return [entry.key.model for entry in book.entries]


def test_an_import_replaces_everything_and_tells_what_changed() -> None:
    books = MemoryStore()
    import_prices(books, table("a") + table("b"), CHANGE, is_dry_run=False)
    changes = import_prices(books, table("b") + table("c"), CHANGE, is_dry_run=False)
    assert [each.key.model for each in changes.added] == ["c"]
    assert [each.key.model for each in changes.removed] == ["a"]
    assert (read_book(books).version, models(read_book(books))) == (2, ["b", "c"])
    (last, first) = books.list_price_changes(5)
    assert (last.actor, last.reason, last.action) == ("admin:ada", "contract", "prices.version_2")
    assert 'model = "a"' in (last.before or "")
    assert 'model = "c"' in (last.after or "")
    assert first.before is None


def test_a_dry_run_and_a_wrong_file_change_nothing() -> None:
    books = MemoryStore()
    import_prices(books, table("a"), CHANGE, is_dry_run=False)
    assert [each.key.model for each in import_prices(books, table("b"), CHANGE, is_dry_run=True).added] == [
        "b"
    ]
    with pytest.raises(InvalidInput):
        import_prices(books, table("b") + table("b"), CHANGE, is_dry_run=False)
    assert (read_book(books).version, models(read_book(books))) == (1, ["a"])


def test_the_same_file_again_is_no_new_version() -> None:
    books = MemoryStore()
    for _ in range(2):
        assert import_prices(books, table("a"), CHANGE, is_dry_run=False).version == 1
    assert len(books.list_price_changes(5)) == 1


def test_one_price_is_set_replaced_and_removed() -> None:
    books = MemoryStore()
    for percent in ("-10", "-20"):
        set_price(books, table("a", percent), CHANGE)
    set_price(books, table("a", "-30", "2026-12-01"), CHANGE)
    assert [(str(each.percent), each.starts.month) for each in read_book(books).entries] == [
        ("-20", 11),
        ("-30", 12),
    ]
    key = PriceKey(None, "openai", "a", None)
    remove_price(books, key, date(2026, 11, 1), CHANGE)
    assert [each.starts.month for each in read_book(books).entries] == [12]
    remove_price(books, key, None, CHANGE)
    assert read_book(books).entries == ()
    with pytest.raises(NotFound, match="openai/a"):
        remove_price(books, key, None, CHANGE)
    with pytest.raises(InvalidInput, match="not 2"):
        set_price(books, table("a") + table("b"), CHANGE)


def test_two_people_at_once_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    books = MemoryStore()
    save = books.save_prices

    def save_second(book: PriceBook, audit: AuditEntry) -> None:
        monkeypatch.setattr(books, "save_prices", save)
        set_price(books, table("theirs"), CHANGE)
        raise StalePrices

    monkeypatch.setattr(books, "save_prices", save_second)
    set_price(books, table("mine"), CHANGE)
    assert models(read_book(books)) == ["theirs", "mine"]


def test_prices_are_remembered_for_a_minute() -> None:
    books = MemoryStore()
    reader = PriceReader(books)
    assert reader.current(NOON) is reader.current(NOON) is EMPTY_BOOK or reader.current(NOON).version == 0
    set_price(books, table("a"), CHANGE)
    assert reader.current(NOON + REMEMBERED_FOR - timedelta(microseconds=1)).version == 0
    assert reader.current(NOON + REMEMBERED_FOR).version == 1
